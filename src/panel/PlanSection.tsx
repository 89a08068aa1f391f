/**
 * The plan's form. It edits the plan cell and nothing else: what is shown is what the cell
 * says, and what is typed lands in the cell.
 */
import { Button, editIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Plan } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { ColumnTable } from './ColumnTable';
import { usePanel } from './context';
import { DataPicker } from './DataPicker';
import { Estimands } from './Estimands';
import { Section } from './Section';
import { SpecDraft } from './SpecDraft';
import { TextField } from './TextField';
import { TreatmentLevels } from './TreatmentLevels';
import { useProfile } from './useProfile';

const BUSY: ReadonlyArray<string> = ['drafting', 'asking', 'running'];

/** Properties of the section. */
export interface IPlanSectionProps {
  session: IOciSession;
  expanded: boolean;
  onToggle: (expanded: boolean) => void;
  onRun: () => void;
}

/** See the module. */
export function PlanSection(props: IPlanSectionProps): React.ReactElement {
  const { session, expanded, onToggle } = props;
  const { trans } = usePanel();
  const plan = session.plan.fields;
  const aside =
    plan.treatment && plan.outcome ? (
      <>
        <span
          className="jp-oci-Plan-line"
          title={`${plan.treatment} → ${plan.outcome}`}
        >
          {plan.treatment} → {plan.outcome}
        </span>
        {!expanded && (
          <Button
            small
            minimal
            title={trans.__('Edit the plan')}
            aria-label={trans.__('Edit the plan')}
            onClick={() => onToggle(true)}
          >
            <editIcon.react tag="span" />
          </Button>
        )}
      </>
    ) : undefined;
  return (
    <Section
      title={trans.__('Plan')}
      aside={aside}
      expanded={expanded}
      onToggle={onToggle}
    >
      <PlanForm session={session} onRun={props.onRun} />
    </Section>
  );
}

function PlanForm(props: {
  session: IOciSession;
  onRun: () => void;
}): React.ReactElement {
  const { session } = props;
  const { trans } = usePanel();
  const plan = session.plan.fields;
  const { profile, loading, error } = useProfile(session, plan.data ?? '');
  const busy = BUSY.includes(session.state.phase);
  const disabled = busy || (session.link === 'live' && !session.lease);
  const set = (fields: Partial<Plan>): void => session.plan.set(fields);
  const treatment = profile?.columns.find(c => c.name === plan.treatment);
  const missing = missingFields(plan, trans);
  return (
    <div className="jp-oci-Plan">
      <TextField
        label={trans.__('Question')}
        value={plan.question ?? ''}
        placeholder={trans.__('What is the effect of … on …?')}
        rows={2}
        disabled={disabled}
        onCommit={question => set({ question })}
      />
      <DataPicker
        session={session}
        value={plan.data ?? ''}
        disabled={disabled}
        problem={error}
        onChange={data => set({ data })}
      />
      {loading && !profile && (
        <p className="jp-oci-Hint" aria-live="polite">
          {trans.__('Looking at the columns…')}
        </p>
      )}
      {profile && profile.columns.length > 0 && (
        <ColumnTable
          columns={profile.columns}
          plan={plan}
          disabled={disabled}
          onChange={set}
        />
      )}
      {treatment && (
        <TreatmentLevels
          column={treatment}
          treated={plan.treated}
          disabled={disabled}
          onChange={treated => set({ treated })}
        />
      )}
      <Estimands
        value={plan.estimands ?? ['ATE', 'ATT', 'ATO']}
        disabled={disabled}
        onChange={estimands => set({ estimands })}
      />
      <TextField
        label={trans.__('What could mislead')}
        value={plan.threats ?? ''}
        placeholder={trans.__('Who chose the treatment, and why?')}
        rows={2}
        disabled={disabled}
        onCommit={threats => set({ threats })}
      />
      {missing.length > 0 && (
        <p className="jp-oci-Hint" aria-live="polite">
          {trans.__('Still missing: %1.', missing.join(', '))}
        </p>
      )}
      <PlanActions
        session={session}
        incomplete={missing.length > 0}
        onRun={props.onRun}
      />
      {session.state.spec_draft && (
        <SpecDraft spec={session.state.spec_draft} />
      )}
    </div>
  );
}

/** One primary button: run, or first run what loads the data. */
function PlanActions(props: {
  session: IOciSession;
  incomplete: boolean;
  onRun: () => void;
}): React.ReactElement {
  const { session, incomplete } = props;
  const { trans } = usePanel();
  const [preparing, setPreparing] = React.useState(false);
  const { phase, iterations } = session.state;
  const busy = BUSY.includes(phase) || preparing;
  const ready = session.link === 'live' && session.lease && !busy;
  const data = session.plan.fields.data ?? '';
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
  return (
    <div className="jp-oci-Actions">
      <Button
        className="jp-mod-styled jp-mod-accept"
        disabled={!ready || blocked}
        onClick={() => void run()}
      >
        {label}
      </Button>
      <Button
        className="jp-mod-styled"
        disabled={!ready || incomplete || needsData}
        title={trans.__('Check the plan against the data; nothing is inserted')}
        onClick={() => session.draft()}
      >
        {trans.__('Check plan')}
      </Button>
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
