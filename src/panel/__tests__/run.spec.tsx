import { Clipboard } from '@jupyterlab/apputils';
import { act, fireEvent, within } from '@testing-library/react';

import { sessionOf } from './fixtures/scenes';
import { settle, show, type IShown } from './render';

const press = (panel: IShown, name: string | RegExp): void => {
  fireEvent.click(panel.getByRole('button', { name }));
};

describe('a run', () => {
  it('stops in two stages', async () => {
    const panel = await show(sessionOf('running'));
    press(panel, 'Stop');
    expect(panel.getByText('Stopping after this step…')).toBeTruthy();
    press(panel, 'Interrupt kernel');
    expect(panel.asked()).toEqual([
      ['stop', false],
      ['stop', true]
    ]);
  });

  it('ticks, and tells how long still from the iteration before', async () => {
    let now = Date.parse('2026-11-24T10:00:31Z');
    let tick = (): void => undefined;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
    const timer = jest.spyOn(window, 'setInterval');
    try {
      const panel = await show(sessionOf('long step'));
      tick = timer.mock.calls[0][0] as () => void;
      expect(panel.getByText('0:31')).toBeTruthy();
      expect(panel.getByText('about 0:05 left')).toBeTruthy();
      now += 2000;
      act(() => tick());
      expect(panel.getByText('0:33')).toBeTruthy();
      expect(panel.getByText('about 0:03 left')).toBeTruthy();
    } finally {
      clock.mockRestore();
      timer.mockRestore();
    }
  });

  it('says the running step politely, and not each second', async () => {
    const panel = await show(sessionOf('running'));
    const said = [...panel.container.querySelectorAll('[aria-live="polite"]')]
      .map(node => node.textContent)
      .join();
    expect(said).toContain('4 of 7: Placebo');
    expect(said).not.toMatch(/\d:\d\d/);
  });

  it('asks, and takes one answer', async () => {
    const panel = await show(sessionOf('asking'));
    press(panel, 'Skip it');
    press(panel, 'Run this step');
    expect(panel.asked()).toEqual([['answer', 'q1', 'Skip it']]);
  });

  it.each(['suspended', 'stopped', 'step failed'])(
    'goes on after it was %s',
    async name => {
      const panel = await show(sessionOf(name));
      press(panel, 'Resume');
      expect(panel.asked()).toEqual([['resume']]);
    }
  );

  it('shows the cell that failed', async () => {
    const panel = await show(sessionOf('step failed'));
    fireEvent.click(panel.getAllByRole('button', { name: 'Show cell' })[1]);
    expect(panel.asked()).toEqual([['reveal', 'oci-run-1-overlap']]);
  });
});

describe('a step', () => {
  it('is accepted and rejected, with a comment or without', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    press(panel, 'Accept: Overlap');
    const comment = panel.getByLabelText('Comment');
    expect(document.activeElement).toBe(comment);
    fireEvent.change(comment, { target: { value: ' I see. ' } });
    fireEvent.submit(comment);
    press(panel, 'Reject: Balance');
    fireEvent.submit(panel.getByLabelText('Comment'));
    expect(panel.asked()).toEqual([
      ['decide', 'overlap', 'accept', 'I see.'],
      ['decide', 'balance', 'reject', '']
    ]);
  });

  it('gives the focus back when a comment is called off', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    const accept = panel.getByRole('button', { name: 'Accept: Overlap' });
    accept.focus();
    fireEvent.click(accept);
    fireEvent.keyDown(panel.getByLabelText('Comment'), { key: 'Escape' });
    expect(panel.queryByLabelText('Comment')).toBeNull();
    expect(document.activeElement).toBe(accept);
    expect(panel.asked()).toEqual([]);
  });

  it('is shown, edited and run again', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    press(panel, '2 Overlap');
    press(panel, 'Edit: Overlap');
    press(panel, 'Re-run: Overlap');
    expect(panel.asked()).toEqual([
      ['reveal', 'oci-run-1-overlap'],
      ['reveal', 'oci-run-1-overlap', { edit: true }],
      ['rerun', 'overlap']
    ]);
  });

  it('tells its grade and its state in words', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    const row = panel.container.querySelector('[data-step="overlap"]');
    expect(within(row as HTMLElement).getByRole('img').textContent).toBe(
      'fail'
    );
    expect(row?.textContent).toContain('done');
  });

  it('cannot be decided while another tab leads', async () => {
    const panel = await show(sessionOf('other tab leads'));
    for (const name of ['Accept', 'Re-run', 'Reject']) {
      const button = panel.getByRole('button', { name: `${name}: Overlap` });
      expect((button as HTMLButtonElement).disabled).toBe(true);
    }
    press(panel, 'Take over');
    expect(panel.asked()).toEqual([['takeLease']]);
  });
});

