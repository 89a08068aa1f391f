/**
 * A comment that may stay empty: Enter sends, Escape takes back.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import { usePanel } from './context';

/** Properties. */
export interface ICommentLineProps {
  /** What sending does. */
  label: string;

  /** What a comment is good for. */
  placeholder?: string;
  onSend: (comment: string) => void;
  onCancel: () => void;
}

/** See the module. */
export function CommentLine(props: ICommentLineProps): React.ReactElement {
  const { trans } = usePanel();
  const [text, setText] = React.useState('');
  const input = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => {
    // What opened the line gets the focus back when it closes.
    const opener = document.activeElement;
    input.current?.focus();
    return () => {
      if (opener instanceof HTMLElement) {
        opener.focus();
      }
    };
  }, []);
  return (
    <form
      className="jp-oci-Comment"
      onSubmit={event => {
        event.preventDefault();
        props.onSend(text.trim());
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onCancel();
        }
      }}
    >
      <input
        ref={input}
        className="jp-mod-styled"
        type="text"
        value={text}
        placeholder={props.placeholder ?? trans.__('Why? (optional)')}
        aria-label={trans.__('Comment')}
        onChange={event => setText(event.target.value)}
      />
      <Button className="jp-mod-styled" small type="submit">
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
