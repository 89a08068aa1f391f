import type { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

import { emptyRunState } from '../../contract';
import type { Hello, Welcome } from '../../contract.gen';
import { VERSION } from '../../version';
import { RunConnection } from '../connection';

class FakeSocket {
  static made: FakeSocket[] = [];

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  /** The server accepts. */
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  onclose?: () => void;
  onmessage?: (event: { data: string }) => void;
  onopen?: () => void;
  readyState = 0;
  readonly sent: Array<Record<string, unknown>> = [];
}

const welcome = (fields: Partial<Welcome> = {}): Welcome => ({
  type: 'welcome',
  protocol: 1,
  version: VERSION,
  lease: true,
  user: 'me',
  state: emptyRunState('a.ipynb'),
  ...fields
});

function setUp(status = 200, extra: Partial<ServerConnection.ISettings> = {}) {
  FakeSocket.made = [];
  const server = { status, down: false };
  const settings = {
    baseUrl: 'http://host/base/',
    wsUrl: 'ws://host/base/',
    token: 'to ken',
    appendToken: false,
    init: {},
    Headers,
    Request,
    WebSocket: FakeSocket,
    fetch: async () => {
      if (server.down) {
        throw new TypeError('down');
      }
      return {
        ok: server.status === 200,
        status: server.status,
        statusText: 'nope',
        json: async () => ({})
      };
    },
    ...extra
  } as unknown as ServerConnection.ISettings;
  let hellos = 0;
  const connection = new RunConnection({
    settings,
    hello: () => ({ type: 'hello', client_id: String(++hellos) }) as Hello,
    trans: nullTranslator.load('oci_jupyter')
  });
  const received: string[] = [];
  connection.received.connect((_, message) => {
    received.push(message.type);
  });
  return { connection, server, received };
}

const flush = (): Promise<void> => jest.advanceTimersByTimeAsync(0);
const last = (): FakeSocket => FakeSocket.made[FakeSocket.made.length - 1];

beforeAll(() => {
  (globalThis as { Request?: unknown }).Request ??= class {
    constructor(readonly url: string) {}
  };
  (globalThis as { Headers?: unknown }).Headers ??= class {
    append(): void {}
    has(): boolean {
      return true;
    }
    set(): void {}
  };
});
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('RunConnection', () => {
  it('says hello first and is live once welcomed', async () => {
    const { connection, received } = setUp();
    connection.connect();
    await flush();
    expect(last().url).toBe('ws://host/base/oci-jupyter/api/run');
    last().open();
    expect(last().sent).toEqual([{ type: 'hello', client_id: '1' }]);
    expect(connection.status).toBe('connecting');
    expect(connection.send({ type: 'resume' })).toBe(false);
    last().say(welcome());
    expect(connection.status).toBe('live');
    expect(connection.send({ type: 'resume' })).toBe(true);
    expect(received).toEqual(['welcome']);
    connection.dispose();
  });

  it('keeps what came before the welcome', async () => {
    const { connection, received } = setUp();
    connection.connect();
    await flush();
    last().open();
    last().say({ type: 'action', action_id: 'a' });
    expect(received).toEqual([]);
    last().say(welcome());
    expect(received).toEqual(['welcome', 'action']);
    connection.dispose();
  });

  it('appends the token where the settings want it', async () => {
    const { connection } = setUp(200, { appendToken: true });
    connection.connect();
    await flush();
    expect(last().url).toMatch(/\/run\?token=to%20ken$/);
    connection.dispose();
  });

  it('comes back by itself and says a fresh hello', async () => {
    const { connection, server } = setUp();
    connection.connect();
    await flush();
    last().open();
    last().say(welcome());
    last().close();
    expect(connection.status).toBe('lost');
    expect(connection.message).not.toBe('');
    expect(connection.send({ type: 'resume' })).toBe(false);
    server.down = true;
    await jest.advanceTimersByTimeAsync(1_100);
    expect(FakeSocket.made).toHaveLength(1);
    expect(connection.status).toBe('lost');
    server.down = false;
    await jest.advanceTimersByTimeAsync(4_000);
    expect(FakeSocket.made).toHaveLength(2);
    last().open();
    expect(last().sent).toEqual([{ type: 'hello', client_id: '2' }]);
    last().say(welcome());
    expect(connection.status).toBe('live');
    expect(connection.message).toBe('');
    connection.dispose();
  });

  it('refuses another version, names both and stays away', async () => {
    const { connection, received } = setUp();
    connection.connect();
    await flush();
    last().open();
    last().say(welcome({ version: '9.9.9' }));
    expect(connection.status).toBe('refused');
    expect(connection.message).toContain('9.9.9');
    expect(connection.message).toContain(VERSION);
    expect(connection.message).toContain('pip install -U oci-jupyter');
    expect(received).toEqual([]);
    await jest.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it('says so where the server extension is missing', async () => {
    const { connection } = setUp(404);
    connection.connect();
    await flush();
    expect(connection.status).toBe('refused');
    expect(connection.message).toContain(
      'jupyter server extension enable oci_jupyter'
    );
    expect(FakeSocket.made).toHaveLength(0);
  });

  it('tells why the server refused hello', async () => {
    const { connection } = setUp();
    connection.connect();
    await flush();
    last().open();
    last().say({
      type: 'error',
      code: 'bad',
      problems: [{ message: 'No.', fix: 'Reload.' }]
    });
    expect(connection.status).toBe('refused');
    expect(connection.message).toBe('No. Reload.');
  });

  it('gives up on a server that does not answer hello', async () => {
    const { connection } = setUp();
    connection.connect();
    await flush();
    last().open();
    await jest.advanceTimersByTimeAsync(21_500);
    expect(FakeSocket.made.length).toBeGreaterThan(1);
    connection.dispose();
  });

  it('is quiet once disposed of', async () => {
    const { connection } = setUp();
    connection.connect();
    await flush();
    last().open();
    connection.dispose();
    expect(last().readyState).toBe(3);
    await jest.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it('survives garbage', async () => {
    const { connection } = setUp();
    const error = jest
      .spyOn(console, 'error')
      .mockImplementation(() => undefined);
    connection.connect();
    await flush();
    last().open();
    last().say(welcome());
    last().onmessage?.({ data: '{' });
    last().say(null);
    expect(connection.status).toBe('live');
    error.mockRestore();
    connection.dispose();
  });
});
