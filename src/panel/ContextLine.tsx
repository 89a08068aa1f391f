/**
 * One line on where we are: notebook, kernel, and who takes part besides the rules.
 */
import * as React from 'react';

import type { IOciSession, KernelPhase } from '../tokens';
import { usePanel } from './context';
import { ModelBadge } from './ModelBadge';
import { ModelPanel } from './ModelPanel';

/** See the module. */
export function ContextLine(props: {
  session: IOciSession;
}): React.ReactElement {
  const { session } = props;
  const { trans } = usePanel();
  const [open, setOpen] = React.useState(false);
  const id = React.useId();
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
    <>
      <div className="jp-oci-ContextLine">
        <span className="jp-oci-ContextLine-name" title={session.path}>
          {name}
        </span>
        <span className="jp-oci-ContextLine-facts">
          {words[session.kernel]}
        </span>
        <ModelBadge
          model={session.state.model}
          expanded={open}
          controls={id}
          onToggle={() => setOpen(!open)}
        />
      </div>
      <div id={id} hidden={!open}>
        {open && (
          <ModelPanel
            model={session.state.model}
            onClose={() => setOpen(false)}
          />
        )}
      </div>
    </>
  );
}
