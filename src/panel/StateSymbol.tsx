/**
 * Symbols of grades, levels and states, drawn so that each has its own outline: they tell
 * themselves apart without color, in any font, in every theme. A symbol never stands
 * without its word: either the word is beside it, or it is the symbol's label.
 */
import * as React from 'react';

/** What a symbol means. */
export type SymbolName =
  | 'pass'
  | 'warn'
  | 'fail'
  | 'unknown'
  | 'none'
  | 'done'
  | 'todo'
  | 'running'
  | 'failed'
  | 'rejected'
  | 'stale'
  | 'info';

// 16 × 16; filled outlines with the sign left open (even-odd).
const FILLED: Partial<Record<SymbolName, string>> = {
  pass: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 11.4 3.7 8.1l1.2-1.2L7 9l4.1-4.1 1.2 1.2z',
  warn: 'M8 1 .8 14.2h14.4zM7.2 6h1.6v4H7.2zm0 5h1.6v1.6H7.2z',
  fail: 'M5 1 1 5v6l4 4h6l4-4V5l-4-4zM5.8 4.6 8 6.8l2.2-2.2 1.2 1.2L9.2 8l2.2 2.2-1.2 1.2L8 9.2l-2.2 2.2-1.2-1.2L6.8 8 4.6 5.8z',
  failed: 'M5 1 1 5v6l4 4h6l4-4V5l-4-4zM7.2 4h1.6v5H7.2zm0 6.2h1.6v1.6H7.2z',
  stale: 'M9.2.8 2.6 9.2h4L5.2 15.2l8-9.2H8.6z',
  info: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm-.8 3h1.6v1.6H7.2zm0 3h1.6v5H7.2z'
};

// Outlines drawn with a pen.
const DRAWN: Partial<Record<SymbolName, string>> = {
  unknown:
    'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M6 6.3C6 5 7 4.4 8 4.4s2 .7 2 1.8C10 7.6 8 7.6 8 9.2M8 10.8v1.2',
  none: 'M4 8h8',
  done: 'M3 8.5 6.5 12 13 4.5',
  todo: 'M8 3.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4z',
  running: 'M8 2.2A5.8 5.8 0 1 1 2.2 8',
  rejected: 'M4 4l8 8M12 4l-8 8'
};

/** Properties of a symbol. */
export interface IStateSymbolProps {
  name: SymbolName;

  /** Its word, where the word does not stand beside it. */
  label?: string;
}

/** See the module. */
export function StateSymbol(props: IStateSymbolProps): React.ReactElement {
  const { name, label } = props;
  const filled = FILLED[name];
  return (
    <svg
      className="jp-oci-Symbol"
      data-symbol={name}
      viewBox="0 0 16 16"
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      {label && <title>{label}</title>}
      {filled ? (
        <path d={filled} fill="currentColor" fillRule="evenodd" />
      ) : (
        <path
          d={DRAWN[name]}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinecap="round"
        />
      )}
    </svg>
  );
}
