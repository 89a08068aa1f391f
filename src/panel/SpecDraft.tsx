/**
 * A plan that was checked: what will be run, and what was taken for granted.
 */
import * as React from 'react';

import type { Spec } from '../contract.gen';
import { formatCount } from '../renderer/numbers';
import { usePanel } from './context';

/** See the module. */
export function SpecDraft(props: { spec: Spec }): React.ReactElement {
  const { spec } = props;
  const { trans } = usePanel();
  return (
    <div className="jp-oci-SpecDraft" aria-live="polite">
      <p>
        <strong>{trans.__('The plan can be run.')}</strong>{' '}
        {trans.__(
          '%1 rows, %2 confounders, %3 folds, seed %4.',
          formatCount(spec.rows),
          formatCount(spec.confounders.length),
          spec.folds,
          spec.seed
        )}
      </p>
      {spec.assumptions.length > 0 && (
        <>
          <p>{trans.__('Taken for granted:')}</p>
          <ul>
            {spec.assumptions.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
