/**
 * What a key means in the table of columns; the same keys as in a notebook's command mode
 * where there are such.
 */
import type { Role } from './columnRoles';

/** A key's meaning. */
export type ColumnKey =
  | { do: 'move'; to: number; extend: boolean }
  | { do: 'toggle' }
  | { do: 'all' }
  | { do: 'clear' }
  | { do: 'role'; role: Role }
  | { do: 'placebo' };

/** What is needed of a keyboard event. */
export interface IKey {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

const ROLES: Record<string, Role> = {
  t: 'treatment',
  o: 'outcome',
  c: 'confounder',
  g: 'cluster',
  w: 'weights',
  Delete: 'none',
  Backspace: 'none'
};

/**
 * Read a key.
 *
 * @param event - The key.
 * @param active - Index of the active row.
 * @param count - How many rows there are.
 * @param page - How many rows are in view.
 * @returns Its meaning, or null when it has none here.
 */
export function columnKey(
  event: IKey,
  active: number,
  count: number,
  page: number
): ColumnKey | null {
  const { key, shiftKey } = event;
  if (event.ctrlKey || event.metaKey) {
    return key === 'a' ? { do: 'all' } : null;
  }
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count
  };
  if (key in steps) {
    const to = Math.max(0, Math.min(count - 1, active + steps[key]));
    return { do: 'move', to, extend: shiftKey };
  }
  if (key === ' ') {
    return { do: 'toggle' };
  }
  if (key === 'Escape') {
    return { do: 'clear' };
  }
  if (key === 'p') {
    return { do: 'placebo' };
  }
  return key in ROLES ? { do: 'role', role: ROLES[key] } : null;
}
