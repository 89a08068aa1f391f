/**
 * The one notebook that a cell writer may touch, and what it needs to touch it.
 */
import type {
  ISessionContext,
  ISessionContextDialogs
} from '@jupyterlab/apputils';
import type {
  INotebookCellExecutor,
  INotebookModel,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import type { CellSnapshot, Reply } from '../contract.gen';

/** The part of a notebook panel that is written to; a panel fits. */
export interface INotebookTarget {
  readonly content: Pick<
    NotebookPanel['content'],
    'widgets' | 'notebookConfig'
  >;
  readonly model: INotebookModel | null;
  readonly sessionContext: ISessionContext;
  readonly isDisposed: boolean;
}

/** The part of the kernel link that actions need. */
export interface IKernelAnswers {
  readonly epoch: string;
  readonly phase: string;
  askAboutItself(patience?: number): Promise<unknown>;
  ask(
    what: 'kernel' | 'data',
    request: Record<string, unknown>,
    patience?: number
  ): Promise<Record<string, unknown>>;
}

/** What we tell the observer, so that it does not report our own doing. */
export interface IOwnDoing {
  /** A cell will appear by our hand. */
  expectCell(cellId: string): void;

  /** A cell's source will change by our hand. */
  expectSource(cellId: string, source: string): void;
}

/** What a cell writer works with. */
export interface IWriterTools {
  target: INotebookTarget;
  executor: INotebookCellExecutor;
  kernel: IKernelAnswers;
  observer: IOwnDoing;
  dialogs?: ISessionContextDialogs;
  translator: ITranslator;
  trans: TranslationBundle;
}

/** What an action came to; the writer makes a reply of it. */
export interface IOutcome {
  status: Reply['status'];
  message?: string;
  cell?: CellSnapshot;
  cells?: CellSnapshot[];
  probe?: Record<string, unknown>;
  seconds?: number;
}
