/**
 * What stands in the way, each with what to do about it. Nothing here blocks the rest.
 */
import { Button, copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';

/** One notice. */
export function Notice(props: {
  kind: 'info' | 'warn' | 'error';
  children: React.ReactNode;
}): React.ReactElement {
  const symbol = { info: 'ⓘ', warn: '⚠', error: '✖' }[props.kind];
  return (
    <div
      className={`jp-oci-Notice jp-mod-${props.kind}`}
      role={props.kind === 'error' ? 'alert' : 'status'}
    >
      <span className="jp-oci-Notice-symbol" aria-hidden="true">
        {symbol}
      </span>
      <div>{props.children}</div>
    </div>
  );
}

/** See the module. */
export function Notices(props: { session: IOciSession }): React.ReactElement {
  const { session } = props;
  return (
    <>
      <LinkNotice session={session} />
      <KernelNotice session={session} />
      <ProblemNotices session={session} />
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
          )}{' '}
          <Button
            className="jp-mod-styled"
            small
            onClick={() => session.takeLease()}
          >
            {trans.__('Take over')}
          </Button>
        </Notice>
      );
  }
}

function KernelNotice(props: {
  session: IOciSession;
}): React.ReactElement | null {
  const { session } = props;
  const { trans, commands } = usePanel();
  const act = (command: string, label: string): React.ReactElement => (
    <Button
      className="jp-mod-styled"
      small
      onClick={() => void commands.execute(command)}
    >
      {label}
    </Button>
  );
  if (session.kernel === 'none') {
    return (
      <Notice kind="warn">
        {trans.__('This notebook has no kernel.')}{' '}
        {act('notebook:change-kernel', trans.__('Choose a kernel'))}
      </Notice>
    );
  }
  if (session.kernel === 'dead') {
    return (
      <Notice kind="error">
        {trans.__('The kernel died. What it had computed is in the notebook.')}{' '}
        {act('notebook:restart-kernel', trans.__('Restart it'))}
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
      </Notice>
    );
  }
  return null;
}

/** A line of code with a button that copies it. */
function CopyLine(props: { text: string }): React.ReactElement {
  const { trans } = usePanel();
  const [copied, setCopied] = React.useState(false);
  return (
    <div className="jp-oci-CopyLine">
      <code>{props.text}</code>
      <Button
        small
        minimal
        title={trans.__('Copy')}
        aria-label={trans.__('Copy')}
        onClick={() => {
          void navigator.clipboard
            .writeText(props.text)
            .then(() => setCopied(true))
            .catch(() => setCopied(false));
        }}
      >
        {copied ? '✓' : <copyIcon.react tag="span" />}
      </Button>
    </div>
  );
}

/** Problems that belong to no field of the plan form. */
function ProblemNotices(props: { session: IOciSession }): React.ReactElement {
  const { session } = props;
  const found = [
    ...session.plan.problems,
    ...session.problems,
    ...session.state.problems
  ];
  const seen = new Set<string>();
  return (
    <>
      {found
        .filter(p => !seen.has(p.message) && seen.add(p.message))
        .map(p => (
          <Notice
            key={p.message}
            kind={p.severity === 'error' ? 'error' : 'warn'}
          >
            {p.message} <span className="jp-oci-Fix">{p.fix}</span>
          </Notice>
        ))}
    </>
  );
}
