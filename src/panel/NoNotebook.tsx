/**
 * The panel while no notebook is open: what it is for, and two ways to begin.
 */
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CommandIDs } from '../commands/ids';
import { usePanel } from './context';

/** See the module. */
export function NoNotebook(): React.ReactElement {
  const { commands, trans } = usePanel();
  return (
    <div className="jp-oci-Empty">
      <h2>{trans.__('Causal analysis')}</h2>
      <p>
        {trans.__(
          'Open a notebook to plan and run a causal analysis in it. Diagnostics come before estimates, and every estimate is graded.'
        )}
      </p>
      <Button
        className="jp-mod-styled jp-mod-accept"
        onClick={() => void commands.execute(CommandIDs.openDemo)}
      >
        {trans.__('Open the demo')}
      </Button>
      <Button
        className="jp-mod-styled"
        onClick={() => void commands.execute(CommandIDs.newAnalysis)}
      >
        {trans.__('New analysis')}
      </Button>
    </div>
  );
}
