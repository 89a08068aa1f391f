import type { Cell } from '@jupyterlab/cells';
import {
  NotebookModel,
  type INotebookCellExecutor,
  type INotebookModel
} from '@jupyterlab/notebook';
import type { YNotebook } from '@jupyter/ydoc';
import { nullTranslator } from '@jupyterlab/translation';

import { cellMetadata, METADATA_KEY, RESULT_MIME } from '../../contract';
import type { Action, NewCell, Reply } from '../../contract.gen';
import { CellObserver } from '../../session/observer';
import { cellSnapshot, isCodeModel } from '../../session/snapshot';
import { CellWriter } from '../cellWriter';
import { sourceHash } from '../sourceHash';
import type { INotebookTarget, IWriterTools } from '../target';

let actionCount = 0;

function action(body: Action['body'], extra: Partial<Action> = {}): Action {
  return {
    type: 'action',
    action_id: `a${actionCount++}`,
    run_id: 'r',
    kernel_epoch: '',
    deadline: 5,
    body,
    ...extra
  };
}

function newCell(fields: Partial<NewCell> = {}): NewCell {
  return {
    id: 'oci-r-1-overlap',
    cell_type: 'code',
    source: 'study.overlap()',
    metadata: cellMetadata({ role: 'step', step_id: 'overlap' }),
    ...fields
  };
}

/** A notebook of the real model, with stand-ins for its widgets, kernel and executor. */
function setUp(runCell?: (cell: Cell) => Promise<boolean>) {
  const notebook = new NotebookModel();
  const shared = notebook.sharedModel as YNotebook;
  while (shared.cells.length) {
    shared.deleteCell(0);
  }
  for (const id of ['first', 'second']) {
    shared.insertCell(shared.cells.length, {
      cell_type: 'code',
      id,
      source: id
    });
  }
  shared.clearUndoHistory();
  const runs: string[] = [];
  const context = {
    hasNoKernel: false,
    isTerminating: false,
    pendingInput: false,
    session: { kernel: { interrupt: async () => runs.push('interrupt') } }
  };
  const widgets = new Map<unknown, unknown>();
  const target = {
    model: notebook as INotebookModel,
    isDisposed: false,
    sessionContext: context,
    content: {
      notebookConfig: {},
      get widgets() {
        return [...notebook.cells].map(model => {
          const known = widgets.get(model) ?? {
            model,
            rendered: false,
            isDisposed: false,
            outputArea: { future: null }
          };
          widgets.set(model, known);
          return known;
        });
      }
    }
  };
  const executor: INotebookCellExecutor = {
    runCell: async ({ cell }) => {
      runs.push(cell.model.id);
      return runCell ? runCell(cell) : true;
    }
  };
  const kernel = {
    epoch: 'k1',
    phase: 'idle',
    askAboutItself: jest.fn(async () => ({ session: 'k1' })),
    ask: jest.fn(async () => ({ rows: 3 }))
  };
  const observer = new CellObserver({
    notebook,
    isInFlight: id => writer.isInFlight(id)
  });
  const tools: IWriterTools = {
    target: target as unknown as INotebookTarget,
    executor,
    kernel,
    observer,
    translator: nullTranslator,
    trans: nullTranslator.load('oci_jupyter')
  };
  const writer = new CellWriter(tools);
  const events: string[] = [];
  observer.noticed.connect((_, event) => {
    events.push(`${event.event} ${event.cell_id}`);
  });
  const ids = (): string[] => [...notebook.cells].map(cell => cell.id);
  return {
    notebook,
    shared,
    runs,
    context,
    kernel,
    target,
    writer,
    events,
    ids,
    widgets
  };
}

const settle = (ms = 0): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, ms));

describe('sourceHash', () => {
  it('is the SHA-256 of UTF-8', () => {
    expect(sourceHash('')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    );
    expect(sourceHash('größe 😀')).toBe(
      '0a8dfb82a2b02f026b024de1f264b0a2f3adc7d70baaa0f9c40c9bbc59644142'
    );
  });
});

