/**
 * Earlier iterations: what was tried, and what it said. Nothing that was tried is hidden.
 */
import * as React from 'react';

import type { IterationView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { EstimandCard } from './EstimandCard';
import { levelWord } from './format';
import { Section } from './Section';
import { StateSymbol } from './StateSymbol';
import { StepRow } from './StepRow';

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
      aside={trans._n(
        '%1 earlier iteration',
        '%1 earlier iterations',
        iterations.length
      )}
      expanded={expanded}
      onToggle={setExpanded}
    >
      {iterations.map(iteration => (
        <PastIteration
          key={iteration.iteration}
          session={session}
          iteration={iteration}
        />
      ))}
    </Section>
  );
}

function PastIteration(props: {
  session: IOciSession;
  iteration: IterationView;
}): React.ReactElement {
  const { session, iteration } = props;
  const { trans } = usePanel();
  const name = iteration.label
    ? trans.__('Iteration %1: %2', iteration.iteration, iteration.label)
    : trans.__('Iteration %1', iteration.iteration);
  return (
    <details className="jp-oci-Iteration">
      <summary>
        {name}
        <span className="jp-oci-Iteration-levels">
          {iteration.verdict?.estimands.map(v => {
            const { symbol, word } = levelWord(v.level, trans);
            return (
              <span key={v.estimand}>
                <StateSymbol name={symbol} label={word} /> {v.estimand}
              </span>
            );
          })}
        </span>
      </summary>
      {iteration.verdict?.estimands.map(verdict => (
        <EstimandCard
          key={verdict.estimand}
          verdict={verdict}
          outcome={iteration.spec.outcome}
          onReveal={cellId => session.reveal(cellId)}
        />
      ))}
      <ol className="jp-oci-Steps">
        {iteration.steps.map(step => (
          <StepRow key={step.step_id} session={session} step={step} past />
        ))}
      </ol>
      {iteration.report_cell_id && (
        <button
          className="jp-oci-Link"
          onClick={() => session.reveal(iteration.report_cell_id)}
        >
          {trans.__('Report in the notebook')}
        </button>
      )}
    </details>
  );
}
