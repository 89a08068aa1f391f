/**
 * What a careful referee would raise, the gravest first; a click leads to the cell that
 * shows it.
 */
import * as React from 'react';

import type { Finding } from '../contract.gen';
import { usePanel } from './context';
import { severityWord } from './format';
import { StateSymbol } from './StateSymbol';

/** More findings than this are one click away; fewer where all are but notes. */
const SHOWN = 4;
const NOTES_SHOWN = 2;

const GRAVITY: ReadonlyArray<Finding['severity']> = [
  'serious',
  'concern',
  'note'
];

/** Properties. */
export interface IFindingListProps {
  findings: ReadonlyArray<Finding>;
  onReveal: (cellId: string) => void;
}

/** See the module. */
export function FindingList(props: IFindingListProps): React.ReactElement {
  const { findings, onReveal } = props;
  const { trans } = usePanel();
  const [all, setAll] = React.useState(false);
  const sorted = [...findings].sort(
    (a, b) => GRAVITY.indexOf(a.severity) - GRAVITY.indexOf(b.severity)
  );
  // What is only worth knowing does not crowd what caps a verdict.
  const grave = sorted.filter(finding => finding.severity !== 'note');
  const first =
    grave.length > 0 ? grave.slice(0, SHOWN) : sorted.slice(0, NOTES_SHOWN);
  const more = sorted.length - first.length;
  return (
    <div className="jp-oci-Findings">
      <h3>{trans.__('A referee would ask')}</h3>
      <ul>
        {(all ? sorted : first).map((finding, i) => (
          <FindingItem
            key={`${i} ${finding.code}`}
            finding={finding}
            onReveal={onReveal}
          />
        ))}
      </ul>
      {more > 0 && (
        <button
          className="jp-oci-Link"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all
            ? trans.__('Show fewer')
            : trans._n('Show %1 more', 'Show %1 more', more)}
        </button>
      )}
    </div>
  );
}

function FindingItem(props: {
  finding: Finding;
  onReveal: (cellId: string) => void;
}): React.ReactElement {
  const { finding, onReveal } = props;
  const { trans } = usePanel();
  const { symbol, word } = severityWord(finding.severity, trans);
  const cell = finding.evidence[0];
  return (
    <li className="jp-oci-Finding" data-severity={finding.severity}>
      <StateSymbol name={symbol} />
      <div>
        <div className="jp-oci-Finding-head">
          <span className="jp-oci-Finding-severity">{word}</span>
          {finding.estimand && (
            <span className="jp-oci-Tag">{finding.estimand}</span>
          )}
          {finding.source === 'model' && (
            <span className="jp-oci-Tag">{trans.__('language model')}</span>
          )}
        </div>
        <div className="jp-oci-Finding-title">
          {cell ? (
            <button
              className="jp-oci-Link jp-mod-quiet"
              title={trans.__('Show the cell')}
              onClick={() => onReveal(cell)}
            >
              {finding.title}
            </button>
          ) : (
            finding.title
          )}
        </div>
        <p>{finding.text}</p>
        {finding.fix && <p className="jp-oci-Fix">{finding.fix}</p>}
      </div>
    </li>
  );
}
