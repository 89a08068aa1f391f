/**
 * A session without notebook, kernel or server: says what a test wants the panel to see,
 * and remembers what the panel asks.
 */
import { Signal } from '@lumino/signaling';
import type { NotebookPanel } from '@jupyterlab/notebook';

import { emptyRunState } from '../../contract';
import type {
  DataProfile,
  EstimandVerdict,
  IterationView,
  KernelInfo,
  Plan,
  Problem,
  RunState,
  Spec,
  StepView,
  Verdict
} from '../../contract.gen';
import type {
  IOciSession,
  IPlanDocument,
  IProse,
  KernelPhase,
  LinkStatus,
  ToolkitPresence
} from '../../tokens';

export class FakePlan implements IPlanDocument {
  cellId = 'plan';
  source = 'plan';
  words = '';
  fields: Partial<Plan> = {};
  problems: Problem[] = [];
  isDisposed = false;
  readonly changed: Signal<IPlanDocument, void> = new Signal(this);
  set(fields: Partial<Plan>): void {
    this.fields = { ...this.fields, ...fields };
  }
  dispose(): void {
    this.isDisposed = true;
  }
}

export class FakeSession implements IOciSession {
  readonly asked: unknown[][] = [];
  readonly notebook = { id: 'nb' } as NotebookPanel;
  readonly changed: Signal<IOciSession, void> = new Signal(this);
  readonly plan = new FakePlan();
  path = 'folder/lalonde.ipynb';
  link: LinkStatus = 'live';
  linkMessage = '';
  lease = true;
  kernel: KernelPhase = 'idle';
  toolkit: ToolkitPresence = 'present';
  installCommand = '%pip install "oci-jupyter==0.1.0"';
  kernelInfo: KernelInfo | null = {
    session: 's',
    toolkit_version: '0',
    python: '3.11',
    frames: [{ name: 'df', rows: 16177, columns: 10 }]
  };
  state: RunState = emptyRunState('folder/lalonde.ipynb');
  problems: Problem[] = [];
  cellsAbovePlan = 0;
  prose: IProse | null = null;
  isDisposed = false;
  profile: DataProfile = {
    source: 'df',
    rows: 16177,
    columns: [],
    fingerprint: 'f',
    problems: [],
    taken_names: []
  };

  async runAbovePlan(): Promise<boolean> {
    this.asked.push(['runAbovePlan']);
    return true;
  }
  async probeKernel(): Promise<KernelInfo> {
    return this.kernelInfo as KernelInfo;
  }
  async probeData(): Promise<DataProfile> {
    return this.profile;
  }
  draft(): void {
    this.asked.push(['draft']);
  }
  run(): void {
    this.asked.push(['run']);
  }
  resume(): void {
    this.asked.push(['resume']);
  }
  stop(interrupt?: boolean): void {
    this.asked.push(['stop', interrupt]);
  }
  answer(id: string, choice: string): void {
    this.asked.push(['answer', id, choice]);
  }
  decide(
    step: { step_id: string; iteration: number },
    decision: string,
    comment?: string
  ): void {
    this.asked.push(['decide', step.step_id, decision, comment]);
  }
  rerun(step: { step_id: string; iteration: number }): void {
    this.asked.push(['rerun', step.step_id]);
  }
  applyRemedy(id: string): void {
    this.asked.push(['applyRemedy', id]);
  }
  readPlan(text: string, data?: string): void {
    this.asked.push(['readPlan', text, data]);
  }
  answerReading(answers: Record<string, string>): void {
    this.asked.push(['answerReading', answers]);
  }
  dismissReading(): void {
    this.asked.push(['dismissReading']);
  }
  applyProposal(id: string): void {
    this.asked.push(['applyProposal', id]);
  }
  dismissProposal(): void {
    this.asked.push(['dismissProposal']);
  }
  askCritic(): void {
    this.asked.push(['askCritic']);
  }
  takeLease(): void {
    this.asked.push(['takeLease']);
  }
  reveal(cellId: string, options?: { edit?: boolean }): void {
    this.asked.push(['reveal', cellId, options?.edit ?? false]);
  }
  dispose(): void {
    this.isDisposed = true;
  }
}

export const PLAN: Partial<Plan> = {
  question: 'Does training raise earnings?',
  data: 'df',
  treatment: 'treat',
  outcome: 're78',
  confounders: ['age', 're75'],
  placebo_outcomes: ['re75'],
  estimands: ['ATE', 'ATT']
};

export function step(id: string, fields: Partial<StepView> = {}): StepView {
  return {
    step_id: id,
    cell_id: `cell-${id}`,
    heading_id: '',
    iteration: 1,
    number: 1,
    title: id,
    purpose: '',
    state: 'done',
    grade: null,
    headline: '',
    stale_reason: '',
    error: '',
    comment: '',
    seconds: null,
    superseded_by: null,
    ...fields
  };
}

export function estimand(
  name: string,
  level: EstimandVerdict['level'],
  reason: string
): EstimandVerdict {
  return {
    estimand: name,
    level,
    reason,
    reason_evidence: ['cell-overlap'],
    caveats: [],
    estimate: -6215.3,
    stderr: 1356.2,
    ci_lower: -8873.6,
    ci_upper: -3557.1,
    population: 'all 16,177 units',
    n: 16177,
    checks: [],
    remedies: [],
    lowered: ''
  };
}

export function verdict(fields: Partial<Verdict> = {}): Verdict {
  return {
    iteration: 1,
    overall: 'not_satisfactory',
    summary: '',
    estimands: [
      estimand('ATE', 'not_satisfactory', '98 % outside [0.1, 0.9]'),
      estimand('ATT', 'satisfactory_with_caveats', 'placebo on re75 is −1,211')
    ],
    remedies: [
      {
        id: 'trim:fixed',
        kind: 'trim',
        label: 'Trim to 0.1–0.9',
        why: 'Units outside have no counterpart.',
        effect_on_estimand: 'Answers for 336 of 16,177 units.',
        needs_input: false,
        trim: { rule: 'fixed', low: 0.1, high: 0.9 },
        estimands: null,
        learner: null
      }
    ],
    findings: [],
    evidence: [],
    stale: [],
    ...fields
  };
}

export function iteration(fields: Partial<IterationView> = {}): IterationView {
  return {
    iteration: 1,
    label: 'as planned',
    spec: { estimands: ['ATE', 'ATT'], trim: null } as unknown as Spec,
    steps: [step('overlap', { grade: 'fail', headline: '98 % outside' })],
    verdict: null,
    report: '',
    report_cell_id: '',
    remarks: null,
    ...fields
  };
}
