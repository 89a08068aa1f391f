/**
 * The language model: how it stands, what it has cost, what it is told, and its settings.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IModelSettings } from '../api';
import type { ModelView } from '../contract.gen';
import { formatCount } from '../renderer/numbers';
import { usePanel } from './context';
import { ModelForm } from './ModelForm';
import { formatCost, modelWords } from './modelWords';
import { Notice } from './Notices';

/** Properties. */
export interface IModelPanelProps {
  model: ModelView;
  onClose: () => void;
}

/** See the module. */
export function ModelPanel(props: IModelPanelProps): React.ReactElement {
  const { model, onClose } = props;
  const { models, trans } = usePanel();
  const [settings, setSettings] = React.useState<IModelSettings | null>(null);
  const [error, setError] = React.useState('');
  const [attempt, setAttempt] = React.useState(0);
  const id = React.useId();
  React.useEffect(() => {
    let wanted = true;
    setError('');
    models
      .load()
      .then(found => wanted && setSettings(found))
      .catch((reason: Error) => wanted && setError(reason.message));
    return () => {
      wanted = false;
    };
  }, [models, attempt]);
  const { why } = modelWords(model, trans);
  const trouble = model.status === 'failed' || model.status === 'spent';
  return (
    <div
      className="jp-oci-ModelPanel"
      role="group"
      aria-labelledby={id}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <h3 id={id}>{trans.__('Language model')}</h3>
      {settings?.forbidden ? null : trouble ? (
        <Notice kind="warn">{why}</Notice>
      ) : (
        <p>{why}</p>
      )}
      <Usage model={model} />
      {error && (
        <Notice kind="error">
          {trans.__('Its settings cannot be read: %1', error)}
          <div className="jp-oci-Actions">
            <Button
              className="jp-mod-styled"
              small
              onClick={() => setAttempt(attempt + 1)}
            >
              {trans.__('Try again')}
            </Button>
          </div>
        </Notice>
      )}
      {!settings && !error && (
        <p className="jp-oci-Hint">{trans.__('Reading the settings…')}</p>
      )}
      {settings?.forbidden && (
        <Notice kind="info">
          {settings.why ||
            trans.__('An administrator does not allow a language model here.')}
        </Notice>
      )}
      {settings && !settings.forbidden && (
        <ModelForm
          settings={settings}
          onSettings={setSettings}
          onClose={onClose}
        />
      )}
    </div>
  );
}

function Usage(props: { model: ModelView }): React.ReactElement | null {
  const { calls, input_tokens, output_tokens, cost, token_limit } = props.model;
  const { trans } = usePanel();
  if (calls === 0) {
    return null;
  }
  const rows: [string, string][] = [
    [trans.__('Calls'), formatCount(calls)],
    [
      trans.__('Tokens'),
      trans.__(
        '%1 sent, %2 received',
        formatCount(input_tokens),
        formatCount(output_tokens)
      )
    ]
  ];
  if (token_limit !== null) {
    rows.push([trans.__('Limit'), formatCount(token_limit)]);
  }
  if (cost !== null) {
    rows.push([trans.__('Cost'), formatCost(cost)]);
  }
  return (
    <dl className="jp-oci-Numbers">
      {rows.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}
