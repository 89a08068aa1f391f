/**
 * The plugin that marks agent cells in every open notebook.
 *
 * Marks come from the cells' metadata alone, so they also stand in a notebook whose server
 * does not know us; a session only adds what is happening now.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IOciSessions } from '../tokens';
import { CellMarks } from './cellMarks';

/** Marks agent cells. */
export const decorationPlugin: JupyterFrontEndPlugin<void> = {
  id: 'oci-jupyter:decoration',
  description: 'Marks the cells that the causal-analysis agent inserted.',
  autoStart: true,
  requires: [INotebookTracker, IOciSessions],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    tracker: INotebookTracker,
    sessions: IOciSessions,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('oci_jupyter');
    const marks = new WeakMap<NotebookPanel, CellMarks>();

    const mark = (panel: NotebookPanel): void => {
      void panel.context.ready.then(() => {
        if (panel.isDisposed || marks.has(panel)) {
          return;
        }
        const made = new CellMarks(panel, trans);
        marks.set(panel, made);
        const session = sessions.find(panel);
        if (session) {
          made.follow(session);
        }
      });
    };
    tracker.forEach(mark);
    tracker.widgetAdded.connect((_, panel) => mark(panel));
    sessions.added.connect((_, session) => {
      marks.get(session.notebook)?.follow(session);
    });
  }
};
