/**
 * The language model's badge and settings: what each state says, and where a key goes.
 */
import { act, fireEvent } from '@testing-library/react';

import { ApiError } from '../../api';
import { problem } from '../../contract';
import { joined, model } from './fixtures/advice';
import { FakeModels } from './fixtures/fakeModels';
import { settle, show, type IShown } from './render';

const KEY = 'sk-never-to-be-seen-4711';

async function open(
  settings: ConstructorParameters<typeof FakeModels>[0],
  state = model()
): Promise<{ panel: IShown; models: FakeModels }> {
  const models = new FakeModels(settings);
  const panel = await show({ state: { model: state } }, models);
  fireEvent.click(panel.getByRole('button', { name: /language model/ }));
  await settle();
  return { panel, models };
}

function type(panel: IShown, label: string, value: string): void {
  fireEvent.change(panel.getByLabelText(label), { target: { value } });
}

async function press(panel: IShown, name: string): Promise<void> {
  fireEvent.click(panel.getByRole('button', { name }));
  await settle();
}

describe('the badge', () => {
  it('says why rules work alone, to the eye and to the ear', async () => {
    const panel = await show({
      state: {
        model: model({ status: 'failed', message: 'No route to host.' })
      }
    });
    const badge = panel.getByRole('button', { name: /rules only/ });
    expect(badge.title).toContain('No route to host.');
    expect(badge.querySelector('[data-symbol="warn"]')).toBeTruthy();
    expect(
      panel
        .getAllByRole('status')
        .some(n => /No route to host/.test(n.textContent ?? ''))
    ).toBe(true);
  });

  it('does not read out each token', async () => {
    const panel = await show({ state: { model: model() } });
    const said = (): (string | null)[] =>
      panel.getAllByRole('status').map(n => n.textContent);
    const before = said();
    await panel.update({ state: { model: model({ input_tokens: 20000 }) } });
    expect(panel.getByText(/22,111 tokens/)).toBeTruthy();
    expect(said()).toEqual(before);
  });

  it('shows cost only where prices are known', async () => {
    const panel = await show({ state: { model: model({ cost: null }) } });
    expect(panel.container.textContent).toContain('12,345 tokens');
    expect(panel.container.textContent).not.toContain('cost');
  });
});

