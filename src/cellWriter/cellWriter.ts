/**
 * Carries out the server's actions at one pinned notebook.
 *
 * Each action is answered exactly once per id: a server that lost a reply asks again with
 * the same id and gets the same answer, so that nothing is ever inserted or run twice
 * because a connection broke.
 */
import type { INotebookModel } from '@jupyterlab/notebook';

import type { Action, ProbeAction, Reply } from '../contract.gen';
import { notebookSnapshot } from '../session/snapshot';
import { ProbeError } from '../tokens';
import { insertCell } from './insertCell';
import { runCell } from './runCell';
import type { IOutcome, IWriterTools } from './target';
import { updateCell } from './updateCell';

/** Replies remembered; a run has some tens of actions. */
const REMEMBERED = 500;

/** Carries out actions at one notebook. */
export class CellWriter {
  constructor(tools: IWriterTools) {
    this._tools = tools;
  }

  /**
   * Carry out an action.
   *
   * @returns The reply; for a repeated action the same as before.
   */
  handle(action: Action): Promise<Reply> {
    const body = action.body;
    const known = this._replies.get(action.action_id);
    if (known) {
      if (body.kind === 'run' && this._unfinished.has(action.action_id)) {
        this._inFlight.set(body.cell_id, action.action_id);
      }
      return known;
    }
    const reply = this._answer(action);
    this._replies.set(action.action_id, reply);
    for (const oldest of this._replies.keys()) {
      if (this._replies.size <= REMEMBERED) {
        break;
      }
      this._replies.delete(oldest);
    }
    return reply;
  }

  /** Whether a cell's run will be told of by a reply, so that nobody else need tell. */
  isInFlight(cellId: string): boolean {
    return this._inFlight.has(cellId);
  }

  /** The server that asked is gone: runs under way are news to the next one. */
  disown(): void {
    this._inFlight.clear();
  }

  private async _answer(action: Action): Promise<Reply> {
    this._unfinished.add(action.action_id);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<IOutcome>(resolve => {
      timer = setTimeout(() => {
        resolve({
          status: 'timeout',
          message: this._tools.trans.__('There was no answer in time.')
        });
      }, action.deadline * 1000);
    });
    let outcome: IOutcome;
    try {
      outcome = await Promise.race([this._carryOut(action), late]);
    } catch (error) {
      outcome = { status: 'failed', message: String(error) };
    } finally {
      clearTimeout(timer);
      this._unfinished.delete(action.action_id);
      this._land(action);
    }
    return {
      type: 'reply',
      action_id: action.action_id,
      status: outcome.status,
      message: outcome.message ?? '',
      kernel_epoch: this._tools.kernel.epoch,
      cell: outcome.cell ?? null,
      cells: outcome.cells ?? null,
      probe: outcome.probe ?? null,
      seconds: outcome.seconds ?? null
    };
  }

  private async _carryOut(action: Action): Promise<IOutcome> {
    const { target, trans, kernel } = this._tools;
    const notebook = target.model;
    if (target.isDisposed || !notebook) {
      return {
        status: 'no_client',
        message: trans.__('The notebook was closed.')
      };
    }
    const body = action.body;
    if (action.kernel_epoch) {
      const other = await this._otherKernel(action);
      if (other) {
        return other;
      }
    }
    switch (body.kind) {
      case 'insert':
        return insertCell(notebook, body, this._tools);
      case 'run':
        this._inFlight.set(body.cell_id, action.action_id);
        return runCell(notebook, body, this._tools);
      case 'update':
        return updateCell(notebook, body, this._tools);
      case 'snapshot':
        return this._snapshot(notebook);
      case 'probe':
        return this._probe(body, action.deadline * 1000);
      case 'interrupt':
        if (!target.sessionContext.session?.kernel) {
          return {
            status: 'no_kernel',
            message: trans.__('The notebook has no kernel.')
          };
        }
        await target.sessionContext.session.kernel.interrupt();
        return { status: 'ok' };
      default:
        return {
          status: 'rejected',
          message: trans.__(
            'This front end does not know the action “%1”.',
            String((body as { kind?: unknown }).kind ?? kernel.phase)
          )
        };
    }
  }

  /** Why the action is void in the present kernel, or null when it is not. */
  private async _otherKernel(action: Action): Promise<IOutcome | null> {
    const { kernel, target, trans } = this._tools;
    if (!target.sessionContext.session?.kernel) {
      return {
        status: 'no_kernel',
        message: trans.__('The notebook has no kernel. Start one to go on.')
      };
    }
    if (!kernel.epoch) {
      try {
        await kernel.askAboutItself(action.deadline * 1000);
      } catch (error) {
        return probeFailure(error);
      }
    }
    return kernel.epoch === action.kernel_epoch
      ? null
      : {
          status: 'kernel_restarted',
          message: trans.__('The kernel was restarted since.')
        };
  }

  private _snapshot(notebook: INotebookModel): IOutcome {
    return { status: 'ok', cells: notebookSnapshot(notebook) };
  }

  private async _probe(body: ProbeAction, patience: number): Promise<IOutcome> {
    const { kernel } = this._tools;
    const start = performance.now();
    try {
      const probe =
        body.what === 'kernel'
          ? ((await kernel.askAboutItself(patience)) as Record<string, unknown>)
          : await kernel.ask(body.what, body.request, patience);
      if (!kernel.epoch) {
        // The reply must say which kernel process it speaks of.
        await kernel.askAboutItself(patience);
      }
      return {
        status: 'ok',
        probe,
        seconds: (performance.now() - start) / 1000
      };
    } catch (error) {
      return probeFailure(error);
    }
  }

  private _land(action: Action): void {
    const body = action.body;
    if (
      body.kind === 'run' &&
      this._inFlight.get(body.cell_id) === action.action_id
    ) {
      this._inFlight.delete(body.cell_id);
    }
  }

  private readonly _inFlight = new Map<string, string>();
  private readonly _replies = new Map<string, Promise<Reply>>();
  private readonly _tools: IWriterTools;
  private readonly _unfinished = new Set<string>();
}

function probeFailure(error: unknown): IOutcome {
  if (!(error instanceof ProbeError)) {
    return { status: 'failed', message: String(error) };
  }
  return {
    status:
      error.code === 'busy'
        ? 'timeout'
        : error.code === 'failed'
          ? 'failed'
          : error.code,
    message: error.message
  };
}
