/**
 * Write our metadata object and, for markdown of ours that nobody touched, a new text.
 *
 * Neither makes an undo step: Ctrl+Z in the notebook takes back what the principal did or
 * saw appear, not our bookkeeping. Cells that are not ours are refused: the principal's own
 * cells are never changed.
 */
import type { ICellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import { JSONExt, type PartialJSONValue } from '@lumino/coreutils';

import { METADATA_KEY } from '../contract';
import type { UpdateAction } from '../contract.gen';
import { cellSnapshot, findCell, metadataOf } from '../session/snapshot';
import { sourceHash } from './sourceHash';
import type { IOutcome, IWriterTools } from './target';

/** Carry out an update. */
export function updateCell(
  notebook: INotebookModel,
  action: UpdateAction,
  tools: Pick<IWriterTools, 'observer' | 'trans'>
): IOutcome {
  const { trans } = tools;
  const cell = findCell(notebook, action.cell_id)?.cell;
  if (!cell) {
    return { status: 'rejected', message: trans.__('The cell is gone.') };
  }
  if (!mayMark(cell, action)) {
    return {
      status: 'rejected',
      message: trans.__('The cell is not one of the agent’s.')
    };
  }
  if (action.source !== null) {
    const refused = replaceSource(cell, action.source, action, tools);
    if (refused) {
      return refused;
    }
  }
  const metadata = action.metadata as unknown as PartialJSONValue;
  const present = cell.getMetadata(METADATA_KEY) as
    PartialJSONValue | undefined;
  if (!JSONExt.deepEqual(present ?? null, metadata)) {
    cell.setMetadata(METADATA_KEY, metadata);
  }
  return { status: 'ok', cell: cellSnapshot(cell) };
}

/** Our own cells, and a plan cell that is being marked as one. */
function mayMark(cell: ICellModel, action: UpdateAction): boolean {
  return (
    metadataOf(cell) !== null ||
    (action.metadata.role === 'plan' && cell.type === 'markdown')
  );
}

function replaceSource(
  cell: ICellModel,
  source: string,
  action: UpdateAction,
  { observer, trans }: Pick<IWriterTools, 'observer' | 'trans'>
): IOutcome | null {
  const ours = metadataOf(cell);
  if (!ours || ours.role === 'plan' || cell.type !== 'markdown') {
    return {
      status: 'rejected',
      message: trans.__(
        'Only the text of the agent’s own markdown is replaced.'
      )
    };
  }
  const present = cell.sharedModel.getSource();
  if (present === source) {
    return null;
  }
  if (sourceHash(present) !== action.expected_source_hash) {
    return {
      status: 'source_mismatch',
      message: trans.__('The text was edited meanwhile.'),
      cell: cellSnapshot(cell)
    };
  }
  observer.expectSource(cell.id, source);
  cell.sharedModel.transact(() => cell.sharedModel.setSource(source), false);
  return null;
}
