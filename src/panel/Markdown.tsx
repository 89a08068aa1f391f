/**
 * Markdown through JupyterLab's own renderer, untrusted: whoever wrote it, it cannot run.
 */
import { MimeModel } from '@jupyterlab/rendermime';
import * as React from 'react';

import { usePanel } from './context';

/** See the module. */
export function Markdown(props: { source: string }): React.ReactElement {
  const { rendermime } = usePanel();
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    let shown = true;
    const renderer = rendermime.createRenderer('text/markdown');
    const model = new MimeModel({
      data: { 'text/markdown': props.source },
      trusted: false
    });
    void renderer.renderModel(model).then(() => {
      if (shown) {
        host.current?.replaceChildren(renderer.node);
      }
    });
    return () => {
      shown = false;
      renderer.dispose();
    };
  }, [rendermime, props.source]);
  return <div ref={host} className="jp-oci-Report" />;
}
