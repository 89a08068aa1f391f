/**
 * What of a plan that was read from words goes into the plan cell.
 *
 * The head shall say what was read and no more: a field that is as it would be anyway stays
 * away, one that the cell has and the reading has not is emptied. What a language model may
 * see of the data is the principal's to say: no reading changes it.
 */
import type { Plan } from '../contract.gen';

/** A plan as it is before anybody has said anything. */
export const PLAN_DEFAULTS: Plan = {
  question: '',
  design: 'unconfoundedness',
  data: '',
  treatment: '',
  treated: null,
  outcome: '',
  confounders: [],
  placebo_outcomes: [],
  estimands: ['ATE', 'ATT', 'ATO'],
  cluster: '',
  weights: '',
  keep: [],
  eligibility: '',
  time_zero: '',
  follow_up: '',
  threats: '',
  tools: ['doubleml', 'econml'],
  seed: 7,
  model_sees: 'summary',
  text: ''
};

/** Fields that a reading never changes. */
const NOT_READ: ReadonlyArray<keyof Plan> = ['model_sees', 'design', 'text'];

/**
 * The fields to write.
 *
 * @param read - The plan as it was read.
 * @param now - The fields of the plan cell.
 */
export function fieldsOf(read: Plan, now: Partial<Plan>): Partial<Plan> {
  const fields: Partial<Plan> = {};
  const set = <K extends keyof Plan>(key: K): void => {
    const value = read[key] ?? PLAN_DEFAULTS[key];
    if (!same(value, now[key] ?? PLAN_DEFAULTS[key])) {
      fields[key] = value;
    }
  };
  for (const key of Object.keys(PLAN_DEFAULTS) as (keyof Plan)[]) {
    if (!NOT_READ.includes(key)) {
      set(key);
    }
  }
  if (read.text.trim()) {
    fields.text = read.text.trim();
  }
  return fields;
}

/** Fields of a plan that say something. */
export function saidFields(plan: Plan): (keyof Plan)[] {
  return (Object.keys(PLAN_DEFAULTS) as (keyof Plan)[]).filter(
    key => !NOT_READ.includes(key) && !same(plan[key], PLAN_DEFAULTS[key])
  );
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
