/**
 * One column of the data: name, type, missing share, distribution, role.
 */
import * as React from 'react';

import type { ColumnProfile } from '../contract.gen';
import { mayBePlacebo, type IColumnRoles, type Role } from './columnRoles';
import { usePanel } from './context';
import { percent } from './format';
import { Histogram } from './Histogram';
import { StateSymbol } from './StateSymbol';

/** Height of a row, pixels; the list computes with it. */
export const ROW_HEIGHT = 44;

/** Properties of a row. */
export interface IColumnRowProps {
  id: string;
  column: ColumnProfile;
  top: number;
  roles: IColumnRoles;

  /** What is wrong with the column in its role, or ''. */
  problem: string;

  /** Whether the keys act on this row. */
  active: boolean;
  selected: boolean;
  disabled: boolean;
  onSelect: (event: { shift: boolean; more: boolean }) => void;
  onRole: (role: Role) => void;
  onPlacebo: (placebo: boolean) => void;
}

/** See the module. */
export function ColumnRow(props: IColumnRowProps): React.ReactElement {
  const { column, roles, disabled } = props;
  const { trans } = usePanel();
  const words: Record<Role, string> = {
    none: trans.__('no role'),
    treatment: trans.__('treatment'),
    outcome: trans.__('outcome'),
    confounder: trans.__('confounder'),
    cluster: trans.__('cluster'),
    weights: trans.__('weight')
  };
  const kinds: Record<ColumnProfile['kind'], string> = {
    boolean: trans.__('boolean'),
    integer: trans.__('integer'),
    number: trans.__('number'),
    category: trans.__('category'),
    text: trans.__('text'),
    datetime: trans.__('datetime'),
    other: trans.__('other')
  };
  const kind =
    column.n_unique === 2
      ? trans.__('2 levels')
      : column.n_unique === 1
        ? trans.__('constant')
        : kinds[column.kind];
  const missing =
    column.n_missing > 0
      ? trans.__('%1 missing', percent(column.missing_share))
      : '';
  return (
    <div
      id={props.id}
      className={props.active ? 'jp-oci-Column jp-mod-active' : 'jp-oci-Column'}
      role="option"
      aria-selected={props.selected}
      aria-label={[
        column.name,
        kind,
        missing,
        words[roles.role],
        roles.placebo ? trans.__('placebo outcome') : '',
        props.problem
      ]
        .filter(Boolean)
        .join(', ')}
      data-role={roles.role}
      style={{ top: props.top, height: ROW_HEIGHT }}
      onClick={event =>
        props.onSelect({
          shift: event.shiftKey,
          more: event.ctrlKey || event.metaKey
        })
      }
    >
      <span
        className="jp-oci-Column-name"
        title={props.problem ? `${column.name}\n${props.problem}` : column.name}
      >
        {props.problem && <StateSymbol name="failed" label={props.problem} />}
        {column.name}
      </span>
      <span className="jp-oci-Column-facts">
        <Histogram column={column} />
        <span className="jp-oci-Column-kind" title={column.dtype}>
          {missing ? (
            <span className="jp-oci-Column-missing">{missing}</span>
          ) : (
            kind
          )}
          {missing && ` · ${kind}`}
        </span>
      </span>
      <span
        className="jp-oci-Column-role"
        onClick={event => event.stopPropagation()}
      >
        <select
          aria-label={trans.__('Role of %1', column.name)}
          value={roles.role}
          disabled={disabled}
          onChange={event => props.onRole(event.target.value as Role)}
        >
          {(Object.keys(words) as Role[]).map(role => (
            <option key={role} value={role}>
              {words[role]}
            </option>
          ))}
        </select>
        <label
          title={trans.__(
            'Placebo outcome: the treatment cannot have changed it'
          )}
        >
          <input
            type="checkbox"
            aria-label={trans.__('%1 is a placebo outcome', column.name)}
            checked={roles.placebo}
            disabled={disabled || !mayBePlacebo(roles.role)}
            onChange={event => props.onPlacebo(event.target.checked)}
          />
          {trans.__('placebo')}
        </label>
      </span>
    </div>
  );
}
