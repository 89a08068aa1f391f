/**
 * Fields that most plans leave as they are: libraries the actor may use, and the seed.
 */
import * as React from 'react';

import type { Plan, Problem } from '../contract.gen';
import { usePanel } from './context';
import { FieldProblems } from './FieldProblems';
import { TextField } from './TextField';

/** Properties. */
export interface IMoreFieldsProps {
  plan: Partial<Plan>;

  /** Problems of these fields. */
  problems: ReadonlyArray<Problem>;
  disabled: boolean;
  onChange: (fields: Partial<Plan>) => void;
}

/** See the module. */
export function MoreFields(props: IMoreFieldsProps): React.ReactElement {
  const { plan, problems, disabled, onChange } = props;
  const { trans } = usePanel();
  const [open, setOpen] = React.useState(false);
  return (
    <details
      className="jp-oci-More"
      open={open || problems.length > 0}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>{trans.__('Tools and seed')}</summary>
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
      <FieldProblems problems={problems} />
    </details>
  );
}
