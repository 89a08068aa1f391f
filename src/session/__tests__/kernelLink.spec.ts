import type { ISessionContext } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import type { ProbeError } from '../../tokens';
import { KernelLink } from '../kernelLink';

/** A kernel whose toolkit answers with the process's name. */
class FakeContext {
  constructor(readonly missing = false) {}

  readonly statusChanged = new Signal<this, string>(this);
  readonly kernelChanged = new Signal<this, unknown>(this);
  hasNoKernel = false;
  isReady = true;
  process = 'p1';
  asked = 0;
  session: { kernel: Record<string, unknown> } | null = {
    kernel: {
      id: 'k',
      status: 'idle',
      info: Promise.resolve({ language_info: { name: 'python' } }),
      supportsSubshells: false,
      requestExecute: () => {
        this.asked++;
        const v = this.missing
          ? { status: 'error', ename: 'ModuleNotFoundError', evalue: 'oci' }
          : {
              status: 'ok',
              data: {
                'application/json': { session: this.process, frames: [] }
              }
            };
        return {
          done: Promise.resolve({ content: { user_expressions: { v } } }),
          dispose: () => undefined
        };
      }
    }
  };

  become(status: string): void {
    if (this.session) {
      this.session.kernel.status = status;
    }
    this.statusChanged.emit(status);
  }
}

const settle = (): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, 5));

function setUp(context = new FakeContext()) {
  const link = new KernelLink({
    sessionContext: context as unknown as ISessionContext,
    cellRuns: () => false,
    trans: nullTranslator.load('oci_jupyter')
  });
  const events: string[] = [];
  link.happened.connect((_, { event, kernel_epoch }) => {
    events.push(`${event} ${kernel_epoch}`.trim());
  });
  return { context, link, events };
}

describe('KernelLink', () => {
  it('asks the kernel who it is, once', async () => {
    const { context, link, events } = setUp();
    await settle();
    expect(link.epoch).toBe('p1');
    expect(link.toolkit).toBe('present');
    expect(events).toEqual(['ready p1']);
    context.become('busy');
    expect(link.phase).toBe('busy');
    context.become('idle');
    await settle();
    expect(context.asked).toBe(1);
  });

  it('forgets all of it at a restart, and asks anew', async () => {
    const { context, link, events } = setUp();
    await settle();
    context.process = 'p2';
    context.become('restarting');
    expect(link.epoch).toBe('');
    expect(link.phase).toBe('restarting');
    context.become('starting');
    context.become('idle');
    await settle();
    expect(link.epoch).toBe('p2');
    expect(events).toEqual(['ready p1', 'restarting', 'ready p2']);
  });

  it('believes no answer of the process before', async () => {
    const { context, link } = setUp();
    await settle();
    const late = link.askAboutItself();
    context.become('restarting');
    await late;
    expect(link.epoch).toBe('');
  });

  it('tells a death', async () => {
    const { context, link, events } = setUp();
    await settle();
    context.become('dead');
    expect(link.phase).toBe('dead');
    expect(events).toContain('dead');
    await expect(link.askAboutItself()).rejects.toMatchObject({
      code: 'no_kernel'
    });
  });

  it('tells a kernel that went away', async () => {
    const { context, link, events } = setUp();
    await settle();
    context.session = null;
    context.hasNoKernel = true;
    context.kernelChanged.emit(null);
    expect(link.phase).toBe('none');
    expect(events).toContain('none');
  });

  it('knows a kernel without the toolkit, and does not keep asking', async () => {
    const { context, link, events } = setUp(new FakeContext(true));
    await settle();
    expect(link.toolkit).toBe('missing');
    expect(events).toEqual(['ready']);
    context.become('busy');
    context.become('idle');
    await settle();
    expect(context.asked).toBe(1);
    const error = await link.askAboutItself().catch(e => e as ProbeError);
    expect((error as ProbeError).code).toBe('no_toolkit');
  });

  it('waits for a kernel that still starts', async () => {
    const context = new FakeContext();
    context.become('starting');
    const { link } = setUp(context);
    await settle();
    expect(context.asked).toBe(0);
    expect(link.phase).toBe('starting');
    context.become('idle');
    await settle();
    expect(link.epoch).toBe('p1');
  });
});
