import { columnKey } from '../columnKeys';
import {
  guessRoles,
  roleFields,
  rolesOf,
  withPlacebo,
  withRole
} from '../columnRoles';
import { column, flag, plan, profile } from './fixtures/lalonde';

const fields = roleFields(plan);
const open = roleFields({});

describe('roles', () => {
  it('tells a main role and the placebo mark apart', () => {
    expect(rolesOf(fields, 're75')).toEqual({
      role: 'confounder',
      placebo: true
    });
    expect(rolesOf(fields, 're78')).toEqual({
      role: 'outcome',
      placebo: false
    });
  });

  it('writes only the fields that change', () => {
    expect(withRole(fields, ['age'], 'none')).toEqual({
      confounders: fields.confounders.filter(c => c !== 'age')
    });
    expect(withRole(fields, ['age'], 'confounder')).toEqual({});
  });

  it('moves a column from one part to another', () => {
    expect(withRole(fields, ['re75'], 'outcome')).toEqual({
      outcome: 're75',
      confounders: fields.confounders.filter(c => c !== 're75'),
      placebo_outcomes: []
    });
    expect(withRole(fields, ['treat', 're78'], 'confounder')).toEqual({
      treatment: '',
      outcome: '',
      confounders: [...fields.confounders, 'treat', 're78']
    });
  });

  it('gives one column only the part of treatment', () => {
    expect(withRole(open, ['a', 'b'], 'treatment')).toEqual({ treatment: 'a' });
  });

  it('never marks treatment or outcome as placebo', () => {
    expect(withPlacebo(fields, ['treat', 're74'], true)).toEqual({
      placebo_outcomes: ['re75', 're74']
    });
  });
});

describe('guesses', () => {
  it('knows a two-level column with a telling name', () => {
    expect(guessRoles(profile.columns, open, 16177).treatment).toBe('treat');
    const two = [flag('treated', 9), flag('exposed', 9)];
    expect(guessRoles(two, open, 100).treatment).toBe('');
    expect(guessRoles([column('treatment')], open, 100).treatment).toBe('');
  });

  it('knows the latest earlier reading of the outcome', () => {
    const some = roleFields({ treatment: 'treat', outcome: 're78' });
    expect(guessRoles(profile.columns, some, 16177).placebo).toBe('re75');
    const first = roleFields({ treatment: 'treat', outcome: 're74' });
    expect(guessRoles(profile.columns, first, 16177).placebo).toBe('');
  });

  it('offers the other columns, without constants and names of rows', () => {
    const columns = [
      flag('d', 5),
      column('y'),
      column('x'),
      column('same', { n_unique: 1 }),
      column('id', { kind: 'integer', n_unique: 100 })
    ];
    const some = roleFields({ treatment: 'd', outcome: 'y' });
    expect(guessRoles(columns, some, 100).confounders).toEqual(['x']);
    expect(guessRoles(columns, open, 100).confounders).toEqual([]);
  });

  it('leaves alone what is chosen', () => {
    expect(guessRoles(profile.columns, fields, 16177)).toEqual({
      treatment: '',
      outcome: '',
      placebo: '',
      confounders: []
    });
  });
});

describe('keys', () => {
  const plain = { shiftKey: false, ctrlKey: false, metaKey: false };
  const read = (key: string, more = {}): unknown =>
    columnKey({ key, ...plain, ...more }, 4, 20, 10);

  it('moves and selects like a notebook', () => {
    expect(read('ArrowDown')).toEqual({ do: 'move', to: 5, extend: false });
    expect(read('PageUp', { shiftKey: true })).toEqual({
      do: 'move',
      to: 0,
      extend: true
    });
    expect(read('End')).toEqual({ do: 'move', to: 19, extend: false });
    expect(read('a', { ctrlKey: true })).toEqual({ do: 'all' });
    expect(read(' ')).toEqual({ do: 'toggle' });
  });

  it('gives roles, and leaves other keys to JupyterLab', () => {
    expect(read('c')).toEqual({ do: 'role', role: 'confounder' });
    expect(read('Delete')).toEqual({ do: 'role', role: 'none' });
    expect(read('c', { ctrlKey: true })).toBeNull();
    expect(read('x')).toBeNull();
  });
});
