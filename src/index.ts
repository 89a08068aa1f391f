/**
 * The extension's plugins, one per concern. The result renderer is not among them: it is
 * the package's MIME extension (`renderer/mime.ts`) and works without any of these.
 */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { commandsPlugin } from './commands/plugin';
import { decorationPlugin } from './decoration/plugin';
import { panelPlugin } from './panel/plugin';
import { sessionPlugin } from './session/plugin';

export * from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  sessionPlugin,
  panelPlugin,
  decorationPlugin,
  commandsPlugin
];

export default plugins;
