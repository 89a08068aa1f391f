/**
 * The plugin that adds the commands, and shows them in palette and launcher.
 *
 * Menus, context menu, toolbar and shortcuts are declared in `schema/commands.json`, where
 * users can change them.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ociIcon } from '../icons';
import { IOciPanel, IOciSessions } from '../tokens';
import { argumentSchemas } from './arguments';
import { CommandIDs } from './ids';
import { addNotebookCommands } from './newNotebook';
import { addRunCommands } from './runCommands';
import { addStepCommands } from './stepCommands';
import type { ICommandTools } from './targets';

/** Adds the commands. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'oci-jupyter:commands',
  description:
    'Adds the commands of causal analysis to palette, menus and launcher.',
  autoStart: true,
  requires: [INotebookTracker, IOciSessions],
  optional: [IOciPanel, ICommandPalette, ILauncher, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    sessions: IOciSessions,
    panel: IOciPanel | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('oci_jupyter');
    const tools: ICommandTools = { app, tracker, sessions, panel, trans };
    const schemas = argumentSchemas(trans);
    addRunCommands(tools, schemas);
    addStepCommands(tools, schemas);
    addNotebookCommands(tools, schemas);

    const category = trans.__('Causal analysis');
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category });
    }
    palette?.addItem({
      command: CommandIDs.stop,
      category,
      args: { interrupt: true }
    });
    // Cards among the kernels show an image, or else a mere letter.
    const kernelIconUrl = `data:image/svg+xml,${encodeURIComponent(ociIcon.svgstr)}`;
    [CommandIDs.newAnalysis, CommandIDs.openDemo].forEach((command, i) => {
      launcher?.add({
        command,
        args: { isLauncher: true },
        category: trans.__('Notebook'),
        kernelIconUrl,
        rank: 100 + i
      });
    });
  }
};
