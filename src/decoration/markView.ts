/**
 * What the mark of an agent cell says: a pure function of its metadata and, where the
 * session knows more, of the live step.
 *
 * A state is told by a word and a symbol; color only repeats it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { CellMetadata, RunState, StepView } from '../contract.gen';

/** All that a mark shows. */
export interface IMarkView {
  /** State, for the style sheet: a `StepState`, `superseded`, `plan` or `report`. */
  state: string;

  /** Whether a badge is shown, or only the border. */
  badge: boolean;
  symbol: string;
  text: string;
  tooltip: string;

  /** The cell no longer counts. */
  dimmed: boolean;
}

const SYMBOLS: Record<CellMetadata['state'], string> = {
  proposed: '○',
  running: '◌',
  done: '●',
  failed: '✕',
  accepted: '✓',
  edited: '✎',
  rejected: '⊘',
  stale: '↯'
};

/** The live step of a cell, or null when the server does not know the cell. */
export function liveStep(state: RunState, cellId: string): StepView | null {
  for (const iteration of state.iterations) {
    for (const step of iteration.steps) {
      if (step.cell_id === cellId || step.heading_id === cellId) {
        return step;
      }
    }
  }
  return null;
}

/** Compose the mark of a cell. */
export function markView(
  metadata: CellMetadata,
  step: StepView | null,
  trans: TranslationBundle
): IMarkView {
  const origin = trans.__('OCI');
  if (metadata.role === 'plan' || metadata.role === 'report') {
    const plan = metadata.role === 'plan';
    const superseded = metadata.superseded_by !== null;
    return {
      state: superseded ? 'superseded' : metadata.role,
      badge: true,
      symbol: plan ? '⚖' : '§',
      text: `${origin} · ${
        plan
          ? trans.__('plan')
          : superseded
            ? trans.__('report, superseded')
            : trans.__('report')
      }`,
      tooltip: plan
        ? trans.__('The plan of the causal analysis. It is yours to edit.')
        : trans.__('The critic’s report.'),
      dimmed: superseded
    };
  }
  const live = metadata.role === 'step' ? step : null;
  const state = (step ?? metadata).state;
  const supersededBy = step?.superseded_by ?? metadata.superseded_by;
  const superseded = supersededBy !== null;
  const name = step ? `${step.number} ${step.title}` : metadata.title;
  const word = superseded ? trans.__('superseded') : stateWord(state, trans);
  const lines = [
    metadata.purpose,
    live?.headline ?? '',
    live?.stale_reason ?? '',
    live?.error ?? '',
    superseded
      ? trans.__('Replaced by iteration %1.', String(supersededBy))
      : '',
    metadata.reviewed_by
      ? trans.__(
          'Reviewed by %1, %2',
          metadata.reviewed_by,
          metadata.reviewed_at
        )
      : '',
    live?.comment || metadata.comment
  ];
  return {
    state: superseded ? 'superseded' : state,
    badge: metadata.role === 'step',
    symbol: superseded ? '⇢' : SYMBOLS[state],
    text: [origin, name, word].filter(Boolean).join(' · '),
    tooltip: lines.filter(Boolean).join('\n'),
    dimmed: superseded || state === 'rejected'
  };
}

function stateWord(
  state: CellMetadata['state'],
  trans: TranslationBundle
): string {
  switch (state) {
    case 'proposed':
      return trans.__('proposed');
    case 'running':
      return trans.__('running');
    case 'done':
      return trans.__('done');
    case 'failed':
      return trans.__('failed');
    case 'accepted':
      return trans.__('accepted');
    case 'edited':
      return trans.__('edited');
    case 'rejected':
      return trans.__('rejected');
    case 'stale':
      return trans.__('stale');
  }
}
