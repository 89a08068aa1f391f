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

import { modelServer } from '../api';
import { IOciPanel, IOciSessions, type IOciSession } from '../tokens';
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
      models: modelServer(app.serviceManager.serverSettings),
      trans
    });
    app.shell.add(widget, 'right', { rank: 500, type: 'Causal Analysis' });
    restorer?.add(widget, widget.id);

    const show = (): void => {
      if (labShell ? !widget.isVisible : true) {
        app.shell.activateById(widget.id);
      }
    };
    let opened = false;
    const openOnce = (session: IOciSession | null): void => {
      if (!opened && session?.plan.cellId) {
        opened = true;
        show();
      }
    };
    void app.restored.then(() => {
      sessions.currentChanged.connect((_, session) => openOnce(session));
      sessions.added.connect((_, session) => openOnce(session));
      sessions.all.forEach(openOnce);
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
