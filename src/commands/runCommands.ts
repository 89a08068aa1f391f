/**
 * Commands on a whole run: panel, draft, run, stop, remedy, critique.
 */
import { InputDialog } from '@jupyterlab/apputils';
import { stopIcon, runIcon } from '@jupyterlab/ui-components';

import type { Remedy } from '../contract.gen';
import { ociIcon } from '../icons';
import type { IOciSession } from '../tokens';
import type { IArgumentSchemas } from './arguments';
import { CommandIDs } from './ids';
import {
  cellOf,
  isLed,
  knownSession,
  notebookOf,
  outcomeOf,
  settledSession,
  type ICommandTools
} from './targets';

const ACTIVE: ReadonlyArray<string> = ['drafting', 'asking', 'running'];

/** Add the commands on runs. */
export function addRunCommands(
  tools: ICommandTools,
  schemas: IArgumentSchemas
): void {
  const { app, sessions, panel, tracker, trans } = tools;
  const { commands } = app;
  const changed = (): void => commands.notifyCommandChanged();
  sessions.added.connect((_, session) => {
    session.changed.connect(changed);
  });
  tracker.currentChanged.connect(changed);
  tracker.activeCellChanged.connect(changed);

  commands.addCommand(CommandIDs.openPanel, {
    label: trans.__('Open Causal Analysis'),
    caption: trans.__('Show the causal analysis of this notebook'),
    icon: ociIcon,
    describedBy: { args: schemas.none },
    isEnabled: () => panel !== null,
    execute: () => {
      panel?.show();
      return sessions.current?.state ?? null;
    }
  });

  commands.addCommand(CommandIDs.draftSpec, {
    label: trans.__('Check the Plan'),
    caption: trans.__('Check the plan against the data; nothing is inserted'),
    icon: ociIcon,
    describedBy: { args: schemas.notebook },
    isEnabled: args =>
      canStart(knownSession(tools, args), notebookOf(tools, args)),
    execute: async args => {
      panel?.show();
      const session = await settledSession(tools, args);
      return outcomeOf(session, () => session.draft());
    }
  });

  commands.addCommand(CommandIDs.run, {
    label: trans.__('Run the Plan'),
    caption: trans.__('Insert and run the plan’s steps below the plan cell'),
    icon: runIcon,
    describedBy: { args: schemas.run },
    isEnabled: args =>
      canStart(knownSession(tools, args), notebookOf(tools, args)),
    execute: async args => {
      panel?.show();
      const session = await settledSession(tools, args);
      const mode =
        args.mode === 'ask' || args.mode === 'review' ? args.mode : undefined;
      return outcomeOf(session, () => session.run(mode));
    }
  });

  commands.addCommand(CommandIDs.stop, {
    label: args =>
      args.interrupt === true
        ? trans.__('Stop the Analysis Now')
        : trans.__('Stop the Analysis'),
    caption: args =>
      args.interrupt === true
        ? trans.__('Stop and interrupt the running cell')
        : trans.__('Stop after the current step'),
    icon: stopIcon,
    describedBy: { args: schemas.stop },
    isEnabled: args => {
      const session = knownSession(tools, args);
      return isLed(session) && ACTIVE.includes(session?.state.phase ?? '');
    },
    execute: async args => {
      const session = await settledSession(tools, args);
      return outcomeOf(session, () => session.stop(args.interrupt === true));
    }
  });

  commands.addCommand(CommandIDs.applyRemedy, {
    label: trans.__('Apply a Remedy…'),
    caption: trans.__(
      'Change the analysis as the critic proposes, as a next iteration'
    ),
    icon: ociIcon,
    describedBy: { args: schemas.remedy },
    isEnabled: args => {
      const session = knownSession(tools, args);
      return (
        isLed(session) &&
        !ACTIVE.includes(session?.state.phase ?? '') &&
        remediesOf(session).length > 0
      );
    },
    execute: async args => {
      const session = await settledSession(tools, args);
      const id =
        typeof args.remedy_id === 'string' && args.remedy_id
          ? args.remedy_id
          : await chooseRemedy(session);
      return id === null
        ? { state: session.state, problems: session.problems }
        : outcomeOf(session, () => session.applyRemedy(id));
    }
  });

  commands.addCommand(CommandIDs.critiqueCell, {
    label: trans.__('Critique This Cell'),
    caption: trans.__('Describe in a plan what this cell is to answer'),
    icon: ociIcon,
    describedBy: { args: schemas.cell },
    isEnabled: args =>
      panel !== null && cellOf(tools, args)?.model.type === 'code',
    execute: args => {
      const cell = cellOf(tools, args);
      panel?.show();
      panel?.showPlan();
      return { cell_id: cell?.model.id ?? '' };
    }
  });

  async function chooseRemedy(session: IOciSession): Promise<string | null> {
    const remedies = remediesOf(session);
    const chosen = await InputDialog.getItem({
      title: trans.__('Apply a remedy'),
      label: trans.__(
        'Each changes what is estimated or how; nothing is lost.'
      ),
      items: remedies.map(
        remedy => `${remedy.label}: ${remedy.effect_on_estimand}`
      ),
      okLabel: trans.__('Apply')
    });
    const index = chosen.button.accept
      ? remedies.findIndex(
          remedy =>
            `${remedy.label}: ${remedy.effect_on_estimand}` === chosen.value
        )
      : -1;
    return remedies[index]?.id ?? null;
  }
}

/** Whether a plan may be checked or run; a notebook without a session gets one then. */
function canStart(session: IOciSession | null, notebook: unknown): boolean {
  if (!session) {
    return notebook !== null;
  }
  return isLed(session) && !ACTIVE.includes(session.state.phase);
}

function remediesOf(session: IOciSession | null): Remedy[] {
  const iterations = session?.state.iterations ?? [];
  return iterations[iterations.length - 1]?.verdict?.remedies ?? [];
}
