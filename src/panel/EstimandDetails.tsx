/**
 * What stands behind one estimand's verdict: the estimate, the caveats, every check with
 * the cell that shows it.
 */
import * as React from 'react';

import type { EstimandVerdict } from '../contract.gen';
import { formatCount, formatEstimate } from '../renderer/numbers';
import { usePanel } from './context';
import { gradeWord } from './format';
import { StateSymbol } from './StateSymbol';

/** Properties of the details. */
export interface IEstimandDetailsProps {
  verdict: EstimandVerdict;
  onReveal: (cellId: string) => void;
}

/** See the module. */
export function EstimandDetails(
  props: IEstimandDetailsProps
): React.ReactElement {
  const { verdict } = props;
  const { trans } = usePanel();
  return (
    <div className="jp-oci-Details">
      {verdict.level === 'not_satisfactory' && verdict.estimate !== null && (
        <p>{trans.__('Computed all the same, but not to be relied upon:')}</p>
      )}
      <Numbers verdict={verdict} />
      {verdict.caveats.length > 0 && (
        <>
          <h4>{trans.__('Caveats')}</h4>
          <ul>
            {verdict.caveats.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
      {verdict.checks.length > 0 && <h4>{trans.__('Checks')}</h4>}
      <Checks {...props} />
    </div>
  );
}

function Numbers(props: { verdict: EstimandVerdict }): React.ReactElement {
  const { verdict } = props;
  const { trans } = usePanel();
  const { estimate, stderr, ci_lower, ci_upper } = verdict;
  const rows: [string, string][] = [];
  if (
    estimate === null ||
    stderr === null ||
    ci_lower === null ||
    ci_upper === null
  ) {
    rows.push([trans.__('Estimate'), trans.__('none')]);
  } else {
    rows.push(
      [trans.__('Estimate'), formatEstimate(estimate, stderr)],
      [
        trans.__('95 % interval'),
        trans.__(
          '%1 to %2',
          formatEstimate(ci_lower, stderr),
          formatEstimate(ci_upper, stderr)
        )
      ],
      [trans.__('Standard error'), formatEstimate(stderr, stderr)]
    );
  }
  rows.push(
    [trans.__('Speaks about'), verdict.population],
    [trans.__('Units'), formatCount(verdict.n)]
  );
  return (
    <dl className="jp-oci-Numbers">
      {rows.map(
        ([name, value]) =>
          value && (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </React.Fragment>
          )
      )}
    </dl>
  );
}

function Checks(props: IEstimandDetailsProps): React.ReactElement {
  const { verdict, onReveal } = props;
  const { trans } = usePanel();
  return (
    <ul className="jp-oci-Checks">
      {verdict.checks.map(check => {
        const { symbol, word } = gradeWord(check.grade, trans);
        const cell = check.evidence[0];
        return (
          <li
            key={`${check.name} ${check.title} ${cell}`}
            data-grade={check.grade}
          >
            <StateSymbol name={symbol} />
            <div>
              <span className="jp-oci-Checks-grade">{word}</span>{' '}
              <button
                className="jp-oci-Link"
                title={check.reason}
                disabled={!cell}
                onClick={() => onReveal(cell)}
              >
                {check.title}
              </button>
              {check.display && (
                <div className="jp-oci-Checks-found">{check.display}</div>
              )}
              {check.target && (
                <div className="jp-oci-Checks-target">
                  {trans.__('target: %1', check.target)}
                </div>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
