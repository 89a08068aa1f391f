/**
 * Commands on one step: accept, edit, re-run, reject.
 */
import {
  checkIcon,
  closeIcon,
  editIcon,
  refreshIcon
} from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { IOciSession, IStepReference } from '../tokens';
import type { IArgumentSchemas } from './arguments';
import { CommandIDs } from './ids';
import {
  cellOf,
  isLed,
  outcomeOf,
  stepOf,
  type ICommandOutcome,
  type ICommandTools
} from './targets';

/** Add the commands on steps. */
export function addStepCommands(
  tools: ICommandTools,
  schemas: IArgumentSchemas
): void {
  const { app, trans } = tools;
  const { commands } = app;

  const isVisible = (args: ReadonlyPartialJSONObject): boolean =>
    args.clicked !== true || stepOf(tools, args) !== null;
  const isEnabled = (args: ReadonlyPartialJSONObject): boolean =>
    isLed(stepOf(tools, args)?.session ?? null);
  const onStep =
    (
      act: (session: IOciSession, step: IStepReference, comment: string) => void
    ) =>
    async (args: ReadonlyPartialJSONObject): Promise<ICommandOutcome> => {
      const found = stepOf(tools, args);
      if (!found) {
        throw new Error(trans.__('There is no such step in the notebook.'));
      }
      const comment = typeof args.comment === 'string' ? args.comment : '';
      return outcomeOf(found.session, () =>
        act(found.session, found.step, comment)
      );
    };

  commands.addCommand(CommandIDs.acceptStep, {
    label: trans.__('Accept Step'),
    caption: trans.__('Accept this step of the analysis'),
    icon: checkIcon,
    describedBy: { args: schemas.step },
    isVisible,
    isEnabled,
    execute: onStep((session, step, comment) =>
      session.decide(step, 'accept', comment)
    )
  });

  commands.addCommand(CommandIDs.rejectStep, {
    label: trans.__('Reject Step'),
    caption: trans.__('Reject this step: the verdict no longer counts it'),
    icon: closeIcon,
    describedBy: { args: schemas.step },
    isVisible,
    isEnabled,
    execute: onStep((session, step, comment) =>
      session.decide(step, 'reject', comment)
    )
  });

  commands.addCommand(CommandIDs.rerunStep, {
    label: trans.__('Re-run Step'),
    caption: trans.__('Run this step’s cell again; the verdict follows'),
    icon: refreshIcon,
    describedBy: { args: schemas.step },
    isVisible,
    isEnabled,
    execute: onStep((session, step) => session.rerun(step))
  });

  commands.addCommand(CommandIDs.editStep, {
    label: trans.__('Edit Step'),
    caption: trans.__('Go to this step’s cell to edit it'),
    icon: editIcon,
    describedBy: { args: schemas.step },
    isVisible,
    isEnabled: args => stepOf(tools, args) !== null,
    execute: async args => {
      const found = stepOf(tools, args);
      if (!found) {
        throw new Error(trans.__('There is no such step in the notebook.'));
      }
      const { session, step } = found;
      const cellId =
        session.state.iterations
          .find(iteration => iteration.iteration === step.iteration)
          ?.steps.find(known => known.step_id === step.step_id)?.cell_id ??
        cellOf(tools, args)?.model.id;
      if (typeof args.comment === 'string' && args.comment) {
        session.decide(step, 'edit', args.comment);
      }
      if (cellId) {
        session.reveal(cellId, { edit: true });
      }
      return { state: session.state, problems: session.problems };
    }
  });
}
