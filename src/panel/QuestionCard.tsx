/**
 * A question that only the principal can answer, in place and without a dialog.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Question } from '../contract.gen';
import { usePanel } from './context';

/** Properties of the card. */
export interface IQuestionCardProps {
  question: Question;
  disabled: boolean;
  onAnswer: (choice: string) => void;
}

/** See the module. */
export function QuestionCard(props: IQuestionCardProps): React.ReactElement {
  const { question, disabled, onAnswer } = props;
  const { trans } = usePanel();
  const [sent, setSent] = React.useState(false);
  const id = React.useId();
  return (
    <div className="jp-oci-Question" role="group" aria-labelledby={id}>
      <h3>
        {question.kind === 'unknown_run'
          ? trans.__('It is unknown whether this ran')
          : trans.__('Waiting for you')}
      </h3>
      <p id={id} aria-live="polite">
        {question.text}
      </p>
      <div className="jp-oci-Actions">
        {question.choices.map(choice => (
          <Button
            key={choice}
            className={
              choice === question.default
                ? 'jp-mod-styled jp-mod-accept'
                : 'jp-mod-styled'
            }
            small
            disabled={disabled || sent}
            onClick={() => {
              setSent(true);
              onAnswer(choice);
            }}
          >
            {choice}
          </Button>
        ))}
      </div>
    </div>
  );
}
