/**
 * A question that only the principal can answer, in place and without a dialog.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Question } from '../contract.gen';

/** Properties of the card. */
export interface IQuestionCardProps {
  question: Question;
  disabled: boolean;
  onAnswer: (choice: string) => void;
}

/** See the module. */
export function QuestionCard(props: IQuestionCardProps): React.ReactElement {
  const { question, disabled, onAnswer } = props;
  const [sent, setSent] = React.useState(false);
  return (
    <div className="jp-oci-Question" role="group" aria-label={question.text}>
      <p aria-live="polite">{question.text}</p>
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
