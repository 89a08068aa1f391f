/**
 * What a run's phase means for what may be pressed.
 */
import type { RunState } from '../contract.gen';
import type { IOciSession } from '../tokens';

const WORKING: ReadonlyArray<RunState['phase']> = [
  'drafting',
  'asking',
  'running'
];
const HALTED: ReadonlyArray<RunState['phase']> = [
  'suspended',
  'stopped',
  'failed'
];

/** Whether a run is at work: nothing else may be begun. */
export function isWorking(session: IOciSession): boolean {
  return WORKING.includes(session.state.phase);
}

/** Whether a run is neither at work nor finished. */
export function isHalted(session: IOciSession): boolean {
  return HALTED.includes(session.state.phase);
}

/** Where the one primary button is. */
export type Primary =
  'question' | 'proposal' | 'remedy' | 'reading' | 'resume' | 'run';

/**
 * The one thing to be pressed next: what waits for the principal comes first, then what
 * the principal has opened.
 *
 * @param session - The session.
 * @param remedy - Whether a remedy waits for consent.
 */
export function primaryOf(session: IOciSession, remedy: boolean): Primary {
  if (session.state.question) {
    return 'question';
  }
  if (session.state.proposal?.spec) {
    return 'proposal';
  }
  if (remedy) {
    return 'remedy';
  }
  if (session.state.reading) {
    return 'reading';
  }
  return isHalted(session) && session.state.iterations.length > 0
    ? 'resume'
    : 'run';
}
