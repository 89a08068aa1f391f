import { fireEvent, within } from '@testing-library/react';

import { kernelInfo, plan, profile, spec } from './fixtures/lalonde';
import { sessionOf } from './fixtures/scenes';
import { settle, show } from './render';

const incomplete = {
  kernelInfo,
  profile,
  plan: { data: 'df' }
};

describe('the plan form', () => {
  it('offers the DataFrames of the kernel, and files', async () => {
    const panel = await show({ kernelInfo });
    const data = panel.getByRole('combobox', { name: 'Data' });
    expect(within(data).getByText('df: 16,177 rows × 10 columns')).toBeTruthy();
    fireEvent.change(data, { target: { value: 'df' } });
    expect(panel.session.plan.written).toEqual([{ data: 'df' }]);
    fireEvent.change(data, {
      target: { value: (data.lastElementChild as HTMLOptionElement).value }
    });
    const file = panel.getByLabelText('csv or parquet file, or URL');
    fireEvent.change(file, { target: { value: 'data/a.csv' } });
    fireEvent.keyDown(file, { key: 'Enter' });
    expect(panel.session.plan.fields.data).toBe('data/a.csv');
  });

  it('gives a column a role, and a second one as placebo', async () => {
    const panel = await show(incomplete);
    fireEvent.change(panel.getByLabelText('Role of re75'), {
      target: { value: 'confounder' }
    });
    fireEvent.click(panel.getByLabelText('re75 is a placebo outcome'));
    expect(panel.session.plan.fields).toMatchObject({
      confounders: ['re75'],
      placebo_outcomes: ['re75']
    });
  });

  it('gives many columns a role by mouse', async () => {
    const panel = await show(incomplete);
    fireEvent.click(panel.getByText('age'));
    fireEvent.click(panel.getByText('black'), { shiftKey: true });
    fireEvent.click(panel.getByText('re74'), { ctrlKey: true });
    fireEvent.click(panel.getByRole('button', { name: 'confounders' }));
    expect(panel.session.plan.written).toEqual([
      { confounders: ['age', 'educ', 'black', 're74'] }
    ]);
  });

  it('gives many columns a role by keyboard, and shrinks a range', async () => {
    const panel = await show(incomplete);
    const list = panel.getByRole('listbox');
    const press = (key: string, shiftKey = false): boolean =>
      fireEvent.keyDown(list, { key, shiftKey });
    press('ArrowDown');
    press('ArrowDown', true);
    press('ArrowDown', true);
    press('ArrowUp', true);
    press('c');
    expect(panel.session.plan.written).toEqual([
      { confounders: ['age', 'educ'] }
    ]);
    const active = list.getAttribute('aria-activedescendant') ?? '';
    expect(document.getElementById(active)?.textContent).toContain('educ');
    press('Delete');
    expect(panel.session.plan.fields.confounders).toEqual([]);
  });

  it('searches, and draws only what is in view', async () => {
    const panel = await show(sessionOf('names long, 300 columns'));
    expect(panel.getAllByRole('option', { name: /,/ }).length).toBeLessThan(25);
    fireEvent.change(panel.getByLabelText('Search columns'), {
      target: { value: 'COLUMN_29' }
    });
    expect(panel.getAllByRole('option', { name: /^column_29/ })).toHaveLength(
      6
    );
  });

  it('applies a guess only when it is pressed', async () => {
    const panel = await show(incomplete);
    expect(panel.session.plan.written).toEqual([]);
    fireEvent.click(
      panel.getByRole('button', { name: /Guess.*treat as the treatment/ })
    );
    expect(panel.session.plan.written).toEqual([{ treatment: 'treat' }]);
  });

  it('says what is missing at the field, and does not run', async () => {
    const panel = await show(incomplete);
    const roles = panel.getByRole('group', { name: 'Roles' });
    expect(roles.textContent).toContain('missing: who was treated?');
    expect(panel.getByText(/Still missing: treatment, outcome/)).toBeTruthy();
    const run = panel.getByRole('button', { name: 'Run analysis' });
    expect((run as HTMLButtonElement).disabled).toBe(true);
  });

  it('says what is wrong at the field, and with the plan closed on top', async () => {
    const panel = await show(sessionOf('plan with problems'));
    const roles = panel.getByRole('group', { name: 'Roles' });
    expect(roles.textContent).toContain('no column `re79`');
    expect(panel.getAllByText(/no column `re79`/)).toHaveLength(1);
    fireEvent.click(panel.getByRole('button', { name: 'Plan' }));
    expect(panel.getAllByText(/no column `re79`/)).toHaveLength(1);
  });

  it('asks the kernel what it thinks of the roles, after a pause', async () => {
    const panel = await show({ kernelInfo, profile, plan });
    const probes = (): unknown[][] =>
      panel.session.calls.filter(([name]) => name === 'probeData');
    expect(probes()).toHaveLength(1);
    fireEvent.change(panel.getByLabelText('Role of age'), {
      target: { value: 'none' }
    });
    fireEvent.change(panel.getByLabelText('Role of educ'), {
      target: { value: 'none' }
    });
    await settle(600);
    expect(probes()).toHaveLength(2);
    expect(probes()[1][1]).toMatchObject({
      source: 'df',
      confounders: plan.confounders.slice(2)
    });
  });

  it('shows a profile that arrives after the run has begun', async () => {
    const session = sessionOf('plan complete');
    const panel = await show(session);
    await panel.update({ state: { phase: 'drafting' } });
    await panel.update({ state: { phase: 'idle' } });
    expect(panel.getByLabelText('Role of treat')).toBeTruthy();
  });

  it('says why the kernel did not answer', async () => {
    const panel = await show({
      kernelInfo,
      plan: { data: 'df' },
      profile: new Error('The kernel did not answer in time.')
    });
    expect(panel.getByText('The kernel did not answer in time.')).toBeTruthy();
  });

  it('keeps what is being typed, then commits it', async () => {
    const panel = await show({ kernelInfo, profile, plan });
    const question = panel.getByLabelText('Question') as HTMLTextAreaElement;
    fireEvent.change(question, { target: { value: 'Does it?' } });
    await panel.update({ plan: { ...plan, question: 'From the cell' } });
    expect(question.value).toBe('Does it?');
    fireEvent.blur(question);
    expect(panel.session.plan.fields.question).toBe('Does it?');
    await panel.update({ plan: { ...plan, question: 'From the cell' } });
    expect(question.value).toBe('From the cell');
  });

  it('loses nothing typed when it goes away', async () => {
    const panel = await show({ kernelInfo, profile, plan });
    fireEvent.change(panel.getByLabelText('What could mislead'), {
      target: { value: 'Much.' }
    });
    panel.unmount();
    expect(panel.session.plan.fields.threats).toBe('Much.');
  });

  it('writes the treated level as the data have it', async () => {
    const panel = await show({ kernelInfo, profile, plan });
    fireEvent.click(panel.getByLabelText(/treat = 0/));
    expect(panel.session.plan.written).toEqual([{ treated: 0 }]);
    const text = await show(sessionOf('text treatment'));
    const level = within(text.container).getByLabelText(/arm = training/);
    expect((level as HTMLInputElement).checked).toBe(false);
    fireEvent.click(level);
    expect(text.session.plan.written).toEqual([{ treated: 'training' }]);
  });

  it('keeps one estimand at least', async () => {
    const panel = await show({
      kernelInfo,
      profile,
      plan: { ...plan, estimands: ['ATT'] }
    });
    const att = panel.getByRole('checkbox', { name: /ATT/ });
    expect((att as HTMLInputElement).disabled).toBe(true);
    fireEvent.click(panel.getByRole('checkbox', { name: /ATE/ }));
    expect(panel.session.plan.fields.estimands).toEqual(['ATE', 'ATT']);
  });

  it('runs and checks', async () => {
    const panel = await show({ kernelInfo, profile, plan });
    fireEvent.click(panel.getByRole('button', { name: 'Check plan' }));
    fireEvent.click(panel.getByRole('button', { name: 'Run analysis' }));
    await settle();
    expect(panel.asked()).toEqual([['draft'], ['run', undefined]]);
  });

  it('runs what loads the data first', async () => {
    const panel = await show({
      kernelInfo: { ...kernelInfo, frames: [] },
      cellsAbovePlan: 1,
      plan
    });
    fireEvent.click(
      panel.getByRole('button', { name: 'Run the cells above, then analyze' })
    );
    await settle();
    expect(panel.asked()).toEqual([['runAbovePlan'], ['run', undefined]]);
  });

  it('does not show a check of another plan', async () => {
    const panel = await show({
      kernelInfo,
      profile,
      plan,
      state: { spec_draft: spec }
    });
    expect(panel.getByText('The plan can be run.')).toBeTruthy();
    await panel.update({ plan: { ...plan, outcome: 're75' } });
    expect(panel.queryByText('The plan can be run.')).toBeNull();
    expect(panel.getByText(/changed since it was checked/)).toBeTruthy();
  });

  it('closes when the run has steps to show, and opens again', async () => {
    const panel = await show(sessionOf('running'));
    expect(panel.queryByLabelText('Question')).toBeNull();
    fireEvent.click(panel.getByRole('button', { name: 'Edit the plan' }));
    const question = panel.getByLabelText('Question') as HTMLTextAreaElement;
    expect(question.disabled).toBe(true);
  });
});
