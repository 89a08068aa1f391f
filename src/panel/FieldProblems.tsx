/**
 * What is wrong with a field, at the field, with what to do about it.
 */
import * as React from 'react';

import type { Problem } from '../contract.gen';
import { Notice } from './Notices';

/** See the module. */
export function FieldProblems(props: {
  problems: ReadonlyArray<Problem>;
}): React.ReactElement | null {
  return props.problems.length === 0 ? null : (
    <div className="jp-oci-FieldProblems">
      {props.problems.map(p => (
        <Notice
          key={p.message}
          kind={p.severity === 'error' ? 'error' : 'warn'}
        >
          {p.message} {p.fix && <span className="jp-oci-Fix">{p.fix}</span>}
        </Notice>
      ))}
    </div>
  );
}
