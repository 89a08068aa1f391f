/**
 * What is put before the principal: plans as read, changes of spec, concerns, prose. Nothing
 * happens before a button says so, and words are only ever words.
 */
import { fireEvent, within } from '@testing-library/react';

import { PLAN_DEFAULTS } from '../../session/planFields';
import {
  finding,
  findings,
  HOSTILE,
  model,
  planQuestion,
  proposal,
  questions,
  reading,
  remarks
} from './fixtures/advice';
import { adviceScenes, finished } from './fixtures/adviceScenes';
import {
  iteration,
  kernelInfo,
  plan,
  profile,
  verdict
} from './fixtures/lalonde';
import { finishedDemo } from './fixtures/scenes';
import { show, type IShown } from './render';

const demo = {
  kernelInfo: { ...kernelInfo, frames: kernelInfo.frames.slice(0, 1) },
  profile
};

function press(panel: IShown, name: string | RegExp): void {
  fireEvent.click(panel.getByRole('button', { name }));
}

function primary(panel: IShown): string[] {
  return [
    ...panel.container.querySelectorAll('.jp-mod-accept:not(:disabled)')
  ].map(node => node.textContent ?? '');
}

describe('a plan in words', () => {
  it('is read when it is typed, with the only DataFrame there is', async () => {
    const panel = await show({ ...demo, plan: {} });
    expect(panel.getByRole('button', { name: 'Read it' })).toHaveProperty(
      'disabled',
      true
    );
    fireEvent.change(panel.getByLabelText(/Describe in words/), {
      target: { value: ' Does treat raise re78? ' }
    });
    press(panel, 'Read it');
    expect(panel.asked()).toEqual([
      ['readPlan', 'Does treat raise re78?', 'df']
    ]);
  });

  it('is read from the plan cell, as the one thing to do', async () => {
    const panel = await show({ ...demo, plan: {}, planWords: 'Does it work?' });
    expect(primary(panel)).toEqual(['Read it']);
    press(panel, 'Read it');
    expect(panel.asked()).toEqual([['readPlan', 'Does it work?', 'df']]);
  });

  it('stays a second choice where there is a plan', async () => {
    const panel = await show({ ...demo, plan });
    const words = panel.getByText('Describe it in words instead');
    expect(words.closest('details')?.open).toBe(false);
  });

  it('cannot be read while another tab leads', async () => {
    const panel = await show({
      ...demo,
      plan: {},
      planWords: 'x',
      lease: false
    });
    expect(panel.getByRole('button', { name: 'Read it' })).toHaveProperty(
      'disabled',
      true
    );
  });
});