describe('the verdict', () => {
  it('shows the number only where it may be used', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    const [ate, att] = panel.container.querySelectorAll('.jp-oci-Verdict');
    const visible = (card: Element): string =>
      [...card.querySelectorAll('.jp-oci-Verdict-text > :not(details)')]
        .map(node => node.textContent)
        .join(' ');
    expect(visible(ate)).not.toContain('6,512');
    expect(visible(att)).toContain(
      'Effect on re78: 1,548 (95 % interval −130 to 3,226)'
    );
    expect(ate.querySelector('details')?.textContent).toContain('−6,512');
  });

  it('leads from a reason to its cell', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    press(panel, /98 % of the units/);
    expect(panel.asked()).toEqual([['reveal', 'oci-run-1-overlap']]);
  });

  it('leads from what made it stale to the cell, if it is there', async () => {
    const panel = await show(sessionOf('stale'));
    press(panel, /was edited since it ran/);
    expect(panel.asked()).toEqual([['reveal', 'oci-run-1-estimate']]);
    expect(panel.queryByRole('button', { name: /was deleted/ })).toBeNull();
  });

  it('asks before a remedy, with what changes', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    press(panel, 'Trim to 0.1–0.9');
    const consent = panel.getByRole('group', { name: /Agree to/ });
    expect(document.activeElement).toBe(consent);
    expect(consent.textContent).toContain('all → [0.10, 0.90]');
    expect(consent.textContent).toContain('327 of 16,177');
    press(panel, 'Cancel');
    expect(panel.asked()).toEqual([]);
    press(panel, 'Ask for the ATT only');
    expect(
      panel.getByRole('group', { name: /Agree to/ }).textContent
    ).toContain('ATE, ATT, ATO → ATT');
    press(panel, 'Apply');
    expect(panel.asked()).toEqual([['applyRemedy', 'switch_estimand:ATT']]);
  });

  it('opens the plan for a remedy that needs names', async () => {
    const panel = await show(sessionOf('finished: bad and caveats'));
    press(panel, 'Add confounders…');
    await settle();
    expect(panel.getByLabelText('Role of age')).toBeTruthy();
    expect(panel.asked()).toEqual([]);
  });

  it('keeps earlier iterations, to be looked at only', async () => {
    const panel = await show(sessionOf('finished: good, second iteration'));
    press(panel, 'History');
    const past = panel.container.querySelector('.jp-oci-Iteration');
    expect(past?.textContent).toContain('Iteration 1');
    expect(past?.textContent).toContain('Not satisfactory');
    expect(past?.querySelectorAll('.jp-oci-Step')).toHaveLength(7);
    expect(past?.querySelector('.jp-oci-Step-actions')).toBeNull();
  });

  it('renders the report as untrusted Markdown', async () => {
    const session = sessionOf('finished: bad and caveats');
    const [iteration] = session.state.iterations;
    const panel = await show(session);
    press(panel, 'Report');
    await settle(50);
    await panel.update({
      state: {
        iterations: [
          { ...iteration, report: 'Safe <script>window.hacked = 1</script>' }
        ]
      }
    });
    await settle(50);
    const report = panel.container.querySelector('.jp-oci-Report');
    expect(report?.querySelector('script')).toBeNull();
    expect(report?.textContent).toContain('Safe');
  });
});

describe('what stands in the way', () => {
  it('offers commands where no notebook is open', async () => {
    const panel = await show(null);
    const ran: string[] = [];
    for (const id of ['oci-jupyter:open-demo', 'oci-jupyter:new-analysis']) {
      panel.commands.addCommand(id, {
        describedBy: { args: {} },
        execute: () => void ran.push(id)
      });
    }
    press(panel, 'Open the demo');
    press(panel, 'New analysis');
    expect(ran).toEqual(['oci-jupyter:open-demo', 'oci-jupyter:new-analysis']);
  });

  it('copies the command that installs the toolkit, and looks again', async () => {
    const copy = jest
      .spyOn(Clipboard, 'copyToSystem')
      .mockImplementation(() => undefined);
    const panel = await show(sessionOf('toolkit missing'));
    press(panel, 'Copy');
    expect(copy).toHaveBeenCalledWith('%pip install oci-jupyter');
    expect(panel.getByRole('button', { name: 'Copied' })).toBeTruthy();
    press(panel, 'Look again');
    expect(panel.session.calls).toContainEqual(['probeKernel']);
    await settle();
  });
});
