/**
 * The panel in jsdom, with a session that shows what it is told.
 */
import {
  RenderMimeRegistry,
  standardRendererFactories
} from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { act, render, type RenderResult } from '@testing-library/react';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { PanelContext } from '../context';
import { NoNotebook } from '../NoNotebook';
import { SessionView } from '../SessionView';
import { FakeModels } from './fixtures/fakeModels';
import { FakeSession, type IFakeSessionOptions } from './fixtures/fakeSession';

/** A panel on the screen, and what is behind it. */
export interface IShown extends RenderResult {
  session: FakeSession;
  commands: CommandRegistry;

  /** As the server, the kernel or the plan cell would change things. */
  update: (options: IFakeSessionOptions) => Promise<void>;

  /** Names of the calls to the session, without its own questions to the kernel. */
  asked: () => unknown[][];
}

/** Draw the panel for a session, or for no notebook; waits for the first profile. */
export async function show(
  options: IFakeSessionOptions | FakeSession | null,
  models = new FakeModels()
): Promise<IShown> {
  const session =
    options instanceof FakeSession ? options : new FakeSession(options ?? {});
  const commands = new CommandRegistry();
  const planAsked = new Signal<unknown, void>({});
  const services = {
    commands,
    models,
    rendermime: new RenderMimeRegistry({
      initialFactories: standardRendererFactories
    }),
    trans: nullTranslator.load('oci_jupyter')
  };
  const tree = (): React.ReactElement => (
    <PanelContext.Provider value={services}>
      {options === null ? (
        <NoNotebook />
      ) : (
        <SessionView session={session} planAsked={planAsked} />
      )}
    </PanelContext.Provider>
  );
  const result = render(tree());
  session.changed.connect(() => act(() => result.rerender(tree())));
  await settle();
  return {
    ...result,
    session,
    commands,
    update: async changes => {
      session.update(changes);
      await settle();
    },
    asked: () => session.calls.filter(([name]) => !/^probe/.test(String(name)))
  };
}

/** Let answers of the kernel arrive. */
export async function settle(ms = 5): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, ms));
  });
}
