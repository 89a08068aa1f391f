/**
 * How it stands with the language model, in words: pure functions, so that each state can be
 * read and tested by itself.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ModelView } from '../contract.gen';
import { formatCount } from '../renderer/numbers';
import type { SymbolName } from './StateSymbol';

/** A state of the model in words. */
export interface IModelWords {
  /** The state's symbol, where it needs one. */
  symbol: SymbolName | null;

  /** A few words for the context line. */
  badge: string;

  /** A sentence: what it means, and what to do about it. */
  why: string;
}

/** See the module. */
export function modelWords(
  model: ModelView,
  trans: TranslationBundle
): IModelWords {
  const name = nameOf(model, trans);
  switch (model.status) {
    case 'off':
      return {
        symbol: null,
        badge: trans.__('rules only'),
        why:
          model.message ||
          trans.__('No language model is used: rules compose and grade.')
      };
    case 'failed':
      return {
        symbol: 'warn',
        badge: trans.__('rules only'),
        why:
          model.message ||
          trans.__('%1 did not answer. Rules carry on without it.', name)
      };
    case 'working':
      return {
        symbol: 'running',
        badge: trans.__('%1 · thinking', name),
        why: model.task || trans.__('%1 is thinking.', name)
      };
    case 'spent':
      return {
        symbol: 'warn',
        badge: trans.__('%1 · limit reached', name),
        why:
          model.message ||
          trans.__(
            'The limit on tokens is reached. Rules carry on without the model; a higher limit lets it go on.'
          )
      };
    case 'ready':
      return {
        symbol: null,
        badge: name,
        why: trans.__('It reads, asks and writes. Rules alone grade.')
      };
  }
}

/** What the model is called. */
export function nameOf(model: ModelView, trans: TranslationBundle): string {
  return model.name || trans.__('language model');
}

/** Who read something. */
export function readBy(
  by: 'rules' | 'model',
  model: ModelView,
  trans: TranslationBundle
): string {
  return by === 'rules'
    ? trans.__('Read by rules')
    : trans.__('Read by %1', nameOf(model, trans));
}

/** Tokens and cost so far; '' while there are none. */
export function usageWords(model: ModelView, trans: TranslationBundle): string {
  const tokens = model.input_tokens + model.output_tokens;
  if (tokens === 0) {
    return '';
  }
  const words = trans.__('%1 tokens', formatCount(tokens));
  return model.cost === null
    ? words
    : trans.__('%1 · cost %2', words, formatCost(model.cost));
}

/** An amount of money with at least two digits that say something. */
export function formatCost(cost: number): string {
  return cost.toFixed(cost > 0 && cost < 0.1 ? 4 : 2);
}
