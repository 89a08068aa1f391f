/**
 * Reads a result out of a cell's output.
 *
 * Outputs are untrusted and may be of any version: a published notebook outlives the
 * extension that made it. What cannot be read is left out; only what is no result at all
 * is refused.
 */
import { isRecord } from '../contract';
import type { Check, Estimate } from '../contract.gen';

/** The parts of a result that are shown. */
export interface IShownResult {
  title: string;
  headline: string;
  population: string;
  n: number | null;
  nTreated: number | null;
  nControl: number | null;
  checks: IShownCheck[];
  estimates: IShownEstimate[];
  columns: string[];
  rows: unknown[][];
  notes: string[];
}

/** A check, as far as it is shown. */
export type IShownCheck = Pick<
  Check,
  'grade' | 'title' | 'estimand' | 'display' | 'target' | 'reason'
>;

/** An estimate, as far as it is shown. */
export type IShownEstimate = Pick<
  Estimate,
  'estimand' | 'method' | 'role' | 'population' | 'outcome'
> & {
  estimate: number;
  stderr: number;
  lower: number;
  upper: number;
  n: number;
};

/** Why a payload cannot be shown. */
export type Refusal = 'not_a_result' | 'newer_version';

const GRADES: ReadonlyArray<Check['grade']> = [
  'pass',
  'warn',
  'fail',
  'not_applicable'
];

/** Read a payload; never throws. */
export function readResult(payload: unknown): IShownResult | Refusal {
  if (!isRecord(payload) || typeof payload.schema_version !== 'number') {
    return 'not_a_result';
  }
  if (payload.schema_version !== 1) {
    return 'newer_version';
  }
  const study = record(payload.study);
  const table = record(payload.table);
  return {
    title: text(payload.title),
    headline: text(payload.headline),
    population: text(study.name),
    n: count(study.n),
    nTreated: count(study.n_treated),
    nControl: count(study.n_control),
    checks: list(payload.checks).filter(isRecord).map(readCheck),
    estimates: list(payload.estimates).filter(isRecord).map(readEstimate),
    columns: list(table.columns).map(String),
    rows: list(table.rows).filter((row): row is unknown[] =>
      Array.isArray(row)
    ),
    notes: list(payload.notes).filter(
      (note): note is string => typeof note === 'string'
    )
  };
}

function readCheck(check: Record<string, unknown>): IShownCheck {
  return {
    grade: GRADES.find(grade => grade === check.grade) ?? 'not_applicable',
    title: text(check.title) || text(check.name),
    estimand: text(check.estimand) || null,
    display: text(check.display),
    target: text(check.target),
    reason: text(check.reason)
  };
}

function readEstimate(estimate: Record<string, unknown>): IShownEstimate {
  const { role } = estimate;
  return {
    estimand: text(estimate.estimand),
    method: text(estimate.method),
    role: role === 'one_shot' || role === 'placebo' ? role : 'main',
    population: text(estimate.population),
    outcome: text(estimate.outcome),
    estimate: figure(estimate.estimate),
    stderr: figure(estimate.stderr),
    lower: figure(estimate.ci_lower),
    upper: figure(estimate.ci_upper),
    n: figure(estimate.n)
  };
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function figure(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function count(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
