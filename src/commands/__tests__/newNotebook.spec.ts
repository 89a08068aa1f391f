import type { INotebookContent } from '@jupyterlab/nbformat';
import type { Contents } from '@jupyterlab/services';

import { saveNew } from '../newNotebook';

const CONTENT = { cells: [] } as unknown as INotebookContent;

function contents(names: string[]): {
  manager: Contents.IManager;
  saved: string[];
} {
  const saved: string[] = [];
  const manager = {
    get: async () => ({ content: names.map(name => ({ name })) }),
    save: async (path: string) => {
      saved.push(path);
      return { path };
    }
  };
  return { manager: manager as unknown as Contents.IManager, saved };
}

describe('saveNew', () => {
  it.each([
    ['', [], 'demo.ipynb'],
    ['a/b', [], 'a/b/demo.ipynb'],
    ['', ['demo.ipynb', 'Demo-1.ipynb'], 'demo-2.ipynb']
  ])('in %j beside %j saves %s', async (folder, names, expected) => {
    const { manager, saved } = contents(names);
    expect(await saveNew(manager, folder, 'demo', CONTENT)).toBe(expected);
    expect(saved).toEqual([expected]);
  });
});
