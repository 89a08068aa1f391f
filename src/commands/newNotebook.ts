/**
 * Commands that make a new notebook from a template of the server's.
 *
 * The browser writes the file, through the contents manager, where the user is: the server
 * writes no notebooks, and drives other than its own work too.
 */
import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { Contents, ServiceManager } from '@jupyterlab/services';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { getTemplate, type TemplateName } from '../api';
import { ociIcon } from '../icons';
import type { IArgumentSchemas } from './arguments';
import { CommandIDs } from './ids';
import type { ICommandTools } from './targets';

/** Add the commands that make notebooks. */
export function addNotebookCommands(
  tools: ICommandTools,
  schemas: IArgumentSchemas
): void {
  const { app, trans } = tools;
  const { commands } = app;

  commands.addCommand(CommandIDs.newAnalysis, {
    label: args =>
      args.isLauncher === true
        ? trans.__('Causal Analysis')
        : trans.__('New Causal Analysis'),
    caption: trans.__('A new notebook with an empty plan'),
    icon: ociIcon,
    describedBy: { args: schemas.folder },
    execute: args => open('blank', 'causal-analysis', args)
  });

  commands.addCommand(CommandIDs.openDemo, {
    label: args =>
      args.isLauncher === true
        ? trans.__('Causal Analysis Demo')
        : trans.__('Open the Causal Analysis Demo'),
    caption: trans.__('A new notebook with a plan and data to try it on'),
    icon: ociIcon,
    describedBy: { args: schemas.folder },
    execute: args => open('demo', 'causal-analysis-demo', args)
  });

  async function open(
    template: TemplateName,
    stem: string,
    args: ReadonlyPartialJSONObject
  ): Promise<{ path: string }> {
    const current = tools.tracker.currentWidget?.context.path ?? '';
    const folder =
      typeof args.cwd === 'string' ? args.cwd : PathExt.dirname(current);
    const { serviceManager } = app;
    const content = await getTemplate(template, serviceManager.serverSettings);
    const path = await saveNew(serviceManager.contents, folder, stem, content);
    await commands.execute('docmanager:open', {
      path,
      factory: 'Notebook',
      kernel: kernelFor(content, serviceManager)
    });
    tools.panel?.show();
    return { path };
  }
}

/** Save a notebook under the first name of its kind that is free. */
export async function saveNew(
  contents: Contents.IManager,
  folder: string,
  stem: string,
  content: INotebookContent
): Promise<string> {
  const listing = await contents.get(folder, { content: true });
  const taken = new Set(
    (listing.content as Contents.IModel[]).map(file => file.name.toLowerCase())
  );
  let name = `${stem}.ipynb`;
  for (let i = 1; taken.has(name.toLowerCase()); i++) {
    name = `${stem}-${i}.ipynb`;
  }
  const saved = await contents.save(PathExt.join(folder, name), {
    type: 'notebook',
    format: 'json',
    content
  });
  return saved.path;
}

/** The kernel the notebook asks for if it is installed, else the default one. */
function kernelFor(
  content: INotebookContent,
  { kernelspecs }: ServiceManager.IManager
): { name: string } | undefined {
  const specs = kernelspecs.specs;
  const asked = content.metadata.kernelspec?.name;
  const name =
    asked && specs?.kernelspecs[asked] ? asked : (specs?.default ?? undefined);
  return name ? { name } : undefined;
}
