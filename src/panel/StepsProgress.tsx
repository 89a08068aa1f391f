/**
 * A run at work: how far, how long so far, how long still, and the way to stop it.
 *
 * Stopping has two stages: after the step that runs, and, once that was asked for, now.
 */
import { Button, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { duration } from './format';

/** Properties. */
export interface IStepsProgressProps {
  session: IOciSession;
  done: number;
  total: number;

  /** Now, ms since the epoch; ticks. */
  now: number;
}

/** See the module. */
export function StepsProgress(props: IStepsProgressProps): React.ReactElement {
  const { session, done, total, now } = props;
  const { trans } = usePanel();
  const { phase, message, started_at } = session.state;
  const [stopping, setStopping] = React.useState(false);
  const started = Date.parse(started_at);
  return (
    <div className="jp-oci-Progress">
      <progress value={done} max={total} aria-label={trans.__('Steps done')} />
      <span className="jp-oci-Progress-words" title={message}>
        {stopping ? trans.__('Stopping after this step…') : message}
      </span>
      {Number.isFinite(started) && (
        <span className="jp-oci-Progress-time" role="timer" aria-live="off">
          {duration((now - started) / 1000)}
        </span>
      )}
      {phase === 'running' && (
        <Button
          className="jp-mod-styled"
          small
          disabled={!session.lease}
          title={
            stopping
              ? trans.__(
                  'Interrupt the kernel: the running cell ends with an error'
                )
              : trans.__('Stop after this step')
          }
          onClick={() => {
            session.stop(stopping);
            setStopping(true);
          }}
        >
          <stopIcon.react tag="span" />
          {stopping ? trans.__('Interrupt kernel') : trans.__('Stop')}
        </Button>
      )}
    </div>
  );
}
