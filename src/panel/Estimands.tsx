/**
 * Which effects are asked for, each with the people it speaks about.
 */
import * as React from 'react';

import type { Plan } from '../contract.gen';
import { usePanel } from './context';

type Estimand = Plan['estimands'][number];

/** Properties. */
export interface IEstimandsProps {
  value: ReadonlyArray<Estimand>;
  disabled: boolean;
  onChange: (value: Estimand[]) => void;
}

/** See the module. */
export function Estimands(props: IEstimandsProps): React.ReactElement {
  const { value, disabled, onChange } = props;
  const { trans } = usePanel();
  const all: [Estimand, string][] = [
    ['ATE', trans.__('all units: should everybody get it?')],
    ['ATT', trans.__('those who got it: was it worth it for them?')],
    ['ATO', trans.__('those who could have gone either way')]
  ];
  return (
    <fieldset className="jp-oci-Estimands" disabled={disabled}>
      <legend>{trans.__('Effect for whom')}</legend>
      {all.map(([name, words]) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={value.includes(name)}
            disabled={value.length === 1 && value[0] === name}
            onChange={event =>
              onChange(
                all
                  .map(([other]) => other)
                  .filter(other =>
                    other === name
                      ? event.target.checked
                      : value.includes(other)
                  )
              )
            }
          />
          <span>
            <strong>{name}</strong> {words}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
