/**
 * The verdict: words before numbers, one line of reason per estimand, then what would help.
 */
import * as React from 'react';

import type { IterationView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { EstimandCard } from './EstimandCard';
import { Notice } from './Notices';
import { RemedyList } from './RemedyList';
import { Section } from './Section';

/** Properties of the section. */
export interface IVerdictSectionProps {
  session: IOciSession;
  iteration: IterationView;
  onEditPlan: () => void;
}

/** See the module. */
export function VerdictSection(
  props: IVerdictSectionProps
): React.ReactElement | null {
  const { session, iteration } = props;
  const { trans } = usePanel();
  const [expanded, setExpanded] = React.useState(true);
  const { verdict } = iteration;
  if (!verdict) {
    return null;
  }
  const label =
    iteration.iteration > 1
      ? `${trans.__('iteration %1', iteration.iteration)} · ${iteration.label}`
      : trans.__('iteration 1');
  return (
    <Section
      title={trans.__('Verdict')}
      aside={label}
      expanded={expanded}
      onToggle={setExpanded}
    >
      {verdict.stale.length > 0 && (
        <Notice kind="warn">
          <strong>{trans.__('Stale:')}</strong>{' '}
          {trans.__('this verdict rests on what has changed since.')}
          <ul className="jp-oci-Stale">
            {verdict.stale.map(reason => (
              <li key={`${reason.cell_id}-${reason.what}`}>
                {reason.what === 'deleted' ? (
                  reason.message
                ) : (
                  <button
                    className="jp-oci-Link"
                    onClick={() => session.reveal(reason.cell_id)}
                  >
                    {reason.message}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <div aria-live="polite">
        {verdict.estimands.map(estimand => (
          <EstimandCard
            key={estimand.estimand}
            verdict={estimand}
            onReveal={cellId => session.reveal(cellId)}
          />
        ))}
      </div>
      {verdict.remedies.length > 0 && (
        <RemedyList
          session={session}
          remedies={verdict.remedies}
          spec={iteration.spec}
          onEditPlan={props.onEditPlan}
        />
      )}
    </Section>
  );
}
