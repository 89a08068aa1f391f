/**
 * A question that a plan in words leaves open, with the suggested answer taken already: it
 * only has to be looked at.
 */
import * as React from 'react';

import type { PlanQuestion } from '../contract.gen';
import { usePanel } from './context';

/** The choice that says no column, as the server writes it. */
const NONE = '(none)';

/** More choices than this are a list to open. */
const FEW = 5;

/** Properties. */
export interface IReadingQuestionProps {
  question: PlanQuestion;

  /** The answer; several are joined by commas. */
  value: string;
  disabled: boolean;
  onChange: (value: string) => void;
}

/** The answer a question begins with. */
export function firstAnswer(question: PlanQuestion): string {
  return question.answer || question.suggestion;
}

/** See the module. */
export function ReadingQuestion(
  props: IReadingQuestionProps
): React.ReactElement {
  const { question, value, disabled, onChange } = props;
  const { trans } = usePanel();
  const { choices, several, suggestion, text } = question;
  const name = React.useId();
  const suggested = <span className="jp-oci-Tag">{trans.__('suggested')}</span>;
  if (choices.length === 0 || (!several && choices.length > FEW)) {
    return (
      <label className="jp-oci-Ask jp-oci-Field">
        <span className="jp-oci-Field-label">{text}</span>
        {choices.length === 0 ? (
          <input
            className="jp-mod-styled"
            type="text"
            value={value}
            disabled={disabled}
            onChange={event => onChange(event.target.value)}
          />
        ) : (
          <select
            value={value}
            disabled={disabled}
            onChange={event => onChange(event.target.value)}
          >
            {!choices.includes(value) && (
              <option value={value}>{value || trans.__('Choose…')}</option>
            )}
            {choices.map(choice => (
              <option key={choice} value={choice}>
                {choice === suggestion
                  ? trans.__('%1 (suggested)', choice)
                  : choice}
              </option>
            ))}
          </select>
        )}
        {choices.length === 0 &&
          suggestion &&
          value === suggestion &&
          suggested}
      </label>
    );
  }
  const taken = several ? split(value, choices) : [value];
  const wanted = several ? split(suggestion, choices) : [suggestion];
  return (
    <fieldset className="jp-oci-Ask">
      <legend>{text}</legend>
      <div className="jp-oci-Ask-choices">
        {choices.map(choice => (
          <label key={choice} className="jp-oci-Check">
            <input
              type={several ? 'checkbox' : 'radio'}
              name={name}
              checked={taken.includes(choice)}
              disabled={disabled}
              onChange={event => {
                if (!several) {
                  onChange(choice);
                  return;
                }
                onChange(toggled(choices, taken, choice, event.target.checked));
              }}
            />
            <span>
              {choice} {wanted.includes(choice) && suggested}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Several answers with one taken or left; no answer and another exclude each other. */
function toggled(
  choices: ReadonlyArray<string>,
  taken: ReadonlyArray<string>,
  choice: string,
  checked: boolean
): string {
  const next = choices.filter(c =>
    c === choice ? checked : taken.includes(c) && c !== NONE
  );
  if (choice === NONE || next.length === 0) {
    return choices.includes(NONE) ? NONE : next.join(', ');
  }
  return next.join(', ');
}

/** Several answers, from a text that joins them by commas. */
function split(value: string, choices: ReadonlyArray<string>): string[] {
  const parts = value.split(',').map(part => part.trim());
  return choices.filter(choice => choice === value || parts.includes(choice));
}