describe('a plan as read', () => {
  const read = async (fields = {}): Promise<IShown> =>
    show({
      ...demo,
      plan: {},
      state: { model: model(), reading: reading(fields) }
    });

  it('has the suggested answers taken, and sends them', async () => {
    const panel = await read();
    expect(panel.getByRole('radio', { name: /^1/ })).toHaveProperty(
      'checked',
      true
    );
    expect(
      panel
        .getAllByRole('checkbox')
        .filter(box => box.matches('.jp-oci-Ask :checked'))
        .map(box => box.closest('label')?.textContent)
    ).toEqual(['re74 suggested', 're75 suggested']);
    expect(primary(panel)).toEqual(['Check answers']);
    fireEvent.click(panel.getByRole('checkbox', { name: 'age' }));
    fireEvent.click(panel.getByRole('checkbox', { name: /^re74/ }));
    fireEvent.click(panel.getByRole('radio', { name: '0' }));
    fireEvent.change(panel.getByLabelText(/When does follow-up begin/), {
      target: { value: 'in 1976' }
    });
    press(panel, 'Check answers');
    expect(panel.asked()).toEqual([
      ['answerReading', { q1: '0', q2: 'age, re75', q3: 'in 1976' }]
    ]);
    expect(panel.session.plan.written).toEqual([]);
  });

  it('takes no column and some columns for what exclude each other', async () => {
    const panel = await read({
      questions: [
        planQuestion({
          question_id: 'q',
          choices: ['a', 'b', '(none)'],
          suggestion: '(none)',
          several: true
        })
      ]
    });
    const tick = (name: RegExp): void => {
      fireEvent.click(panel.getByRole('checkbox', { name }));
    };
    tick(/^a/);
    tick(/^b/);
    press(panel, 'Check answers');
    tick(/none/);
    press(panel, 'Check answers');
    tick(/^a/);
    tick(/^a/);
    press(panel, 'Check answers');
    expect(panel.asked()).toEqual([
      ['answerReading', { q: 'a, b' }],
      ['answerReading', { q: '(none)' }],
      ['answerReading', { q: '(none)' }]
    ]);
  });

  it('offers a list to open where there are many choices', async () => {
    const choices = ['a', 'b', 'c', 'd', 'e', 'f'];
    const panel = await read({
      questions: [planQuestion({ question_id: 'q', choices, suggestion: 'c' })]
    });
    const select = panel.getByLabelText(/may have decided/);
    expect(select).toHaveProperty('value', 'c');
    fireEvent.change(select, { target: { value: 'f' } });
    press(panel, 'Check answers');
    expect(panel.asked()).toEqual([['answerReading', { q: 'f' }]]);
  });

  it('goes into the plan in one step, when told so, and is gone', async () => {
    const answered = questions.map(q => ({ ...q, answer: q.suggestion }));
    const panel = await read({ questions: answered, complete: true });
    expect(primary(panel)).toEqual(['Use this plan']);
    press(panel, 'Use this plan');
    expect(panel.session.plan.written).toEqual([
      {
        question: 'Does the training raise earnings in 1978?',
        data: 'df',
        treatment: 'treat',
        outcome: 're78',
        confounders: ['age', 'educ', 're74', 're75'],
        keep: ['age <= 55'],
        text: 'Does the training raise earnings in 1978? Nobody over 55, please.'
      }
    ]);
    expect(panel.asked()).toEqual([['dismissReading']]);
  });

  it('empties what the plan had, and leaves alone what a model may see', async () => {
    const panel = await show({
      ...demo,
      plan: { ...plan, cluster: 'site', model_sees: 'summary' },
      state: {
        reading: reading({
          questions: [],
          plan: { ...PLAN_DEFAULTS, ...plan, model_sees: 'levels' }
        })
      }
    });
    press(panel, 'Use this plan');
    expect(panel.session.plan.written).toEqual([{ cluster: '' }]);
  });

  it('is discarded without a trace', async () => {
    const panel = await read();
    press(panel, 'Discard');
    expect(panel.asked()).toEqual([['dismissReading']]);
    expect(panel.session.plan.written).toEqual([]);
  });

  it('marks what was assumed, at its field', async () => {
    const panel = await read();
    const outcome = within(
      panel.container.querySelector('.jp-oci-Read') as HTMLElement
    ).getByText('Outcome').nextElementSibling;
    expect(outcome?.textContent).toContain('re78');
    expect(outcome?.textContent).toContain('assumed');
  });
});

describe('a change of spec', () => {
  const proposed = async (fields = {}): Promise<IShown> =>
    show(
      finished({}, { state: { model: model(), proposal: proposal(fields) } })
    );

  it('shows each field before and after, by sign and word', async () => {
    const panel = await proposed();
    const rows = panel.getAllByRole('row').map(row => row.textContent);
    expect(rows).toEqual(
      expect.arrayContaining([
        'Placebo outcomes changed',
        '−beforere75',
        '+afterre75, re74',
        'Only rows where added',
        '+afterage <= 50',
        'Seed changed',
        '−before7',
        '+after11'
      ])
    );
    expect(
      [...panel.container.querySelectorAll('.jp-oci-Diff ins')].map(
        n => n.textContent
      )
    ).toEqual(['re74', 'age <= 50', '11']);
  });

  it('says of an empty list that it was added to, or emptied', async () => {
    const change = { field: 'keep', label: 'Rows' };
    const panel = await proposed({
      changes: [
        { ...change, before: 'none', after: 'age <= 50' },
        { ...change, before: 'age <= 50', after: 'none' }
      ]
    });
    expect(panel.getAllByRole('rowheader').map(row => row.textContent)).toEqual(
      ['Rows added', 'Rows removed']
    );
  });

  it('runs only when told so', async () => {
    const panel = await proposed();
    expect(primary(panel)).toEqual(['Run with this change']);
    expect(panel.asked()).toEqual([]);
    press(panel, 'Run with this change');
    expect(panel.asked()).toEqual([['applyProposal', 'p1']]);
  });

  it('stands at the step that was commented on, else on top', async () => {
    const panel = await proposed();
    const place = (): Element | null | undefined =>
      panel.container.querySelector('.jp-oci-Proposal')?.closest('li');
    expect(place()?.getAttribute('data-step')).toBe('placebo');
    await panel.update({ state: { proposal: proposal({ step_id: '' }) } });
    expect(place()).toBeNull();
  });

  it('opens the steps to show itself', async () => {
    const panel = await show(finished({}));
    press(panel, /^Steps/);
    await panel.update({ state: { proposal: proposal() } });
    expect(panel.getByText('What your comment would change')).toBeTruthy();
  });

  it('is discarded', async () => {
    const panel = await proposed({ by: 'model' });
    expect(panel.container.textContent).toContain('Read by gpt-4o-mini');
    press(panel, 'Discard');
    expect(panel.asked()).toEqual([['dismissProposal']]);
  });

  it('cannot be run when it was refused', async () => {
    const panel = await proposed({ spec: null });
    expect(
      panel.queryByRole('button', { name: 'Run with this change' })
    ).toBeNull();
    press(panel, 'Close');
    expect(panel.asked()).toEqual([['dismissProposal']]);
  });
});

