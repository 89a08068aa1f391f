/**
 * A verdict that may no longer hold: which cells changed, each one click away.
 */
import * as React from 'react';

import type { StaleReason } from '../contract.gen';
import { usePanel } from './context';
import { Notice } from './Notices';

/** Properties. */
export interface IStaleNoticeProps {
  reasons: ReadonlyArray<StaleReason>;
  onReveal: (cellId: string) => void;
}

/** See the module. */
export function StaleNotice(props: IStaleNoticeProps): React.ReactElement {
  const { reasons, onReveal } = props;
  const { trans } = usePanel();
  return (
    <Notice kind="warn">
      <strong>{trans.__('Stale:')}</strong>{' '}
      {trans.__('this verdict rests on what has changed since.')}
      <ul className="jp-oci-Stale">
        {reasons.map(reason => (
          <li key={`${reason.cell_id}-${reason.what}`}>
            {reason.what === 'deleted' || !reason.cell_id ? (
              reason.message
            ) : (
              <button
                className="jp-oci-Link"
                title={trans.__('Show the cell')}
                onClick={() => onReveal(reason.cell_id)}
              >
                {reason.message}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
