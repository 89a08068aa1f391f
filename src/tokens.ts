/**
 * The extension's tokens: what one plugin of ours (or another extension) may ask of
 * another.
 *
 * One notebook has one session. A session is pinned to its notebook panel for life: it
 * follows renames, survives restarts of kernel and server, and ends with the panel. It
 * holds no analysis of its own: the run's state comes from the server, the cells are in
 * the notebook, the kernel answers probes.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';

import type {
  Answer,
  DataProfile,
  Decide,
  KernelInfo,
  Plan,
  Problem,
  RunPlan,
  RunState
} from './contract.gen';

/** How the session stands with the server. */
export type LinkStatus = 'connecting' | 'live' | 'lost' | 'refused';

/** How the session stands with the kernel. */
export type KernelPhase =
  'none' | 'starting' | 'idle' | 'busy' | 'restarting' | 'dead';

/** Whether the toolkit can be imported in the notebook's kernel. */
export type ToolkitPresence = 'unknown' | 'present' | 'missing';

/** What a probe of the data asks for; mirrors the toolkit's `probe.ask("data", …)`. */
export interface IDataRequest {
  source: string;
  treatment?: string;
  treated?: Plan['treated'];
  outcome?: string;
  confounders?: string[];
  placebo_outcomes?: string[];
  cluster?: string;
  weights?: string;
  keep?: string[];
  estimands?: string[];
}

/** What a language model has written of a report so far; plain text, untrusted. */
export interface IProse {
  iteration: number;
  text: string;
}

/** A probe that the kernel could not answer. */
export class ProbeError extends Error {
  constructor(
    readonly code: 'no_kernel' | 'no_toolkit' | 'busy' | 'failed',
    message: string
  ) {
    super(message);
    this.name = 'ProbeError';
  }
}

/**
 * The plan, as it stands in the notebook's plan cell.
 *
 * The cell is the one truth: `set` edits the cell's YAML in place (comments and key order
 * are kept) as one undo step, and an edit of the cell by hand arrives as `changed`.
 */
export interface IPlanDocument extends IDisposable {
  /** Id of the plan cell, or '' while the notebook has none. */
  readonly cellId: string;

  /** Source of the plan cell, or ''. */
  readonly source: string;

  /** Fields that can be read, even while others are broken. */
  readonly fields: Partial<Plan>;

  /** Text of a plan cell that has no fields yet: the plan in words; '' otherwise. */
  readonly words: string;

  /** What is wrong with the cell's YAML itself; empty when it parses. */
  readonly problems: ReadonlyArray<Problem>;

  /** Emitted after any change of the plan, by form or by hand. */
  readonly changed: ISignal<IPlanDocument, void>;

  /** Write one or more fields, creating the plan cell where there is none. */
  set(fields: Partial<Plan>): void;
}

/** One notebook's session. */
export interface IOciSession extends IDisposable {
  readonly notebook: NotebookPanel;
  readonly path: string;

  readonly link: LinkStatus;

  /** Why the link is `lost` or `refused`, with the fix; '' otherwise. */
  readonly linkMessage: string;

  /** Whether this tab leads the run; other tabs only watch. */
  readonly lease: boolean;

  readonly kernel: KernelPhase;
  readonly toolkit: ToolkitPresence;

  /** Command that installs the toolkit in the kernel's environment. */
  readonly installCommand: string;

  /** Answer to the last successful `probeKernel`, or null. */
  readonly kernelInfo: KernelInfo | null;

  readonly state: RunState;

  /** What the language model is writing just now, or null. */
  readonly prose: IProse | null;
  readonly plan: IPlanDocument;

  /** Problems the server found with the last message we sent; cleared by the next one. */
  readonly problems: ReadonlyArray<Problem>;

  /** Emitted after any change of the properties above. */
  readonly changed: ISignal<IOciSession, void>;

  /** Ask the kernel about itself and its DataFrames, while it is busy too. */
  probeKernel(): Promise<KernelInfo>;

  /** Ask the kernel about data; never sends more than names. */
  probeData(request: IDataRequest): Promise<DataProfile>;

  /** Check the plan against the data; the answer is `state.spec_draft` or problems. */
  draft(): void;

  /** How many of the principal's own code cells stand above the plan. */
  readonly cellsAbovePlan: number;

  /**
   * Run the principal's own code cells above the plan: they load the data.
   *
   * @returns Whether all ran, and the kernel has been asked about its DataFrames since.
   */
  runAbovePlan(): Promise<boolean>;

  /** Save nothing, insert and run the plan's steps below the plan cell. */
  run(mode?: RunPlan['mode']): void;
  resume(): void;
  stop(interrupt?: boolean): void;
  answer(questionId: Answer['question_id'], choice: Answer['choice']): void;
  decide(
    step: IStepReference,
    decision: Decide['decision'],
    comment?: string
  ): void;
  rerun(step: IStepReference): void;
  applyRemedy(remedyId: string): void;

  /** Let a plan in words be read; the answer is `state.reading` or problems. */
  readPlan(text: string, data?: string): void;

  /** Answer the questions of the reading, by question id. */
  answerReading(answers: Record<string, string>): void;

  /** The reading is no longer wanted: its fields are in the plan, or never will be. */
  dismissReading(): void;

  /** Agree to the change of spec on show: the next iteration begins. */
  applyProposal(proposalId: string): void;
  dismissProposal(): void;

  /** Let the language model read the current results again. */
  askCritic(): void;
  takeLease(): void;

  /** Scroll to a cell and select it: only ever called when the principal asks. */
  reveal(cellId: string, options?: { edit?: boolean }): void;
}

/** Names a step of a run. */
export interface IStepReference {
  step_id: string;
  iteration: number;
}

/** All sessions of this browser tab. */
export interface IOciSessions {
  /**
   * The session of the current notebook, created on first use; null when none is open.
   */
  readonly current: IOciSession | null;

  /** Emitted with the current notebook's session if it has one already. */
  readonly currentChanged: ISignal<IOciSessions, IOciSession | null>;

  /** All sessions there are. */
  readonly all: ReadonlyArray<IOciSession>;

  /** Emitted when a notebook gets a session. */
  readonly added: ISignal<IOciSessions, IOciSession>;

  /** The session of a notebook panel, created on first use. */
  get(panel: NotebookPanel): IOciSession;

  /** The session of a notebook panel if it has one; never creates one. */
  find(panel: NotebookPanel): IOciSession | null;

  /** The session and step of an agent cell, or null when the cell is not ours. */
  stepOfCell(
    cellId: string
  ): { session: IOciSession; step: IStepReference } | null;
}

export const IOciSessions = new Token<IOciSessions>(
  'oci-jupyter:IOciSessions',
  'The causal-analysis sessions of the open notebooks.'
);

/** The side panel, for those who want to show it. */
export interface IOciPanel {
  /** Bring the panel to the front. */
  show(): void;

  /** Expand the plan form. */
  showPlan(): void;
}

export const IOciPanel = new Token<IOciPanel>(
  'oci-jupyter:IOciPanel',
  'The side panel of oci-jupyter.'
);
