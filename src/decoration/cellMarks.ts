/**
 * Marks the agent cells of one notebook.
 *
 * The mark is one element at the edge of the cell's own node, out of the flow, so that no
 * line of the notebook moves when it comes, changes or goes. A cell keeps its node when a
 * windowed notebook takes it out of the page and puts it back, so the mark travels with it.
 */
import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { METADATA_KEY } from '../contract';
import { metadataOf } from '../session/snapshot';
import type { IOciSession } from '../tokens';
import { liveStep, markView, type IMarkView } from './markView';

const CELL_CLASS = 'jp-oci-cell';
const DIMMED_CLASS = 'jp-mod-oci-dimmed';
const MARK_CLASS = 'jp-oci-mark';

/** Marks of one notebook. */
export class CellMarks implements IDisposable {
  constructor(panel: NotebookPanel, trans: TranslationBundle) {
    this._panel = panel;
    this._trans = trans;
    panel.model?.cells.changed.connect(this._onCells, this);
    this._panel.disposed.connect(this.dispose, this);
    this._onCells();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    cancelAnimationFrame(this._frame);
    Signal.clearData(this);
  }

  /** Let the marks follow a session's state, too. */
  follow(session: IOciSession): void {
    this._session = session;
    session.changed.connect(this._schedule, this);
    this._schedule();
  }

  private _onCells(): void {
    for (const cell of this._panel.model?.cells ?? []) {
      if (!this._watched.has(cell)) {
        this._watched.add(cell);
        cell.metadataChanged.connect(this._onMetadata, this);
      }
    }
    this._schedule();
  }

  private _onMetadata(_: ICellModel, change: { key: string }): void {
    if (change.key === METADATA_KEY) {
      this._schedule();
    }
  }

  /** Many changes, one drawing. */
  private _schedule(): void {
    if (this._isDisposed || this._frame !== 0) {
      return;
    }
    this._frame = requestAnimationFrame(() => {
      this._frame = 0;
      if (!this._isDisposed && !this._panel.isDisposed) {
        this._panel.content.widgets.forEach(cell => this._draw(cell));
      }
    });
  }

  private _draw(cell: Cell): void {
    const metadata = metadataOf(cell.model);
    if (!metadata) {
      this._clear(cell);
      return;
    }
    const session = this._session;
    const step =
      session && !session.isDisposed
        ? liveStep(session.state, cell.model.id)
        : null;
    const view = markView(metadata, step, this._trans);
    const drawn = JSON.stringify(view);
    if (this._drawn.get(cell) === drawn) {
      return;
    }
    this._drawn.set(cell, drawn);
    cell.addClass(CELL_CLASS);
    cell.toggleClass(DIMMED_CLASS, view.dimmed);
    cell.node.dataset.ociState = view.state;
    cell.node.dataset.ociRole = metadata.role;
    this._drawBadge(cell, view);
  }

  private _drawBadge(cell: Cell, view: IMarkView): void {
    let mark = markOf(cell);
    if (!view.badge) {
      mark?.remove();
      return;
    }
    if (!mark) {
      mark = document.createElement('div');
      mark.className = MARK_CLASS;
      const symbol = document.createElement('span');
      symbol.className = `${MARK_CLASS}-symbol`;
      symbol.setAttribute('aria-hidden', 'true');
      const text = document.createElement('span');
      text.className = `${MARK_CLASS}-text`;
      mark.append(symbol, text);
      cell.node.append(mark);
    }
    mark.dataset.ociState = view.state;
    mark.title = view.tooltip;
    const [symbol, text] = mark.children;
    symbol.textContent = view.symbol;
    text.textContent = view.text;
  }

  private _clear(cell: Cell): void {
    if (!this._drawn.delete(cell)) {
      return;
    }
    markOf(cell)?.remove();
    cell.removeClass(CELL_CLASS);
    cell.removeClass(DIMMED_CLASS);
    delete cell.node.dataset.ociState;
    delete cell.node.dataset.ociRole;
  }

  private readonly _drawn = new WeakMap<Cell, string>();
  private _frame = 0;
  private _isDisposed = false;
  private readonly _panel: NotebookPanel;
  private _session: IOciSession | null = null;
  private readonly _trans: TranslationBundle;
  private readonly _watched = new WeakSet<ICellModel>();
}

function markOf(cell: Cell): HTMLElement | null {
  return cell.node.querySelector<HTMLElement>(`:scope > .${MARK_CLASS}`);
}
