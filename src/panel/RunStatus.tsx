/**
 * A run that is neither at work nor finished: what happened, and the way on.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { Notice } from './Notices';

/** Properties. */
export interface IRunStatusProps {
  session: IOciSession;

  /** Whether going on is the one thing to be pressed next. */
  primary: boolean;
}

/** See the module. */
export function RunStatus(props: IRunStatusProps): React.ReactElement | null {
  const { session, primary } = props;
  const { trans } = usePanel();
  const { phase, message, iterations } = session.state;
  if (phase !== 'suspended' && phase !== 'stopped' && phase !== 'failed') {
    return null;
  }
  const title = {
    suspended: trans.__('Suspended.'),
    stopped: trans.__('Stopped.'),
    failed: trans.__('The run could not go on.')
  }[phase];
  const steps = iterations[iterations.length - 1]?.steps ?? [];
  const failed = steps.find(step => step.state === 'failed');
  const done = steps.filter(
    step => step.state !== 'proposed' && step.state !== 'running'
  ).length;
  return (
    <Notice kind={phase === 'failed' ? 'error' : 'warn'}>
      <strong>{title}</strong> {message}
      {phase !== 'failed' && steps.length > 0 && (
        <p className="jp-oci-Hint">
          {trans.__(
            '%1 of %2 steps are done and stay in the notebook.',
            done,
            steps.length
          )}
        </p>
      )}
      {failed && (
        <p className="jp-oci-Hint">
          {trans.__(
            'Mend its cell or the data, then resume: the run goes on from there.'
          )}
        </p>
      )}
      <div className="jp-oci-Actions">
        <Button
          className={primary ? 'jp-mod-styled jp-mod-accept' : 'jp-mod-styled'}
          small
          disabled={!session.lease}
          onClick={() => session.resume()}
        >
          {trans.__('Resume')}
        </Button>
        {failed && (
          <Button
            className="jp-mod-styled"
            small
            onClick={() => session.reveal(failed.cell_id)}
          >
            {trans.__('Show cell')}
          </Button>
        )}
      </div>
    </Notice>
  );
}
