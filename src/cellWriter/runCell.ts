/**
 * Run one cell through the notebook's own executor.
 *
 * Not through `NotebookActions`: those move the active cell and take the keys from under
 * the principal's fingers. The executor would start a kernel, or open a dialog, when the
 * session is not fit to run; so the session is looked at first and the loop is told.
 */
import type { CodeCell } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';

import { isRecord } from '../contract';
import type { RunAction } from '../contract.gen';
import { cellSnapshot, findCell, isCodeModel } from '../session/snapshot';
import { sourceHash } from './sourceHash';
import type { IOutcome, IWriterTools } from './target';

/** Carry out a run. */
export async function runCell(
  notebook: INotebookModel,
  action: RunAction,
  tools: IWriterTools
): Promise<IOutcome> {
  const { executor, kernel, target, trans } = tools;
  const found = findCell(notebook, action.cell_id);
  if (!found) {
    return { status: 'rejected', message: trans.__('The cell is gone.') };
  }
  const model = found.cell;
  if (
    sourceHash(model.sharedModel.getSource()) !== action.expected_source_hash
  ) {
    return {
      status: 'source_mismatch',
      message: trans.__('The cell was edited meanwhile.'),
      cell: cellSnapshot(model)
    };
  }
  const unfit = whyUnfit(tools);
  if (unfit) {
    return unfit;
  }
  const widget = target.content.widgets[found.index] as CodeCell | undefined;
  if (!widget || widget.model !== model || !isCodeModel(model)) {
    return {
      status: 'rejected',
      message: trans.__('The cell is not a code cell of the open notebook.')
    };
  }
  if (model.executionState === 'running' && widget.outputArea.future) {
    return {
      status: 'rejected',
      message: trans.__('The cell runs already.'),
      cell: cellSnapshot(model)
    };
  }

  const epoch = kernel.epoch;
  const start = performance.now();
  const finish = (outcome: Pick<IOutcome, 'status' | 'message'>): IOutcome => ({
    ...outcome,
    ...(widget.isDisposed ? {} : { cell: cellSnapshot(model) }),
    seconds: (performance.now() - start) / 1000
  });
  try {
    const ran = await executor.runCell({
      cell: widget,
      notebook,
      notebookConfig: target.content.notebookConfig,
      sessionContext: target.sessionContext,
      sessionDialogs: tools.dialogs,
      translator: tools.translator,
      onCellExecuted: () => undefined,
      onCellExecutionScheduled: () => undefined
    });
    if (ran) {
      return finish({ status: 'ok' });
    }
    if (widget.isDisposed) {
      return finish({
        status: 'rejected',
        message: trans.__('The cell was deleted while it ran.')
      });
    }
    if (kernel.epoch !== epoch || kernel.phase !== 'idle') {
      return finish({
        status: 'kernel_restarted',
        message: trans.__('The kernel was restarted or went away.')
      });
    }
    return finish({
      status: 'interrupted',
      message: trans.__('The run of the cell was canceled.')
    });
  } catch (error) {
    if (!widget.isDisposed && model.executionCount === null) {
      // Queued behind an error, the cell would show [*] for good.
      model.executionState = 'idle';
    }
    return finish(whyFailed(error, tools));
  }
}

/** Why the session cannot run a cell now, or null when it can. */
function whyUnfit({ target, kernel, trans }: IWriterTools): IOutcome | null {
  const context = target.sessionContext;
  if (context.hasNoKernel || !context.session?.kernel) {
    return {
      status: 'no_kernel',
      message: trans.__('The notebook has no kernel. Start one to go on.')
    };
  }
  if (kernel.phase === 'dead') {
    return {
      status: 'no_kernel',
      message: trans.__('The kernel died. Restart it to go on.')
    };
  }
  if (context.isTerminating) {
    return {
      status: 'rejected',
      message: trans.__('The kernel is shutting down.')
    };
  }
  if (context.pendingInput) {
    return {
      status: 'rejected',
      message: trans.__(
        'Another cell waits for input. Answer it in the notebook to go on.'
      )
    };
  }
  return null;
}

function whyFailed(
  error: unknown,
  { trans }: IWriterTools
): Pick<IOutcome, 'status' | 'message'> {
  const known: Record<string, unknown> = isRecord(error) ? error : {};
  const { errorName, errorValue, message } = known;
  if (errorName === 'KeyboardInterrupt') {
    return {
      status: 'interrupted',
      message: trans.__('The cell was interrupted.')
    };
  }
  if (typeof errorName === 'string' && errorName) {
    return {
      status: 'failed',
      message: errorValue ? `${errorName}: ${String(errorValue)}` : errorName
    };
  }
  if (
    error instanceof Error &&
    error.constructor.name !== 'KernelError' &&
    message
  ) {
    return { status: 'failed', message: String(message) };
  }
  return {
    status: 'interrupted',
    message: trans.__('The cell did not run because a cell before it failed.')
  };
}
