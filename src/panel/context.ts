/**
 * What every part of the panel may use, so that it need not be handed down.
 */
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { IModelServer } from '../api';

/** Services of the panel. */
export interface IPanelContext {
  rendermime: IRenderMimeRegistry;
  commands: CommandRegistry;

  /** The language model's settings on the server. */
  models: IModelServer;
  trans: TranslationBundle;
}

export const PanelContext = React.createContext<IPanelContext | null>(null);

/** The services; only inside the panel. */
export function usePanel(): IPanelContext {
  const context = React.useContext(PanelContext);
  if (!context) {
    throw new Error('Rendered outside the panel.');
  }
  return context;
}
