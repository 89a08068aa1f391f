/**
 * Two specs, field by field: a line with a minus for what was, one with a plus for what
 * would be. The signs and words tell, the color repeats.
 */
import * as React from 'react';

import type { SpecChange } from '../contract.gen';
import { usePanel } from './context';

/** See the module. */
export function SpecDiff(props: {
  changes: ReadonlyArray<SpecChange>;
}): React.ReactElement {
  const { trans } = usePanel();
  return (
    <table className="jp-oci-Diff">
      <caption className="jp-sr-only">
        {trans.__('Changes of the spec')}
      </caption>
      <colgroup>
        <col />
        <col />
      </colgroup>
      <thead className="jp-sr-only">
        <tr>
          <th scope="col">{trans.__('Before or after')}</th>
          <th scope="col">{trans.__('Value')}</th>
        </tr>
      </thead>
      {props.changes.map((change, i) => (
        <Change key={`${i} ${change.field}`} change={change} />
      ))}
    </table>
  );
}

function Change(props: { change: SpecChange }): React.ReactElement {
  const { label, before, after } = props.change;
  const { trans } = usePanel();
  // The server writes an empty list as a word.
  const isEmpty = (value: string): boolean => value === '' || value === 'none';
  const kind = isEmpty(before)
    ? trans.__('added')
    : isEmpty(after)
      ? trans.__('removed')
      : trans.__('changed');
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={2}>
          {label} <span className="jp-oci-Tag">{kind}</span>
        </th>
      </tr>
      {before && (
        <tr className="jp-oci-Diff-before">
          <td>
            <span aria-hidden>−</span>
            <span className="jp-sr-only">{trans.__('before')}</span>
          </td>
          <td>
            <Parts value={before} other={after} as="del" />
          </td>
        </tr>
      )}
      {after && (
        <tr className="jp-oci-Diff-after">
          <td>
            <span aria-hidden>+</span>
            <span className="jp-sr-only">{trans.__('after')}</span>
          </td>
          <td>
            <Parts value={after} other={before} as="ins" />
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** A list's items, with those that the other list lacks marked; other values as they are. */
function Parts(props: {
  value: string;
  other: string;
  as: 'ins' | 'del';
}): React.ReactElement {
  const { value, other, as: Mark } = props;
  const items = value.split(', ');
  const others = new Set(other.split(', '));
  if (items.length < 2 && others.size < 2) {
    return <Mark>{value}</Mark>;
  }
  return (
    <>
      {items.map((item, i) => (
        <React.Fragment key={i}>
          {i > 0 && ', '}
          {others.has(item) ? item : <Mark>{item}</Mark>}
        </React.Fragment>
      ))}
    </>
  );
}
