/**
 * Goes to a cell: the one place where we move selection, focus and scroll, and only ever
 * because the principal asked.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';

/**
 * Select a cell and scroll to it.
 *
 * @param panel - The notebook; its tab is in front already.
 * @param cellId - The cell.
 * @param edit - Whether to put the cursor into it.
 * @returns Whether the cell is there.
 */
export function revealCell(
  panel: NotebookPanel,
  cellId: string,
  edit: boolean
): boolean {
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(cell => cell.model.id === cellId);
  if (index < 0) {
    return false;
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  notebook.mode = edit ? 'edit' : 'command';
  if (!edit) {
    notebook.node.focus();
  }
  void notebook
    .scrollToItem(index, 'smart')
    .catch(() => undefined)
    .then(() => {
      if (edit && !notebook.isDisposed) {
        notebook.activeCell?.editor?.focus();
      }
    });
  return true;
}
