/**
 * What stands in the way, each with what to do about it. Nothing here blocks the rest.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { CopyLine } from './CopyLine';
import { allProblems, hasField } from './problems';
import { StateSymbol } from './StateSymbol';

/** One notice. */
export function Notice(props: {
  kind: 'info' | 'warn' | 'error';
  children: React.ReactNode;
}): React.ReactElement {
  const { kind, children } = props;
  const { trans } = usePanel();
  const label = {
    info: trans.__('note'),
    warn: trans.__('warning'),
    error: trans.__('error')
  }[kind];
  return (
    <div
      className={`jp-oci-Notice jp-mod-${kind}`}
      role={kind === 'error' ? 'alert' : 'status'}
    >
      <StateSymbol name={kind === 'error' ? 'failed' : kind} label={label} />
      <div>{children}</div>
    </div>
  );
}

/** Properties of the notices. */
export interface INoticesProps {
  session: IOciSession;

  /** Whether the plan form is open, and shows its fields' problems itself. */
  formOpen: boolean;
}

/** See the module. */
export function Notices(props: INoticesProps): React.ReactElement {
  const { session, formOpen } = props;
  return (
    <>
      <LinkNotice session={session} />
      <KernelNotice session={session} />
      {allProblems(session)
        .filter(p => !formOpen || !hasField(p))
        .map(p => (
          <Notice
            key={p.message}
            kind={p.severity === 'error' ? 'error' : 'warn'}
          >
            {p.message} {p.fix && <span className="jp-oci-Fix">{p.fix}</span>}
          </Notice>
        ))}
    </>
  );
}

function LinkNotice(props: {
  session: IOciSession;
}): React.ReactElement | null {
  const { session } = props;
  const { trans } = usePanel();
  switch (session.link) {
    case 'connecting':
      return (
        <Notice kind="info">{trans.__('Connecting to the server…')}</Notice>
      );
    case 'lost':
    case 'refused':
      return <Notice kind="error">{session.linkMessage}</Notice>;
    default:
      return session.lease ? null : (
        <Notice kind="info">
          {trans.__(
            'Another tab leads this notebook’s analysis; you see it here.'
          )}
          <div className="jp-oci-Actions">
            <Button
              className="jp-mod-styled"
              small
              onClick={() => session.takeLease()}
            >
              {trans.__('Take over')}
            </Button>
          </div>
        </Notice>
      );
  }
}

function KernelNotice(props: {
  session: IOciSession;
}): React.ReactElement | null {
  const { session } = props;
  const { trans, commands } = usePanel();
  const action = (act: () => void, label: string): React.ReactElement => (
    <div className="jp-oci-Actions">
      <Button className="jp-mod-styled" small onClick={act}>
        {label}
      </Button>
    </div>
  );
  if (session.kernel === 'none') {
    return (
      <Notice kind="warn">
        {trans.__('This notebook has no kernel.')}
        {action(
          () => void commands.execute('notebook:change-kernel'),
          trans.__('Choose a kernel')
        )}
      </Notice>
    );
  }
  if (session.kernel === 'dead') {
    return (
      <Notice kind="error">
        {trans.__('The kernel died. What it had computed is in the notebook.')}
        {action(
          () => void commands.execute('notebook:restart-kernel'),
          trans.__('Restart it')
        )}
      </Notice>
    );
  }
  if (session.toolkit === 'missing') {
    return (
      <Notice kind="warn">
        {trans.__(
          'The toolkit cannot be imported in this kernel. Run this in a cell, then restart the kernel:'
        )}
        <CopyLine text={session.installCommand} />
        {action(
          () => void session.probeKernel().catch(() => undefined),
          trans.__('Look again')
        )}
      </Notice>
    );
  }
  return null;
}
