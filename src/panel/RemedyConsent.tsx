/**
 * What agreeing to a remedy means: why it helps, what changes, whom the answer then speaks
 * about. Opens in place, takes the focus, and gives it back.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Remedy, Spec } from '../contract.gen';
import { usePanel } from './context';
import { specChange } from './format';

/** Properties. */
export interface IRemedyConsentProps {
  remedy: Remedy;
  spec: Spec;
  primary: boolean;
  disabled: boolean;
  onCancel: () => void;
  onApply: () => void;
}

/** See the module. */
export function RemedyConsent(props: IRemedyConsentProps): React.ReactElement {
  const { remedy, spec, primary } = props;
  const { trans } = usePanel();
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const opener = document.activeElement;
    node.current?.focus();
    return () => {
      if (opener instanceof HTMLElement) {
        opener.focus();
      }
    };
  }, []);
  return (
    <div
      ref={node}
      className="jp-oci-Consent"
      role="group"
      tabIndex={-1}
      aria-label={trans.__('Agree to: %1', remedy.label)}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onCancel();
        }
      }}
    >
      <p>{remedy.why}</p>
      <dl className="jp-oci-Change">
        {specChange(spec, remedy, trans).map(line => (
          <React.Fragment key={line.name}>
            <dt>{line.name}</dt>
            <dd>
              <del>{line.before}</del>
              <span aria-label={trans.__('becomes')}> → </span>
              <ins>{line.after}</ins>
            </dd>
          </React.Fragment>
        ))}
        <dt>{trans.__('Then')}</dt>
        <dd>
          <strong>{remedy.effect_on_estimand}</strong>
        </dd>
      </dl>
      <p className="jp-oci-Hint">
        {trans.__(
          'The cells so far stay; iteration %1 goes below them.',
          spec.iteration + 1
        )}
      </p>
      <div className="jp-oci-Actions">
        <Button
          className={primary ? 'jp-mod-styled jp-mod-accept' : 'jp-mod-styled'}
          small
          disabled={props.disabled}
          onClick={props.onApply}
        >
          {trans.__('Apply')}
        </Button>
        <Button className="jp-mod-styled" small onClick={props.onCancel}>
          {trans.__('Cancel')}
        </Button>
      </div>
    </div>
  );
}
