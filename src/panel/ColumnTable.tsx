/**
 * All columns of the data in one searchable table, with a role for each.
 *
 * Rows are selected like cells of a notebook (click, Shift, Ctrl or the keyboard), and a
 * role is given to all selected ones at once. Only the rows in view are drawn, so that
 * hundreds of columns cost no more than a dozen.
 */
import * as React from 'react';

import type { ColumnProfile, Plan } from '../contract.gen';
import {
  guessTreatment,
  roleFields,
  rolesOf,
  withPlacebo,
  withRole,
  type Role
} from './columnRoles';
import { ColumnRow, ROW_HEIGHT } from './ColumnRow';
import { usePanel } from './context';

/** Properties of the table. */
export interface IColumnTableProps {
  columns: ReadonlyArray<ColumnProfile>;
  plan: Partial<Plan>;
  disabled: boolean;
  onChange: (fields: Partial<Plan>) => void;
}

const VISIBLE_ROWS = 10;

/** See the module. */
export function ColumnTable(props: IColumnTableProps): React.ReactElement {
  const { columns, plan, disabled, onChange } = props;
  const { trans } = usePanel();
  const [query, setQuery] = React.useState('');
  const [selected, setSelected] = React.useState<ReadonlySet<string>>(
    new Set()
  );
  const [anchor, setAnchor] = React.useState(0);
  const [top, setTop] = React.useState(0);
  const fields = roleFields(plan);
  const guess = fields.treatment ? '' : guessTreatment(columns);
  const shown = React.useMemo(() => {
    const wanted = query.trim().toLowerCase();
    return columns.filter(c => c.name.toLowerCase().includes(wanted));
  }, [columns, query]);

  const select = (index: number, event: { shift: boolean; more: boolean }) => {
    const name = shown[index]?.name;
    if (name === undefined) {
      return;
    }
    if (event.shift) {
      const [a, b] = [Math.min(anchor, index), Math.max(anchor, index)];
      setSelected(new Set(shown.slice(a, b + 1).map(c => c.name)));
      return;
    }
    setAnchor(index);
    const next = new Set(event.more ? selected : []);
    if (event.more && selected.has(name)) {
      next.delete(name);
    } else {
      next.add(name);
    }
    setSelected(next);
  };
  const give = (names: string[], role: Role): void =>
    onChange(withRole(fields, names, role));
  const mark = (names: string[], placebo: boolean): void =>
    onChange(withPlacebo(fields, names, placebo));
  const chosen = shown.filter(c => selected.has(c.name)).map(c => c.name);

  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - 3);
  const last = Math.min(shown.length, first + VISIBLE_ROWS + 6);
  return (
    <div className="jp-oci-Columns">
      <div className="jp-oci-Columns-tools">
        <input
          className="jp-mod-styled"
          type="search"
          placeholder={trans.__('Search %1 columns', columns.length)}
          aria-label={trans.__('Search columns')}
          value={query}
          onChange={event => {
            setQuery(event.target.value);
            setTop(0);
          }}
        />
      </div>
      {chosen.length > 1 && (
        <div className="jp-oci-Columns-bulk" role="group">
          <span>{trans.__('%1 selected:', chosen.length)}</span>
          <button
            disabled={disabled}
            onClick={() => give(chosen, 'confounder')}
          >
            {trans.__('confounders')}
          </button>
          <button disabled={disabled} onClick={() => mark(chosen, true)}>
            {trans.__('placebo')}
          </button>
          <button
            disabled={disabled}
            onClick={() =>
              onChange({
                ...withRole(fields, chosen, 'none'),
                ...withPlacebo(fields, chosen, false)
              })
            }
          >
            {trans.__('no role')}
          </button>
        </div>
      )}
      <div
        className="jp-oci-Columns-list"
        role="listbox"
        aria-multiselectable="true"
        aria-label={trans.__('Columns and their roles')}
        tabIndex={0}
        style={{ maxHeight: VISIBLE_ROWS * ROW_HEIGHT }}
        onScroll={event => setTop(event.currentTarget.scrollTop)}
        onKeyDown={event => {
          if (event.target !== event.currentTarget) {
            return;
          }
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step !== undefined) {
            event.preventDefault();
            const next = Math.max(0, Math.min(shown.length - 1, anchor + step));
            event.currentTarget.scrollTop = Math.max(
              0,
              (next - VISIBLE_ROWS / 2) * ROW_HEIGHT
            );
            if (event.shiftKey) {
              setSelected(new Set([...selected, shown[next]?.name ?? '']));
              setAnchor(next);
            } else {
              select(next, { shift: false, more: false });
            }
          } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            setSelected(new Set(shown.map(c => c.name)));
          }
        }}
      >
        <div
          className="jp-oci-Columns-space"
          style={{ height: shown.length * ROW_HEIGHT }}
        >
          {shown.slice(first, last).map((column, i) => (
            <ColumnRow
              key={column.name}
              column={column}
              top={(first + i) * ROW_HEIGHT}
              roles={rolesOf(fields, column.name)}
              guessed={column.name === guess}
              selected={selected.has(column.name)}
              disabled={disabled}
              onSelect={event => select(first + i, event)}
              onRole={role => give([column.name], role)}
              onPlacebo={placebo => mark([column.name], placebo)}
            />
          ))}
        </div>
        {shown.length === 0 && (
          <p className="jp-oci-Hint">{trans.__('No column has this name.')}</p>
        )}
      </div>
      {guess && (
        <p className="jp-oci-Hint">
          {trans.__('A guess:')}{' '}
          <button
            className="jp-oci-Link"
            disabled={disabled}
            onClick={() => give([guess], 'treatment')}
          >
            {trans.__('take %1 as the treatment', guess)}
          </button>
        </p>
      )}
    </div>
  );
}