describe('insert', () => {
  it('inserts below the anchor, with our metadata', async () => {
    const { writer, ids, notebook } = setUp();
    const reply = await writer.handle(
      action({ kind: 'insert', cell: newCell(), after: 'first' })
    );
    expect(reply).toMatchObject({ status: 'ok', kernel_epoch: 'k1' });
    expect(ids()).toEqual(['first', 'oci-r-1-overlap', 'second']);
    expect(reply.cell).toMatchObject({
      source: 'study.overlap()',
      metadata: { role: 'step', step_id: 'overlap' }
    });
    expect(notebook.sharedModel.nbformat_minor).toBe(5);
  });

  it.each(['', 'gone'])('inserts at the end after %j', async after => {
    const { writer, ids } = setUp();
    await writer.handle(action({ kind: 'insert', cell: newCell(), after }));
    expect(ids()).toEqual(['first', 'second', 'oci-r-1-overlap']);
  });

  it('is harmless when repeated, by the same action or another', async () => {
    const { writer, ids } = setUp();
    const once = action({ kind: 'insert', cell: newCell(), after: '' });
    const replies = await Promise.all([
      writer.handle(once),
      writer.handle(once)
    ]);
    expect(replies[0]).toBe(replies[1]);
    const again = await writer.handle(
      action({ kind: 'insert', cell: newCell({ source: 'other' }), after: '' })
    );
    expect(again.status).toBe('ok');
    expect(again.cell?.source).toBe('study.overlap()');
    expect(ids()).toHaveLength(3);
  });

  it('is one undo step per cell, and redo brings it back', async () => {
    const { writer, ids, shared, events } = setUp();
    for (const id of ['a', 'b']) {
      await writer.handle(
        action({ kind: 'insert', cell: newCell({ id }), after: '' })
      );
    }
    await settle();
    expect(events).toEqual([]);
    shared.undo();
    expect(ids()).toEqual(['first', 'second', 'a']);
    shared.undo();
    expect(ids()).toEqual(['first', 'second']);
    shared.redo();
    expect(ids()).toEqual(['first', 'second', 'a']);
    await settle();
    expect(events).toEqual(['deleted b']);
    shared.redo();
    await settle();
    expect(events).toEqual(['deleted b', 'inserted b']);
  });

  it('shows markdown rendered', async () => {
    const { writer, target } = setUp();
    await writer.handle(
      action({
        kind: 'insert',
        cell: newCell({ cell_type: 'markdown', source: '### 1' }),
        after: ''
      })
    );
    expect(target.content.widgets[2]).toMatchObject({ rendered: true });
  });
});

