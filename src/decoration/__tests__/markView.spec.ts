import { nullTranslator } from '@jupyterlab/translation';

import { cellMetadata, emptyRunState } from '../../contract';
import type { CellMetadata, RunState, StepView } from '../../contract.gen';
import { liveStep, markView } from '../markView';

const trans = nullTranslator.load('oci_jupyter');

const step = (fields: Partial<StepView> = {}): StepView => ({
  step_id: 'overlap',
  cell_id: 'c',
  heading_id: 'h',
  iteration: 1,
  number: 2,
  title: 'Overlap',
  purpose: '',
  state: 'running',
  grade: null,
  headline: '98 % outside',
  stale_reason: '',
  error: '',
  comment: '',
  seconds: null,
  superseded_by: null,
  ...fields
});

const metadata = (fields: Partial<CellMetadata> = {}): CellMetadata =>
  cellMetadata({ role: 'step', title: 'Overlap', state: 'done', ...fields });

describe('markView', () => {
  const states: Array<CellMetadata['state']> = [
    'proposed',
    'running',
    'done',
    'failed',
    'accepted',
    'edited',
    'rejected',
    'stale'
  ];

  it('tells every state by a word and a symbol of its own', () => {
    const views = states.map(state =>
      markView(metadata({ state }), null, trans)
    );
    states.forEach((state, i) =>
      expect(views[i].text).toBe(`OCI · Overlap · ${state}`)
    );
    expect(new Set(views.map(view => view.symbol)).size).toBe(states.length);
  });

  it('believes the live step over the metadata', () => {
    const view = markView(metadata(), step(), trans);
    expect(view.text).toBe('OCI · 2 Overlap · running');
    expect(view.tooltip).toContain('98 % outside');
  });

  it('dims what no longer counts', () => {
    expect(markView(metadata({ state: 'rejected' }), null, trans).dimmed).toBe(
      true
    );
    const view = markView(metadata({ superseded_by: 2 }), null, trans);
    expect(view).toMatchObject({ dimmed: true, state: 'superseded' });
    expect(view.text).toContain('superseded');
  });

  it('gives headings a border but no badge', () => {
    expect(
      markView(metadata({ role: 'heading' }), step(), trans)
    ).toMatchObject({
      badge: false,
      state: 'running'
    });
  });

  it('names plan and report', () => {
    expect(markView(metadata({ role: 'plan' }), null, trans).text).toBe(
      'OCI · plan'
    );
    expect(markView(metadata({ role: 'report' }), null, trans).text).toBe(
      'OCI · report'
    );
  });
});

describe('liveStep', () => {
  it('finds a step by its cell or its heading', () => {
    const state = {
      ...emptyRunState(''),
      iterations: [{ steps: [step()] }]
    } as unknown as RunState;
    expect(liveStep(state, 'c')?.number).toBe(2);
    expect(liveStep(state, 'h')?.number).toBe(2);
    expect(liveStep(state, 'x')).toBeNull();
  });
});
