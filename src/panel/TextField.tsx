/**
 * A text field that keeps what is being typed to itself until it is left, so that a change
 * from elsewhere (the plan cell, edited by hand) never fights the cursor.
 */
import * as React from 'react';

/** Properties of the field. */
export interface ITextFieldProps {
  label: string;
  value: string;
  placeholder?: string;
  rows?: number;
  disabled?: boolean;
  problem?: string;
  onCommit: (value: string) => void;
}

/** See the module. */
export function TextField(props: ITextFieldProps): React.ReactElement {
  const { label, value, onCommit } = props;
  const [draft, setDraft] = React.useState<string | null>(null);
  const commit = (): void => {
    if (draft !== null && draft !== value) {
      onCommit(draft);
    }
    setDraft(null);
  };
  const common = {
    className: 'jp-mod-styled',
    value: draft ?? value,
    placeholder: props.placeholder,
    disabled: props.disabled,
    'aria-invalid': props.problem ? true : undefined,
    onChange: (
      event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>
    ) => setDraft(event.target.value),
    onBlur: commit
  };
  return (
    <label className="jp-oci-Field">
      <span className="jp-oci-Field-label">{label}</span>
      {props.rows ? (
        <textarea rows={props.rows} {...common} />
      ) : (
        <input
          type="text"
          {...common}
          onKeyDown={event => {
            if (event.key === 'Enter') {
              commit();
            } else if (event.key === 'Escape') {
              setDraft(null);
            }
          }}
        />
      )}
      {props.problem && (
        <span className="jp-oci-Field-problem" role="alert">
          {props.problem}
        </span>
      )}
    </label>
  );
}
