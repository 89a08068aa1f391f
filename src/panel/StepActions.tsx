/**
 * What the principal may do with a step. The buttons show on hover and on focus, and are
 * always in the tab order.
 */
import {
  Button,
  checkIcon,
  closeIcon,
  editIcon,
  refreshIcon,
  type LabIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import type { StepView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { isWorking } from './phases';

/** Properties. */
export interface IStepActionsProps {
  session: IOciSession;
  step: StepView;

  /** Accepting and rejecting may be commented on first. */
  onAsk: (what: 'accept' | 'reject') => void;
}

/** See the module. */
export function StepActions(props: IStepActionsProps): React.ReactElement {
  const { session, step, onAsk } = props;
  const { trans } = usePanel();
  const watching = !session.lease;
  const running = step.state === 'running';
  return (
    <span
      className="jp-oci-Step-actions"
      role="group"
      aria-label={trans.__('Actions on step %1', step.number)}
    >
      <Action
        icon={checkIcon}
        label={trans.__('Accept')}
        step={step}
        disabled={watching || running || step.state === 'failed'}
        act={() => onAsk('accept')}
      />
      <Action
        icon={editIcon}
        label={trans.__('Edit')}
        step={step}
        act={() => session.reveal(step.cell_id, { edit: true })}
      />
      <Action
        icon={refreshIcon}
        label={trans.__('Re-run')}
        step={step}
        disabled={watching || isWorking(session)}
        act={() => session.rerun(step)}
      />
      <Action
        icon={closeIcon}
        label={trans.__('Reject')}
        step={step}
        disabled={watching || running}
        act={() => onAsk('reject')}
      />
    </span>
  );
}

function Action(props: {
  icon: LabIcon;
  label: string;
  step: StepView;
  disabled?: boolean;
  act: () => void;
}): React.ReactElement {
  const { icon, label, step, disabled, act } = props;
  return (
    <Button
      small
      minimal
      title={label}
      aria-label={`${label}: ${step.title}`}
      disabled={disabled}
      onClick={act}
    >
      <icon.react tag="span" />
    </Button>
  );
}