describe('run', () => {
  const run = (source = 'first', cellId = 'first'): Action['body'] => ({
    kind: 'run',
    cell_id: cellId,
    expected_source_hash: sourceHash(source)
  });

  it('runs a cell that is what the server believes', async () => {
    const { writer, runs } = setUp();
    const reply = await writer.handle(action(run()));
    expect(reply.status).toBe('ok');
    expect(reply.seconds).toBeGreaterThanOrEqual(0);
    expect(runs).toEqual(['first']);
  });

  it('runs once, however often it is asked', async () => {
    const { writer, runs } = setUp(() => settle(20).then(() => true));
    const once = action(run());
    const [a, b] = await Promise.all([
      writer.handle(once),
      writer.handle(once)
    ]);
    const c = await writer.handle(once);
    expect([a, b]).toEqual([c, c]);
    expect(runs).toHaveLength(1);
  });

  it('runs nothing that was edited', async () => {
    const { writer, runs } = setUp();
    expect(await writer.handle(action(run('other')))).toMatchObject({
      status: 'source_mismatch',
      cell: { source: 'first' }
    });
    expect(runs).toEqual([]);
  });

  it.each([
    [{ hasNoKernel: true }, 'no_kernel'],
    [{ session: null }, 'no_kernel'],
    [{ isTerminating: true }, 'rejected'],
    [{ pendingInput: true }, 'rejected']
  ])('answers %j with %s', async (fault, status) => {
    const { writer, context, runs } = setUp();
    Object.assign(context, fault);
    expect((await writer.handle(action(run()))).status).toBe(status);
    expect(runs).toEqual([]);
  });

  it('is void in another kernel', async () => {
    const { writer, runs } = setUp();
    const reply = await writer.handle(action(run(), { kernel_epoch: 'k0' }));
    expect(reply.status).toBe('kernel_restarted');
    expect(runs).toEqual([]);
  });

  it('asks an unknown kernel who it is before it believes the epoch', async () => {
    const { writer, kernel } = setUp();
    kernel.epoch = '';
    kernel.askAboutItself.mockImplementation(async () => {
      kernel.epoch = 'k1';
      return { session: 'k1' };
    });
    const reply = await writer.handle(action(run(), { kernel_epoch: 'k1' }));
    expect(reply.status).toBe('ok');
  });

  it.each<[unknown, Reply['status'], string]>([
    [{ errorName: 'ValueError', errorValue: 'no' }, 'failed', 'ValueError: no'],
    [
      { errorName: 'KeyboardInterrupt', errorValue: '' },
      'interrupted',
      'interrupted'
    ],
    [{ errorName: undefined }, 'interrupted', 'before it failed'],
    [new Error('socket'), 'failed', 'socket']
  ])('tells %j as %s', async (error, status, message) => {
    const { writer, notebook } = setUp(() => Promise.reject(error));
    const cell = notebook.cells.get(0);
    if (isCodeModel(cell)) {
      cell.executionState = 'running';
    }
    const reply = await writer.handle(action(run()));
    expect(reply.status).toBe(status);
    expect(reply.message).toContain(message);
    expect(isCodeModel(cell) && cell.executionState).toBe('idle');
  });

  it('tells a restart', async () => {
    const { writer, kernel } = setUp(async () => {
      kernelOf().phase = 'restarting';
      return false;
    });
    const kernelOf = (): typeof kernel => kernel;
    expect((await writer.handle(action(run()))).status).toBe(
      'kernel_restarted'
    );
  });

  it('answers in time; what comes later is news', async () => {
    const { writer, notebook, events } = setUp(async cell => {
      await settle(60);
      if (isCodeModel(cell.model)) {
        cell.model.executionCount = 1;
      }
      return true;
    });
    notebook.cells
      .get(0)
      .setMetadata(METADATA_KEY, cellMetadata({ role: 'step' }));
    const reply = await writer.handle(action(run(), { deadline: 0.02 }));
    expect(reply.status).toBe('timeout');
    await settle(80);
    expect(events).toEqual(['executed first']);
  });

  it('is not told twice', async () => {
    const { writer, notebook, events } = setUp(async cell => {
      if (isCodeModel(cell.model)) {
        cell.model.executionCount = 1;
      }
      return true;
    });
    const cell = notebook.cells.get(0);
    cell.setMetadata(METADATA_KEY, cellMetadata({ role: 'step' }));
    await writer.handle(action(run()));
    expect(events).toEqual([]);
    if (isCodeModel(cell)) {
      cell.executionCount = 2; // by hand
    }
    expect(events).toEqual(['executed first']);
  });

  it('runs no markdown', async () => {
    const { writer, shared } = setUp();
    shared.insertCell(0, { cell_type: 'markdown', id: 'text', source: 'x' });
    expect((await writer.handle(action(run('x', 'text')))).status).toBe(
      'rejected'
    );
  });
});

