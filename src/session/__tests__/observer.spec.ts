import { NotebookModel } from '@jupyterlab/notebook';

import { cellMetadata, METADATA_KEY } from '../../contract';
import { CellObserver } from '../observer';
import { isCodeModel } from '../snapshot';

function setUp() {
  const notebook = new NotebookModel();
  const shared = notebook.sharedModel;
  while (shared.cells.length) {
    shared.deleteCell(0);
  }
  const ours = {
    [METADATA_KEY]: { ...cellMetadata({ role: 'step' }), spec: null }
  };
  shared.insertCell(0, { cell_type: 'code', id: 'mine', source: 'x' });
  shared.insertCell(1, {
    cell_type: 'code',
    id: 'agent',
    source: 'y',
    metadata: ours as never
  });
  shared.clearUndoHistory();
  const observer = new CellObserver({ notebook, isInFlight: () => false });
  const events: string[] = [];
  observer.noticed.connect((_, { event, cell_id, cell }) => {
    events.push(`${event} ${cell_id} ${cell?.source ?? '-'}`);
  });
  return { notebook, shared, observer, events, ours };
}

const settle = (ms = 0): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, ms));

describe('CellObserver', () => {
  it('says nothing of the principal’s own cells', async () => {
    const { notebook, shared, events } = setUp();
    const cell = notebook.cells.get(0);
    cell.sharedModel.setSource('z');
    if (isCodeModel(cell)) {
      cell.executionCount = 1;
    }
    await settle(400);
    shared.deleteCell(0);
    await settle();
    expect(events).toEqual([]);
  });

  it('tells of an edit once it pauses', async () => {
    const { notebook, events } = setUp();
    const cell = notebook.cells.get(1).sharedModel;
    cell.setSource('y1');
    await settle(100);
    cell.setSource('y2');
    await settle(400);
    expect(events).toEqual(['edited agent y2']);
  });

  it('says nothing of an edit that was taken back', async () => {
    const { notebook, events } = setUp();
    const cell = notebook.cells.get(1).sharedModel;
    cell.setSource('y1');
    cell.setSource('y');
    await settle(400);
    expect(events).toEqual([]);
  });

  it('tells of an edit before the run that it led to', async () => {
    const { notebook, events } = setUp();
    const cell = notebook.cells.get(1);
    cell.sharedModel.setSource('y1');
    if (isCodeModel(cell)) {
      cell.executionCount = 7;
    }
    await settle(400);
    expect(events).toEqual(['edited agent y1', 'executed agent y1']);
  });

  it('takes a cleared output for no run', () => {
    const { notebook, events } = setUp();
    const cell = notebook.cells.get(1);
    if (isCodeModel(cell)) {
      cell.executionCount = 7;
      cell.executionCount = null;
    }
    expect(events).toEqual(['executed agent y']);
  });

  it('tells of deletion and of its undo', async () => {
    const { shared, events } = setUp();
    shared.deleteCell(1);
    await settle();
    shared.undo();
    await settle();
    expect(events).toEqual(['deleted agent -', 'inserted agent y']);
  });

  it('takes a move for neither', async () => {
    const { shared, events } = setUp();
    shared.moveCell(1, 0);
    await settle();
    expect(events).toEqual([]);
    expect(shared.cells[0].getId()).toBe('agent');
  });

  it('watches cells that came back', async () => {
    const { notebook, shared, events } = setUp();
    shared.moveCell(1, 0);
    await settle();
    notebook.cells.get(0).sharedModel.setSource('new');
    await settle(400);
    expect(events).toEqual(['edited agent new']);
  });

  it('watches a cell from when it is marked', async () => {
    const { notebook, events } = setUp();
    const cell = notebook.cells.get(0);
    cell.setMetadata(METADATA_KEY, cellMetadata({ role: 'plan' }));
    cell.sharedModel.setSource('plan');
    await settle(400);
    expect(events).toEqual(['edited mine plan']);
  });

  it('is quiet once disposed of', async () => {
    const { notebook, observer, events } = setUp();
    notebook.cells.get(1).sharedModel.setSource('y1');
    observer.dispose();
    await settle(400);
    expect(events).toEqual([]);
  });
});
