/**
 * The plugin that gives each notebook its session.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookCellExecutor, INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { RunPlan } from '../contract.gen';
import { IOciSessions } from '../tokens';
import { OciSessions } from './sessions';

const PLUGIN_ID = 'oci-jupyter:session';

/** Provides the sessions. */
export const sessionPlugin: JupyterFrontEndPlugin<IOciSessions> = {
  id: PLUGIN_ID,
  description: 'Joins each open notebook to the causal-analysis server.',
  autoStart: true,
  requires: [INotebookTracker, INotebookCellExecutor],
  optional: [ISettingRegistry, ITranslator, ISessionContextDialogs],
  provides: IOciSessions,
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    executor: INotebookCellExecutor,
    settingRegistry: ISettingRegistry | null,
    translator: ITranslator | null,
    dialogs: ISessionContextDialogs | null
  ): IOciSessions => {
    let mode: RunPlan['mode'] = 'review';
    if (settingRegistry) {
      settingRegistry
        .load(PLUGIN_ID)
        .then(settings => {
          const read = (): void => {
            mode = settings.get('mode').composite === 'ask' ? 'ask' : 'review';
          };
          read();
          settings.changed.connect(read);
        })
        .catch(reason => {
          console.error(`oci-jupyter: settings could not be loaded. ${reason}`);
        });
    }
    return new OciSessions({
      tracker,
      executor,
      settings: app.serviceManager.serverSettings,
      mode: () => mode,
      activate: panel => app.shell.activateById(panel.id),
      dialogs: dialogs ?? undefined,
      translator: translator ?? nullTranslator
    });
  }
};
