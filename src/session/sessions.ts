/**
 * All sessions of this browser tab, one per notebook panel.
 *
 * A session opens a socket and asks the kernel who it is, so a notebook gets one only when
 * someone looks: the panel, a command, or a notebook that has agent cells in it already.
 */
import {
  NotebookActions,
  type INotebookTracker,
  type Notebook,
  type NotebookPanel
} from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IOciSession, IOciSessions, IStepReference } from '../tokens';
import { OciSession, type IOciSessionOptions } from './session';
import { findCell, metadataOf } from './snapshot';

/** What the sessions are made of. */
export interface IOciSessionsOptions extends Omit<IOciSessionOptions, 'panel'> {
  tracker: INotebookTracker;
}

/** All sessions of this browser tab. */
export class OciSessions implements IOciSessions, IDisposable {
  constructor(options: IOciSessionsOptions) {
    this._options = options;
    this._tracker = options.tracker;
    this._tracker.currentChanged.connect(this._onCurrent, this);
    this._tracker.widgetAdded.connect(this._onPanel, this);
    this._tracker.forEach(panel => this._onPanel(this._tracker, panel));
    NotebookActions.executed.connect(this._onExecuted, this);
  }

  get all(): ReadonlyArray<IOciSession> {
    return [...this._sessions.values()];
  }

  get added(): ISignal<IOciSessions, IOciSession> {
    return this._added;
  }

  get currentChanged(): ISignal<IOciSessions, IOciSession | null> {
    return this._currentChanged;
  }

  get current(): IOciSession | null {
    const panel = this._tracker.currentWidget;
    return panel?.model && panel.context.isReady ? this.get(panel) : null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._sessions.forEach(session => session.dispose());
    this._sessions.clear();
    Signal.clearData(this);
  }

  get(panel: NotebookPanel): IOciSession {
    const known = this._sessions.get(panel);
    if (known) {
      return known;
    }
    const session = new OciSession({ ...this._options, panel });
    this._sessions.set(panel, session);
    panel.disposed.connect(this._onPanelDisposed, this);
    this._added.emit(session);
    return session;
  }

  find(panel: NotebookPanel): IOciSession | null {
    return this._sessions.get(panel) ?? null;
  }

  stepOfCell(
    cellId: string
  ): { session: IOciSession; step: IStepReference } | null {
    const panels: NotebookPanel[] = [];
    this._tracker.forEach(panel => panels.push(panel));
    // Copies of a notebook have the same cell ids: the one in front is meant.
    const current = this._tracker.currentWidget;
    panels.sort((a, b) => Number(b === current) - Number(a === current));
    for (const panel of panels) {
      const found = panel.model && findCell(panel.model, cellId);
      const metadata = found ? metadataOf(found.cell) : null;
      if (
        metadata?.step_id &&
        (metadata.role === 'step' || metadata.role === 'heading')
      ) {
        return {
          session: this.get(panel),
          step: { step_id: metadata.step_id, iteration: metadata.iteration }
        };
      }
    }
    return null;
  }

  private _onCurrent(): void {
    const panel = this._tracker.currentWidget;
    if (!panel || panel.context.isReady) {
      this._currentChanged.emit(this._currentIfKnown());
      return;
    }
    this._currentChanged.emit(null);
    void panel.context.ready.then(() => {
      if (!this._isDisposed && panel === this._tracker.currentWidget) {
        this._currentChanged.emit(this._currentIfKnown());
      }
    });
  }

  /** Changing to a notebook alone gives it no session: its kernel is none of our business. */
  private _currentIfKnown(): IOciSession | null {
    const panel = this._tracker.currentWidget;
    return panel ? this.find(panel) : null;
  }

  private _onPanel(_: INotebookTracker, panel: NotebookPanel): void {
    void panel.context.ready.then(() => {
      if (this._isDisposed || panel.isDisposed || !panel.model) {
        return;
      }
      if ([...panel.model.cells].some(cell => metadataOf(cell) !== null)) {
        this.get(panel);
      }
    });
  }

  private _onPanelDisposed(panel: NotebookPanel): void {
    this._sessions.get(panel)?.dispose();
    this._sessions.delete(panel);
  }

  private _onExecuted(_: unknown, args: { notebook: Notebook }): void {
    for (const [panel, session] of this._sessions) {
      if (panel.content === args.notebook) {
        session.noticeExecution();
      }
    }
  }

  private readonly _added = new Signal<IOciSessions, IOciSession>(this);
  private readonly _currentChanged = new Signal<
    IOciSessions,
    IOciSession | null
  >(this);
  private _isDisposed = false;
  private readonly _options: IOciSessionsOptions;
  private readonly _sessions = new Map<NotebookPanel, OciSession>();
  private readonly _tracker: INotebookTracker;
}
