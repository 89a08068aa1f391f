/**
 * Who takes part besides the rules: nobody, or a language model; the way to its settings.
 *
 * The state is announced when it changes; tokens are not, they change all the time.
 */
import { settingsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ModelView } from '../contract.gen';
import { usePanel } from './context';
import { modelWords, usageWords } from './modelWords';
import { StateSymbol } from './StateSymbol';

/** Properties. */
export interface IModelBadgeProps {
  model: ModelView;
  expanded: boolean;

  /** Id of what the badge opens. */
  controls: string;
  onToggle: () => void;
}

/** See the module. */
export function ModelBadge(props: IModelBadgeProps): React.ReactElement {
  const { model, expanded, controls, onToggle } = props;
  const { trans } = usePanel();
  const { symbol, badge, why } = modelWords(model, trans);
  const usage = usageWords(model, trans);
  return (
    <span className="jp-oci-Model">
      <button
        className="jp-oci-Model-badge"
        data-status={model.status}
        title={`${badge}\n${why}`}
        aria-expanded={expanded}
        aria-controls={controls}
        onClick={onToggle}
      >
        {symbol && <StateSymbol name={symbol} />}
        <span className="jp-oci-Model-name">{badge}</span>
        <settingsIcon.react tag="span" />
        <span className="jp-sr-only">{trans.__('language model')}</span>
      </button>
      {usage && <span className="jp-oci-Model-usage">{usage}</span>}
      <span className="jp-sr-only" role="status">
        {`${badge}. ${why}`}
      </span>
    </span>
  );
}
