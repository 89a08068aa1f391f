/**
 * The plan: one line while there is a run to look at, the form while there is not.
 */
import { Button, editIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import type { Primary } from './phases';
import { PlanForm } from './PlanForm';
import { PlanWords } from './PlanWords';
import { ReadingCard } from './ReadingCard';
import { Section } from './Section';

/** Properties of the section. */
export interface IPlanSectionProps {
  session: IOciSession;
  expanded: boolean;

  /** Where the one primary button of the panel is. */
  primary: Primary;
  onToggle: (expanded: boolean) => void;
  onRun: () => void;
}

/** See the module. */
export function PlanSection(props: IPlanSectionProps): React.ReactElement {
  const { session, expanded, primary, onToggle, onRun } = props;
  const { trans } = usePanel();
  const { treatment, outcome } = session.plan.fields;
  const { reading } = session.state;
  const line = treatment && outcome ? `${treatment} → ${outcome}` : '';
  return (
    <Section
      title={trans.__('Plan')}
      aside={
        <>
          {line && (
            <span className="jp-oci-Plan-line" title={line}>
              {line}
            </span>
          )}
          {!expanded && (
            <Button
              small
              minimal
              title={trans.__('Edit the plan')}
              aria-label={trans.__('Edit the plan')}
              onClick={() => onToggle(true)}
            >
              <editIcon.react tag="span" />
            </Button>
          )}
        </>
      }
      expanded={expanded}
      onToggle={onToggle}
    >
      <PlanWords session={session} primary={primary === 'run'} />
      {reading && (
        <ReadingCard
          key={reading.questions.map(q => q.question_id + q.answer).join()}
          session={session}
          reading={reading}
          primary={primary === 'reading'}
        />
      )}
      <PlanForm session={session} primary={primary === 'run'} onRun={onRun} />
    </Section>
  );
}
