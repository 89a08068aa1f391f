/**
 * The panel for one notebook, from top to bottom: where we are, what is in the way, the
 * plan, the question that waits, the verdict, the steps, the report, the history.
 *
 * The order answers "may I use this number, and if not, what do I do next?" at a glance.
 */
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { IterationView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { ContextLine } from './ContextLine';
import { usePanel } from './context';
import { HistorySection } from './HistorySection';
import { Notices } from './Notices';
import { primaryOf } from './phases';
import { PlanSection } from './PlanSection';
import { ProposalCard } from './ProposalCard';
import { QuestionCard } from './QuestionCard';
import { ReportSection } from './ReportSection';
import { RunStatus } from './RunStatus';
import { StepsSection } from './StepsSection';
import { VerdictSection } from './VerdictSection';

/** Properties of the view. */
export interface ISessionViewProps {
  session: IOciSession;

  /** Emitted when a command asks for the plan form. */
  planAsked: ISignal<unknown, void>;
}

/** See the module. */
export function SessionView(props: ISessionViewProps): React.ReactElement {
  const { session, planAsked } = props;
  const { trans } = usePanel();
  const { state } = session;
  const iterations = state.iterations;
  const current: IterationView | undefined = iterations[iterations.length - 1];
  const before = iterations[iterations.length - 2];
  const [planOpen, setPlanOpen] = React.useState<boolean | null>(null);
  const [remedy, setRemedy] = React.useState('');
  React.useEffect(() => {
    const open = (): void => setPlanOpen(true);
    planAsked.connect(open);
    return () => {
      planAsked.disconnect(open);
    };
  }, [planAsked]);
  // Until the principal decides, the plan is open as long as there is no run to look at.
  const showPlan = planOpen ?? (!current || state.reading !== null);
  const waits =
    current?.verdict?.remedies.some(offered => offered.id === remedy) ?? false;
  const primary = primaryOf(session, waits);
  const proposal = state.proposal && (
    <ProposalCard
      key={state.proposal.proposal_id}
      session={session}
      proposal={state.proposal}
      primary={primary === 'proposal'}
    />
  );
  // The answer to a comment stands where the comment was made.
  const stepOfProposal =
    state.proposal?.iteration === current?.iteration &&
    current?.steps.find(step => step.step_id === state.proposal?.step_id);

  return (
    <div className="jp-oci-View">
      <ContextLine session={session} />
      <span className="jp-sr-only" aria-live="polite">
        {state.proposal
          ? trans.__('Your comment was read: %1', state.proposal.summary)
          : state.reading
            ? trans.__('The plan was read; look at what was understood.')
            : ''}
      </span>
      <Notices session={session} formOpen={showPlan} />
      <PlanSection
        session={session}
        expanded={showPlan}
        primary={primary}
        onToggle={setPlanOpen}
        onRun={() => setPlanOpen(null)}
      />
      <RunStatus session={session} primary={primary === 'resume'} />
      {state.question && (
        <QuestionCard
          key={state.question.question_id}
          question={state.question}
          disabled={!session.lease}
          onAnswer={choice =>
            session.answer(state.question?.question_id ?? '', choice)
          }
        />
      )}
      {!stepOfProposal && proposal}
      {current?.verdict && (
        <VerdictSection
          session={session}
          iteration={current}
          remedy={remedy}
          onRemedy={setRemedy}
          primary={primary === 'remedy'}
          onEditPlan={() => setPlanOpen(true)}
        />
      )}
      {current && (
        <StepsSection
          session={session}
          iteration={current}
          before={before}
          proposal={
            stepOfProposal
              ? { step_id: stepOfProposal.step_id, card: proposal }
              : undefined
          }
        />
      )}
      {current && (
        <ReportSection
          key={current.iteration}
          session={session}
          iteration={current}
        />
      )}
      {iterations.length > 1 && (
        <HistorySection
          session={session}
          iterations={iterations.slice(0, -1).reverse()}
        />
      )}
      <p className="jp-oci-Foot">
        {trans.__(
          'A verdict grades the analysis. A confounder that nobody measured stays unseen.'
        )}
      </p>
    </div>
  );
}
