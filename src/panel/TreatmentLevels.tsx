/**
 * The treatment's levels with their counts, and which of them counts as treated.
 */
import * as React from 'react';

import type { ColumnProfile, Plan } from '../contract.gen';
import { formatCount } from '../renderer/numbers';
import { usePanel } from './context';

/** Properties. */
export interface ITreatmentLevelsProps {
  column: ColumnProfile;
  treated: Plan['treated'] | undefined;
  disabled: boolean;
  onChange: (treated: Plan['treated']) => void;
}

/** See the module. */
export function TreatmentLevels(
  props: ITreatmentLevelsProps
): React.ReactElement | null {
  const { column, disabled, onChange } = props;
  const { trans } = usePanel();
  const group = React.useId();
  if (column.levels.length === 0) {
    return null;
  }
  if (column.levels.length !== 2) {
    return (
      <p className="jp-oci-Hint">
        {trans.__('%1 has the levels:', column.name)}{' '}
        {column.levels
          .map(l => trans.__('%1 (%2 units)', l.level, formatCount(l.count)))
          .join(', ')}
        {column.levels.length < column.n_unique && ', …'}
      </p>
    );
  }
  const names = column.levels.map(l => l.level).sort();
  const zeroOne = names.join() === '0,1' || names.join() === 'False,True';
  const treated =
    props.treated !== undefined && props.treated !== null
      ? asLevel(props.treated)
      : zeroOne
        ? names[1]
        : '';
  return (
    <fieldset className="jp-oci-Levels" disabled={disabled}>
      <legend>{trans.__('Who counts as treated?')}</legend>
      {[...column.levels]
        .sort((a, b) => (a.level < b.level ? -1 : 1))
        .map(l => (
          <label key={l.level}>
            <input
              type="radio"
              name={group}
              checked={treated === l.level}
              onChange={() => onChange(typed(column, l.level))}
            />
            <span>
              {column.name} = {l.level}{' '}
              <span className="jp-oci-Hint">
                {trans.__('(%1 units)', formatCount(l.count))}
              </span>
            </span>
          </label>
        ))}
    </fieldset>
  );
}

/** A level as the profile writes it: booleans as Python does. */
function asLevel(treated: NonNullable<Plan['treated']>): string {
  if (typeof treated === 'boolean') {
    return treated ? 'True' : 'False';
  }
  return String(treated);
}

/** A level as the plan writes it: the profile tells levels as text. */
function typed(column: ColumnProfile, level: string): Plan['treated'] {
  switch (column.kind) {
    case 'integer':
    case 'number':
      return Number(level);
    case 'boolean':
      return level === 'True';
    default:
      return level;
  }
}
