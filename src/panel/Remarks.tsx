/**
 * What became of the language model's remarks: which model wrote them, what was left out of
 * them, what went wrong.
 */
import * as React from 'react';

import type { ModelRemarks, ModelView } from '../contract.gen';
import { usePanel } from './context';
import { Notice } from './Notices';

/** See the module. */
export function Remarks(props: {
  remarks: ModelRemarks | null;
  model: ModelView;
}): React.ReactElement | null {
  const { remarks, model } = props;
  const { trans } = usePanel();
  if (!remarks) {
    return model.status !== 'ready' ? null : (
      <p className="jp-oci-Hint">
        {trans.__('A language model has not read these results.')}
      </p>
    );
  }
  const { struck, problems } = remarks;
  return (
    <div className="jp-oci-Remarks">
      <p className="jp-oci-Hint">{trans.__('Remarks by %1.', remarks.model)}</p>
      {problems.map((text, i) => (
        <Notice key={i} kind="warn">
          {text}
        </Notice>
      ))}
      {struck.length > 0 && (
        <details>
          <summary>
            {trans._n(
              '%1 sentence was left out: its numbers are not in the results',
              '%1 sentences were left out: their numbers are not in the results',
              struck.length
            )}
          </summary>
          <ul>
            {struck.map((text, i) => (
              <li key={i}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
