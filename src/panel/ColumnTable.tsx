/**
 * All columns of the data in one searchable table, with a role for each.
 *
 * Rows are selected like cells of a notebook (click, Shift, Ctrl or the keyboard), and a
 * role is given to all selected ones at once, by button or by key. Only the rows in view
 * are drawn, so that hundreds of columns cost no more than a dozen.
 */
import * as React from 'react';

import type { ColumnProfile, Plan, Problem } from '../contract.gen';
import { columnKey } from './columnKeys';
import {
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
  problems: ReadonlyArray<Problem>;
  disabled: boolean;
  onChange: (fields: Partial<Plan>) => void;
}

const VISIBLE_ROWS = 10;

/** See the module. */
export function ColumnTable(props: IColumnTableProps): React.ReactElement {
  const { columns, plan, problems, disabled, onChange } = props;
  const { trans } = usePanel();
  const id = React.useId();
  const list = React.useRef<HTMLDivElement>(null);
  const [query, setQuery] = React.useState('');
  const [selected, setSelected] = React.useState<ReadonlySet<string>>(
    new Set()
  );
  // A range reaches from the anchor to the active row.
  const [anchor, setAnchor] = React.useState(0);
  const [active, setActive] = React.useState(0);
  const [top, setTop] = React.useState(0);
  const fields = roleFields(plan);
  const shown = React.useMemo(() => {
    const wanted = query.trim().toLowerCase();
    return columns.filter(c => c.name.toLowerCase().includes(wanted));
  }, [columns, query]);
  const chosen = shown.filter(c => selected.has(c.name)).map(c => c.name);

  const select = (
    index: number,
    event: { shift: boolean; more: boolean }
  ): void => {
    const name = shown[index]?.name;
    if (name === undefined) {
      return;
    }
    setActive(index);
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
  const clear = (names: string[]): void =>
    onChange({
      ...withRole(fields, names, 'none'),
      ...withPlacebo(fields, names, false)
    });

  const onKeyDown = (event: React.KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const key = columnKey(event, active, shown.length, VISIBLE_ROWS);
    if (!key || (disabled && (key.do === 'role' || key.do === 'placebo'))) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const names = chosen.length > 0 ? chosen : [shown[active]?.name ?? ''];
    switch (key.do) {
      case 'move':
        select(key.to, { shift: key.extend, more: false });
        scrollTo(event.currentTarget, key.to);
        break;
      case 'toggle':
        select(active, { shift: false, more: true });
        break;
      case 'all':
        setSelected(new Set(shown.map(c => c.name)));
        break;
      case 'clear':
        setSelected(new Set());
        break;
      case 'placebo':
        mark(names, !names.every(n => rolesOf(fields, n).placebo));
        break;
      case 'role':
        if (key.role === 'none') {
          clear(names);
        } else {
          give(names, key.role);
        }
    }
  };

  // Half a row at the end tells that there is more below.
  const height =
    ROW_HEIGHT *
      (shown.length > VISIBLE_ROWS ? VISIBLE_ROWS - 0.5 : VISIBLE_ROWS) +
    2;
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - 3);
  const last = Math.min(shown.length, first + VISIBLE_ROWS + 6);
  return (
    <div className="jp-oci-Columns">
      <input
        className="jp-mod-styled jp-oci-Columns-search"
        type="search"
        placeholder={trans.__('Search %1 columns', columns.length)}
        aria-label={trans.__('Search columns')}
        value={query}
        onChange={event => {
          setQuery(event.target.value);
          setActive(0);
          setAnchor(0);
          setTop(0);
          list.current?.scrollTo?.(0, 0);
        }}
      />
      {chosen.length > 1 && (
        <div
          className="jp-oci-Columns-bulk"
          role="group"
          aria-label={trans.__('Role of the selected columns')}
        >
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
          <button disabled={disabled} onClick={() => clear(chosen)}>
            {trans.__('no role')}
          </button>
        </div>
      )}
      <div
        ref={list}
        className="jp-oci-Columns-list"
        role="listbox"
        aria-multiselectable="true"
        aria-label={trans.__('Columns and their roles')}
        aria-activedescendant={shown[active] ? `${id}-${active}` : undefined}
        aria-describedby={`${id}-keys`}
        tabIndex={0}
        style={{ maxHeight: height }}
        onScroll={event => setTop(event.currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
      >
        <div
          className="jp-oci-Columns-space"
          style={{ height: shown.length * ROW_HEIGHT }}
        >
          {shown.slice(first, last).map((column, i) => (
            <ColumnRow
              key={`${first + i} ${column.name}`}
              id={`${id}-${first + i}`}
              column={column}
              top={(first + i) * ROW_HEIGHT}
              roles={rolesOf(fields, column.name)}
              problem={
                problems.find(p => p.value === column.name)?.message ?? ''
              }
              active={first + i === active}
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
      <p id={`${id}-keys`} className="jp-oci-Hint jp-oci-Columns-keys">
        {trans.__(
          'Keys: T treatment, O outcome, C confounder, P placebo, G cluster, W weight, Delete no role.'
        )}
      </p>
    </div>
  );
}

/** Bring a row into view. */
function scrollTo(list: HTMLElement, index: number): void {
  const start = index * ROW_HEIGHT;
  const end = start + ROW_HEIGHT;
  if (start < list.scrollTop) {
    list.scrollTop = start;
  } else if (end > list.scrollTop + list.clientHeight) {
    list.scrollTop = end - list.clientHeight;
  }
}
