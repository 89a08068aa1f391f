/**
 * Roles of columns, as the plan's fields say them; pure functions, so that the form's rules
 * can be read and tested without a browser.
 *
 * A column has one main role. Being a placebo outcome is a second, independent mark: a
 * variable measured before treatment may serve as both (each placebo is tested without
 * itself among the confounders).
 */
import type { ColumnProfile, Plan } from '../contract.gen';

/** A column's main role. */
export type Role = 'treatment' | 'outcome' | 'confounder' | 'none';

/** Roles of one column. */
export interface IColumnRoles {
  role: Role;
  placebo: boolean;
}

/** Fields of the plan that name columns. */
export type RoleFields = Pick<
  Plan,
  'treatment' | 'outcome' | 'confounders' | 'placebo_outcomes'
>;

/** The plan's role fields, with empty ones where it has none. */
export function roleFields(plan: Partial<Plan>): RoleFields {
  return {
    treatment: plan.treatment ?? '',
    outcome: plan.outcome ?? '',
    confounders: plan.confounders ?? [],
    placebo_outcomes: plan.placebo_outcomes ?? []
  };
}

/** A column's roles in a plan. */
export function rolesOf(fields: RoleFields, column: string): IColumnRoles {
  let role: Role = 'none';
  if (fields.treatment === column) {
    role = 'treatment';
  } else if (fields.outcome === column) {
    role = 'outcome';
  } else if (fields.confounders.includes(column)) {
    role = 'confounder';
  }
  return { role, placebo: fields.placebo_outcomes.includes(column) };
}

/**
 * Give columns a role.
 *
 * @param fields - The plan's role fields.
 * @param columns - The columns; treatment and outcome take the first one only.
 * @param role - The new main role.
 * @returns Only the fields that change.
 */
export function withRole(
  fields: RoleFields,
  columns: ReadonlyArray<string>,
  role: Role
): Partial<RoleFields> {
  const affected =
    role === 'treatment' || role === 'outcome' ? columns.slice(0, 1) : columns;
  const next: RoleFields = {
    treatment: affected.includes(fields.treatment) ? '' : fields.treatment,
    outcome: affected.includes(fields.outcome) ? '' : fields.outcome,
    confounders: fields.confounders.filter(c => !affected.includes(c)),
    placebo_outcomes: fields.placebo_outcomes
  };
  if (role === 'treatment') {
    next.treatment = affected[0] ?? next.treatment;
  } else if (role === 'outcome') {
    next.outcome = affected[0] ?? next.outcome;
  } else if (role === 'confounder') {
    next.confounders = merged(fields.confounders, affected);
  }
  if (role === 'treatment' || role === 'outcome') {
    next.placebo_outcomes = fields.placebo_outcomes.filter(
      c => !affected.includes(c)
    );
  }
  return changes(fields, next);
}

/** Mark or unmark columns as placebo outcomes. */
export function withPlacebo(
  fields: RoleFields,
  columns: ReadonlyArray<string>,
  placebo: boolean
): Partial<RoleFields> {
  const affected = columns.filter(
    c => c !== fields.treatment && c !== fields.outcome
  );
  const next: RoleFields = {
    ...fields,
    placebo_outcomes: placebo
      ? merged(fields.placebo_outcomes, affected)
      : fields.placebo_outcomes.filter(c => !columns.includes(c))
  };
  return changes(fields, next);
}

/** Old names keep their place; new ones follow in the order given. */
function merged(
  old: ReadonlyArray<string>,
  more: ReadonlyArray<string>
): string[] {
  return [...old, ...more.filter(name => !old.includes(name))];
}

function changes(before: RoleFields, after: RoleFields): Partial<RoleFields> {
  const found: Partial<RoleFields> = {};
  if (before.treatment !== after.treatment) {
    found.treatment = after.treatment;
  }
  if (before.outcome !== after.outcome) {
    found.outcome = after.outcome;
  }
  if (!same(before.confounders, after.confounders)) {
    found.confounders = after.confounders;
  }
  if (!same(before.placebo_outcomes, after.placebo_outcomes)) {
    found.placebo_outcomes = after.placebo_outcomes;
  }
  return found;
}

function same(a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

const TREATMENT_NAME =
  /^(treat(ed|ment)?|exposed|exposure|intervention|arm|uses?_|is_|has_)/i;

/**
 * What the treatment might be; a guess for the principal to accept, never a decision.
 *
 * @returns A two-level column with a telling name, or '' when there is no single one.
 */
export function guessTreatment(columns: ReadonlyArray<ColumnProfile>): string {
  const found = columns.filter(
    c => c.n_unique === 2 && TREATMENT_NAME.test(c.name)
  );
  return found.length === 1 ? found[0].name : '';
}
