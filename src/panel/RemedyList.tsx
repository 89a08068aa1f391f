/**
 * What would help. A remedy changes what is estimated, so it always asks first, in place,
 * with what changes before and after.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Remedy, Spec } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { specChange } from './format';

const BUSY: ReadonlyArray<string> = ['drafting', 'asking', 'running'];

/** Properties of the list. */
export interface IRemedyListProps {
  session: IOciSession;
  remedies: ReadonlyArray<Remedy>;
  spec: Spec;
  onEditPlan: () => void;
}

/** See the module. */
export function RemedyList(props: IRemedyListProps): React.ReactElement {
  const { session, remedies, spec, onEditPlan } = props;
  const { trans } = usePanel();
  const [open, setOpen] = React.useState('');
  const disabled = !session.lease || BUSY.includes(session.state.phase);
  return (
    <div className="jp-oci-Remedies">
      <h3>{trans.__('What would help')}</h3>
      {remedies.map(remedy => (
        <div key={remedy.id} className="jp-oci-Remedy">
          <Button
            className="jp-mod-styled"
            small
            disabled={disabled}
            aria-expanded={open === remedy.id}
            title={remedy.why}
            onClick={() => {
              if (remedy.needs_input) {
                onEditPlan();
              } else {
                setOpen(open === remedy.id ? '' : remedy.id);
              }
            }}
          >
            {remedy.label}
          </Button>
          <span className="jp-oci-Remedy-effect">
            {remedy.effect_on_estimand}
          </span>
          {open === remedy.id && (
            <Consent
              remedy={remedy}
              spec={spec}
              disabled={disabled}
              onCancel={() => setOpen('')}
              onApply={() => {
                setOpen('');
                session.applyRemedy(remedy.id);
              }}
            />
          )}
        </div>
      ))}
    </div>
  );
}

function Consent(props: {
  remedy: Remedy;
  spec: Spec;
  disabled: boolean;
  onCancel: () => void;
  onApply: () => void;
}): React.ReactElement {
  const { remedy, spec } = props;
  const { trans } = usePanel();
  return (
    <div className="jp-oci-Consent" role="group" aria-label={remedy.label}>
      <p>{remedy.why}</p>
      <ul>
        {specChange(spec, remedy, trans).map(line => (
          <li key={line.name}>
            {line.name}: <del>{line.before}</del> → <ins>{line.after}</ins>
          </li>
        ))}
      </ul>
      <p>
        <strong>{remedy.effect_on_estimand}</strong>{' '}
        {trans.__('The cells so far stay; a second iteration goes below.')}
      </p>
      <div className="jp-oci-Actions">
        <Button
          className="jp-mod-styled jp-mod-accept"
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
