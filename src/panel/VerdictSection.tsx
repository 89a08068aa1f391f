/**
 * The verdict: words before numbers, one line of reason per estimand, then what would help.
 */
import * as React from 'react';

import type { IterationView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { EstimandCard } from './EstimandCard';
import { FindingList } from './FindingList';
import { levelWord } from './format';
import { RemedyList } from './RemedyList';
import { Section } from './Section';
import { StaleNotice } from './StaleNotice';

/** Properties of the section. */
export interface IVerdictSectionProps {
  session: IOciSession;
  iteration: IterationView;

  /** Id of the remedy that waits for consent, or ''. */
  remedy: string;
  onRemedy: (id: string) => void;

  /** Whether the waiting remedy is the one thing to be pressed next. */
  primary: boolean;
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
  const label = [trans.__('iteration %1', iteration.iteration)];
  if (iteration.label && iteration.iteration > 1) {
    label.push(iteration.label);
  }
  const said = verdict.estimands
    .map(v => `${v.estimand}: ${levelWord(v.level, trans).word}`)
    .join('. ');
  return (
    <Section
      title={trans.__('Verdict')}
      aside={label.join(' · ')}
      expanded={expanded}
      onToggle={setExpanded}
    >
      {verdict.stale.length > 0 && (
        <StaleNotice
          reasons={verdict.stale}
          onReveal={cellId => session.reveal(cellId)}
        />
      )}
      <span className="jp-sr-only" aria-live="polite">
        {said}
      </span>
      {verdict.estimands.map(estimand => (
        <EstimandCard
          key={estimand.estimand}
          verdict={estimand}
          outcome={iteration.spec.outcome}
          onReveal={cellId => session.reveal(cellId)}
        />
      ))}
      {verdict.findings.length > 0 && (
        <FindingList
          findings={verdict.findings}
          onReveal={cellId => session.reveal(cellId)}
        />
      )}
      {verdict.remedies.length > 0 && (
        <RemedyList
          session={session}
          remedies={verdict.remedies}
          spec={iteration.spec}
          open={props.remedy}
          onOpen={props.onRemedy}
          primary={props.primary}
          onEditPlan={props.onEditPlan}
        />
      )}
    </Section>
  );
}
