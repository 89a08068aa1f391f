/**
 * What a command acts on: the notebook and the step that the arguments, the click or the
 * focus name, in this order.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { Problem, RunState } from '../contract.gen';
import type {
  IOciPanel,
  IOciSession,
  IOciSessions,
  IStepReference
} from '../tokens';

/** What all commands work with. */
export interface ICommandTools {
  app: JupyterFrontEnd;
  tracker: INotebookTracker;
  sessions: IOciSessions;
  panel: IOciPanel | null;
  trans: TranslationBundle;
}

/** What a command on a session comes to; for scripts. */
export interface ICommandOutcome {
  state: RunState;
  problems: ReadonlyArray<Problem>;
}

/** How long a command waits for the server before it returns what is known, ms. */
const PATIENCE = 10_000;

/** The notebook that a command means: the one with `path`, else the current one. */
export function notebookOf(
  tools: ICommandTools,
  args: ReadonlyPartialJSONObject
): NotebookPanel | null {
  if (typeof args.path === 'string' && args.path !== '') {
    return (
      tools.tracker.find(panel => panel.context.path === args.path) ?? null
    );
  }
  return tools.tracker.currentWidget;
}

/** The session a command means if it exists already; for `isEnabled`. */
export function knownSession(
  tools: ICommandTools,
  args: ReadonlyPartialJSONObject
): IOciSession | null {
  const panel = notebookOf(tools, args);
  return panel ? tools.sessions.find(panel) : null;
}

/**
 * The session a command means, once its link has settled.
 *
 * @throws Error when no notebook is open.
 */
export async function settledSession(
  tools: ICommandTools,
  args: ReadonlyPartialJSONObject
): Promise<IOciSession> {
  const panel = notebookOf(tools, args);
  if (!panel) {
    throw new Error(
      args.path
        ? tools.trans.__('The notebook “%1” is not open.', String(args.path))
        : tools.trans.__('No notebook is open.')
    );
  }
  await panel.context.ready;
  const session = tools.sessions.get(panel);
  await until(session, () => session.link !== 'connecting');
  return session;
}

/** The cell that a command means: the clicked one, else the active one. */
export function cellOf(
  tools: ICommandTools,
  args: ReadonlyPartialJSONObject
): Cell | null {
  if (args.clicked !== true) {
    return notebookOf(tools, args)?.content.activeCell ?? null;
  }
  const node = tools.app.contextMenuHitTest(element =>
    element.classList.contains('jp-Cell')
  );
  let clicked: Cell | null = null;
  tools.tracker.forEach(panel => {
    clicked = panel.content.widgets.find(cell => cell.node === node) ?? clicked;
  });
  return node ? clicked : null;
}

/** The step that a command means, with its session; null when there is none. */
export function stepOf(
  tools: ICommandTools,
  args: ReadonlyPartialJSONObject
): { session: IOciSession; step: IStepReference } | null {
  if (typeof args.step_id === 'string' && args.step_id !== '') {
    const session = knownSession(tools, args);
    if (!session) {
      return null;
    }
    const last = session.state.iterations[session.state.iterations.length - 1];
    const iteration =
      typeof args.iteration === 'number'
        ? args.iteration
        : (last?.iteration ?? 1);
    return { session, step: { step_id: args.step_id, iteration } };
  }
  const cell = cellOf(tools, args);
  return cell ? tools.sessions.stepOfCell(cell.model.id) : null;
}

/** Whether a session would carry out a command. */
export function isLed(session: IOciSession | null): boolean {
  return session !== null && session.link === 'live' && session.lease;
}

/**
 * Do something with a session and wait for the server's answer.
 *
 * @returns State and problems after the answer, or as known when there is none in time.
 */
export async function outcomeOf(
  session: IOciSession,
  act: () => void
): Promise<ICommandOutcome> {
  const { state, problems } = session;
  act();
  await until(
    session,
    () =>
      session.state !== state ||
      (session.problems !== problems && session.problems.length > 0)
  );
  return { state: session.state, problems: session.problems };
}

async function until(
  session: IOciSession,
  settled: () => boolean
): Promise<void> {
  if (settled() || session.isDisposed) {
    return;
  }
  await new Promise<void>(resolve => {
    const look = (): void => {
      if (settled()) {
        finish();
      }
    };
    const finish = (): void => {
      clearTimeout(timer);
      session.changed.disconnect(look);
      resolve();
    };
    const timer = setTimeout(finish, PATIENCE);
    session.changed.connect(look);
  });
}
