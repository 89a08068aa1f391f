/**
 * A plan that was checked: what will be run, and what was taken for granted. A plan that
 * changed since is said to have changed.
 */
import * as React from 'react';

import type { Plan, Spec } from '../contract.gen';
import { formatCount } from '../renderer/numbers';
import { usePanel } from './context';

/** Properties. */
export interface ISpecDraftProps {
  spec: Spec;

  /** The plan as it stands now. */
  plan: Partial<Plan>;
}

/** See the module. */
export function SpecDraft(props: ISpecDraftProps): React.ReactElement {
  const { spec, plan } = props;
  const { trans } = usePanel();
  if (!speaksOf(spec, plan)) {
    return (
      <p className="jp-oci-Hint" aria-live="polite">
        {trans.__('The plan changed since it was checked.')}
      </p>
    );
  }
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

/** Whether a spec was made of this plan; fields that were filled in do not count. */
function speaksOf(spec: Spec, plan: Partial<Plan>): boolean {
  const same = (a: ReadonlyArray<string>, b?: ReadonlyArray<string>): boolean =>
    !b || a.join('\n') === b.join('\n');
  return (
    spec.data === plan.data &&
    spec.treatment === plan.treatment &&
    spec.outcome === plan.outcome &&
    same(spec.confounders, plan.confounders) &&
    same(spec.placebo_outcomes, plan.placebo_outcomes) &&
    same(spec.estimands, plan.estimands)
  );
}
