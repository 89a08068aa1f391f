/**
 * One notebook's session: joins socket, kernel, cells and plan.
 *
 * It decides nothing about the analysis. Messages of the server become `state` or go to
 * the cell writer; what happens in the notebook goes to the server; what the principal
 * asks goes to the server, or comes back as a problem when it cannot. A refused command is
 * always said, never dropped.
 */
import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import type {
  INotebookCellExecutor,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { ServerConnection } from '@jupyterlab/services';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { Signal, type ISignal } from '@lumino/signaling';

import { CellWriter } from '../cellWriter/cellWriter';
import { showRendered } from '../cellWriter/insertCell';
import { emptyRunState, PROTOCOL, type ServerMessage } from '../contract';
import type {
  Action,
  Answer,
  CellEvent,
  DataProfile,
  Decide,
  Hello,
  KernelEvent,
  KernelInfo,
  Problem,
  RunPlan,
  RunState
} from '../contract.gen';
import type {
  IDataRequest,
  IOciSession,
  IProse,
  IStepReference,
  KernelPhase,
  LinkStatus,
  ToolkitPresence
} from '../tokens';
import { VERSION } from '../version';
import { RunConnection } from './connection';
import { KernelLink } from './kernelLink';
import { CellObserver } from './observer';
import { ownCellsAbove, runOwnCellsAbove } from './ownCells';
import { PlanDocument } from './planDocument';
import { revealCell } from './reveal';
import { Requests } from './requests';
import { isCodeModel, notebookSnapshot } from './snapshot';

/** What a session is made of. */
export interface IOciSessionOptions {
  panel: NotebookPanel;
  executor: INotebookCellExecutor;
  settings: ServerConnection.ISettings;

  /** How a run asks for consent, unless told otherwise. */
  mode: () => RunPlan['mode'];

  /** Bring the notebook's tab to the front. */
  activate: (panel: NotebookPanel) => void;

  dialogs?: ISessionContextDialogs;
  translator: ITranslator;
}

/** One notebook's session. */
export class OciSession implements IOciSession {
  constructor(options: IOciSessionOptions) {
    const { panel, translator } = options;
    if (!panel.model) {
      throw new Error('The notebook is not ready.');
    }
    this.notebook = panel;
    this._options = options;
    this._trans = translator.load('oci_jupyter');
    this._state = emptyRunState(panel.context.path);
    this._kernel = new KernelLink({
      sessionContext: panel.sessionContext,
      cellRuns: () => this._cellRuns(),
      trans: this._trans
    });
    this._observer = new CellObserver({
      notebook: panel.model,
      isInFlight: cellId => this._writer.isInFlight(cellId)
    });
    this._writer = new CellWriter({
      target: panel,
      executor: options.executor,
      kernel: this._kernel,
      observer: this._observer,
      dialogs: options.dialogs,
      translator,
      trans: this._trans
    });
    this._plan = new PlanDocument({
      notebook: panel.model,
      onCreated: index => showRendered(panel, index)
    });
    this._connection = new RunConnection({
      settings: options.settings,
      hello: () => this._hello(),
      trans: this._trans
    });

    this._requests = new Requests({
      connection: this._connection,
      plan: this._plan,
      lease: () => this._lease,
      trans: this._trans
    });

    this._requests.changed.connect(this._emitChanged, this);
    this._kernel.changed.connect(this._emitChanged, this);
    this._kernel.happened.connect(this._onKernel, this);
    this._observer.noticed.connect(this._onCell, this);
    this._plan.changed.connect(this._emitChanged, this);
    this._connection.changed.connect(this._onLink, this);
    this._connection.received.connect(this._onMessage, this);
    panel.context.pathChanged.connect(this._onPath, this);
    panel.disposed.connect(this.dispose, this);
    this._connection.connect();
  }

  readonly notebook: NotebookPanel;

  get changed(): ISignal<IOciSession, void> {
    return this._changed;
  }

  get path(): string {
    return this.notebook.context.path;
  }

  get link(): LinkStatus {
    return this._connection.status;
  }

  get linkMessage(): string {
    return this._connection.message;
  }

  get lease(): boolean {
    return this._lease;
  }

  get kernel(): KernelPhase {
    return this._kernel.phase;
  }

  get toolkit(): ToolkitPresence {
    return this._kernel.toolkit;
  }

  get installCommand(): string {
    return `%pip install "oci-jupyter==${VERSION}"`;
  }

  get kernelInfo(): KernelInfo | null {
    return this._kernel.info;
  }

  get state(): RunState {
    return this._state;
  }

  get prose(): IProse | null {
    return this._prose;
  }

  get plan(): PlanDocument {
    return this._plan;
  }

  get problems(): ReadonlyArray<Problem> {
    return this._requests.problems;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._connection.dispose();
    this._observer.dispose();
    this._plan.dispose();
    this._kernel.dispose();
    Signal.clearData(this);
  }

  async probeKernel(): Promise<KernelInfo> {
    return this._kernel.askAboutItself();
  }

  async probeData(request: IDataRequest): Promise<DataProfile> {
    const answer = await this._kernel.ask('data', { ...request });
    return answer as unknown as DataProfile;
  }

  /** The principal ran something: the kernel may hold other DataFrames now. */
  noticeExecution(): void {
    this._kernel.refreshSoon();
  }

  get cellsAbovePlan(): number {
    return ownCellsAbove(this.notebook, this._plan.cellId).length;
  }

  async runAbovePlan(): Promise<boolean> {
    const { executor, dialogs, translator } = this._options;
    const ran = await runOwnCellsAbove(this._plan.cellId, {
      panel: this.notebook,
      executor,
      dialogs,
      translator
    });
    if (!ran) {
      this._requests.refuse(
        'own_cell_failed',
        this._trans.__('A cell above the plan failed.'),
        this._trans.__('Correct it and try again.')
      );
      return false;
    }
    try {
      await this.probeKernel();
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason);
      this._requests.refuse('kernel', message, '');
      return false;
    }
    return true;
  }

  draft(): void {
    this._requests.draft();
  }

  run(mode: RunPlan['mode'] = this._options.mode()): void {
    this._requests.run(mode);
  }

  resume(): void {
    this._requests.resume();
  }

  stop(interrupt = false): void {
    this._requests.stop(interrupt);
  }

  answer(questionId: Answer['question_id'], choice: Answer['choice']): void {
    this._requests.answer(questionId, choice);
  }

  decide(
    step: IStepReference,
    decision: Decide['decision'],
    comment = ''
  ): void {
    this._requests.decide(step, decision, comment);
  }

  rerun(step: IStepReference): void {
    this._requests.rerun(step);
  }

  applyRemedy(remedyId: string): void {
    this._requests.applyRemedy(remedyId);
  }

  readPlan(text: string, data = ''): void {
    this._requests.readPlan(text, data);
  }

  answerReading(answers: Record<string, string>): void {
    this._requests.answerReading(answers);
  }

  dismissReading(): void {
    this._requests.dismissReading();
  }

  applyProposal(proposalId: string): void {
    this._requests.applyProposal(proposalId);
  }

  dismissProposal(): void {
    this._requests.dismissProposal();
  }

  askCritic(): void {
    this._requests.askCritic();
  }

  takeLease(): void {
    this._requests.takeLease();
  }

  reveal(cellId: string, options: { edit?: boolean } = {}): void {
    this._options.activate(this.notebook);
    if (!revealCell(this.notebook, cellId, options.edit === true)) {
      this._requests.refuse(
        'cell_gone',
        this._trans.__('The cell is no longer in the notebook.'),
        this._trans.__('Undo the deletion, or run the plan again.')
      );
    }
  }

  private _hello(): Hello {
    const notebook = this.notebook.model;
    return {
      type: 'hello',
      protocol: PROTOCOL,
      version: VERSION,
      client_id: this._clientId,
      notebook_path: this.path,
      kernel_id: this._kernel.kernelId,
      kernel_epoch: this._kernel.epoch,
      cells: notebook ? notebookSnapshot(notebook) : []
    };
  }

  private _cellRuns(): boolean {
    return this.notebook.content.widgets.some(
      cell => isCodeModel(cell.model) && cell.model.executionState === 'running'
    );
  }

  private _onMessage(_: RunConnection, message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
      case 'state':
        this._lease = message.lease;
        this._state = message.state;
        this._emitChanged();
        break;
      case 'prose':
        this._prose = message.text
          ? { iteration: message.iteration, text: message.text }
          : null;
        this._emitChanged();
        break;
      case 'error':
        this._requests.refused(message.problems);
        break;
      case 'action':
        void this._carryOut(message);
        break;
    }
  }

  private async _carryOut(action: Action): Promise<void> {
    const reply = await this._writer.handle(action);
    if (!this._isDisposed) {
      // A reply that cannot go out is kept by the writer, for when it is asked again.
      this._connection.send(reply);
    }
  }

  private _onLink(): void {
    if (this.link !== 'live') {
      this._lease = false;
      this._prose = null;
      this._writer.disown();
    }
    this._emitChanged();
  }

  private _onKernel(_: KernelLink, event: KernelEvent): void {
    this._connection.send(event);
  }

  private _onCell(
    _: CellObserver,
    event: Omit<CellEvent, 'kernel_epoch'>
  ): void {
    this._connection.send({ ...event, kernel_epoch: this._kernel.epoch });
  }

  private _onPath(): void {
    this._connection.send({ type: 'renamed', notebook_path: this.path });
    this._emitChanged();
  }

  private _emitChanged(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<IOciSession, void>(this);
  private readonly _clientId = UUID.uuid4();
  private readonly _connection: RunConnection;
  private _isDisposed = false;
  private readonly _kernel: KernelLink;
  private _lease = false;
  private readonly _observer: CellObserver;
  private readonly _options: IOciSessionOptions;
  private readonly _plan: PlanDocument;
  private _prose: IProse | null = null;
  private readonly _requests: Requests;
  private _state: RunState;
  private readonly _trans: TranslationBundle;
  private readonly _writer: CellWriter;
}
