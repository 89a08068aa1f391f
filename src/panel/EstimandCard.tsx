/**
 * One estimand's verdict. The number is one click away, behind the words that say how far
 * it can be trusted.
 */
import * as React from 'react';

import type { EstimandVerdict } from '../contract.gen';
import { formatCount, formatEstimate } from '../renderer/numbers';
import { usePanel } from './context';
import { gradeWord, levelWord } from './format';

/** Properties of the card. */
export interface IEstimandCardProps {
  verdict: EstimandVerdict;
  onReveal: (cellId: string) => void;
}

/** See the module. */
export function EstimandCard(props: IEstimandCardProps): React.ReactElement {
  const { verdict, onReveal } = props;
  const { trans } = usePanel();
  const { symbol, word } = levelWord(verdict.level, trans);
  const evidence = verdict.reason_evidence[0];
  return (
    <div className="jp-oci-Verdict" data-level={verdict.level}>
      <div className="jp-oci-Verdict-head">
        <span className="jp-oci-Verdict-symbol" aria-hidden="true">
          {symbol}
        </span>
        <span className="jp-oci-Verdict-estimand">{verdict.estimand}</span>
        <span className="jp-oci-Verdict-level">{word}</span>
      </div>
      {evidence ? (
        <button
          className="jp-oci-Verdict-reason jp-oci-Link"
          title={trans.__('Show the cell')}
          onClick={() => onReveal(evidence)}
        >
          {verdict.reason}
        </button>
      ) : (
        <p className="jp-oci-Verdict-reason">{verdict.reason}</p>
      )}
      <details>
        <summary>{trans.__('Estimate and checks')}</summary>
        <Numbers verdict={verdict} />
        <Checks verdict={verdict} onReveal={onReveal} />
      </details>
    </div>
  );
}

function Numbers(props: { verdict: EstimandVerdict }): React.ReactElement {
  const { verdict } = props;
  const { trans } = usePanel();
  const { estimate, stderr, ci_lower, ci_upper } = verdict;
  if (
    estimate === null ||
    stderr === null ||
    ci_lower === null ||
    ci_upper === null
  ) {
    return <p className="jp-oci-Hint">{trans.__('Not estimated.')}</p>;
  }
  const rows: [string, string][] = [
    [trans.__('Estimate'), formatEstimate(estimate, stderr)],
    [
      trans.__('95 % interval'),
      trans.__(
        '%1 to %2',
        formatEstimate(ci_lower, stderr),
        formatEstimate(ci_upper, stderr)
      )
    ],
    [trans.__('Standard error'), formatEstimate(stderr, stderr)],
    [trans.__('Speaks about'), verdict.population],
    [trans.__('Units'), formatCount(verdict.n)]
  ];
  return (
    <dl className="jp-oci-Numbers">
      {rows.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

function Checks(props: IEstimandCardProps): React.ReactElement {
  const { verdict, onReveal } = props;
  const { trans } = usePanel();
  return (
    <ul className="jp-oci-Checks">
      {verdict.checks.map(check => {
        const { symbol, word } = gradeWord(check.grade, trans);
        const cell = check.evidence[0];
        return (
          <li key={`${check.name} ${check.title}`} data-grade={check.grade}>
            <span className="jp-oci-Checks-grade">
              {symbol} {word}
            </span>
            <button
              className="jp-oci-Link"
              title={check.reason}
              disabled={!cell}
              onClick={() => onReveal(cell)}
            >
              {check.title}
            </button>
            <span className="jp-oci-Checks-found">{check.display}</span>
            {check.target && (
              <span className="jp-oci-Checks-target">
                {trans.__('target: %1', check.target)}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
