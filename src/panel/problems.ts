/**
 * Problems, sorted to the fields they speak of.
 *
 * The plan cell, the server and the kernel each find their own; the same one found twice is
 * shown once. What no field of the form shows is shown on top of the panel.
 */
import type { Plan, Problem } from '../contract.gen';
import type { IOciSession } from '../tokens';

/** Fields with a place of their own in the form. */
const FIELDS: ReadonlyArray<string> = [
  'question',
  'data',
  'treatment',
  'treated',
  'outcome',
  'confounders',
  'placebo_outcomes',
  'cluster',
  'weights',
  'keep',
  'eligibility',
  'time_zero',
  'follow_up',
  'model_sees',
  'estimands',
  'threats',
  'tools',
  'seed'
];

/** All problems of the session and of the data, each once. */
export function allProblems(
  session: IOciSession,
  ofData: ReadonlyArray<Problem> = []
): Problem[] {
  const seen = new Set<string>();
  return [
    ...session.plan.problems,
    ...session.problems,
    ...session.state.problems,
    ...ofData
  ].filter(p => !seen.has(p.message) && seen.add(p.message));
}

/** Whether the form has a place for a problem. */
export function hasField(problem: Problem): boolean {
  return problem.field !== null
    ? FIELDS.includes(problem.field)
    : // A plan in words is told of where it can be read.
      problem.code === 'plan_no_head';
}

/** Problems of one or more fields. */
export function problemsOf(
  problems: ReadonlyArray<Problem>,
  ...fields: (keyof Plan)[]
): Problem[] {
  return problems.filter(p => fields.some(f => f === p.field));
}
