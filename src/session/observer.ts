/**
 * Notices what happens to agent cells, by whatever hand.
 *
 * Shift+Enter, Run All, an edit, a deletion, an undo: the critic has to know of each, and
 * none of them passes through our code. A finished run shows in the cell model itself
 * (`executionCount` is set last, when the outputs are complete). What we do ourselves is
 * told beforehand by the cell writer and is not reported a second time.
 */
import type { ICellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IOwnDoing } from '../cellWriter/target';
import type { CellEvent } from '../contract.gen';
import { cellSnapshot, findCell, metadataOf } from './snapshot';

/** Quiet time after the last keystroke before an edit is told, ms. */
const EDIT_DELAY = 300;

/** What an observer is made of. */
export interface IObserverOptions {
  notebook: INotebookModel;

  /** Whether a run of the cell will be told of by a reply. */
  isInFlight: (cellId: string) => boolean;
}

/** Watches the agent cells of one notebook. */
export class CellObserver implements IDisposable, IOwnDoing {
  constructor(options: IObserverOptions) {
    this._notebook = options.notebook;
    this._isInFlight = options.isInFlight;
    this._notebook.cells.changed.connect(this._onCells, this);
    this._watchNew();
    for (const cell of this._notebook.cells) {
      if (metadataOf(cell)) {
        this._present.add(cell.id);
      }
    }
  }

  /** Emitted with what happened to an agent cell; the epoch is the receiver's to add. */
  get noticed(): ISignal<this, Omit<CellEvent, 'kernel_epoch'>> {
    return this._noticed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._timers.forEach(timer => clearTimeout(timer));
    this._timers.clear();
    Signal.clearData(this);
  }

  expectCell(cellId: string): void {
    this._present.add(cellId);
    this._expected.add(cellId);
  }

  expectSource(cellId: string, source: string): void {
    this._sources.set(cellId, source);
  }

  private _onCells(): void {
    this._watchNew();
    if (!this._reconciling) {
      // Moving a cell is a deletion and an insertion; look when both are done.
      this._reconciling = true;
      queueMicrotask(() => {
        this._reconciling = false;
        if (!this._isDisposed && !this._notebook.isDisposed) {
          this._reconcile();
        }
      });
    }
  }

  /** Compare the agent cells that are there with those that were. */
  private _reconcile(): void {
    const seen = new Set<string>();
    for (const cell of this._notebook.cells) {
      seen.add(cell.id);
      this._expected.delete(cell.id);
      if (!this._present.has(cell.id) && metadataOf(cell)) {
        this._present.add(cell.id);
        this._sources.set(cell.id, cell.sharedModel.getSource());
        this._tell('inserted', cell.id, cell);
      }
    }
    for (const id of this._present) {
      if (!seen.has(id) && !this._expected.has(id)) {
        this._present.delete(id);
        this._tell('deleted', id, null);
      }
    }
  }

  private _watchNew(): void {
    for (const cell of this._notebook.cells) {
      if (this._watched.has(cell)) {
        continue;
      }
      this._watched.add(cell);
      if (metadataOf(cell)) {
        this._sources.set(cell.id, cell.sharedModel.getSource());
      }
      cell.stateChanged.connect(this._onState, this);
      cell.contentChanged.connect(this._onContent, this);
      cell.metadataChanged.connect(this._onMetadata, this);
    }
  }

  private _onState(
    cell: ICellModel,
    change: { name: string; newValue: unknown }
  ): void {
    if (
      change.name === 'executionCount' &&
      typeof change.newValue === 'number' &&
      metadataOf(cell) &&
      !this._isInFlight(cell.id)
    ) {
      this._flushEdit(cell.id);
      this._tell('executed', cell.id, cell);
    }
  }

  private _onMetadata(cell: ICellModel): void {
    if (metadataOf(cell) && !this._present.has(cell.id)) {
      // A cell that was just marked as ours, most likely the plan.
      this._present.add(cell.id);
      this._sources.set(cell.id, cell.sharedModel.getSource());
    }
  }

  private _onContent(cell: ICellModel): void {
    const id = cell.id;
    if (
      !metadataOf(cell) ||
      this._sources.get(id) === cell.sharedModel.getSource()
    ) {
      // Outputs change the content too.
      return;
    }
    clearTimeout(this._timers.get(id));
    this._timers.set(
      id,
      setTimeout(() => this._flushEdit(id), EDIT_DELAY)
    );
  }

  /** Tell of an edit now, so that it never arrives after the run that it led to. */
  private _flushEdit(cellId: string): void {
    const timer = this._timers.get(cellId);
    if (timer === undefined) {
      return;
    }
    clearTimeout(timer);
    this._timers.delete(cellId);
    const cell = findCell(this._notebook, cellId)?.cell;
    if (!cell || this._isDisposed) {
      return;
    }
    const source = cell.sharedModel.getSource();
    if (this._sources.get(cellId) !== source) {
      this._sources.set(cellId, source);
      this._tell('edited', cellId, cell);
    }
  }

  private _tell(
    event: CellEvent['event'],
    cellId: string,
    cell: ICellModel | null
  ): void {
    this._noticed.emit({
      type: 'cell_event',
      event,
      cell_id: cellId,
      cell: cell ? cellSnapshot(cell) : null
    });
  }

  private readonly _expected = new Set<string>();
  private _isDisposed = false;
  private readonly _isInFlight: (cellId: string) => boolean;
  private readonly _notebook: INotebookModel;
  private readonly _noticed = new Signal<this, Omit<CellEvent, 'kernel_epoch'>>(
    this
  );
  /** Ids of the agent cells that are there, as far as the server knows. */
  private readonly _present = new Set<string>();
  private _reconciling = false;
  /** Sources as the server knows them. */
  private readonly _sources = new Map<string, string>();
  private readonly _timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly _watched = new WeakSet<ICellModel>();
}
