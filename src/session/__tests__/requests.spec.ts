import { nullTranslator } from '@jupyterlab/translation';

import type { ClientMessage } from '../../contract';
import type { LinkStatus } from '../../tokens';
import { Requests } from '../requests';

function setUp() {
  const world = { lease: true, plan: 'c1' };
  const sent: ClientMessage[] = [];
  const connection = {
    status: 'live' as LinkStatus,
    message: 'Why.',
    send: (message: ClientMessage): boolean => {
      if (connection.status !== 'live') {
        return false;
      }
      sent.push(message);
      return true;
    }
  };
  const requests = new Requests({
    connection,
    plan: {
      get cellId() {
        return world.plan;
      },
      source: 'the plan'
    },
    lease: () => world.lease,
    trans: nullTranslator.load('oci_jupyter')
  });
  const code = (): string | undefined => requests.problems[0]?.code;
  return { world, connection, requests, sent, code };
}

describe('Requests', () => {
  it('sends what is asked', () => {
    const { requests, sent } = setUp();
    requests.run('ask');
    requests.decide({ step_id: 's', iteration: 2 }, 'accept', 'fine');
    expect(sent).toEqual([
      { type: 'run', plan_source: 'the plan', plan_cell_id: 'c1', mode: 'ask' },
      {
        type: 'decide',
        step_id: 's',
        iteration: 2,
        decision: 'accept',
        comment: 'fine'
      }
    ]);
  });

  it('sends what is asked of readings, proposals and the critic', () => {
    const { requests, sent } = setUp();
    requests.readPlan('in words', 'df');
    requests.answerReading({ q: 'a' });
    requests.dismissReading();
    requests.applyProposal('p');
    requests.dismissProposal();
    requests.askCritic();
    expect(sent).toEqual([
      { type: 'read_plan', text: 'in words', data: 'df' },
      { type: 'answer_reading', answers: { q: 'a' } },
      { type: 'dismiss_reading' },
      { type: 'apply_proposal', proposal_id: 'p' },
      { type: 'dismiss_proposal' },
      { type: 'ask_critic' }
    ]);
  });

  it('refuses what a lost link cannot carry, with the reason', () => {
    const { requests, connection, sent, code } = setUp();
    connection.status = 'lost';
    requests.stop(true);
    expect(sent).toEqual([]);
    expect(code()).toBe('no_link');
    expect(requests.problems[0].fix).toBe('Why.');
  });

  it('refuses in a tab that only watches, but lets it take over', () => {
    const { world, requests, sent, code } = setUp();
    world.lease = false;
    requests.resume();
    expect(code()).toBe('no_lease');
    requests.takeLease();
    expect(sent).toEqual([{ type: 'take_lease' }]);
    expect(code()).toBeUndefined();
  });

  it('refuses to run no plan', () => {
    const { world, requests, sent, code } = setUp();
    world.plan = '';
    requests.draft();
    expect(sent).toEqual([]);
    expect(code()).toBe('plan_missing');
  });

  it('forgets problems with the next request', () => {
    const { requests, code } = setUp();
    let told = 0;
    requests.changed.connect(() => {
      told++;
    });
    requests.refuse('x', 'y', 'z');
    expect(code()).toBe('x');
    requests.resume();
    expect(code()).toBeUndefined();
    expect(told).toBe(2);
  });
});
