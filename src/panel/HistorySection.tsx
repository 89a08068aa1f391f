/**
 * Earlier iterations: what was tried, and what it said. Nothing that was tried is hidden.
 */
import * as React from 'react';

import type { IterationView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { levelWord } from './format';
import { EstimandCard } from './EstimandCard';
import { Section } from './Section';

/** Properties of the section. */
export interface IHistorySectionProps {
  session: IOciSession;

  /** Earlier iterations, the latest first. */
  iterations: ReadonlyArray<IterationView>;
}

/** See the module. */
export function HistorySection(
  props: IHistorySectionProps
): React.ReactElement {
  const { session, iterations } = props;
  const { trans } = usePanel();
  const [expanded, setExpanded] = React.useState(false);
  return (
    <Section
      title={trans.__('History')}
      aside={String(iterations.length)}
      expanded={expanded}
      onToggle={setExpanded}
    >
      {iterations.map(iteration => (
        <details key={iteration.iteration} className="jp-oci-Iteration">
          <summary>
            {trans.__('Iteration %1: %2', iteration.iteration, iteration.label)}
            {iteration.verdict && (
              <span className="jp-oci-Hint">
                {' '}
                {iteration.verdict.estimands
                  .map(v => `${levelWord(v.level, trans).symbol} ${v.estimand}`)
                  .join(' · ')}
              </span>
            )}
          </summary>
          {iteration.verdict?.estimands.map(verdict => (
            <EstimandCard
              key={verdict.estimand}
              verdict={verdict}
              onReveal={cellId => session.reveal(cellId)}
            />
          ))}
        </details>
      ))}
    </Section>
  );
}
