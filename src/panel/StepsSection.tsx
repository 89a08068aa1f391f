/**
 * The steps of the present iteration: how far, how long, and what each one found.
 */
import * as React from 'react';

import type { IterationView, StepView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { duration } from './format';
import { Section } from './Section';
import { StepRow } from './StepRow';
import { StepsProgress } from './StepsProgress';

/** Properties of the section. */
export interface IStepsSectionProps {
  session: IOciSession;
  iteration: IterationView;

  /** The iteration before, whose steps tell how long each takes. */
  before?: IterationView;

  /** What a comment on a step would change, at that step. */
  proposal?: { step_id: string; card: React.ReactNode };
}

/** See the module. */
export function StepsSection(props: IStepsSectionProps): React.ReactElement {
  const { session, iteration, before, proposal } = props;
  const { trans } = usePanel();
  const [expanded, setExpanded] = React.useState(true);
  const proposed = proposal !== undefined;
  React.useEffect(() => {
    if (proposed) {
      setExpanded(true);
    }
  }, [proposed]);
  const { phase, started_at, finished_at } = session.state;
  const working = phase === 'running' || phase === 'asking';
  const now = useNow(working);
  const { steps } = iteration;
  const running = steps.find(step => step.state === 'running');
  const since = useSince(running?.cell_id ?? '');
  const done = steps.filter(
    step => step.state !== 'proposed' && step.state !== 'running'
  ).length;
  const took = (Date.parse(finished_at) - Date.parse(started_at)) / 1000;
  const aside = [trans.__('%1 of %2', done, steps.length)];
  if (!working && took > 0) {
    aside.push(duration(took));
  }
  return (
    <Section
      title={trans.__('Steps')}
      aside={aside.join(' · ')}
      expanded={expanded}
      onToggle={setExpanded}
    >
      {working && (
        <StepsProgress
          session={session}
          done={done}
          total={steps.length}
          now={now}
        />
      )}
      <span className="jp-sr-only" aria-live="polite">
        {working && running
          ? trans.__(
              '%1 of %2: %3',
              running.number,
              steps.length,
              running.title
            )
          : ''}
      </span>
      <ol className="jp-oci-Steps">
        {steps.map(step => (
          <StepRow
            key={step.step_id}
            session={session}
            step={step}
            remaining={
              step === running ? left(step, before, now - since) : undefined
            }
            proposal={
              step.step_id === proposal?.step_id ? proposal.card : undefined
            }
          />
        ))}
      </ol>
    </Section>
  );

  /** How long a step still takes, as far as the iteration before tells. */
  function left(
    step: StepView,
    earlier: IterationView | undefined,
    elapsed: number
  ): string {
    const same = earlier?.steps.find(s => s.step_id === step.step_id);
    const seconds = (same?.seconds ?? 0) - elapsed / 1000;
    return seconds >= 1 ? trans.__('about %1 left', duration(seconds)) : '';
  }
}

/** The time, anew every second while a run is at work. */
function useNow(ticking: boolean): number {
  const [now, setNow] = React.useState(Date.now);
  React.useEffect(() => {
    if (!ticking) {
      return;
    }
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, [ticking]);
  return now;
}

/** When something was first seen. */
function useSince(id: string): number {
  return React.useMemo(() => Date.now(), [id]);
}
