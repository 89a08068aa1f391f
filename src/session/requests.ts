/**
 * What the principal asks of the server.
 *
 * Each request goes out at once or comes back as a problem: a watching tab, a lost link and
 * a missing plan are answers, and none of them is silent. The problems of a request stand
 * until the next one.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal, type ISignal } from '@lumino/signaling';

import { problem, type ClientMessage } from '../contract';
import type { Decide, Problem, RunPlan } from '../contract.gen';
import type { IPlanDocument, IStepReference } from '../tokens';
import type { RunConnection } from './connection';

/** What requests are made of. */
export interface IRequestsOptions {
  connection: Pick<RunConnection, 'send' | 'status' | 'message'>;
  plan: Pick<IPlanDocument, 'cellId' | 'source'>;

  /** Whether this tab leads. */
  lease: () => boolean;
  trans: TranslationBundle;
}

/** The principal's requests from one notebook. */
export class Requests {
  constructor(options: IRequestsOptions) {
    this._options = options;
  }

  /** Emitted when `problems` changes. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Problems with the last request. */
  get problems(): ReadonlyArray<Problem> {
    return this._problems;
  }

  /** The server refused the last request. */
  refused(problems: ReadonlyArray<Problem>): void {
    this._problems = problems;
    this._changed.emit();
  }

  /** The last request cannot be carried out here. */
  refuse(code: string, message: string, fix: string): void {
    this.refused([problem({ code, message, fix })]);
  }

  draft(): void {
    const plan = this._plan();
    if (plan) {
      this._ask({ type: 'draft', ...plan });
    }
  }

  run(mode: RunPlan['mode']): void {
    const plan = this._plan();
    if (plan) {
      this._ask({ type: 'run', ...plan, mode });
    }
  }

  resume(): void {
    this._ask({ type: 'resume' });
  }

  stop(interrupt: boolean): void {
    this._ask({ type: 'stop', interrupt });
  }

  answer(questionId: string, choice: string): void {
    this._ask({ type: 'answer', question_id: questionId, choice });
  }

  decide(
    { step_id, iteration }: IStepReference,
    decision: Decide['decision'],
    comment: string
  ): void {
    this._ask({ type: 'decide', step_id, iteration, decision, comment });
  }

  rerun({ step_id, iteration }: IStepReference): void {
    this._ask({ type: 'rerun', step_id, iteration });
  }

  applyRemedy(remedyId: string): void {
    this._ask({ type: 'apply_remedy', remedy_id: remedyId });
  }

  readPlan(text: string, data: string): void {
    this._ask({ type: 'read_plan', text, data });
  }

  answerReading(answers: Record<string, string>): void {
    this._ask({ type: 'answer_reading', answers });
  }

  dismissReading(): void {
    this._ask({ type: 'dismiss_reading' });
  }

  applyProposal(proposalId: string): void {
    this._ask({ type: 'apply_proposal', proposal_id: proposalId });
  }

  dismissProposal(): void {
    this._ask({ type: 'dismiss_proposal' });
  }

  askCritic(): void {
    this._ask({ type: 'ask_critic' });
  }

  takeLease(): void {
    this._ask({ type: 'take_lease' });
  }

  private _plan(): { plan_source: string; plan_cell_id: string } | null {
    const { plan, trans } = this._options;
    if (!plan.cellId) {
      this.refuse(
        'plan_missing',
        trans.__('This notebook has no plan.'),
        trans.__('Fill in the plan form, or write a plan cell.')
      );
      return null;
    }
    return { plan_source: plan.source, plan_cell_id: plan.cellId };
  }

  private _ask(message: ClientMessage): void {
    const { connection, lease, trans } = this._options;
    if (
      connection.status === 'live' &&
      !lease() &&
      message.type !== 'take_lease'
    ) {
      this.refuse(
        'no_lease',
        trans.__('Another tab leads this notebook’s analysis.'),
        trans.__('Go to that tab, or take over here.')
      );
      return;
    }
    if (!connection.send(message)) {
      this.refuse(
        'no_link',
        trans.__('The server cannot be reached; nothing was done.'),
        connection.message || trans.__('Try again in a moment.')
      );
      return;
    }
    if (this._problems.length > 0) {
      this.refused([]);
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _options: IRequestsOptions;
  private _problems: ReadonlyArray<Problem> = [];
}
