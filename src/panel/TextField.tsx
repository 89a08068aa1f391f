/**
 * A text field that keeps what is being typed to itself until it is left, so that a change
 * from elsewhere (the plan cell, edited by hand) never fights the cursor.
 *
 * It commits when it is left, on Enter (Ctrl+Enter in more than one line), and after a
 * second without a key, so that nothing typed is lost when the panel goes away.
 */
import * as React from 'react';

/** Properties of the field. */
export interface ITextFieldProps {
  label: string;
  value: string;
  placeholder?: string;
  rows?: number;
  disabled?: boolean;
  invalid?: boolean;
  onCommit: (value: string) => void;
}

/** Milliseconds without a key after which what was typed is committed. */
const PAUSE = 1000;

/** See the module. */
export function TextField(props: ITextFieldProps): React.ReactElement {
  const { label, value, rows } = props;
  const [draft, setDraft] = React.useState<string | null>(null);
  // The latest of each, for the timer and for the way out.
  const latest = React.useRef({ draft, props });
  latest.current = { draft, props };
  const timer = React.useRef(0);

  const commit = React.useCallback((): void => {
    window.clearTimeout(timer.current);
    const { draft: typed, props: now } = latest.current;
    if (typed !== null && typed !== now.value) {
      now.onCommit(typed);
    }
  }, []);
  React.useEffect(() => commit, [commit]);

  const common = {
    className: 'jp-mod-styled',
    value: draft ?? value,
    placeholder: props.placeholder,
    disabled: props.disabled,
    'aria-invalid': props.invalid || undefined,
    onChange: (
      event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>
    ) => {
      setDraft(event.target.value);
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(commit, PAUSE);
    },
    onBlur: () => {
      commit();
      setDraft(null);
    },
    onKeyDown: (event: React.KeyboardEvent) => {
      if (event.key === 'Enter' && (!rows || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        commit();
      } else if (event.key === 'Escape' && draft !== null) {
        event.stopPropagation();
        window.clearTimeout(timer.current);
        setDraft(null);
      }
    }
  };
  return (
    <label className="jp-oci-Field">
      <span className="jp-oci-Field-label">{label}</span>
      {rows ? (
        <textarea rows={rows} {...common} />
      ) : (
        <input type="text" {...common} />
      )}
    </label>
  );
}
