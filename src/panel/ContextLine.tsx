/**
 * One line on where we are: notebook, kernel, and that rules alone grade.
 */
import * as React from 'react';

import type { IOciSession, KernelPhase } from '../tokens';
import { usePanel } from './context';

/** See the module. */
export function ContextLine(props: {
  session: IOciSession;
}): React.ReactElement {
  const { session } = props;
  const { trans } = usePanel();
  const name = session.path.split('/').pop() ?? session.path;
  const words: Record<KernelPhase, string> = {
    none: trans.__('no kernel'),
    starting: trans.__('kernel starting'),
    idle: trans.__('kernel idle'),
    busy: trans.__('kernel busy'),
    restarting: trans.__('kernel restarting'),
    dead: trans.__('kernel dead')
  };
  return (
    <div className="jp-oci-ContextLine">
      <span className="jp-oci-ContextLine-name" title={session.path}>
        {name}
      </span>
      <span className="jp-oci-ContextLine-facts">
        <span>{words[session.kernel]}</span>
        {' · '}
        <span
          title={trans.__(
            'No language model is used: rules compose and grade.'
          )}
        >
          {trans.__('rules only')}
        </span>
      </span>
    </div>
  );
}
