/**
 * The settings of the language model while they are being typed: reading and checking them.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IModelSettings, ModelChange } from '../api';

/** What stands in the form's fields. The key is not among them: it is kept nowhere. */
export interface IModelDraft {
  enabled: boolean;
  base_url: string;
  model: string;
  token_limit: string;
  input_price: string;
  output_price: string;
}

/** Names of fields, with the key. */
export type ModelField = keyof IModelDraft | 'api_key';

/** What is wrong, by field. */
export type ModelProblems = Partial<Record<ModelField, string>>;

/** The fields as the server has them. */
export function draftOf(settings: IModelSettings): IModelDraft {
  const text = (value: number | null): string =>
    value === null ? '' : String(value);
  return {
    enabled: settings.enabled,
    base_url: settings.base_url,
    model: settings.model,
    token_limit: text(settings.token_limit),
    input_price: text(settings.input_price),
    output_price: text(settings.output_price)
  };
}

/** What is wrong with the fields, as far as can be told here. */
export function problemsOfDraft(
  draft: IModelDraft,
  trans: TranslationBundle
): ModelProblems {
  const problems: ModelProblems = {};
  if (
    draft.base_url.trim() &&
    !/^https?:\/\/[^\s/]/i.test(draft.base_url.trim())
  ) {
    problems.base_url = trans.__(
      'An address begins with http:// or https://, for example https://api.openai.com/v1.'
    );
  }
  if (draft.enabled && !draft.model.trim()) {
    problems.model = trans.__('Name the model to ask.');
  }
  const limit = numberOf(draft.token_limit);
  if (limit !== null && !(Number.isInteger(limit) && limit > 0)) {
    problems.token_limit = trans.__('A whole number above 0, or nothing.');
  }
  for (const key of ['input_price', 'output_price'] as const) {
    const price = numberOf(draft[key]);
    if (price !== null && !(price >= 0)) {
      problems[key] = trans.__('A number from 0 on, or nothing.');
    }
  }
  return problems;
}

/** The fields that differ from what the server has. */
export function changeOf(
  draft: IModelDraft,
  settings: IModelSettings
): ModelChange {
  const change: ModelChange = {};
  const now: Required<Omit<ModelChange, 'api_key'>> = {
    enabled: draft.enabled,
    base_url: draft.base_url.trim(),
    model: draft.model.trim(),
    token_limit: numberOf(draft.token_limit),
    input_price: numberOf(draft.input_price),
    output_price: numberOf(draft.output_price)
  };
  for (const key of Object.keys(now) as (keyof typeof now)[]) {
    if (now[key] !== settings[key]) {
      Object.assign(change, { [key]: now[key] });
    }
  }
  return change;
}

/** A number as people write it, with separators of thousands; null where there is none. */
function numberOf(text: string): number | null {
  const plain = text.replace(/[\s,_]/g, '');
  return plain === '' ? null : Number(plain);
}
