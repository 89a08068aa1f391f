import type { ColumnProfile } from '../../contract.gen';
import {
  guessTreatment,
  roleFields,
  rolesOf,
  withPlacebo,
  withRole
} from '../columnRoles';

const plan = roleFields({
  treatment: 't',
  outcome: 'y',
  confounders: ['a', 'b'],
  placebo_outcomes: ['b']
});

function column(name: string, levels = 2): ColumnProfile {
  return {
    name,
    dtype: 'int64',
    kind: 'integer',
    n_missing: 0,
    missing_share: 0,
    n_unique: levels,
    levels: [],
    histogram: [],
    minimum: null,
    maximum: null
  };
}

describe('roles of columns', () => {
  it('reads main role and placebo mark independently', () => {
    expect(rolesOf(plan, 't')).toEqual({ role: 'treatment', placebo: false });
    expect(rolesOf(plan, 'b')).toEqual({ role: 'confounder', placebo: true });
    expect(rolesOf(plan, 'z')).toEqual({ role: 'none', placebo: false });
  });

  it('gives clusters and weights to one column each, and takes others away', () => {
    expect(withRole(plan, ['b', 'c'], 'cluster')).toEqual({
      cluster: 'b',
      confounders: ['a'],
      placebo_outcomes: []
    });
    const weighted = roleFields({ ...plan, weights: 'w', cluster: 'c' });
    expect(rolesOf(weighted, 'w').role).toBe('weights');
    expect(withRole(weighted, ['w'], 'cluster')).toEqual({
      cluster: 'w',
      weights: ''
    });
    expect(withRole(weighted, ['c'], 'none')).toEqual({ cluster: '' });
    expect(withPlacebo(weighted, ['w', 'a'], true)).toEqual({
      placebo_outcomes: ['b', 'a']
    });
  });

  it('says only what changes, and keeps the order of names', () => {
    expect(withRole(plan, ['c', 'a'], 'confounder')).toEqual({
      confounders: ['a', 'b', 'c']
    });
    expect(withRole(plan, ['a'], 'confounder')).toEqual({});
    expect(withRole(plan, ['a', 'b'], 'none')).toEqual({ confounders: [] });
  });

  it('gives treatment to one column, which is then nothing else', () => {
    expect(withRole(plan, ['b', 'a'], 'treatment')).toEqual({
      treatment: 'b',
      confounders: ['a'],
      placebo_outcomes: []
    });
    expect(withRole(plan, ['t'], 'outcome')).toEqual({
      treatment: '',
      outcome: 't'
    });
  });

  it('never marks treatment or outcome as placebo', () => {
    expect(withPlacebo(plan, ['t', 'y', 'a'], true)).toEqual({
      placebo_outcomes: ['b', 'a']
    });
    expect(withPlacebo(plan, ['b'], false)).toEqual({ placebo_outcomes: [] });
  });

  it('guesses a treatment only when there is exactly one candidate', () => {
    expect(guessTreatment([column('treated'), column('x')])).toBe('treated');
    expect(guessTreatment([column('treated'), column('uses_ai')])).toBe('');
    expect(guessTreatment([column('treated', 9)])).toBe('');
  });
});
