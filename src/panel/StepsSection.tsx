/**
 * The steps of the present iteration: how far, how long, and what each one found.
 */
import { Button, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IterationView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { elapsed } from './format';
import { Section } from './Section';
import { StepRow } from './StepRow';

/** Properties of the section. */
export interface IStepsSectionProps {
  session: IOciSession;
  iteration: IterationView;
}

/** See the module. */
export function StepsSection(props: IStepsSectionProps): React.ReactElement {
  const { session, iteration } = props;
  const { trans } = usePanel();
  const [expanded, setExpanded] = React.useState(true);
  const total = iteration.steps.length;
  const done = iteration.steps.filter(
    s => s.state !== 'proposed' && s.state !== 'running'
  ).length;
  return (
    <Section
      title={trans.__('Steps')}
      aside={trans.__('%1 of %2', done, total)}
      expanded={expanded}
      onToggle={setExpanded}
    >
      <Progress session={session} done={done} total={total} />
      <ol className="jp-oci-Steps">
        {iteration.steps.map(step => (
          <StepRow key={step.step_id} session={session} step={step} />
        ))}
      </ol>
    </Section>
  );
}

/** Shown while a run is at work: bar, time, and the way to stop it. */
function Progress(props: {
  session: IOciSession;
  done: number;
  total: number;
}): React.ReactElement | null {
  const { session, done, total } = props;
  const { trans } = usePanel();
  const { phase, message, started_at } = session.state;
  const working = phase === 'running' || phase === 'asking';
  const [now, setNow] = React.useState(Date.now());
  const [stopping, setStopping] = React.useState(false);
  React.useEffect(() => {
    if (!working) {
      setStopping(false);
      return;
    }
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, [working]);
  if (!working) {
    return null;
  }
  return (
    <div className="jp-oci-Progress">
      <progress value={done} max={total} aria-label={trans.__('Steps done')} />
      <span className="jp-oci-Progress-words" aria-live="polite">
        {message}
      </span>
      <span aria-hidden="true">{started_at && elapsed(started_at, now)}</span>
      <Button
        className="jp-mod-styled jp-mod-warn"
        small
        disabled={!session.lease}
        title={
          stopping
            ? trans.__('Interrupt the running cell')
            : trans.__('Stop after this step')
        }
        onClick={() => {
          session.stop(stopping);
          setStopping(true);
        }}
      >
        <stopIcon.react tag="span" />{' '}
        {stopping ? trans.__('Interrupt') : trans.__('Stop')}
      </Button>
    </div>
  );
}
