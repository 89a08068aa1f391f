import { nullTranslator } from '@jupyterlab/translation';

import { RESULT_MIME } from '../../contract';
import type { Result } from '../../contract.gen';
import extension from '../mime';
import { formatNumber, formatScalar } from '../numbers';
import { resultView } from '../resultView';

const trans = nullTranslator.load('oci_jupyter');

const RESULT = {
  schema_version: 1,
  kind: 'estimate',
  title: 'Estimates',
  headline: 'ATT 1,512',
  study: { name: 'all rows', n: 16177, n_treated: 185, n_control: 15992 },
  checks: [
    {
      name: 'overlap',
      title: 'Share outside [0.1, 0.9]',
      grade: 'fail',
      estimand: 'ATE',
      display: '98 %',
      target: 'below 10 %',
      reason: 'Most have no counterpart.'
    },
    { name: 'x', title: 'Balance', grade: 'pass' }
  ],
  estimates: [
    {
      estimand: 'ATT',
      method: 'AIPW',
      role: 'main',
      estimate: 1512.345,
      stderr: 900.1,
      ci_lower: -251.8,
      ci_upper: 3276.5,
      n: 16177,
      population: 'the treated',
      outcome: 're78'
    },
    {
      estimand: 'difference',
      method: 'means',
      role: 'one_shot',
      estimate: -8498,
      stderr: 580,
      ci_lower: -9600,
      ci_upper: -7300,
      n: 16177,
      population: '',
      outcome: 're78'
    }
  ],
  table: {
    columns: ['name', 'smd'],
    rows: Array.from({ length: 20 }, (_, i) => [`<b>${i}</b>`, i / 7])
  },
  notes: ['Read me.']
} as unknown as Result;

const text = (payload: unknown): string =>
  resultView(payload, trans).textContent ?? '';

describe('resultView', () => {
  it('shows title, checks, estimates, table and notes', () => {
    const node = resultView(RESULT, trans);
    const shown = node.textContent ?? '';
    for (const part of [
      'Estimates',
      'ATT 1,512',
      'n = 16,177',
      '✖ Fail',
      '98 %',
      '(should be below 10 %)',
      'Most have no counterpart.',
      '✓ Pass',
      '1,512',
      '[−252, 3,277]',
      'Read me.'
    ]) {
      expect(shown).toContain(part);
    }
    const oneShot = node.querySelector('tr[data-oci-role="one_shot"]');
    expect(oneShot?.textContent).toContain('one-shot, not to be trusted');
    expect(node.querySelector('details summary')?.textContent).toContain(
      '20 rows'
    );
    expect(node.querySelector('b')).toBeNull();
  });

  it('shows short tables at once', () => {
    const table = { columns: ['a'], rows: [[1]] };
    const node = resultView({ ...RESULT, table }, trans);
    expect(node.querySelector('details')).toBeNull();
  });

  it.each([null, undefined, 5, 'x', [], {}, { schema_version: '1' }])(
    'says that %j is no result',
    payload => {
      expect(text(payload)).toContain('not a result');
    }
  );

  it('says that a newer result needs a newer version', () => {
    expect(text({ ...RESULT, schema_version: 2 })).toContain('another version');
  });

  it.each([
    { schema_version: 1 },
    {
      schema_version: 1,
      checks: 'x',
      estimates: [null, 1, {}],
      table: 7,
      study: []
    },
    {
      schema_version: 1,
      checks: [{ grade: 'great' }],
      table: { columns: [1], rows: [2] }
    },
    {
      schema_version: 1,
      table: { columns: ['a', 'b'], rows: [[{ x: 1 }], [null, NaN]] }
    }
  ])('shows what it can of %j', payload => {
    expect(() => resultView(payload, trans)).not.toThrow();
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [-8498.4, '−8,498'],
    [16177, '16,177'],
    [123.456, '123.5'],
    [12.3456, '12.35'],
    [1.23456, '1.235'],
    [0.0123456, '0.0123'],
    [0.05, '0.05'],
    [1e-7, '1.00e−7'],
    [NaN, '–'],
    [Infinity, '–']
  ])('%d is %s', (value, expected) => {
    expect(formatNumber(value)).toBe(expected);
  });

  it('tells a gap from nothing', () => {
    expect([null, true, 'a'].map(formatScalar)).toEqual(['–', 'true', 'a']);
  });
});

describe('the MIME extension', () => {
  it('renders, safely and below html', async () => {
    const { rendererFactory, rank } = Array.isArray(extension)
      ? extension[0]
      : extension;
    expect(rendererFactory.safe).toBe(true);
    expect(rank).toBeLessThan(50);
    const renderer = rendererFactory.createRenderer({
      mimeType: RESULT_MIME,
      resolver: null,
      sanitizer: { sanitize: (s: string) => s },
      linkHandler: null,
      latexTypesetter: null
    });
    await renderer.renderModel({
      trusted: false,
      data: { [RESULT_MIME]: RESULT as never },
      metadata: {},
      setData: () => undefined
    });
    expect(renderer.node.textContent).toContain('Estimates');
  });
});