describe('a referee’s concerns', () => {
  const shown = async (list = findings): Promise<IShown> =>
    show(finished({ verdict: verdict({ findings: list }) }));
  const titles = (panel: IShown): (string | null)[] =>
    [...panel.container.querySelectorAll('.jp-oci-Finding-title')].map(
      n => n.textContent
    );

  it('come the gravest first, four of them, and all when asked', async () => {
    const panel = await shown();
    expect(titles(panel)).toHaveLength(4);
    expect(titles(panel)[0]).toBe('bonus78 seems to hold the outcome');
    press(panel, 'Show 2 more');
    expect(titles(panel)).toHaveLength(6);
    press(panel, 'Show fewer');
    expect(titles(panel)).toHaveLength(4);
  });

  it('show a few notes where there is nothing graver', async () => {
    const notes = [1, 2, 3].map(i =>
      finding({ code: `n${i}`, severity: 'note' })
    );
    const panel = await shown(notes);
    expect(titles(panel)).toHaveLength(2);
    press(panel, 'Show 1 more');
    expect(titles(panel)).toHaveLength(3);
  });

  it('lead to the cell that shows them', async () => {
    const panel = await shown();
    press(panel, 'bonus78 seems to hold the outcome');
    expect(panel.asked()).toEqual([['reveal', 'oci-run-1-screen']]);
  });

  it('say whose they are', async () => {
    const panel = await shown([
      finding({ source: 'model' }),
      finding({ code: 'b' })
    ]);
    const items = [...panel.container.querySelectorAll('.jp-oci-Finding')];
    expect(items.map(n => /language model/.test(n.textContent ?? ''))).toEqual([
      true,
      false
    ]);
  });
});

describe('the report', () => {
  const writing = finished(
    { remarks: null },
    {
      prose: { iteration: 1, text: 'First **words**' },
      state: { model: model({ status: 'working' }) }
    }
  );

  it('is shown as it is written, as plain text, and said once', async () => {
    const panel = await show(writing);
    const text = panel.getByText('First **words**');
    expect(
      text.closest(
        '[aria-live="polite"], [role="status"], [aria-live="assertive"]'
      )
    ).toBeNull();
    const said = panel
      .getAllByRole('status')
      .filter(n => /Being written/.test(n.textContent ?? ''));
    expect(said).toHaveLength(1);
    await panel.update({
      prose: { iteration: 1, text: 'First **words** and more' }
    });
    expect(panel.getByText('First **words** and more')).toBeTruthy();
    await panel.update({ prose: null, state: { model: model() } });
    expect(panel.container.textContent).not.toContain('Being written');
    expect(
      panel
        .getByRole('button', { name: 'Report' })
        .getAttribute('aria-expanded')
    ).toBe('true');
  });

  it('stays closed for who closes it', async () => {
    const panel = await show(writing);
    press(panel, 'Report');
    await panel.update({
      prose: { iteration: 1, text: 'First words and more' }
    });
    expect(panel.container.textContent).not.toContain('words and more');
    expect(panel.container.textContent).toContain(
      'being written by gpt-4o-mini'
    );
  });

  it('does not show what is written of another iteration', async () => {
    const panel = await show({
      ...finishedDemo,
      prose: { iteration: 7, text: 'Other' }
    });
    expect(panel.container.textContent).not.toContain('Other');
  });

  it('asks the model, where there is one that can answer', async () => {
    const panel = await show(finished({}, { state: { model: model() } }));
    press(panel, 'Report');
    press(panel, 'Ask the model for remarks');
    expect(panel.asked()).toEqual([['askCritic']]);
    await panel.update({
      state: {
        iterations: [
          iteration({
            report: 'x',
            remarks: remarks({ problems: ['Cut off.'] })
          })
        ]
      }
    });
    expect(
      panel.getByRole('button', { name: 'Ask the model again' })
    ).toBeTruthy();
    await panel.update({ state: { model: model({ status: 'spent' }) } });
    expect(panel.queryByRole('button', { name: /Ask the model/ })).toBeNull();
  });
});

describe('hostile words', () => {
  it('render inert everywhere', async () => {
    const scene = adviceScenes.find(s => s.name.includes('hostile'));
    const panel = await show(scene?.session ?? null);
    fireEvent.click(panel.getByRole('button', { name: /^Plan/ }));
    expect(panel.container.querySelector('img')).toBeNull();
    expect(panel.container.querySelector('a[href^="javascript"]')).toBeNull();
    expect(panel.getAllByText(HOSTILE).length).toBeGreaterThan(8);
  });
});
