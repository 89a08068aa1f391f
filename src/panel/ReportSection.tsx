/**
 * The critic's report: Markdown through JupyterLab's own renderer, untrusted.
 */
import { MimeModel, type IRenderMime } from '@jupyterlab/rendermime';
import * as React from 'react';

import type { IOciSession } from '../tokens';
import { usePanel } from './context';
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

function Markdown(props: { source: string }): React.ReactElement {
  const { rendermime } = usePanel();
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const node = host.current;
    if (!node) {
      return;
    }
    const renderer: IRenderMime.IRenderer =
      rendermime.createRenderer('text/markdown');
    const model = new MimeModel({
      data: { 'text/markdown': props.source },
      trusted: false
    });
    void renderer
      .renderModel(model)
      .then(() => node.replaceChildren(renderer.node));
    return () => renderer.dispose();
  }, [rendermime, props.source]);
  return <div ref={host} className="jp-oci-Report" />;
}
