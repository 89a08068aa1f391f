/**
 * The states of PANEL: each has words, and the way on does what it says.
 */
import { RenderMimeRegistry } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { act, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { PanelContext } from '../context';
import { NoNotebook } from '../NoNotebook';
import { SessionView } from '../SessionView';
import {
  estimand,
  FakeSession,
  iteration,
  PLAN,
  step,
  verdict
} from './fakeSession';
import { FakeModels } from './fixtures/fakeModels';

const executed: string[] = [];
const commands = new CommandRegistry();
for (const id of ['oci-jupyter:open-demo', 'oci-jupyter:new-analysis']) {
  commands.addCommand(id, {
    describedBy: { args: {} },
    execute: () => executed.push(id)
  });
}

function wrapped(child: React.ReactElement): React.ReactElement {
  return (
    <PanelContext.Provider
      value={{
        rendermime: new RenderMimeRegistry(),
        commands,
        models: new FakeModels(),
        trans: nullTranslator.load('oci_jupyter')
      }}
    >
      {child}
    </PanelContext.Provider>
  );
}

async function show(session: FakeSession): Promise<HTMLElement> {
  const planAsked = new Signal<unknown, void>({});
  let container: HTMLElement | null = null;
  await act(async () => {
    container = render(
      wrapped(<SessionView session={session} planAsked={planAsked} />)
    ).container;
  });
  return container as unknown as HTMLElement;
}

function button(name: string | RegExp): HTMLButtonElement {
  return screen.getByRole('button', { name });
}

describe('the panel', () => {
  it('offers two beginnings while no notebook is open', () => {
    render(wrapped(<NoNotebook />));
    fireEvent.click(button('Open the demo'));
    fireEvent.click(button('New analysis'));
    expect(executed).toEqual([
      'oci-jupyter:open-demo',
      'oci-jupyter:new-analysis'
    ]);
  });

  it('names what an empty plan lacks, and cannot run it', async () => {
    await show(new FakeSession());
    expect(
      screen.getByText(/Still missing: data, treatment, outcome, confounders/)
    ).toBeTruthy();
    expect(button('Run analysis').disabled).toBe(true);
  });

  it('runs a complete plan', async () => {
    const session = new FakeSession();
    session.plan.set(PLAN);
    await show(session);
    await act(async () => fireEvent.click(button('Run analysis')));
    expect(session.asked).toEqual([['run']]);
  });

  it('runs the cells above first when the data are not there', async () => {
    const session = new FakeSession();
    session.plan.set(PLAN);
    session.kernelInfo = { ...session.kernelInfo!, frames: [] };
    session.cellsAbovePlan = 2;
    await show(session);
    await act(async () =>
      fireEvent.click(button('Run the cells above, then analyze'))
    );
    expect(session.asked).toEqual([['runAbovePlan'], ['run']]);
  });

  it.each([
    [{ link: 'lost', linkMessage: 'The server is gone.' }, /server is gone/],
    [{ link: 'refused', linkMessage: 'Upgrade it.' }, /Upgrade it/],
    [{ link: 'connecting' }, /Connecting/],
    [{ kernel: 'none' }, /no kernel\./],
    [{ kernel: 'dead' }, /kernel died/],
    [{ toolkit: 'missing' }, /cannot be imported/],
    [{ lease: false }, /Another tab leads/]
  ])('says what stands in the way: %o', async (fields, words) => {
    const session = Object.assign(new FakeSession(), fields);
    await show(session);
    expect(screen.getByText(words)).toBeTruthy();
  });

  it('shows how to install the toolkit', async () => {
    const session = new FakeSession();
    session.toolkit = 'missing';
    await show(session);
    expect(screen.getByText(session.installCommand)).toBeTruthy();
    expect(button('Copy')).toBeTruthy();
  });

  it('says a problem once, with its fix', async () => {
    const session = new FakeSession();
    const problem = {
      code: 'c',
      message: 'No column `x`.',
      fix: 'Did you mean `y`?',
      field: 'treatment',
      value: 'x',
      severity: 'error' as const
    };
    session.problems = [problem];
    session.state = { ...session.state, problems: [problem] };
    await show(session);
    expect(screen.getAllByText(/No column `x`/)).toHaveLength(1);
    expect(screen.getByText('Did you mean `y`?')).toBeTruthy();
  });

  it('puts words before numbers, and leads to the evidence', async () => {
    const session = new FakeSession();
    session.plan.set(PLAN);
    session.state = {
      ...session.state,
      phase: 'finished',
      iterations: [iteration({ verdict: verdict() })]
    };
    const container = await show(session);
    const text = container.textContent ?? '';
    expect(text.indexOf('Not satisfactory')).toBeGreaterThan(0);
    expect(text.indexOf('Not satisfactory')).toBeLessThan(
      text.indexOf('−6,215') < 0 ? Infinity : text.indexOf('−6,215')
    );
    fireEvent.click(button('98 % outside [0.1, 0.9]'));
    expect(session.asked).toEqual([['reveal', 'cell-overlap', false]]);
  });

  it.each([
    ['satisfactory', 'Satisfactory'],
    ['satisfactory_with_caveats', 'Satisfactory with caveats'],
    ['not_satisfactory', 'Not satisfactory'],
    ['abstain', 'No verdict']
  ] as const)('says %s in words', async (level, words) => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      iterations: [
        iteration({
          verdict: verdict({ estimands: [estimand('ATE', level, 'Why.')] })
        })
      ]
    };
    await show(session);
    expect(screen.getByText(words)).toBeTruthy();
  });

  it('asks before a remedy, with what changes', async () => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      phase: 'finished',
      iterations: [iteration({ verdict: verdict() })]
    };
    await show(session);
    fireEvent.click(button('Trim to 0.1–0.9'));
    expect(session.asked).toEqual([]);
    expect(screen.getByText('[0.10, 0.90]')).toBeTruthy();
    fireEvent.click(button('Cancel'));
    expect(session.asked).toEqual([]);
    fireEvent.click(button('Trim to 0.1–0.9'));
    fireEvent.click(button('Apply'));
    expect(session.asked).toEqual([['applyRemedy', 'trim:fixed']]);
  });

  it('names each stale cell and leads to it', async () => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      iterations: [
        iteration({
          verdict: verdict({
            stale: [
              {
                cell_id: 'cell-x',
                title: 'X',
                what: 'edited',
                message: '“X” was edited.'
              }
            ]
          })
        })
      ]
    };
    await show(session);
    fireEvent.click(button('“X” was edited.'));
    expect(session.asked).toEqual([['reveal', 'cell-x', false]]);
  });

  it('lets every step be accepted, edited, run again or rejected', async () => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      phase: 'finished',
      iterations: [iteration()]
    };
    await show(session);
    fireEvent.click(button('Accept: overlap'));
    fireEvent.change(screen.getByLabelText('Comment'), {
      target: { value: ' fine ' }
    });
    fireEvent.click(button('Accept'));
    fireEvent.click(button('Edit: overlap'));
    fireEvent.click(button('Re-run: overlap'));
    fireEvent.click(button('Reject: overlap'));
    fireEvent.click(button('Reject'));
    expect(session.asked).toEqual([
      ['decide', 'overlap', 'accept', 'fine'],
      ['reveal', 'cell-overlap', true],
      ['rerun', 'overlap'],
      ['decide', 'overlap', 'reject', '']
    ]);
  });

  it('shows a failed step with the error’s last line', async () => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      phase: 'failed',
      message: '“overlap” failed: ValueError: no.',
      iterations: [
        iteration({
          steps: [step('overlap', { state: 'failed', error: 'ValueError: no' })]
        })
      ]
    };
    await show(session);
    expect(screen.getByText('ValueError: no')).toBeTruthy();
    fireEvent.click(button('Resume'));
    expect(session.asked).toEqual([['resume']]);
  });

  it.each(['suspended', 'stopped'] as const)('resumes when %s', async phase => {
    const session = new FakeSession();
    session.state = { ...session.state, phase, message: 'Because.' };
    await show(session);
    expect(screen.getByText(/Because\./)).toBeTruthy();
    fireEvent.click(button('Resume'));
    expect(session.asked).toEqual([['resume']]);
  });

  it('stops first, then interrupts', async () => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      phase: 'running',
      message: 'Overlap (1 of 7)',
      iterations: [
        iteration({ steps: [step('overlap', { state: 'running' })] })
      ]
    };
    await show(session);
    expect(screen.getByText('Overlap (1 of 7)')).toBeTruthy();
    fireEvent.click(button(/Stop/));
    fireEvent.click(button(/Interrupt/));
    expect(session.asked).toEqual([
      ['stop', false],
      ['stop', true]
    ]);
  });

  it('asks before a step, in place', async () => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      phase: 'asking',
      question: {
        question_id: 'q',
        kind: 'before_step',
        text: 'Step 2 of 7: Overlap.',
        step_id: 'overlap',
        choices: ['Run this step', 'Skip it'],
        default: 'Run this step'
      },
      iterations: [iteration()]
    };
    await show(session);
    fireEvent.click(button('Skip it'));
    expect(session.asked).toEqual([['answer', 'q', 'Skip it']]);
    expect(button('Run this step').disabled).toBe(true);
  });

  it('keeps earlier iterations in the history', async () => {
    const session = new FakeSession();
    session.state = {
      ...session.state,
      phase: 'finished',
      iterations: [
        iteration({ verdict: verdict() }),
        iteration({
          iteration: 2,
          label: 'trimmed to [0.1, 0.9]',
          verdict: verdict()
        })
      ]
    };
    await show(session);
    fireEvent.click(button('History'));
    expect(screen.getByText(/Iteration 1: as planned/)).toBeTruthy();
  });

  it('lets a watching tab look but not act', async () => {
    const session = new FakeSession();
    session.lease = false;
    session.state = {
      ...session.state,
      phase: 'finished',
      iterations: [iteration({ verdict: verdict() })]
    };
    await show(session);
    expect(button('Trim to 0.1–0.9').disabled).toBe(true);
    expect(button('Reject: overlap').disabled).toBe(true);
    fireEvent.click(button('Take over'));
    expect(session.asked).toEqual([['takeLease']]);
  });

  it('draws a dozen rows of hundreds of columns, and finds any', async () => {
    const session = new FakeSession();
    session.plan.set({ data: 'df' });
    session.profile = {
      ...session.profile,
      columns: Array.from({ length: 300 }, (_, i) => ({
        name: `column_${i}_${'x'.repeat(80)}`,
        dtype: 'float64',
        kind: 'number' as const,
        n_missing: 0,
        missing_share: 0,
        n_unique: 9,
        levels: [],
        histogram: [1, 2, 3],
        minimum: 0,
        maximum: 1
      }))
    };
    const container = await show(session);
    expect(container.querySelectorAll('.jp-oci-Column').length).toBeLessThan(
      20
    );
    fireEvent.change(screen.getByLabelText('Search columns'), {
      target: { value: 'column_299_' }
    });
    fireEvent.change(screen.getByLabelText(/Role of column_299/), {
      target: { value: 'confounder' }
    });
    expect(session.plan.fields.confounders).toEqual([
      session.profile.columns[299].name
    ]);
  });
});
