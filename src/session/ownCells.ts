/**
 * The principal's own code cells above the plan, which load the data.
 *
 * They are run only when the principal presses the button that says so.
 */
import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import type {
  INotebookCellExecutor,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';

import { metadataOf } from './snapshot';

/** What running cells needs. */
export interface IOwnCellTools {
  panel: NotebookPanel;
  executor: INotebookCellExecutor;
  dialogs?: ISessionContextDialogs;
  translator: ITranslator;
}

/** Indices of the non-empty code cells above a cell that are the principal's own. */
export function ownCellsAbove(panel: NotebookPanel, cellId: string): number[] {
  const found: number[] = [];
  const { widgets } = panel.content;
  for (let index = 0; index < widgets.length; index++) {
    const { model } = widgets[index];
    if (model.id === cellId) {
      return found;
    }
    if (
      model.type === 'code' &&
      metadataOf(model) === null &&
      model.sharedModel.getSource().trim()
    ) {
      found.push(index);
    }
  }
  return [];
}

/**
 * Run the principal's own code cells above a cell, one after another.
 *
 * @returns Whether all ran; the first that fails shows its own error in the notebook.
 */
export async function runOwnCellsAbove(
  cellId: string,
  tools: IOwnCellTools
): Promise<boolean> {
  const { panel } = tools;
  const notebook = panel.model;
  if (!notebook) {
    return false;
  }
  const cells = ownCellsAbove(panel, cellId).map(
    index => panel.content.widgets[index]
  );
  for (const cell of cells) {
    try {
      const ran = await tools.executor.runCell({
        cell,
        notebook,
        notebookConfig: panel.content.notebookConfig,
        sessionContext: panel.sessionContext,
        sessionDialogs: tools.dialogs,
        translator: tools.translator,
        onCellExecuted: () => undefined,
        onCellExecutionScheduled: () => undefined
      });
      if (!ran) {
        return false;
      }
    } catch {
      return false;
    }
  }
  return true;
}
