/**
 * What the plan's fields are called, and their values as text.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Plan } from '../contract.gen';

/** A field's name in words; an unknown one stays as it is. */
export function fieldLabel(field: string, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    question: trans.__('Question'),
    design: trans.__('Design'),
    data: trans.__('Data'),
    treatment: trans.__('Treatment'),
    treated: trans.__('Counts as treated'),
    outcome: trans.__('Outcome'),
    confounders: trans.__('Confounders'),
    placebo_outcomes: trans.__('Placebo outcomes'),
    estimands: trans.__('Effects asked for'),
    cluster: trans.__('Cluster'),
    weights: trans.__('Weight'),
    keep: trans.__('Only rows where'),
    eligibility: trans.__('Who could have been treated'),
    time_zero: trans.__('When follow-up begins'),
    follow_up: trans.__('How long outcomes are followed'),
    threats: trans.__('What could mislead'),
    tools: trans.__('Libraries'),
    seed: trans.__('Seed'),
    model_sees: trans.__('What a model may see')
  };
  return new Map(Object.entries(labels)).get(field) ?? field;
}

/** A field's value as text. */
export function fieldText(value: Plan[keyof Plan]): string {
  return Array.isArray(value) ? value.join(', ') : String(value ?? '');
}
