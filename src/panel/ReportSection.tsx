/**
 * The critic's report, as it also stands in the notebook; while a language model writes, what
 * there is so far.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IterationView } from '../contract.gen';
import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { Markdown } from './Markdown';
import { nameOf } from './modelWords';
import { isWorking } from './phases';
import { Remarks } from './Remarks';
import { Section } from './Section';
import { Writing } from './Writing';

/** Properties of the section. */
export interface IReportSectionProps {
  session: IOciSession;
  iteration: IterationView;
}

/** See the module. */
export function ReportSection(
  props: IReportSectionProps
): React.ReactElement | null {
  const { session, iteration } = props;
  const { trans } = usePanel();
  const { report, report_cell_id: cellId } = iteration;
  const { model } = session.state;
  const prose =
    session.prose?.iteration === iteration.iteration ? session.prose.text : '';
  const writing = prose !== '';
  const [expanded, setExpanded] = React.useState(false);
  // What is being written shows itself once; who closes it has it closed.
  React.useEffect(() => {
    if (writing) {
      setExpanded(true);
    }
  }, [writing]);
  if (!report && !writing) {
    return null;
  }
  const name = nameOf(model, trans);
  return (
    <Section
      title={trans.__('Report')}
      aside={
        writing && !expanded ? (
          trans.__('being written by %1', name)
        ) : cellId ? (
          <button
            className="jp-oci-Link"
            onClick={() => session.reveal(cellId)}
          >
            {trans.__('in the notebook')}
          </button>
        ) : undefined
      }
      expanded={expanded}
      onToggle={setExpanded}
    >
      {writing && <Writing text={prose} name={name} />}
      {report && <Markdown source={report} />}
      {report && <Remarks remarks={iteration.remarks} model={model} />}
      {report && !writing && model.status === 'ready' && (
        <div className="jp-oci-Actions">
          <Button
            className="jp-mod-styled"
            small
            disabled={!session.lease || isWorking(session)}
            title={trans.__(
              'It reads the results and writes its remarks; rules grade'
            )}
            onClick={() => session.askCritic()}
          >
            {iteration.remarks
              ? trans.__('Ask the model again')
              : trans.__('Ask the model for remarks')}
          </Button>
        </div>
      )}
    </Section>
  );
}
