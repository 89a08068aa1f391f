/**
 * The panel's Lumino widget: a frame around the React tree, and the signals that redraw it.
 *
 * React state holds only what is the view's own (what is expanded, what is being typed).
 * Everything else is read from the session on each draw.
 */
import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import type { IModelServer } from '../api';
import { ociIcon } from '../icons';
import type { IOciSession, IOciSessions } from '../tokens';
import { PanelContext } from './context';
import { NoNotebook } from './NoNotebook';
import { SessionView } from './SessionView';

/** What the panel is made of. */
export interface IPanelOptions {
  sessions: IOciSessions;
  rendermime: IRenderMimeRegistry;
  commands: CommandRegistry;
  models: IModelServer;
  trans: TranslationBundle;
}

/** The side panel. */
export class OciPanelWidget extends ReactWidget {
  constructor(options: IPanelOptions) {
    super();
    this._options = options;
    this.id = 'oci-jupyter-panel';
    this.addClass('jp-oci-Panel');
    this.title.icon = ociIcon;
    this.title.caption = options.trans.__('Causal analysis (OCI)');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', options.trans.__('Causal analysis'));
    options.sessions.currentChanged.connect(this._follow, this);
  }

  /** Expand the plan form. */
  expandPlan(): void {
    this._planAsked.emit();
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._follow();
  }

  protected render(): React.ReactElement {
    const { rendermime, commands, models, trans } = this._options;
    const session = this._session;
    return (
      <PanelContext.Provider value={{ rendermime, commands, models, trans }}>
        {session && !session.isDisposed ? (
          <UseSignal key={session.notebook.id} signal={session.changed}>
            {() => (
              <SessionView session={session} planAsked={this._planAsked} />
            )}
          </UseSignal>
        ) : (
          <NoNotebook />
        )}
      </PanelContext.Provider>
    );
  }

  /** Only a panel that is looked at asks for a session: a session talks to the kernel. */
  private _follow(): void {
    if (this.isVisible) {
      this._session = this._options.sessions.current;
      this.update();
    }
  }

  private readonly _options: IPanelOptions;
  private _session: IOciSession | null = null;
  private readonly _planAsked = new Signal<this, void>(this);
}
