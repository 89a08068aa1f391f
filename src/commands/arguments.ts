/**
 * Arguments of the commands, as JSON schemas for `describedBy`.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

/** Describes arguments. */
export interface IArgumentSchemas {
  none: ReadonlyJSONObject;
  notebook: ReadonlyJSONObject;
  run: ReadonlyJSONObject;
  stop: ReadonlyJSONObject;
  step: ReadonlyJSONObject;
  remedy: ReadonlyJSONObject;
  cell: ReadonlyJSONObject;
  folder: ReadonlyJSONObject;
}

/** Compose the schemas in the user's language. */
export function argumentSchemas(trans: TranslationBundle): IArgumentSchemas {
  const path = {
    type: 'string',
    description: trans.__(
      'Path of an open notebook; the current one by default'
    )
  };
  const clicked = {
    type: 'boolean',
    description: trans.__('Act on the cell of the context menu')
  };
  const comment = {
    type: 'string',
    description: trans.__('Why, in your words')
  };
  const object = (properties: ReadonlyJSONObject): ReadonlyJSONObject => ({
    type: 'object',
    properties
  });
  return {
    none: object({}),
    notebook: object({ path }),
    run: object({
      path,
      mode: {
        type: 'string',
        oneOf: [
          { const: 'review', title: trans.__('Run, then review') },
          { const: 'ask', title: trans.__('Ask before each step') }
        ],
        description: trans.__('How the run asks for consent')
      }
    }),
    stop: object({
      path,
      interrupt: {
        type: 'boolean',
        description: trans.__('Interrupt the running cell too')
      }
    }),
    step: object({
      path,
      clicked,
      comment,
      step_id: {
        type: 'string',
        description: trans.__(
          'Id of the step; that of the active cell by default'
        )
      },
      iteration: {
        type: 'integer',
        description: trans.__('Iteration of the step; the last one by default')
      }
    }),
    remedy: object({
      path,
      remedy_id: {
        type: 'string',
        description: trans.__('Id of the remedy; asked for when missing')
      }
    }),
    cell: object({ path, clicked }),
    folder: object({
      cwd: {
        type: 'string',
        description: trans.__('Folder for the new notebook')
      },
      isLauncher: {
        type: 'boolean',
        description: trans.__('Whether the command stands in the launcher')
      }
    })
  };
}
