/**
 * A column's distribution in a few bars, to be taken in at a glance.
 */
import * as React from 'react';

import type { ColumnProfile } from '../contract.gen';
import { formatCount } from '../renderer/numbers';

/** See the module. */
export function Histogram(props: {
  column: ColumnProfile;
}): React.ReactElement {
  const { column } = props;
  // Two levels are two bars, and not a dozen bins of which ten are empty.
  const few = column.levels.length > 0 && column.levels.length <= 2;
  const counts =
    column.histogram.length && !few
      ? column.histogram
      : [...column.levels]
          .sort((a, b) => (few && a.level > b.level ? 1 : 0))
          .map(l => l.count);
  const most = Math.max(1, ...counts);
  const width = 40 / Math.max(1, counts.length);
  const label = column.levels
    .map(l => `${l.level}: ${formatCount(l.count)}`)
    .join('\n');
  return (
    <svg className="jp-oci-Histogram" viewBox="0 0 40 14" aria-hidden="true">
      {label && <title>{label}</title>}
      {counts.map((count, i) => {
        const height = count > 0 ? Math.max(1, (13 * count) / most) : 0;
        return (
          <rect
            key={i}
            x={i * width}
            y={14 - height}
            width={Math.max(0.5, width - 0.5)}
            height={height}
          />
        );
      })}
    </svg>
  );
}
