/**
 * Text of a language model while it comes in: plain, whatever it holds. That it is being
 * written is announced once; the words themselves are not read out as they arrive.
 */
import * as React from 'react';

import { usePanel } from './context';
import { StateSymbol } from './StateSymbol';

/** See the module. */
export function Writing(props: {
  text: string;
  name: string;
}): React.ReactElement {
  const { text, name } = props;
  const { trans } = usePanel();
  const box = React.useRef<HTMLDivElement>(null);
  // The last line stays in view, unless the reader has scrolled up.
  const follows = React.useRef(true);
  React.useLayoutEffect(() => {
    if (box.current && follows.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [text]);
  return (
    <div className="jp-oci-Writing">
      <p role="status">
        <StateSymbol name="running" />{' '}
        {trans.__('Being written by %1; only its numbers are checked.', name)}
      </p>
      <div
        ref={box}
        className="jp-oci-Writing-text"
        role="group"
        aria-label={trans.__('Text so far')}
        aria-busy
        tabIndex={0}
        onScroll={event => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          follows.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
      >
        {text}
      </div>
    </div>
  );
}
