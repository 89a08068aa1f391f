/**
 * What to do with the plan: check it, or run it; first of all, run what loads the data.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Plan } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { isWorking } from './phases';

/** Properties. */
export interface IPlanActionsProps {
  session: IOciSession;

  /** Whether running is the one thing to be pressed next. */
  primary: boolean;
  onRun: () => void;
}

/** See the module. */
export function PlanActions(props: IPlanActionsProps): React.ReactElement {
  const { session, primary } = props;
  const { trans } = usePanel();
  const [preparing, setPreparing] = React.useState(false);
  const { phase, message, iterations } = session.state;
  const busy = isWorking(session) || preparing;
  const hasKernel = session.kernel !== 'none' && session.kernel !== 'dead';
  const ready = session.link === 'live' && session.lease && !busy && hasKernel;
  const data = session.plan.fields.data ?? '';
  const missing = missingFields(session.plan.fields, trans);
  const incomplete = missing.length > 0;
  const needsData =
    /^[A-Za-z_]\w*$/.test(data) &&
    session.kernelInfo !== null &&
    !session.kernelInfo.frames.some(f => f.name === data) &&
    session.cellsAbovePlan > 0;
  // What the plan lacks can only be named once the data are there to choose from.
  const blocked = incomplete && !needsData;
  const run = async (): Promise<void> => {
    if (needsData) {
      setPreparing(true);
      const ran = await session.runAbovePlan();
      setPreparing(false);
      if (!ran || incomplete) {
        return;
      }
    }
    props.onRun();
    session.run();
  };
  let label = iterations.length
    ? trans.__('Run the plan again')
    : trans.__('Run analysis');
  if (needsData) {
    label = incomplete
      ? trans.__('Run the cells above')
      : trans.__('Run the cells above, then analyze');
  }
  let words = '';
  if (phase === 'drafting') {
    words = message || trans.__('Checking the plan…');
  } else if (preparing) {
    words = trans.__('Running the cells above…');
  } else if (incomplete) {
    words = trans.__('Still missing: %1.', missing.join(', '));
  } else if (ready && session.kernel === 'busy') {
    words = trans.__('The kernel is busy; the run waits for it.');
  }
  return (
    <div>
      <p className="jp-oci-Hint" aria-live="polite">
        {words}
      </p>
      <div className="jp-oci-Actions">
        <Button
          className={primary ? 'jp-mod-styled jp-mod-accept' : 'jp-mod-styled'}
          disabled={!ready || blocked}
          onClick={() => void run()}
        >
          {label}
        </Button>
        <Button
          className="jp-mod-styled"
          disabled={!ready || incomplete || needsData}
          title={trans.__(
            'Check the plan against the data; nothing is inserted'
          )}
          onClick={() => session.draft()}
        >
          {trans.__('Check plan')}
        </Button>
      </div>
    </div>
  );
}

function missingFields(
  plan: Partial<Plan>,
  trans: { __: (text: string) => string }
): string[] {
  const missing = [];
  if (!plan.data) {
    missing.push(trans.__('data'));
  }
  if (!plan.treatment) {
    missing.push(trans.__('treatment'));
  }
  if (!plan.outcome) {
    missing.push(trans.__('outcome'));
  }
  if (!plan.confounders?.length) {
    missing.push(trans.__('confounders'));
  }
  return missing;
}
