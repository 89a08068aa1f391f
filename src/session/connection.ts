/**
 * The websocket of one notebook.
 *
 * It comes back by itself, and says hello anew each time: the snapshot in `hello` is how
 * the server learns what happened meanwhile. Nothing is queued while the link is down,
 * because a command that is carried out minutes after the click is worse than one that is
 * refused; whoever sends is told.
 *
 * Two ends are final until the page is reloaded: a server without our extension, and one
 * whose version is not ours (half an upgrade; everything might work but nothing is sure).
 */
import type { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { ApiError, getStatus, openRunSocket } from '../api';
import {
  isRecord,
  PROTOCOL,
  type ClientMessage,
  type ServerMessage
} from '../contract';
import type { Hello, Welcome } from '../contract.gen';
import type { LinkStatus } from '../tokens';
import { VERSION } from '../version';

const FIRST_RETRY = 1_000;
const LAST_RETRY = 30_000;

/** How long a server may take to answer `hello`, ms. */
const WELCOME_PATIENCE = 20_000;

/** What a connection is made of. */
export interface IConnectionOptions {
  settings: ServerConnection.ISettings;

  /** Composes a fresh first message. */
  hello: () => Hello;

  trans: TranslationBundle;
}

/** A reconnecting socket that speaks the contract. */
export class RunConnection implements IDisposable {
  constructor(options: IConnectionOptions) {
    this._settings = options.settings;
    this._hello = options.hello;
    this._trans = options.trans;
  }

  /** Emitted when `status` changes. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted with each message of a server that was welcomed. */
  get received(): ISignal<this, ServerMessage> {
    return this._received;
  }

  get status(): LinkStatus {
    return this._status;
  }

  /** Why the link is lost or refused, with the fix. */
  get message(): string {
    return this._message;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._drop();
    Signal.clearData(this);
  }

  /** Connect, and stay connected. */
  connect(): void {
    if (this._isDisposed || this._attempting || this._socket) {
      return;
    }
    this._attempting = true;
    this._attempt()
      .catch(error => this._lose(String(error)))
      .finally(() => {
        this._attempting = false;
      });
  }

  /**
   * Send a message.
   *
   * @returns Whether it went out; never queued.
   */
  send(message: ClientMessage): boolean {
    if (this._status !== 'live' || this._socket?.readyState !== 1) {
      return false;
    }
    this._socket.send(JSON.stringify(message));
    return true;
  }

  private async _attempt(): Promise<void> {
    try {
      await getStatus(this._settings);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        this._refuse(
          this._trans.__(
            'The server extension is not enabled. Run “jupyter server extension enable oci_jupyter”, restart the server and reload the page.'
          )
        );
      } else if (error instanceof ApiError && error.status === 403) {
        this._lose(this._trans.__('The server asks you to sign in again.'));
      } else {
        this._lose('');
      }
      return;
    }
    if (this._isDisposed) {
      return;
    }
    const socket = openRunSocket(this._settings);
    this._socket = socket;
    socket.onopen = () => {
      socket.send(JSON.stringify(this._hello()));
      clearTimeout(this._timer);
      this._timer = setTimeout(() => {
        if (socket === this._socket && this._status !== 'live') {
          this._lose('');
        }
      }, WELCOME_PATIENCE);
    };
    socket.onmessage = event => {
      if (socket === this._socket) {
        this._onMessage(String(event.data));
      }
    };
    socket.onclose = () => {
      if (socket === this._socket) {
        this._lose('');
      }
    };
    socket.onerror = () => {
      // `close` follows, and says all there is to say.
    };
  }

  private _onMessage(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      console.error('oci-jupyter: the server sent something that is not JSON.');
      return;
    }
    if (!isRecord(message)) {
      return;
    }
    const known = message as unknown as ServerMessage;
    if (known.type === 'welcome') {
      this._onWelcome(known);
    } else if (this._status === 'live') {
      this._received.emit(known);
    } else if (known.type === 'error') {
      this._refuse(
        known.problems
          .map(problem => `${problem.message} ${problem.fix}`.trim())
          .join(' ') || this._trans.__('The server refused the connection.')
      );
    } else {
      // A server that repeats its actions may do so before it says welcome.
      this._early.push(known);
    }
  }

  private _onWelcome(welcome: Welcome): void {
    if (welcome.protocol !== PROTOCOL || welcome.version !== VERSION) {
      this._refuse(
        this._trans.__(
          'The page has oci-jupyter %1 but the server has %2. Run “pip install -U oci-jupyter”, restart the server and reload the page.',
          VERSION,
          welcome.version
        )
      );
      return;
    }
    this._failures = 0;
    this._set('live', '');
    this._received.emit(welcome);
    for (const message of this._early.splice(0)) {
      this._received.emit(message);
    }
  }

  private _lose(reason: string): void {
    if (this._isDisposed || this._status === 'refused') {
      return;
    }
    this._drop();
    const wait = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this._failures);
    this._failures++;
    this._set(
      'lost',
      reason ||
        this._trans.__(
          'The connection to the server was lost; it is tried again by itself. The notebook and its results are safe.'
        )
    );
    clearTimeout(this._timer);
    // A little early, at random, so that many tabs do not come back at the same moment.
    this._timer = setTimeout(
      () => this.connect(),
      wait * (0.8 + 0.2 * Math.random())
    );
  }

  private _refuse(message: string): void {
    this._drop();
    this._set('refused', message);
  }

  private _drop(): void {
    const socket = this._socket;
    this._socket = null;
    this._early.length = 0;
    socket?.close();
  }

  private _set(status: LinkStatus, message: string): void {
    if (status === this._status && message === this._message) {
      return;
    }
    this._status = status;
    this._message = message;
    this._changed.emit();
  }

  private _attempting = false;
  private readonly _changed = new Signal<this, void>(this);
  /** What came before the welcome, on this socket. */
  private readonly _early: ServerMessage[] = [];
  private _failures = 0;
  private readonly _hello: () => Hello;
  private _isDisposed = false;
  private _message = '';
  private readonly _received = new Signal<this, ServerMessage>(this);
  private readonly _settings: ServerConnection.ISettings;
  private _socket: WebSocket | null = null;
  private _status: LinkStatus = 'connecting';
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private readonly _trans: TranslationBundle;
}
