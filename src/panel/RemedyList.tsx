/**
 * What would help. A remedy changes what is estimated, so it always asks first, in place,
 * with what changes before and after.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Remedy, Spec } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { isWorking } from './phases';
import { RemedyConsent } from './RemedyConsent';

/** Properties of the list. */
export interface IRemedyListProps {
  session: IOciSession;
  remedies: ReadonlyArray<Remedy>;
  spec: Spec;

  /** Id of the remedy that waits for consent, or ''. */
  open: string;
  onOpen: (id: string) => void;
  primary: boolean;
  onEditPlan: () => void;
}

/** See the module. */
export function RemedyList(props: IRemedyListProps): React.ReactElement {
  const { session, remedies, spec, open, onOpen, onEditPlan } = props;
  const { trans } = usePanel();
  const disabled = !session.lease || isWorking(session);
  return (
    <div className="jp-oci-Remedies">
      <h3>{trans.__('What would help')}</h3>
      {remedies.map(remedy => (
        <div key={remedy.id} className="jp-oci-Remedy">
          <Button
            className="jp-mod-styled"
            small
            disabled={disabled}
            aria-expanded={remedy.needs_input ? undefined : open === remedy.id}
            title={remedy.why}
            onClick={() => {
              if (remedy.needs_input) {
                onEditPlan();
              } else {
                onOpen(open === remedy.id ? '' : remedy.id);
              }
            }}
          >
            {remedy.label}
          </Button>
          <span className="jp-oci-Remedy-effect">
            {remedy.effect_on_estimand}
          </span>
          {open === remedy.id && (
            <RemedyConsent
              remedy={remedy}
              spec={spec}
              primary={props.primary}
              disabled={disabled}
              onCancel={() => onOpen('')}
              onApply={() => {
                onOpen('');
                session.applyRemedy(remedy.id);
              }}
            />
          )}
        </div>
      ))}
    </div>
  );
}
