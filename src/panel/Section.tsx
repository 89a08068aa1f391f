/**
 * A collapsible section with a heading of one line.
 */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

/** Properties of a section. */
export interface ISectionProps {
  title: string;

  /** Shown on the right of the title, collapsed or not. */
  aside?: React.ReactNode;
  expanded: boolean;
  onToggle: (expanded: boolean) => void;
  children: React.ReactNode;
}

/** See the module. */
export function Section(props: ISectionProps): React.ReactElement {
  const { title, aside, expanded, onToggle, children } = props;
  const id = React.useId();
  const Caret = expanded ? caretDownIcon : caretRightIcon;
  return (
    <section className="jp-oci-Section">
      <h2 className="jp-oci-Section-head">
        <button
          className="jp-oci-Section-toggle"
          aria-expanded={expanded}
          aria-controls={id}
          onClick={() => onToggle(!expanded)}
        >
          <Caret.react tag="span" />
          {title}
        </button>
        {aside !== undefined && (
          <span className="jp-oci-Section-aside">{aside}</span>
        )}
      </h2>
      <div id={id} className="jp-oci-Section-body" hidden={!expanded}>
        {expanded && children}
      </div>
    </section>
  );
}
