/**
 * Who plays which part, in four lines: what is chosen, what is missing, what is wrong, and
 * what the names suggest. A suggestion is marked as a guess and does nothing until pressed.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ColumnProfile, Plan, Problem } from '../contract.gen';
import { guessRoles, roleFields, withPlacebo, withRole } from './columnRoles';
import { usePanel } from './context';
import { FieldProblems } from './FieldProblems';
import { problemsOf } from './problems';

/** Properties. */
export interface IRoleSummaryProps {
  plan: Partial<Plan>;
  columns: ReadonlyArray<ColumnProfile>;
  rows: number;
  problems: ReadonlyArray<Problem>;
  disabled: boolean;
  onChange: (fields: Partial<Plan>) => void;
}

/** See the module. */
export function RoleSummary(props: IRoleSummaryProps): React.ReactElement {
  const { plan, columns, rows, problems, disabled, onChange } = props;
  const { trans } = usePanel();
  const fields = roleFields(plan);
  const guesses = guessRoles(columns, fields, rows);
  const guess = (words: string, change: Partial<Plan>): React.ReactElement => (
    <Guess
      words={words}
      disabled={disabled}
      onAccept={() => onChange(change)}
    />
  );
  return (
    <div className="jp-oci-Roles" role="group" aria-label={trans.__('Roles')}>
      <RoleLine
        label={trans.__('Treatment')}
        names={fields.treatment ? [fields.treatment] : []}
        missing={trans.__('missing: who was treated?')}
        problems={problemsOf(problems, 'treatment')}
      >
        {guesses.treatment &&
          guess(
            trans.__('take %1 as the treatment', guesses.treatment),
            withRole(fields, [guesses.treatment], 'treatment')
          )}
      </RoleLine>
      <RoleLine
        label={trans.__('Outcome')}
        names={fields.outcome ? [fields.outcome] : []}
        missing={trans.__('missing: what may have changed?')}
        problems={problemsOf(problems, 'outcome')}
      >
        {guesses.outcome &&
          guess(
            trans.__('take %1 as the outcome', guesses.outcome),
            withRole(fields, [guesses.outcome], 'outcome')
          )}
      </RoleLine>
      <RoleLine
        label={trans.__('Confounders')}
        names={fields.confounders}
        missing={trans.__('missing: what drives both?')}
        problems={problemsOf(problems, 'confounders')}
      >
        {guesses.confounders.length > 0 &&
          guess(
            trans._n(
              'take the other column, if it is from before the treatment',
              'take the other %1 columns, if all are from before the treatment',
              guesses.confounders.length
            ),
            withRole(fields, guesses.confounders, 'confounder')
          )}
      </RoleLine>
      <RoleLine
        label={trans.__('Placebo outcomes')}
        names={fields.placebo_outcomes}
        missing={trans.__('none (optional)')}
        optional
        problems={problemsOf(problems, 'placebo_outcomes')}
      >
        {guesses.placebo &&
          guess(
            trans.__(
              'test %1, which seems to be an earlier %2',
              guesses.placebo,
              fields.outcome
            ),
            withPlacebo(fields, [guesses.placebo], true)
          )}
      </RoleLine>
      <RareRole
        label={trans.__('Cluster')}
        name={fields.cluster}
        problems={problemsOf(problems, 'cluster')}
      />
      <RareRole
        label={trans.__('Weight')}
        name={fields.weights}
        problems={problemsOf(problems, 'weights')}
      />
    </div>
  );
}

/** A role that most plans do without: shown where there is something to say. */
function RareRole(props: {
  label: string;
  name: string;
  problems: ReadonlyArray<Problem>;
}): React.ReactElement | null {
  const { label, name, problems } = props;
  const { trans } = usePanel();
  return name || problems.length > 0 ? (
    <RoleLine
      label={label}
      names={name ? [name] : []}
      missing={trans.__('none')}
      optional
      problems={problems}
    >
      {null}
    </RoleLine>
  ) : null;
}

function RoleLine(props: {
  label: string;
  names: ReadonlyArray<string>;
  missing: string;
  optional?: boolean;
  problems: ReadonlyArray<Problem>;
  children: React.ReactNode;
}): React.ReactElement {
  const { label, names, missing, optional, problems, children } = props;
  const list = names.join(', ');
  return (
    <div className="jp-oci-Role">
      <span className="jp-oci-Role-label">{label}</span>
      {names.length > 0 ? (
        <span className="jp-oci-Role-names" title={list}>
          {names.length > 1 && (
            <span className="jp-oci-Role-count">{names.length}:</span>
          )}{' '}
          {list}
        </span>
      ) : (
        <span className={optional ? 'jp-oci-Hint' : 'jp-oci-Role-missing'}>
          {missing}
        </span>
      )}
      {children && <div className="jp-oci-Role-guess">{children}</div>}
      <FieldProblems problems={problems} />
    </div>
  );
}

function Guess(props: {
  words: string;
  disabled: boolean;
  onAccept: () => void;
}): React.ReactElement {
  const { trans } = usePanel();
  return (
    <Button
      className="jp-oci-Guess"
      small
      minimal
      disabled={props.disabled}
      onClick={props.onAccept}
    >
      <span className="jp-oci-Guess-mark">{trans.__('Guess')}</span>
      {props.words}
    </Button>
  );
}