describe('update', () => {
  const update = (fields: object): Action['body'] => ({
    kind: 'update',
    cell_id: 'report',
    metadata: cellMetadata({ role: 'report', state: 'done' }),
    source: null,
    expected_source_hash: '',
    ...fields
  });
  const withReport = () => {
    const all = setUp();
    all.shared.insertCell(2, {
      cell_type: 'markdown',
      id: 'report',
      source: 'old',
      metadata: { [METADATA_KEY]: { role: 'report' } }
    });
    all.shared.clearUndoHistory();
    return all;
  };

  it('writes metadata without an undo step', async () => {
    const { writer, notebook, shared } = withReport();
    const reply = await writer.handle(action(update({})));
    expect(reply.cell?.metadata).toMatchObject({ state: 'done' });
    expect(notebook.cells.get(2).getMetadata(METADATA_KEY)).toMatchObject({
      state: 'done'
    });
    expect(shared.canUndo()).toBe(false);
  });

  it('replaces untouched text without an undo step or an echo', async () => {
    const { writer, notebook, events } = withReport();
    const reply = await writer.handle(
      action(update({ source: 'new', expected_source_hash: sourceHash('old') }))
    );
    expect(reply.status).toBe('ok');
    const cell = notebook.cells.get(2).sharedModel;
    expect(cell.getSource()).toBe('new');
    expect(cell.canUndo()).toBe(false);
    await settle(400);
    expect(events).toEqual([]);
    cell.setSource('mine');
    await settle(400);
    expect(events).toEqual(['edited report']);
  });

  it('keeps text that was edited', async () => {
    const { writer, notebook } = withReport();
    const reply = await writer.handle(
      action(
        update({ source: 'new', expected_source_hash: sourceHash('older') })
      )
    );
    expect(reply.status).toBe('source_mismatch');
    expect(notebook.cells.get(2).sharedModel.getSource()).toBe('old');
  });

  it('leaves the principal’s cells alone', async () => {
    const { writer, notebook } = withReport();
    const reply = await writer.handle(action(update({ cell_id: 'first' })));
    expect(reply.status).toBe('rejected');
    expect(notebook.cells.get(0).getMetadata(METADATA_KEY)).toBeUndefined();
  });
});

describe('probe, snapshot and interrupt', () => {
  it('passes the question on', async () => {
    const { writer, kernel } = setUp();
    const reply = await writer.handle(
      action({ kind: 'probe', what: 'data', request: { source: 'df' } })
    );
    expect(reply).toMatchObject({ status: 'ok', probe: { rows: 3 } });
    expect(kernel.ask).toHaveBeenCalledWith('data', { source: 'df' }, 5000);
  });

  it('reports all cells', async () => {
    const { writer } = setUp();
    const reply = await writer.handle(action({ kind: 'snapshot' }));
    expect(reply.cells?.map(cell => cell.cell_id)).toEqual(['first', 'second']);
  });

  it('interrupts', async () => {
    const { writer, runs } = setUp();
    expect((await writer.handle(action({ kind: 'interrupt' }))).status).toBe(
      'ok'
    );
    expect(runs).toEqual(['interrupt']);
  });

  it('is no client once the notebook is closed', async () => {
    const { writer, target } = setUp();
    target.isDisposed = true;
    expect((await writer.handle(action({ kind: 'snapshot' }))).status).toBe(
      'no_client'
    );
  });
});

describe('cellSnapshot', () => {
  it('takes our result and the error, and nothing else', () => {
    const notebook = new NotebookModel();
    notebook.sharedModel.insertCell(0, {
      cell_type: 'code',
      id: 'c',
      source: 's',
      execution_count: 3,
      metadata: { other: 1, [METADATA_KEY]: { role: 'step', extra: 1 } },
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'secret' },
        {
          output_type: 'display_data',
          metadata: {},
          data: { [RESULT_MIME]: { kind: 'overlap' }, 'text/plain': 'x' }
        },
        {
          output_type: 'error',
          ename: 'ValueError',
          evalue: '\u001b[31mbad\u001b[0m',
          traceback: []
        }
      ]
    });
    expect(cellSnapshot(notebook.cells.get(0))).toEqual({
      cell_id: 'c',
      cell_type: 'code',
      source: 's',
      metadata: { role: 'step', extra: 1 },
      result: { kind: 'overlap' },
      error: 'ValueError: bad',
      execution_count: 3
    });
  });
});
