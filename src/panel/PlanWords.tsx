/**
 * The plan in words: typed here, or standing in the plan cell already. Reading it changes
 * nothing: what was read comes back to be looked at.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { isWorking } from './phases';
import { StateSymbol } from './StateSymbol';

/** Properties. */
export interface IPlanWordsProps {
  session: IOciSession;

  /** Whether reading is the one thing to be pressed next. */
  primary: boolean;
}

/** See the module. */
export function PlanWords(props: IPlanWordsProps): React.ReactElement {
  const { session, primary } = props;
  const { trans } = usePanel();
  const { words, fields } = session.plan;
  const [text, setText] = React.useState('');
  const id = React.useId();
  const { model, phase } = session.state;
  const working = isWorking(session) || model.status === 'working';
  const disabled = working || session.link !== 'live' || !session.lease;
  const frames = session.kernelInfo?.frames ?? [];
  const data = fields.data || (frames.length === 1 ? frames[0].name : '');
  const [asked, setAsked] = React.useState(false);
  const read = (source: string): void => {
    setAsked(true);
    session.readPlan(source, data);
  };
  const reading = asked && phase === 'drafting';
  const busy = (reading || model.status === 'working') && (
    <p className="jp-oci-Hint">
      <StateSymbol name="running" />{' '}
      {model.task || trans.__('Reading the plan…')}
    </p>
  );

  if (words) {
    return (
      <div className="jp-oci-Words">
        <p>
          {trans.__(
            'The plan cell is in words. Have it read, or fill in the fields below.'
          )}
        </p>
        <blockquote className="jp-oci-Words-quote">{words}</blockquote>
        <div aria-live="polite">{busy}</div>
        <div className="jp-oci-Actions">
          <Button
            className={
              primary ? 'jp-mod-styled jp-mod-accept' : 'jp-mod-styled'
            }
            disabled={disabled}
            onClick={() => read(words)}
          >
            {trans.__('Read it')}
          </Button>
        </div>
      </div>
    );
  }
  const form = (
    <div className="jp-oci-Words">
      <label className="jp-oci-Field" htmlFor={id}>
        <span className="jp-oci-Field-label">
          {trans.__('Describe in words what you want to know')}
        </span>
        <textarea
          id={id}
          className="jp-mod-styled"
          rows={3}
          value={text}
          placeholder={trans.__(
            'Does the training raise earnings in 1978? Age, education and earlier earnings may have decided who took part.'
          )}
          disabled={disabled}
          onChange={event => setText(event.target.value)}
        />
      </label>
      <div aria-live="polite">{busy}</div>
      <div className="jp-oci-Actions">
        <Button
          className="jp-mod-styled"
          disabled={disabled || !text.trim()}
          onClick={() => read(text.trim())}
        >
          {trans.__('Read it')}
        </Button>
      </div>
      <p className="jp-oci-Hint">
        {model.status === 'off'
          ? trans.__('Rules read it: names of columns help them.')
          : trans.__('Nothing runs before you agree to what was read.')}
      </p>
    </div>
  );
  const begun = fields.treatment || fields.outcome;
  return begun ? (
    <details className="jp-oci-More">
      <summary>{trans.__('Describe it in words instead')}</summary>
      {form}
    </details>
  ) : (
    form
  );
}
