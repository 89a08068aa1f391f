/**
 * What answers a request of the principal's comes into view: the panel scrolls as little as
 * it must, the notebook not at all.
 */
import * as React from 'react';

/** Scrolls the element into view when it first shows. */
export function useInView<T extends HTMLElement>(): React.RefObject<T> {
  const node = React.useRef<T>(null);
  React.useEffect(() => {
    node.current?.scrollIntoView?.({ block: 'nearest' });
  }, []);
  return node;
}
