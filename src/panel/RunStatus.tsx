/**
 * A run that is neither at work nor finished: what happened, and the way on.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { Notice } from './Notices';

/** See the module. */
export function RunStatus(props: {
  session: IOciSession;
}): React.ReactElement | null {
  const { session } = props;
  const { trans } = usePanel();
  const { phase, message } = session.state;
  if (phase !== 'suspended' && phase !== 'stopped' && phase !== 'failed') {
    return null;
  }
  const title = {
    suspended: trans.__('Suspended.'),
    stopped: trans.__('Stopped.'),
    failed: trans.__('The run could not go on.')
  }[phase];
  return (
    <Notice kind={phase === 'failed' ? 'error' : 'warn'}>
      <strong>{title}</strong> {message}
      <div className="jp-oci-Actions">
        <Button
          className="jp-mod-styled jp-mod-accept"
          small
          disabled={!session.lease}
          onClick={() => session.resume()}
        >
          {trans.__('Resume')}
        </Button>
      </div>
    </Notice>
  );
}