describe('the settings', () => {
  it('say what is sent and what was spent', async () => {
    const { panel } = await open(joined);
    expect(panel.container.textContent).toContain('never rows');
    expect(panel.container.textContent).toContain(
      '10,234 sent, 2,111 received'
    );
    expect(panel.container.textContent).toContain('50,000');
  });

  it('send what was changed, and the key once', async () => {
    const { panel, models } = await open({});
    fireEvent.click(
      panel.getByRole('checkbox', { name: /Let a language model/ })
    );
    type(panel, 'Server', ' https://llm.example/v1 ');
    type(panel, 'Model', 'tiny');
    type(panel, 'Key', KEY);
    type(panel, 'Most tokens of a run', '50,000');
    await press(panel, 'Save');
    expect(models.sent).toEqual([
      {
        enabled: true,
        base_url: 'https://llm.example/v1',
        model: 'tiny',
        token_limit: 50000,
        api_key: KEY
      }
    ]);
    expect(panel.getByLabelText('Key')).toHaveProperty('value', '');
    expect(panel.container.textContent).toContain('A key is stored');
    expect(panel.container.innerHTML).not.toContain(KEY);
    type(panel, 'Model', 'tiny-2');
    await press(panel, 'Save');
    expect(models.sent[1]).toEqual({ model: 'tiny-2' });
  });

  it('keep the key out of storage, and forget it when the server refuses', async () => {
    const { panel, models } = await open({});
    type(panel, 'Key', KEY);
    models.refusal = new ApiError(400, 'Not today.');
    await press(panel, 'Save');
    expect(panel.container.textContent).toContain('Not today.');
    expect(panel.getByLabelText('Key')).toHaveProperty('value', '');
    const stored = JSON.stringify([
      { ...window.localStorage },
      { ...window.sessionStorage }
    ]);
    expect(stored).not.toContain(KEY);
    expect(panel.getByLabelText('Key')).toHaveProperty('type', 'password');
  });

  it('say what is missing where it is on and not complete', async () => {
    const { panel, models } = await open({});
    type(panel, 'Model', 'tiny');
    models.settings = { ...models.settings, why: 'OpenAI needs a key.' };
    fireEvent.click(
      panel.getByRole('checkbox', { name: /Let a language model/ })
    );
    const save = models.save.bind(models);
    models.save = async change => ({ ...(await save(change)), ready: false });
    await press(panel, 'Save');
    expect(panel.getByText('OpenAI needs a key.')).toBeTruthy();
  });

  it('name the servers that are allowed', async () => {
    const { panel } = await open({
      allowed_base_urls: ['https://llm.example/v1']
    });
    expect(panel.container.textContent).toContain(
      'Allowed here: https://llm.example/v1'
    );
  });

  it('remove the key', async () => {
    const { panel, models } = await open(joined);
    await press(panel, 'Remove the key');
    expect(models.sent).toEqual(['forget']);
    expect(panel.queryByRole('button', { name: 'Remove the key' })).toBeNull();
    expect(panel.container.textContent).toContain('The key is removed.');
  });

  it('cannot remove a key of the environment', async () => {
    const { panel } = await open({ ...joined, key_source: 'environment' });
    expect(panel.container.textContent).toContain('server’s environment');
    expect(panel.queryByRole('button', { name: 'Remove the key' })).toBeNull();
  });

  it('test what is stored, after saving what is typed', async () => {
    const { panel, models } = await open(joined);
    await press(panel, 'Test connection');
    expect(models.sent).toEqual(['test']);
    expect(panel.container.textContent).toContain(
      'gpt-test answered in 0.4 s.'
    );
    type(panel, 'Model', 'other');
    models.answer = {
      ok: false,
      message: 'The server knows no model `other`.'
    };
    await press(panel, 'Save and test');
    expect(models.sent.slice(1)).toEqual([{ model: 'other' }, 'test']);
    expect(panel.getByText('The server knows no model `other`.')).toBeTruthy();
  });

  it('say what is wrong at the field, before sending it', async () => {
    const { panel, models } = await open({});
    fireEvent.click(
      panel.getByRole('checkbox', { name: /Let a language model/ })
    );
    type(panel, 'Server', 'llm.example');
    type(panel, 'Most tokens of a run', '1.5');
    type(panel, 'Price of a million tokens sent', '-1');
    await press(panel, 'Save');
    expect(models.sent).toEqual([]);
    for (const [label, words] of [
      ['Server', 'begins with http'],
      ['Model', 'Name the model'],
      ['Most tokens of a run', 'whole number'],
      ['Price of a million tokens sent', 'from 0 on']
    ]) {
      const field = panel.getByLabelText(new RegExp(`^${label}`));
      expect(field.getAttribute('aria-invalid')).toBe('true');
      expect(field.closest('label')?.textContent).toContain(words);
    }
  });

  it('say what the server finds wrong at the field', async () => {
    const { panel, models } = await open(joined);
    type(panel, 'Server', 'http://elsewhere/v1');
    models.refusal = new ApiError(400, 'Bad.', [
      problem({
        code: 'base_url',
        message: 'http to elsewhere would be read on the way.',
        fix: 'Use https.',
        field: 'base_url'
      })
    ]);
    await press(panel, 'Save');
    expect(
      panel.getByLabelText(/^Server/).closest('label')?.textContent
    ).toContain('Use https.');
  });

  it('are not there where an administrator does not allow a model', async () => {
    const { panel } = await open(
      {
        forbidden: true,
        why: 'The administrator of this server does not allow a language model.'
      },
      model({ status: 'off', calls: 0 })
    );
    expect(panel.container.textContent).toContain('administrator');
    expect(panel.queryByLabelText('Key')).toBeNull();
  });

  it('say when they cannot be read, and try again', async () => {
    const models = new FakeModels(joined);
    models.refusal = new Error('Service unavailable');
    const panel = await show({ state: { model: model() } }, models);
    fireEvent.click(panel.getByRole('button', { name: /language model/ }));
    await settle();
    expect(panel.container.textContent).toContain('Service unavailable');
    await press(panel, 'Try again');
    expect(panel.getByLabelText('Key')).toBeTruthy();
  });

  it('close with Escape', async () => {
    const { panel } = await open(joined);
    act(() => panel.getByLabelText('Model').focus());
    fireEvent.keyDown(panel.getByLabelText('Model'), { key: 'Escape' });
    expect(panel.queryByLabelText('Model')).toBeNull();
  });
});
