/**
 * Words and symbols for states, grades and levels: one place, so that the same thing is
 * called the same everywhere. A symbol never stands without its word.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type {
  EstimandVerdict,
  Finding,
  GradedCheck,
  StepView,
  Spec
} from '../contract.gen';
import type { SymbolName } from './StateSymbol';

/** A symbol and its word. */
export interface IWord {
  symbol: SymbolName;
  word: string;
}

/** A verdict's level. */
export function levelWord(
  level: EstimandVerdict['level'],
  trans: TranslationBundle
): IWord {
  switch (level) {
    case 'satisfactory':
      return { symbol: 'pass', word: trans.__('Satisfactory') };
    case 'satisfactory_with_caveats':
      return { symbol: 'warn', word: trans.__('Satisfactory with caveats') };
    case 'not_satisfactory':
      return { symbol: 'fail', word: trans.__('Not satisfactory') };
    case 'abstain':
      return { symbol: 'unknown', word: trans.__('No verdict') };
  }
}

/** A check's grade. */
export function gradeWord(
  grade: GradedCheck['grade'],
  trans: TranslationBundle
): IWord {
  switch (grade) {
    case 'pass':
      return { symbol: 'pass', word: trans.__('pass') };
    case 'warn':
      return { symbol: 'warn', word: trans.__('warning') };
    case 'fail':
      return { symbol: 'fail', word: trans.__('fail') };
    case 'not_applicable':
      return { symbol: 'none', word: trans.__('not applicable') };
  }
}

/** How grave a finding is. */
export function severityWord(
  severity: Finding['severity'],
  trans: TranslationBundle
): IWord {
  switch (severity) {
    case 'serious':
      return { symbol: 'fail', word: trans.__('Serious') };
    case 'concern':
      return { symbol: 'warn', word: trans.__('Concern') };
    case 'note':
      return { symbol: 'info', word: trans.__('Note') };
  }
}

/** A step's state; a finished step shows its grade's symbol. */
export function stepWord(step: StepView, trans: TranslationBundle): IWord {
  switch (step.state) {
    case 'proposed':
      return { symbol: 'todo', word: trans.__('to do') };
    case 'running':
      return { symbol: 'running', word: trans.__('running') };
    case 'failed':
      return { symbol: 'failed', word: trans.__('failed') };
    case 'rejected':
      return { symbol: 'rejected', word: trans.__('rejected') };
    case 'stale':
      return { symbol: 'stale', word: trans.__('stale') };
    default: {
      const word = {
        done: trans.__('done'),
        accepted: trans.__('accepted'),
        edited: trans.__('edited')
      }[step.state];
      const symbol = step.grade ? gradeWord(step.grade, trans).symbol : 'done';
      return { symbol, word };
    }
  }
}

/** A time span as `m:ss`, or `h:mm:ss` from an hour on. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** A share as a percentage with sensible digits. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

/** A remedy's change of spec, line by line. */
export function specChange(
  spec: Spec,
  remedy: {
    trim: Spec['trim'];
    estimands: Spec['estimands'] | null;
    learner: Spec['learner'] | null;
  },
  trans: TranslationBundle
): { name: string; before: string; after: string }[] {
  const range = (trim: Spec['trim']): string =>
    trim ? `[${trim.low.toPrecision(2)}, ${trim.high.toPrecision(2)}]` : '–';
  const learners: Record<Spec['learner'], string> = {
    stack: trans.__('boosting and penalized regression, stacked'),
    lean: trans.__('boosting alone, for big data')
  };
  const lines = [];
  if (remedy.trim) {
    lines.push({
      name: trans.__('Propensities kept'),
      before: spec.trim ? range(spec.trim) : trans.__('all'),
      after: range(remedy.trim)
    });
  }
  if (remedy.estimands) {
    lines.push({
      name: trans.__('Estimands'),
      before: spec.estimands.join(', '),
      after: remedy.estimands.join(', ')
    });
  }
  if (remedy.learner) {
    lines.push({
      name: trans.__('Models'),
      before: learners[spec.learner],
      after: learners[remedy.learner]
    });
  }
  return lines;
}
