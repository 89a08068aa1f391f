/**
 * One step: what it found, and what the principal may do with it.
 *
 * The actions show on hover and on focus, and are always in the tab order.
 */
import {
  Button,
  checkIcon,
  closeIcon,
  editIcon,
  refreshIcon,
  type LabIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import type { StepView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { stepWord } from './format';

const BUSY: ReadonlyArray<string> = ['drafting', 'asking', 'running'];

/** Properties of a row. */
export interface IStepRowProps {
  session: IOciSession;
  step: StepView;
}

/** See the module. */
export function StepRow(props: IStepRowProps): React.ReactElement {
  const { session, step } = props;
  const { trans } = usePanel();
  const [asking, setAsking] = React.useState<'accept' | 'reject' | null>(null);
  const { symbol, word } = stepWord(step, trans);
  const found =
    step.state === 'failed'
      ? step.error
      : step.state === 'stale'
        ? step.stale_reason
        : step.headline;
  const inserted = step.state !== 'proposed';
  return (
    <li
      className="jp-oci-Step"
      data-state={step.state}
      data-step={step.step_id}
    >
      <div className="jp-oci-Step-line">
        <span className="jp-oci-Step-symbol" aria-hidden="true">
          {symbol}
        </span>
        <span className="jp-oci-Step-text">
          <button
            className="jp-oci-Link jp-oci-Step-title"
            disabled={!inserted}
            title={inserted ? trans.__('Show the cell') : step.purpose}
            onClick={() => session.reveal(step.cell_id)}
          >
            {step.number} {step.title}
          </button>
          {found && (
            <span className="jp-oci-Step-found" title={found}>
              {found}
            </span>
          )}
        </span>
        <span className="jp-oci-Step-state">{word}</span>
        {inserted && (
          <StepActions session={session} step={step} onAsk={setAsking} />
        )}
      </div>
      {step.comment && <p className="jp-oci-Step-comment">“{step.comment}”</p>}
      {asking && (
        <CommentLine
          label={asking === 'accept' ? trans.__('Accept') : trans.__('Reject')}
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

function StepActions(props: {
  session: IOciSession;
  step: StepView;
  onAsk: (what: 'accept' | 'reject') => void;
}): React.ReactElement {
  const { session, step, onAsk } = props;
  const { trans } = usePanel();
  const watching = !session.lease;
  const busy = BUSY.includes(session.state.phase);
  const action = (
    icon: LabIcon,
    label: string,
    disabled: boolean,
    act: () => void
  ): React.ReactElement => (
    <Button
      key={label}
      small
      minimal
      title={label}
      aria-label={`${label}: ${step.title}`}
      disabled={disabled}
      onClick={act}
    >
      <icon.react tag="span" />
    </Button>
  );
  return (
    <span className="jp-oci-Step-actions">
      {action(
        checkIcon,
        trans.__('Accept'),
        watching || step.state === 'running' || step.state === 'failed',
        () => onAsk('accept')
      )}
      {action(editIcon, trans.__('Edit'), false, () =>
        session.reveal(step.cell_id, { edit: true })
      )}
      {action(refreshIcon, trans.__('Re-run'), watching || busy, () =>
        session.rerun(step)
      )}
      {action(
        closeIcon,
        trans.__('Reject'),
        watching || step.state === 'running',
        () => onAsk('reject')
      )}
    </span>
  );
}

/** A comment that may stay empty: Enter sends, Escape takes back. */
function CommentLine(props: {
  label: string;
  onSend: (comment: string) => void;
  onCancel: () => void;
}): React.ReactElement {
  const { trans } = usePanel();
  const [text, setText] = React.useState('');
  const input = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => input.current?.focus(), []);
  return (
    <form
      className="jp-oci-Comment"
      onSubmit={event => {
        event.preventDefault();
        props.onSend(text.trim());
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.onCancel();
        }
      }}
    >
      <input
        ref={input}
        className="jp-mod-styled"
        type="text"
        value={text}
        placeholder={trans.__('Why? (optional)')}
        aria-label={trans.__('Comment')}
        onChange={event => setText(event.target.value)}
      />
      <Button className="jp-mod-styled jp-mod-accept" small type="submit">
        {props.label}
      </Button>
      <Button
        className="jp-mod-styled"
        small
        type="button"
        onClick={props.onCancel}
      >
        {trans.__('Cancel')}
      </Button>
    </form>
  );
}
