/**
 * One step: how it stands, what it found, and what the principal said of it.
 *
 * The symbol tells the grade of what was found, the word on the right what was done with
 * it: a step may be accepted although its check fails.
 */
import * as React from 'react';

import type { StepView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { CommentLine } from './CommentLine';
import { usePanel } from './context';
import { gradeWord, stepWord } from './format';
import { StateSymbol } from './StateSymbol';
import { StepActions } from './StepActions';

/** Properties of a row. */
export interface IStepRowProps {
  session: IOciSession;
  step: StepView;

  /** Beside the state of a running step: how long still. */
  remaining?: string;

  /** What the comment on the step would change. */
  proposal?: React.ReactNode;

  /** Of an earlier iteration: to be looked at only. */
  past?: boolean;
}

/** See the module. */
export function StepRow(props: IStepRowProps): React.ReactElement {
  const { session, step, remaining, past } = props;
  const { trans } = usePanel();
  const [asking, setAsking] = React.useState<'accept' | 'reject' | null>(null);
  const { symbol, word } = stepWord(step, trans);
  const inserted = step.state !== 'proposed';
  const grade = step.grade ? gradeWord(step.grade, trans).word : word;
  return (
    <li
      className="jp-oci-Step"
      data-state={step.state}
      data-step={step.step_id}
    >
      <div className="jp-oci-Step-line">
        <StateSymbol
          name={symbol}
          label={symbol in ONLY_STATE ? word : grade}
        />
        <div className="jp-oci-Step-text">
          <button
            className="jp-oci-Link jp-mod-quiet jp-oci-Step-title"
            disabled={!inserted}
            title={inserted ? trans.__('Show the cell') : step.purpose}
            onClick={() => session.reveal(step.cell_id)}
          >
            {step.number} {step.title}
          </button>
          <StepFound session={session} step={step} />
        </div>
        <span className="jp-oci-Step-state">
          {word}
          {remaining && <span className="jp-oci-Step-left">{remaining}</span>}
        </span>
        {inserted && !past && (
          <StepActions session={session} step={step} onAsk={setAsking} />
        )}
      </div>
      {step.comment && <p className="jp-oci-Step-comment">“{step.comment}”</p>}
      {props.proposal}
      {asking && (
        <CommentLine
          label={asking === 'accept' ? trans.__('Accept') : trans.__('Reject')}
          placeholder={
            asking === 'reject'
              ? trans.__('Why, or what instead? “use re74 as placebo”')
              : undefined
          }
          onCancel={() => setAsking(null)}
          onSend={comment => {
            session.decide(step, asking, comment);
            setAsking(null);
          }}
        />
      )}
    </li>
  );
}

/** States whose symbol says nothing of the grade. */
const ONLY_STATE = {
  todo: true,
  running: true,
  failed: true,
  rejected: true,
  stale: true
};

function StepFound(props: {
  session: IOciSession;
  step: StepView;
}): React.ReactElement | null {
  const { session, step } = props;
  const { trans } = usePanel();
  if (step.state === 'failed') {
    return (
      <>
        <code className="jp-oci-Step-error">{step.error}</code>
        <button
          className="jp-oci-Link"
          onClick={() => session.reveal(step.cell_id)}
        >
          {trans.__('Show cell')}
        </button>
      </>
    );
  }
  const found = step.state === 'stale' ? step.stale_reason : step.headline;
  if (!found) {
    return step.state === 'running' && step.purpose ? (
      <span className="jp-oci-Step-found">{step.purpose}</span>
    ) : null;
  }
  return (
    <span className="jp-oci-Step-found" title={found}>
      {found}
    </span>
  );
}
