/**
 * What the server needs to know of a cell, and no more of it.
 *
 * Other people's metadata and outputs never leave the browser by this way: only our own
 * metadata object, our own result and the text of an error.
 */
import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';

import {
  isRecord,
  METADATA_KEY,
  parseCellMetadata,
  RESULT_MIME
} from '../contract';
import type { CellMetadata, CellSnapshot } from '../contract.gen';

// eslint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-9;]*m/g;

/** Our metadata of a cell, or null when the cell is not ours. */
export function metadataOf(cell: ICellModel): CellMetadata | null {
  return parseCellMetadata(cell.getMetadata(METADATA_KEY) as unknown);
}

/** A cell as the server sees it. */
export function cellSnapshot(cell: ICellModel): CellSnapshot {
  const metadata = cell.getMetadata(METADATA_KEY) as unknown;
  const snapshot: CellSnapshot = {
    cell_id: cell.id,
    cell_type: cellType(cell),
    source: cell.sharedModel.getSource(),
    metadata: isRecord(metadata) ? metadata : {},
    result: null,
    error: '',
    execution_count: null
  };
  if (isCodeModel(cell)) {
    snapshot.execution_count = cell.executionCount;
    const outputs = cell.outputs;
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs.get(i);
      if (output.type === 'error') {
        snapshot.error = snapshot.error || errorText(output.toJSON());
        continue;
      }
      const payload = output.data[RESULT_MIME] as unknown;
      if (isRecord(payload)) {
        snapshot.result = payload;
      }
    }
  }
  return snapshot;
}

/** All cells, top to bottom. */
export function notebookSnapshot(notebook: INotebookModel): CellSnapshot[] {
  return [...notebook.cells].map(cellSnapshot);
}

/** The cell with an id, and where it stands; null when there is none. */
export function findCell(
  notebook: INotebookModel,
  cellId: string
): { cell: ICellModel; index: number } | null {
  for (let index = 0; index < notebook.cells.length; index++) {
    const cell = notebook.cells.get(index);
    if (cell.id === cellId) {
      return { cell, index };
    }
  }
  return null;
}

/** Whether a cell's model has outputs. */
export function isCodeModel(cell: ICellModel): cell is ICodeCellModel {
  return cell.type === 'code';
}

function cellType(cell: ICellModel): CellSnapshot['cell_type'] {
  return cell.type === 'code' || cell.type === 'markdown' ? cell.type : 'raw';
}

/** An error output in one string, as the headless host writes it too. */
function errorText(output: unknown): string {
  const error: Record<string, unknown> = isRecord(output) ? output : {};
  const { ename, evalue } = error;
  const name = typeof ename === 'string' && ename ? ename : 'Error';
  const text = String(evalue ?? '')
    .replace(ANSI, '')
    .trim();
  return text ? `${name}: ${text}` : name;
}
