/**
 * Settings of the language model. They are kept by the server, for all notebooks.
 *
 * The key goes one way: its field is not bound to any state, and it is emptied as the key is
 * sent. All the browser ever learns back is whether there is one.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ApiError, type IModelSettings, type ModelChange } from '../api';
import { usePanel } from './context';
import {
  changeOf,
  draftOf,
  problemsOfDraft,
  type IModelDraft,
  type ModelField,
  type ModelProblems
} from './modelDraft';
import { ModelFieldLine } from './ModelFieldLine';
import { ModelKeyField } from './ModelKeyField';
import { Notice } from './Notices';

/** Properties. */
export interface IModelFormProps {
  settings: IModelSettings;
  onSettings: (settings: IModelSettings) => void;
  onClose: () => void;
}

/** What the server said last. */
interface IAnswer {
  kind: 'info' | 'warn' | 'error';
  text: string;
}

/** See the module. */
export function ModelForm(props: IModelFormProps): React.ReactElement {
  const { settings, onSettings, onClose } = props;
  const { models, trans } = usePanel();
  const [draft, setDraft] = React.useState<IModelDraft>(() =>
    draftOf(settings)
  );
  const [hasTyped, setHasTyped] = React.useState(false);
  const [problems, setProblems] = React.useState<ModelProblems>({});
  const [answer, setAnswer] = React.useState<IAnswer | null>(null);
  const [busy, setBusy] = React.useState(false);
  const key = React.useRef<HTMLInputElement>(null);
  const change = changeOf(draft, settings);
  const changed = hasTyped || Object.keys(change).length > 0;

  const edit = (fields: Partial<IModelDraft>): void => {
    setDraft({ ...draft, ...fields });
    setProblems({});
    setAnswer(null);
  };
  const field = (
    name: Exclude<keyof IModelDraft, 'enabled'>,
    label: string,
    placeholder: string
  ): React.ReactElement => (
    <ModelFieldLine
      label={label}
      value={draft[name]}
      placeholder={placeholder}
      problem={problems[name] ?? ''}
      disabled={busy}
      onChange={value => edit({ [name]: value })}
    />
  );

  /** Ask the server something; what it refuses is said at the field. */
  const ask = async (work: () => Promise<IAnswer>): Promise<void> => {
    setBusy(true);
    setProblems({});
    setAnswer(null);
    try {
      setAnswer(await work());
    } catch (reason) {
      const found: ModelProblems = {};
      if (reason instanceof ApiError) {
        for (const p of reason.problems) {
          if (isField(p.field)) {
            found[p.field] = `${p.message} ${p.fix}`.trim();
          }
        }
      }
      setProblems(found);
      if (Object.keys(found).length === 0) {
        const text = reason instanceof Error ? reason.message : String(reason);
        setAnswer({ kind: 'error', text });
      }
    } finally {
      setBusy(false);
    }
  };
  const take = (found: IModelSettings): void => {
    onSettings(found);
    setDraft(draftOf(found));
  };
  const save = async (): Promise<IAnswer> => {
    const sent: ModelChange = { ...change };
    const typed = key.current?.value ?? '';
    if (typed) {
      sent.api_key = typed;
    }
    if (key.current) {
      key.current.value = '';
    }
    setHasTyped(false);
    const found = await models.save(sent);
    take(found);
    if (found.enabled && !found.ready) {
      return { kind: 'warn', text: found.why };
    }
    return {
      kind: 'info',
      text: found.enabled
        ? trans.__('Saved. The model takes part from now on.')
        : trans.__('Saved. Rules work alone.')
    };
  };
  const begin = (work: () => Promise<IAnswer>): void => {
    const wrong = problemsOfDraft(draft, trans);
    setProblems(wrong);
    if (Object.keys(wrong).length === 0) {
      void ask(work);
    }
  };

  return (
    <form
      className="jp-oci-ModelForm"
      autoComplete="off"
      onSubmit={event => {
        event.preventDefault();
        begin(save);
      }}
    >
      <label className="jp-oci-Check">
        <input
          type="checkbox"
          checked={draft.enabled}
          disabled={busy}
          onChange={event => edit({ enabled: event.target.checked })}
        />
        <span>{trans.__('Let a language model read, ask and write')}</span>
      </label>
      <p className="jp-oci-Hint">
        {trans.__(
          'It is sent your plan, the names and counts of columns, and the results: never rows. It can lower a verdict, and never raise one.'
        )}
      </p>
      {field(
        'base_url',
        trans.__('Server'),
        trans.__('https://api.openai.com/v1')
      )}
      {settings.allowed_base_urls.length > 0 && (
        <p className="jp-oci-Hint">
          {trans.__('Allowed here: %1', settings.allowed_base_urls.join(', '))}
        </p>
      )}
      {field('model', trans.__('Model'), trans.__('gpt-4o-mini'))}
      <ModelKeyField
        field={key}
        settings={settings}
        problem={problems.api_key ?? ''}
        disabled={busy}
        onTyped={setHasTyped}
        onRemove={() =>
          void ask(async () => {
            take(await models.forgetKey());
            return { kind: 'info', text: trans.__('The key is removed.') };
          })
        }
      />
      <details
        className="jp-oci-More"
        open={
          Boolean(
            problems.token_limit ??
            problems.input_price ??
            problems.output_price
          ) || undefined
        }
      >
        <summary>{trans.__('Limit and prices')}</summary>
        {field(
          'token_limit',
          trans.__('Most tokens of a run'),
          trans.__('no limit')
        )}
        {field(
          'input_price',
          trans.__('Price of a million tokens sent'),
          trans.__('unknown')
        )}
        {field(
          'output_price',
          trans.__('Price of a million tokens received'),
          trans.__('unknown')
        )}
      </details>
      <div aria-live="polite">
        {busy && (
          <p className="jp-oci-Hint">{trans.__('Asking the server…')}</p>
        )}
        {answer && <Notice kind={answer.kind}>{answer.text}</Notice>}
      </div>
      <div className="jp-oci-Actions">
        <Button
          className="jp-mod-styled"
          small
          type="submit"
          disabled={busy || !changed}
        >
          {trans.__('Save')}
        </Button>
        <Button
          className="jp-mod-styled"
          small
          type="button"
          disabled={busy}
          onClick={() =>
            begin(async () => {
              if (changed) {
                await save();
              }
              const { ok, message } = await models.test();
              return {
                kind: ok ? 'info' : 'error',
                text: message || trans.__('The model answered.')
              };
            })
          }
        >
          {changed ? trans.__('Save and test') : trans.__('Test connection')}
        </Button>
        <Button className="jp-mod-styled" small type="button" onClick={onClose}>
          {trans.__('Close')}
        </Button>
      </div>
    </form>
  );
}

const FIELDS: ReadonlyArray<string> = [
  'enabled',
  'base_url',
  'model',
  'api_key',
  'token_limit',
  'input_price',
  'output_price'
];

function isField(name: string | null): name is ModelField {
  return name !== null && FIELDS.includes(name);
}
