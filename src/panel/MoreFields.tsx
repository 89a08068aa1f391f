/**
 * Fields that most plans leave as they are: the trial that the study stands in for, libraries
 * the actor may use, the seed, and what a language model may see.
 */
import * as React from 'react';

import type { Plan, Problem } from '../contract.gen';
import { usePanel } from './context';
import { FieldProblems } from './FieldProblems';
import { problemsOf } from './problems';
import { TextField } from './TextField';

/** Properties. */
export interface IMoreFieldsProps {
  plan: Partial<Plan>;

  /** Problems of the plan; those of other fields are left to others. */
  problems: ReadonlyArray<Problem>;
  disabled: boolean;
  onChange: (fields: Partial<Plan>) => void;
}

/** See the module. */
export function MoreFields(props: IMoreFieldsProps): React.ReactElement {
  return (
    <>
      <TargetTrial {...props} />
      <ToolsAndSeed {...props} />
    </>
  );
}

/** A group that opens by itself when something is wrong in it. */
function Group(props: {
  title: string;
  problems: ReadonlyArray<Problem>;
  children: React.ReactNode;
}): React.ReactElement {
  const { title, problems, children } = props;
  const [open, setOpen] = React.useState(false);
  return (
    <details
      className="jp-oci-More"
      open={open || problems.length > 0}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>{title}</summary>
      {children}
      <FieldProblems problems={problems} />
    </details>
  );
}

function TargetTrial(props: IMoreFieldsProps): React.ReactElement {
  const { plan, disabled, onChange } = props;
  const { trans } = usePanel();
  const field = (
    key: 'eligibility' | 'time_zero' | 'follow_up',
    label: string,
    placeholder: string
  ): React.ReactElement => (
    <TextField
      label={label}
      value={plan[key] ?? ''}
      placeholder={placeholder}
      rows={1}
      disabled={disabled}
      onCommit={text => onChange({ [key]: text.trim() })}
    />
  );
  return (
    <Group
      title={trans.__('The trial this stands in for')}
      problems={problemsOf(
        props.problems,
        'eligibility',
        'time_zero',
        'follow_up'
      )}
    >
      {field(
        'eligibility',
        trans.__('Who could have been treated'),
        trans.__('Unemployed adults in the program’s cities')
      )}
      {field(
        'time_zero',
        trans.__('When follow-up begins'),
        trans.__('The day of enrollment, or of the interview')
      )}
      {field(
        'follow_up',
        trans.__('How long outcomes are followed'),
        trans.__('Earnings of the third year after')
      )}
    </Group>
  );
}

function ToolsAndSeed(props: IMoreFieldsProps): React.ReactElement {
  const { plan, disabled, onChange } = props;
  const { trans } = usePanel();
  const problems = problemsOf(props.problems, 'tools', 'seed', 'model_sees');
  return (
    <Group title={trans.__('Tools, seed, privacy')} problems={problems}>
      <TextField
        label={trans.__('Libraries that may be used')}
        value={(plan.tools ?? ['doubleml', 'econml']).join(', ')}
        disabled={disabled}
        invalid={problems.some(p => p.field === 'tools')}
        onCommit={text =>
          onChange({
            tools: text
              .split(',')
              .map(name => name.trim())
              .filter(Boolean)
          })
        }
      />
      <TextField
        label={trans.__('Seed of all random draws')}
        value={String(plan.seed ?? 7)}
        disabled={disabled}
        invalid={problems.some(p => p.field === 'seed')}
        onCommit={text => {
          if (/^\d{1,9}$/.test(text.trim())) {
            onChange({ seed: Number(text) });
          }
        }}
      />
      <label className="jp-oci-Field">
        <span className="jp-oci-Field-label">
          {trans.__('What a language model may see')}
        </span>
        <select
          value={plan.model_sees ?? 'summary'}
          disabled={disabled}
          onChange={event =>
            onChange({
              model_sees: event.target.value === 'levels' ? 'levels' : 'summary'
            })
          }
        >
          <option value="summary">
            {trans.__('Names, kinds and counts of columns')}
          </option>
          <option value="levels">
            {trans.__('Levels of text columns too')}
          </option>
        </select>
        <span className="jp-oci-Hint">{trans.__('Never a row.')}</span>
      </label>
    </Group>
  );
}
