/**
 * How the notebook stands with its kernel.
 *
 * The epoch is the toolkit's random id of the kernel process. It is what makes "same
 * kernel as before?" answerable after a page reload, so it is asked for once per kernel
 * process and forgotten the moment the process may be another one.
 *
 * `kernel.status` is no measure of "busy": it turns idle during subshell traffic. Whether
 * to go past a running cell is therefore decided by the cells themselves as well.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { KernelEvent, KernelInfo, ProbeAction } from '../contract.gen';
import { ProbeError, type KernelPhase, type ToolkitPresence } from '../tokens';
import { askKernel } from './probe';

/** Time after which a form stops waiting for the kernel, ms. */
const PATIENCE = 60_000;

/** Quiet time after an execution before the list of DataFrames is asked for anew, ms. */
const REFRESH_DELAY = 500;

/** What a kernel link is made of. */
export interface IKernelLinkOptions {
  sessionContext: ISessionContext;

  /** Whether a cell of the notebook runs. */
  cellRuns: () => boolean;

  trans: TranslationBundle;
}

/** One notebook's kernel, as far as we need to know it. */
export class KernelLink implements IDisposable {
  constructor(options: IKernelLinkOptions) {
    this._sessionContext = options.sessionContext;
    this._cellRuns = options.cellRuns;
    this._trans = options.trans;
    this._sessionContext.statusChanged.connect(this._onStatus, this);
    this._sessionContext.kernelChanged.connect(this._onKernel, this);
    this._wake();
  }

  /** Emitted when phase, toolkit, epoch or info change. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the kernel restarts, dies, goes away or is back. */
  get happened(): ISignal<this, KernelEvent> {
    return this._happened;
  }

  /** Identity of the kernel process; '' while unknown. */
  get epoch(): string {
    return this._info?.session ?? '';
  }

  get kernelId(): string {
    return this._kernel?.id ?? '';
  }

  get info(): KernelInfo | null {
    return this._info;
  }

  get toolkit(): ToolkitPresence {
    return this._toolkit;
  }

  get phase(): KernelPhase {
    const context = this._sessionContext;
    if (context.hasNoKernel) {
      return context.isReady ? 'none' : 'starting';
    }
    switch (this._kernel?.status) {
      case 'idle':
        return 'idle';
      case 'busy':
        return 'busy';
      case 'restarting':
      case 'autorestarting':
        return 'restarting';
      case 'dead':
      case 'terminating':
        return 'dead';
      default:
        return 'starting';
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._refreshTimer);
    Signal.clearData(this);
  }

  /** Ask the kernel about itself; the answer is kept as `info`. */
  async askAboutItself(patience = PATIENCE): Promise<KernelInfo> {
    const generation = this._generation;
    try {
      const answer = await this.ask('kernel', {}, patience);
      const info = answer as unknown as KernelInfo;
      if (generation === this._generation) {
        this._info = info;
        this._toolkit = 'present';
        this._emitChanged();
      }
      return info;
    } catch (error) {
      if (
        generation === this._generation &&
        error instanceof ProbeError &&
        error.code === 'no_toolkit'
      ) {
        this._info = null;
        this._toolkit = 'missing';
        this._emitChanged();
      }
      throw error;
    }
  }

  /**
   * Put a question to the toolkit.
   *
   * @throws ProbeError when there is no answer.
   */
  async ask(
    what: ProbeAction['what'],
    request: Record<string, unknown>,
    patience = PATIENCE
  ): Promise<Record<string, unknown>> {
    const kernel = this._kernel;
    const phase = this.phase;
    if (!kernel || phase === 'none' || phase === 'dead') {
      throw new ProbeError(
        'no_kernel',
        phase === 'dead'
          ? this._trans.__('The kernel died. Restart it to go on.')
          : this._trans.__('This notebook has no kernel. Start one to go on.')
      );
    }
    return askKernel(kernel, what, request, {
      busy: phase === 'busy' || this._cellRuns(),
      patience,
      trans: this._trans
    });
  }

  /** Ask about the kernel once the notebook has been quiet for a moment. */
  refreshSoon(): void {
    clearTimeout(this._refreshTimer);
    this._refreshTimer = setTimeout(() => {
      if (!this._isDisposed) {
        this.askAboutItself().catch(() => undefined);
      }
    }, REFRESH_DELAY);
  }

  private get _kernel(): Kernel.IKernelConnection | null {
    return this._sessionContext.session?.kernel ?? null;
  }

  private _onKernel(): void {
    this._forget();
    if (this._kernel) {
      this._wake();
    } else {
      this._announce('none');
    }
    this._emitChanged();
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      if (!this._asleep) {
        this._forget();
        this._announce('restarting');
      }
    } else if (status === 'dead') {
      this._forget();
      this._announce('dead');
    } else if (status === 'idle') {
      this._wake();
    }
    this._emitChanged();
  }

  /** The process may be another one: nothing known of the old one holds. */
  private _forget(): void {
    this._generation++;
    this._info = null;
    this._toolkit = 'unknown';
    this._asleep = true;
  }

  /** Ask a kernel that just came up who it is, once. */
  private _wake(): void {
    if (!this._asleep || !this._kernel || this._kernel.status !== 'idle') {
      return;
    }
    this._asleep = false;
    const generation = this._generation;
    void this.askAboutItself()
      .catch(() => undefined)
      .then(() => {
        if (!this._isDisposed && generation === this._generation) {
          this._announce('ready');
        }
      });
  }

  private _announce(event: KernelEvent['event']): void {
    this._happened.emit({
      type: 'kernel_event',
      event,
      kernel_id: this.kernelId,
      kernel_epoch: event === 'ready' ? this.epoch : ''
    });
  }

  private _emitChanged(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _asleep = true;
  private readonly _cellRuns: () => boolean;
  private readonly _changed = new Signal<this, void>(this);
  private _generation = 0;
  private readonly _happened = new Signal<this, KernelEvent>(this);
  private _info: KernelInfo | null = null;
  private _isDisposed = false;
  private _refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly _sessionContext: ISessionContext;
  private _toolkit: ToolkitPresence = 'unknown';
  private readonly _trans: TranslationBundle;
}
