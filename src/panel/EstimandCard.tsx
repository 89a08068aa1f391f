/**
 * One estimand's verdict: the words that say how far it can be trusted, then why, then the
 * number. A number that must not be used is one click away.
 */
import * as React from 'react';

import type { EstimandVerdict } from '../contract.gen';
import { formatEstimate } from '../renderer/numbers';
import { usePanel } from './context';
import { EstimandDetails } from './EstimandDetails';
import { levelWord } from './format';
import { StateSymbol } from './StateSymbol';

/** Properties of the card. */
export interface IEstimandCardProps {
  verdict: EstimandVerdict;

  /** Column whose change the estimate tells. */
  outcome: string;
  onReveal: (cellId: string) => void;
}

/** See the module. */
export function EstimandCard(props: IEstimandCardProps): React.ReactElement {
  const { verdict, onReveal } = props;
  const { trans } = usePanel();
  const { symbol, word } = levelWord(verdict.level, trans);
  const evidence = verdict.reason_evidence[0];
  const usable =
    verdict.level === 'satisfactory' ||
    verdict.level === 'satisfactory_with_caveats';
  return (
    <div className="jp-oci-Verdict" data-level={verdict.level}>
      <StateSymbol name={symbol} />
      <div className="jp-oci-Verdict-text">
        <div className="jp-oci-Verdict-head">
          <span className="jp-oci-Verdict-estimand">{verdict.estimand}</span>{' '}
          <span className="jp-oci-Verdict-level">{word}</span>
        </div>
        {evidence ? (
          <button
            className="jp-oci-Verdict-reason jp-oci-Link jp-mod-quiet"
            title={trans.__('Show the cell')}
            onClick={() => onReveal(evidence)}
          >
            {verdict.reason}
          </button>
        ) : (
          <p className="jp-oci-Verdict-reason">{verdict.reason}</p>
        )}
        {verdict.lowered && (
          <p className="jp-oci-Verdict-lowered">
            <span className="jp-oci-Tag">
              {trans.__('lowered by the language model')}
            </span>{' '}
            {verdict.lowered}
          </p>
        )}
        {usable && <Effect {...props} />}
        <details>
          <summary>{trans.__('Estimate and checks')}</summary>
          <EstimandDetails verdict={verdict} onReveal={onReveal} />
        </details>
      </div>
    </div>
  );
}

/** The number in one line. */
function Effect(props: IEstimandCardProps): React.ReactElement | null {
  const { estimate, stderr, ci_lower, ci_upper } = props.verdict;
  const { trans } = usePanel();
  if (
    estimate === null ||
    stderr === null ||
    ci_lower === null ||
    ci_upper === null
  ) {
    return null;
  }
  return (
    <p className="jp-oci-Verdict-effect">
      {trans.__(
        'Effect on %1: %2 (95 % interval %3 to %4)',
        props.outcome,
        formatEstimate(estimate, stderr),
        formatEstimate(ci_lower, stderr),
        formatEstimate(ci_upper, stderr)
      )}
    </p>
  );
}
