/**
 * The plan's form. It edits the plan cell and nothing else: what is shown is what the cell
 * says, and what is typed lands in the cell.
 *
 * The data come first: what can be asked depends on them. What is wrong with a field is
 * said at the field.
 */
import * as React from 'react';

import type { Plan } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { ColumnTable } from './ColumnTable';
import { usePanel } from './context';
import { DataPicker } from './DataPicker';
import { Estimands } from './Estimands';
import { FieldProblems } from './FieldProblems';
import { KeepField } from './KeepField';
import { MoreFields } from './MoreFields';
import { isWorking } from './phases';
import { PlanActions } from './PlanActions';
import { allProblems, problemsOf } from './problems';
import { RoleSummary } from './RoleSummary';
import { SpecDraft } from './SpecDraft';
import { TextField } from './TextField';
import { TreatmentLevels } from './TreatmentLevels';
import { useProfile } from './useProfile';

/** Properties of the form. */
export interface IPlanFormProps {
  session: IOciSession;

  /** Whether running is the one thing to be pressed next. */
  primary: boolean;
  onRun: () => void;
}

/** See the module. */
export function PlanForm(props: IPlanFormProps): React.ReactElement {
  const { session } = props;
  const { trans } = usePanel();
  const plan = session.plan.fields;
  const { profile, loading, error } = useProfile(session);
  const disabled =
    isWorking(session) || (session.link === 'live' && !session.lease);
  const set = (fields: Partial<Plan>): void => session.plan.set(fields);
  const columns = profile?.columns ?? [];
  const treatment = columns.find(c => c.name === plan.treatment);
  const problems = allProblems(session, profile?.problems);
  const { cellId } = session.plan;
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
      <div>
        <DataPicker
          session={session}
          value={plan.data ?? ''}
          disabled={disabled}
          onChange={data => set({ data })}
        />
        {error && <p className="jp-oci-Field-problem">{error}</p>}
        <FieldProblems problems={problemsOf(problems, 'data', 'question')} />
        {loading && !profile && (
          <p className="jp-oci-Hint" aria-live="polite">
            {trans.__('Looking at the columns…')}
          </p>
        )}
      </div>
      <RoleSummary
        plan={plan}
        columns={columns}
        rows={profile?.rows ?? 0}
        problems={problems}
        disabled={disabled}
        onChange={set}
      />
      {columns.length > 0 && (
        <ColumnTable
          columns={columns}
          plan={plan}
          problems={problems}
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
      <FieldProblems problems={problemsOf(problems, 'treated')} />
      <KeepField
        value={plan.keep ?? []}
        problems={problemsOf(problems, 'keep')}
        disabled={disabled}
        onChange={keep => set({ keep })}
      />
      <Estimands
        value={plan.estimands ?? ['ATE', 'ATT', 'ATO']}
        disabled={disabled}
        onChange={estimands => set({ estimands })}
      />
      <FieldProblems problems={problemsOf(problems, 'estimands')} />
      <TextField
        label={trans.__('What could mislead')}
        value={plan.threats ?? ''}
        placeholder={trans.__('Who chose the treatment, and why?')}
        rows={2}
        disabled={disabled}
        onCommit={threats => set({ threats })}
      />
      <FieldProblems problems={problemsOf(problems, 'threats')} />
      <MoreFields
        plan={plan}
        problems={problems}
        disabled={disabled}
        onChange={set}
      />
      <PlanActions
        session={session}
        primary={props.primary}
        onRun={props.onRun}
      />
      {session.state.spec_draft && (
        <SpecDraft spec={session.state.spec_draft} plan={plan} />
      )}
      <p className="jp-oci-Hint">
        {cellId ? (
          <>
            {trans.__('This form and a cell of the notebook are the same.')}{' '}
            <button
              className="jp-oci-Link"
              onClick={() => session.reveal(cellId)}
            >
              {trans.__('Show it')}
            </button>
          </>
        ) : (
          trans.__('What you choose is kept in a cell of the notebook.')
        )}
      </p>
    </div>
  );
}
