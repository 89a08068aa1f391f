/**
 * What a comment would change: the two specs side by side, before anything runs.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Proposal } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { FieldProblems } from './FieldProblems';
import { readBy } from './modelWords';
import { isWorking } from './phases';
import { SpecDiff } from './SpecDiff';
import { useInView } from './useInView';

/** Properties. */
export interface IProposalCardProps {
  session: IOciSession;
  proposal: Proposal;

  /** Whether running it is the one thing to be pressed next. */
  primary: boolean;
}

/** See the module. */
export function ProposalCard(props: IProposalCardProps): React.ReactElement {
  const { session, proposal, primary } = props;
  const { trans } = usePanel();
  const id = React.useId();
  const node = useInView<HTMLDivElement>();
  const possible = proposal.spec !== null;
  const disabled = !session.lease || isWorking(session);
  return (
    <div
      ref={node}
      className="jp-oci-Card jp-oci-Proposal"
      role="group"
      aria-labelledby={id}
    >
      <h3 id={id}>
        {possible
          ? trans.__('What your comment would change')
          : trans.__('Your comment cannot be carried out')}
        <span className="jp-oci-Card-by">
          {readBy(proposal.by, session.state.model, trans)}
        </span>
      </h3>
      <blockquote className="jp-oci-Words-quote">{proposal.comment}</blockquote>
      {proposal.summary && <p>{proposal.summary}</p>}
      {proposal.changes.length > 0 && <SpecDiff changes={proposal.changes} />}
      <FieldProblems problems={proposal.problems} />
      {possible && (
        <p className="jp-oci-Hint">
          {trans.__(
            'Nothing has run yet. The cells so far stay; a new iteration goes below them.'
          )}
        </p>
      )}
      <div className="jp-oci-Actions">
        {possible && (
          <Button
            className={
              primary ? 'jp-mod-styled jp-mod-accept' : 'jp-mod-styled'
            }
            small
            disabled={disabled}
            onClick={() => session.applyProposal(proposal.proposal_id)}
          >
            {trans.__('Run with this change')}
          </Button>
        )}
        <Button
          className="jp-mod-styled"
          small
          disabled={!session.lease}
          onClick={() => session.dismissProposal()}
        >
          {possible ? trans.__('Discard') : trans.__('Close')}
        </Button>
      </div>
    </div>
  );
}
