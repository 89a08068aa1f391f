/**
 * The key of the model's server: can be given and removed, and never be read.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IModelSettings } from '../api';
import { usePanel } from './context';
import { FieldProblem } from './ModelFieldLine';

/** Properties. */
export interface IModelKeyFieldProps {
  /** The field itself: it holds the key, and nothing else does. */
  field: React.RefObject<HTMLInputElement>;
  settings: IModelSettings;
  problem: string;
  disabled: boolean;

  /** Whether there is something in the field; never what. */
  onTyped: (typed: boolean) => void;
  onRemove: () => void;
}

/** See the module. */
export function ModelKeyField(props: IModelKeyFieldProps): React.ReactElement {
  const { field, settings, problem, disabled } = props;
  const { trans } = usePanel();
  const id = React.useId();
  const stored = settings.has_key && settings.key_source !== 'environment';
  return (
    <div className="jp-oci-Key">
      <label className="jp-oci-Field">
        <span className="jp-oci-Field-label">{trans.__('Key')}</span>
        <input
          ref={field}
          className="jp-mod-styled"
          type="password"
          autoComplete="new-password"
          spellCheck={false}
          placeholder={
            settings.has_key
              ? trans.__('Type another key to replace it')
              : trans.__('None is needed by most local servers')
          }
          disabled={disabled}
          aria-invalid={problem !== '' || undefined}
          aria-describedby={`${id}-stored ${id}-problem`}
          onChange={event => props.onTyped(event.target.value !== '')}
        />
        <FieldProblem id={`${id}-problem`} text={problem} />
      </label>
      <p id={`${id}-stored`} className="jp-oci-Key-stored jp-oci-Hint">
        {stored
          ? trans.__('A key is stored on the server.')
          : settings.has_key
            ? trans.__('The key comes from the server’s environment.')
            : trans.__('A key is stored on the server only, and never shown.')}
        {stored && (
          <Button
            className="jp-mod-styled"
            small
            type="button"
            disabled={disabled}
            aria-label={trans.__('Remove the key')}
            onClick={props.onRemove}
          >
            {trans.__('Remove')}
          </Button>
        )}
      </p>
    </div>
  );
}
