/**
 * The critic's report, as it also stands in the notebook.
 */
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
import { Markdown } from './Markdown';
import { Section } from './Section';

/** Properties of the section. */
export interface IReportSectionProps {
  session: IOciSession;
  report: string;
  cellId: string;
}

/** See the module. */
export function ReportSection(props: IReportSectionProps): React.ReactElement {
  const { session, report, cellId } = props;
  const { trans } = usePanel();
  const [expanded, setExpanded] = React.useState(false);
  return (
    <Section
      title={trans.__('Report')}
      aside={
        cellId ? (
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
      <Markdown source={report} />
    </Section>
  );
}
