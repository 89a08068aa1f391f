/**
 * A line of code with a button that copies it, on pages without a secure context too.
 */
import { Clipboard } from '@jupyterlab/apputils';
import { Button, checkIcon, copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { usePanel } from './context';

/** See the module. */
export function CopyLine(props: { text: string }): React.ReactElement {
  const { trans } = usePanel();
  const [copied, setCopied] = React.useState(false);
  const label = copied ? trans.__('Copied') : trans.__('Copy');
  const Icon = copied ? checkIcon : copyIcon;
  return (
    <div className="jp-oci-CopyLine">
      <code tabIndex={0}>{props.text}</code>
      <Button
        small
        minimal
        title={label}
        aria-label={label}
        onClick={() => {
          Clipboard.copyToSystem(props.text);
          setCopied(true);
        }}
      >
        <Icon.react tag="span" />
      </Button>
    </div>
  );
}
