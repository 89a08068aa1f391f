/**
 * A plan as it was read from words: what was understood, what had to be assumed, what is
 * asked, what cannot be had. Nothing of it is in the plan before the principal says so.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Plan, PlanReading } from '../contract.gen';
import { fieldsOf, saidFields } from '../session/planFields';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { FieldProblems } from './FieldProblems';
import { readBy } from './modelWords';
import { isWorking } from './phases';
import { fieldLabel, fieldText } from './planFieldWords';
import { firstAnswer, ReadingQuestion } from './ReadingQuestion';
import { useInView } from './useInView';

/** Properties. */
export interface IReadingCardProps {
  session: IOciSession;
  reading: PlanReading;

  /** Whether the card holds the one thing to be pressed next. */
  primary: boolean;
}

/** See the module. */
export function ReadingCard(props: IReadingCardProps): React.ReactElement {
  const { session, reading, primary } = props;
  const { trans } = usePanel();
  const { questions } = reading;
  const id = React.useId();
  const node = useInView<HTMLDivElement>();
  const [answers, setAnswers] = React.useState<Record<string, string>>({});
  const answerOf = (i: number): string =>
    answers[questions[i].question_id] ?? firstAnswer(questions[i]);
  // Answers that were not sent are not in what was read.
  const open = questions.some((q, i) => answerOf(i) !== q.answer);
  const { model } = session.state;
  const disabled =
    !session.lease ||
    session.link !== 'live' ||
    isWorking(session) ||
    model.status === 'working';
  const style = (isPrimary: boolean): string =>
    primary && isPrimary ? 'jp-mod-styled jp-mod-accept' : 'jp-mod-styled';
  return (
    <div
      ref={node}
      className="jp-oci-Card jp-oci-Reading"
      role="group"
      aria-labelledby={id}
    >
      <h3 id={id}>
        {trans.__('What was understood')}
        <span className="jp-oci-Card-by">
          {readBy(reading.by, model, trans)}
        </span>
      </h3>
      <Understood reading={reading} />
      <FieldProblems problems={reading.problems} />
      {questions.map((question, i) => (
        <ReadingQuestion
          key={question.question_id}
          question={question}
          value={answerOf(i)}
          disabled={disabled}
          onChange={value =>
            setAnswers({ ...answers, [question.question_id]: value })
          }
        />
      ))}
      {!open && !reading.complete && (
        <p className="jp-oci-Hint">
          {trans.__(
            'Not all that a run needs is known yet; the form asks for it.'
          )}
        </p>
      )}
      <div className="jp-oci-Actions">
        {open && (
          <Button
            className={style(true)}
            small
            disabled={disabled}
            onClick={() =>
              session.answerReading(
                Object.fromEntries(
                  questions.map((q, i) => [q.question_id, answerOf(i)])
                )
              )
            }
          >
            {trans.__('Check answers')}
          </Button>
        )}
        <Button
          className={style(!open)}
          small
          disabled={disabled}
          title={trans.__('Write these fields into the plan; nothing runs yet')}
          onClick={() => {
            session.plan.set(fieldsOf(reading.plan, session.plan.fields));
            session.dismissReading();
          }}
        >
          {trans.__('Use this plan')}
        </Button>
        <Button
          className="jp-mod-styled"
          small
          disabled={!session.lease}
          onClick={() => session.dismissReading()}
        >
          {trans.__('Discard')}
        </Button>
      </div>
    </div>
  );
}

/** The fields, each with what was assumed to get it. */
function Understood(props: { reading: PlanReading }): React.ReactElement {
  const { plan, assumptions } = props.reading;
  const { trans } = usePanel();
  const said = saidFields(plan);
  const also = assumptions.filter(a => !said.includes(a.field as keyof Plan));
  return (
    <dl className="jp-oci-Read">
      {said.map(field => {
        const assumed = assumptions.filter(a => a.field === field);
        return (
          <ReadField
            key={field}
            label={fieldLabel(field, trans)}
            value={fieldText(plan[field])}
            why={assumed.map(a => a.why)}
          />
        );
      })}
      {also.map((a, i) => (
        <ReadField
          key={`${i} ${a.field}`}
          label={fieldLabel(a.field, trans)}
          value={a.value}
          why={[a.why]}
        />
      ))}
      {said.length + also.length === 0 && (
        <p>{trans.__('Nothing that a plan is made of.')}</p>
      )}
    </dl>
  );
}

function ReadField(props: {
  label: string;
  value: string;
  why: string[];
}): React.ReactElement {
  const { label, value, why } = props;
  const { trans } = usePanel();
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {value}
        {why.map((text, i) => (
          <span key={i} className="jp-oci-Read-assumed">
            <span className="jp-oci-Tag">{trans.__('assumed')}</span> {text}
          </span>
        ))}
      </dd>
    </>
  );
}
