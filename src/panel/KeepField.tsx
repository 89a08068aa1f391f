/**
 * Who is in the study: conditions on rows, one a line, as the plan has them.
 */
import * as React from 'react';

import type { Problem } from '../contract.gen';
import { usePanel } from './context';
import { FieldProblems } from './FieldProblems';
import { TextField } from './TextField';

/** Properties. */
export interface IKeepFieldProps {
  value: ReadonlyArray<string>;
  problems: ReadonlyArray<Problem>;
  disabled: boolean;
  onChange: (keep: string[]) => void;
}

/** See the module. */
export function KeepField(props: IKeepFieldProps): React.ReactElement {
  const { value, problems, disabled, onChange } = props;
  const { trans } = usePanel();
  return (
    <div>
      <TextField
        label={trans.__('Only rows where')}
        value={value.join('\n')}
        placeholder={trans.__('All rows. One condition a line: age <= 55')}
        rows={1}
        disabled={disabled}
        invalid={problems.length > 0}
        onCommit={text =>
          onChange([
            ...new Set(
              text
                .split('\n')
                .map(line => line.trim())
                .filter(Boolean)
            )
          ])
        }
      />
      <FieldProblems problems={problems} />
    </div>
  );
}
