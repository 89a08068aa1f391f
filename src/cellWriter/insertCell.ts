/**
 * Insert a cell: one undo step, at the pinned notebook, harmless when repeated.
 */
import type { MarkdownCell } from '@jupyterlab/cells';
import type { YNotebook } from '@jupyter/ydoc';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { PartialJSONObject } from '@lumino/coreutils';

import { METADATA_KEY } from '../contract';
import type { CellMetadata, InsertAction } from '../contract.gen';
import { cellSnapshot, findCell } from '../session/snapshot';
import type { INotebookTarget, IOutcome, IWriterTools } from './target';

/** Carry out an insertion. */
export function insertCell(
  notebook: INotebookModel,
  action: InsertAction,
  tools: Pick<IWriterTools, 'target' | 'observer' | 'trans'>
): IOutcome {
  const { cell, after } = action;
  const present = findCell(notebook, cell.id);
  if (present) {
    return { status: 'ok', cell: cellSnapshot(present.cell) };
  }
  if (notebook.readOnly) {
    return {
      status: 'rejected',
      message: tools.trans.__('The notebook is read-only.')
    };
  }
  const anchor = after ? findCell(notebook, after) : null;
  const index = anchor ? anchor.index + 1 : notebook.cells.length;
  tools.observer.expectCell(cell.id);
  insertAt(notebook, index, cell);
  if (cell.cell_type === 'markdown') {
    showRendered(tools.target, index);
  }
  const inserted = findCell(notebook, cell.id);
  return inserted
    ? { status: 'ok', cell: cellSnapshot(inserted.cell) }
    : {
        status: 'failed',
        message: tools.trans.__('The notebook did not take the cell.')
      };
}

/**
 * Insert a cell as one undo step of its own.
 *
 * Unbracketed, two insertions within half a second would be undone together.
 */
export function insertAt(
  notebook: INotebookModel,
  index: number,
  cell: {
    id?: string;
    cell_type: 'code' | 'markdown';
    source: string;
    metadata: CellMetadata;
  }
): void {
  const shared = notebook.sharedModel as YNotebook;
  if (shared.nbformat_minor < 5) {
    // Older notebooks lose cell ids when they are saved.
    shared.nbformat_minor = 5;
  }
  shared.undoManager.stopCapturing();
  shared.transact(() => {
    shared.insertCell(index, {
      cell_type: cell.cell_type,
      ...(cell.id === undefined ? {} : { id: cell.id }),
      source: cell.source,
      metadata: {
        [METADATA_KEY]: cell.metadata as unknown as PartialJSONObject
      }
    });
  });
  shared.undoManager.stopCapturing();
}

/** Show a markdown cell as text, not as its source. */
export function showRendered(
  target: Pick<INotebookTarget, 'content'>,
  index: number
): void {
  const widget = target.content.widgets[index];
  if (widget?.model.type === 'markdown') {
    (widget as MarkdownCell).rendered = true;
  }
}
