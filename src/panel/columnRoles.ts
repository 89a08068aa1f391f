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
export type Role =
  'treatment' | 'outcome' | 'confounder' | 'cluster' | 'weights' | 'none';

/** Roles that one column has at most. */
const SINGLE = ['treatment', 'outcome', 'cluster', 'weights'] as const;
type SingleRole = (typeof SINGLE)[number];

/** Roles of one column. */
export interface IColumnRoles {
  role: Role;
  placebo: boolean;
}

/** Fields of the plan that name columns. */
export type RoleFields = Pick<
  Plan,
  SingleRole | 'confounders' | 'placebo_outcomes'
>;

/** Whether a column of this role may be a placebo outcome too. */
export function mayBePlacebo(role: Role): boolean {
  return role === 'none' || role === 'confounder';
}

function isSingle(role: Role): role is SingleRole {
  return (SINGLE as ReadonlyArray<Role>).includes(role);
}

/** The plan's role fields, with empty ones where it has none. */
export function roleFields(plan: Partial<Plan>): RoleFields {
  return {
    treatment: plan.treatment ?? '',
    outcome: plan.outcome ?? '',
    cluster: plan.cluster ?? '',
    weights: plan.weights ?? '',
    confounders: plan.confounders ?? [],
    placebo_outcomes: plan.placebo_outcomes ?? []
  };
}

/** A column's roles in a plan. */
export function rolesOf(fields: RoleFields, column: string): IColumnRoles {
  const role: Role =
    SINGLE.find(name => fields[name] === column) ??
    (fields.confounders.includes(column) ? 'confounder' : 'none');
  return { role, placebo: fields.placebo_outcomes.includes(column) };
}

/**
 * Give columns a role.
 *
 * @param fields - The plan's role fields.
 * @param columns - The columns; a role that one column has takes the first one only.
 * @param role - The new main role.
 * @returns Only the fields that change.
 */
export function withRole(
  fields: RoleFields,
  columns: ReadonlyArray<string>,
  role: Role
): Partial<RoleFields> {
  const affected = isSingle(role) ? columns.slice(0, 1) : columns;
  const next: RoleFields = {
    ...fields,
    confounders: fields.confounders.filter(c => !affected.includes(c))
  };
  for (const name of SINGLE) {
    next[name] = affected.includes(fields[name]) ? '' : fields[name];
  }
  if (isSingle(role)) {
    next[role] = affected[0] ?? next[role];
  } else if (role === 'confounder') {
    next.confounders = merged(fields.confounders, affected);
  }
  if (!mayBePlacebo(role)) {
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
  const affected = columns.filter(c => mayBePlacebo(rolesOf(fields, c).role));
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
  for (const name of SINGLE) {
    if (before[name] !== after[name]) {
      found[name] = after[name];
    }
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
const OUTCOME_NAME = /^(y|outcome|response|target)$/i;

/**
 * What the treatment might be; a guess for the principal to accept, never a decision.
 *
 * @returns A two-level column with a telling name, or '' when there is no single one.
 */
export function guessTreatment(columns: ReadonlyArray<ColumnProfile>): string {
  return single(
    columns.filter(c => c.n_unique === 2 && TREATMENT_NAME.test(c.name))
  );
}

/** The name of the only column, or ''. */
function single(found: ReadonlyArray<ColumnProfile>): string {
  return found.length === 1 ? found[0].name : '';
}

/** What the columns' names suggest; for the principal to accept, never a decision. */
export interface IGuesses {
  /** A two-level column with a telling name, or '' when there is no single one. */
  treatment: string;

  /** A column with a telling name, or '' when there is no single one. */
  outcome: string;

  /** The outcome's latest earlier reading (`re75` for `re78`), or ''. */
  placebo: string;

  /** All columns without a role that could be confounders. */
  confounders: string[];
}

/**
 * Guess the roles that are still open.
 *
 * @param columns - The data's columns.
 * @param fields - The plan's role fields.
 * @param rows - Rows of the data: a column with a value for each is a name, not a cause.
 */
export function guessRoles(
  columns: ReadonlyArray<ColumnProfile>,
  fields: RoleFields,
  rows: number
): IGuesses {
  const free = columns.filter(c => {
    const roles = rolesOf(fields, c.name);
    return roles.role === 'none' && !roles.placebo;
  });
  const isName = (c: ColumnProfile): boolean =>
    c.n_unique === rows && (c.kind === 'integer' || c.kind === 'text');
  const guesses: IGuesses = {
    treatment: fields.treatment ? '' : guessTreatment(free),
    outcome: fields.outcome
      ? ''
      : single(free.filter(c => OUTCOME_NAME.test(c.name))),
    placebo:
      fields.outcome && fields.placebo_outcomes.length === 0
        ? earlierReading(columns, fields)
        : '',
    confounders: []
  };
  if (fields.treatment && fields.outcome && fields.confounders.length === 0) {
    guesses.confounders = free
      .filter(c => c.n_unique > 1 && !isName(c))
      .map(c => c.name);
  }
  return guesses;
}

/** The column named like the outcome, with the largest smaller number at its end. */
function earlierReading(
  columns: ReadonlyArray<ColumnProfile>,
  fields: RoleFields
): string {
  const parts = /^(.*?)(\d+)$/.exec(fields.outcome);
  if (!parts) {
    return '';
  }
  let found = '';
  let latest = -1;
  for (const { name, kind } of columns) {
    const other = /^(.*?)(\d+)$/.exec(name);
    const number = other ? Number(other[2]) : -1;
    if (
      other?.[1] === parts[1] &&
      (kind === 'number' || kind === 'integer') &&
      name !== fields.treatment &&
      number < Number(parts[2]) &&
      number > latest
    ) {
      found = name;
      latest = number;
    }
  }
  return found;
}
