/**
 * A line of the model's form: label, field, what is wrong with it.
 */
import * as React from 'react';

import { StateSymbol } from './StateSymbol';

/** Properties. */
export interface IModelFieldLineProps {
  label: string;
  value: string;
  placeholder: string;
  problem: string;
  disabled: boolean;
  onChange: (value: string) => void;
}

/** See the module. */
export function ModelFieldLine(
  props: IModelFieldLineProps
): React.ReactElement {
  const id = React.useId();
  const { problem } = props;
  return (
    <label className="jp-oci-Field">
      <span className="jp-oci-Field-label">{props.label}</span>
      <input
        className="jp-mod-styled"
        type="text"
        autoComplete="off"
        spellCheck={false}
        value={props.value}
        placeholder={props.placeholder}
        disabled={props.disabled}
        aria-invalid={problem !== '' || undefined}
        aria-describedby={problem ? id : undefined}
        onChange={event => props.onChange(event.target.value)}
      />
      <FieldProblem id={id} text={problem} />
    </label>
  );
}

/** What is wrong with a field. */
export function FieldProblem(props: {
  id: string;
  text: string;
}): React.ReactElement | null {
  return props.text ? (
    <span id={props.id} className="jp-oci-Field-problem" role="alert">
      <StateSymbol name="failed" /> {props.text}
    </span>
  ) : null;
}
