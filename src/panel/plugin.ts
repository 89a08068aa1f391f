/**
 * The panel plugin: adds the side panel to the right area and restores it on reload.
 *
 * The panel opens by itself only for a notebook that was opened to be analyzed (it holds a
 * plan) and only once per page: after that, where it is is the principal's business.
 */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IOciPanel, IOciSessions } from '../tokens';
import { OciPanelWidget } from './widget';

/** The side panel. */
export const panelPlugin: JupyterFrontEndPlugin<IOciPanel> = {
  id: 'oci-jupyter:panel',
  description: 'Shows the causal analysis of the current notebook.',
  autoStart: true,
  requires: [IOciSessions, IRenderMimeRegistry],
  optional: [ITranslator, ILayoutRestorer, ILabShell],
  provides: IOciPanel,
  activate: (
    app: JupyterFrontEnd,
    sessions: IOciSessions,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null
  ): IOciPanel => {
    const trans = (translator ?? nullTranslator).load('oci_jupyter');
    const widget = new OciPanelWidget({
      sessions,
      rendermime,
      commands: app.commands,
      trans
    });
    app.shell.add(widget, 'right', { rank: 500, type: 'Causal Analysis' });
    restorer?.add(widget, widget.id);

    const show = (): void => {
      if (labShell ? !widget.isVisible : true) {
        app.shell.activateById(widget.id);
      }
    };
    const openOnce = (): void => {
      if (sessions.current?.plan.cellId) {
        sessions.currentChanged.disconnect(openOnce);
        show();
      }
    };
    void app.restored.then(() => {
      sessions.currentChanged.connect(openOnce);
      openOnce();
    });
    return {
      show,
      showPlan: () => {
        show();
        widget.expandPlan();
      }
    };
  }
};
