import { NotebookModel } from '@jupyterlab/notebook';
import { describeWithPython, runPython } from '../../__tests__/python';
import { METADATA_KEY } from '../../contract';
import type { Plan } from '../../contract.gen';
import { PlanDocument } from '../planDocument';
import { inline, setField } from '../planYaml';

const HOSTILE = [
  '"; import os #',
  'yes',
  'No',
  'y',
  'null',
  '~',
  '1',
  '010',
  '1e5',
  '1_000',
  '12:30:45',
  '2001-01-01',
  '=',
  '<<',
  '- a',
  'a: b',
  'a #b',
  '#',
  '{x}',
  '[x]',
  '*x',
  '&x',
  '!x',
  '@x',
  '`x`',
  '```',
  '%x',
  '',
  ' ',
  ' lead',
  'trail ',
  'two\nlines',
  'tab\there',
  "it's",
  '\\n',
  'größe',
  '治疗',
  '😀',
  '\u0085\u2028\ufeff\u007f'
];

const PLAN = `## Plan

\`\`\`yaml
# the plan
question: Does it work?   # for the board
data: df                # a DataFrame
treatment: treat
outcome: re78
confounders:
  - age   # in years
  - educ
placebo_outcomes: [re75]
estimands: [ATE, ATT, ATO]
threats: |
  Poorer,
  and older.
\`\`\`

Free text.`;

function notebookWith(source: string, role?: 'plan'): NotebookModel {
  const model = new NotebookModel();
  model.sharedModel.insertCell(0, {
    cell_type: 'markdown',
    source,
    metadata: role ? { [METADATA_KEY]: { role } } : {}
  });
  return model;
}

function sourceOf(model: NotebookModel, index = 0): string {
  return model.cells.get(index).sharedModel.getSource();
}

describe('PlanDocument', () => {
  it('reads a plan that nobody marked', () => {
    const plan = new PlanDocument({ notebook: notebookWith(PLAN) });
    expect(plan.cellId).not.toBe('');
    expect(plan.problems).toEqual([]);
    expect(plan.fields).toEqual({
      question: 'Does it work?',
      data: 'df',
      treatment: 'treat',
      outcome: 're78',
      confounders: ['age', 'educ'],
      placebo_outcomes: ['re75'],
      estimands: ['ATE', 'ATT', 'ATO'],
      threats: 'Poorer,\nand older.\n',
      text: 'Free text.'
    });
  });

  it('reads a `---` head', () => {
    const plan = new PlanDocument({
      notebook: notebookWith('---\ntreatment: a\noutcome: b\n---\nText')
    });
    expect(plan.fields).toEqual({ treatment: 'a', outcome: 'b', text: 'Text' });
  });

  it('takes no other markdown for a plan', () => {
    for (const source of ['# Plan', '```yaml\na: 1\n```', 'treatment: x']) {
      expect(new PlanDocument({ notebook: notebookWith(source) }).cellId).toBe(
        ''
      );
    }
  });

  it('changes only the characters of the value', () => {
    const model = notebookWith(PLAN);
    const plan = new PlanDocument({ notebook: model });
    plan.set({ treatment: 'trained', data: 'other' });
    expect(sourceOf(model)).toBe(
      PLAN.replace('treatment: treat', 'treatment: trained').replace(
        'data: df ',
        'data: other '
      )
    );
    expect(model.cells.get(0).getMetadata(METADATA_KEY)).toMatchObject({
      role: 'plan'
    });
  });

  it('keeps comments and order when it has to rewrite', () => {
    const model = notebookWith(PLAN);
    const plan = new PlanDocument({ notebook: model });
    plan.set({ confounders: ['age', 'black'], threats: 'One line.' });
    const source = sourceOf(model);
    expect(source).toContain('# the plan');
    expect(source).toContain('# for the board');
    expect(source).toContain('- age # in years');
    expect(source).not.toContain('educ');
    expect(source.indexOf('outcome:')).toBeLessThan(
      source.indexOf('confounders:')
    );
    expect(plan.fields).toMatchObject({
      confounders: ['age', 'black'],
      threats: 'One line.',
      text: 'Free text.'
    });
  });

  it('is one undo step', () => {
    const model = notebookWith(PLAN);
    model.cells.get(0).sharedModel.clearUndoHistory();
    const plan = new PlanDocument({ notebook: model });
    plan.set({ treatment: 'a', outcome: 'b' });
    plan.set({ data: 'c' });
    const cell = model.cells.get(0).sharedModel;
    cell.undo();
    expect(plan.fields).toMatchObject({
      treatment: 'a',
      outcome: 'b',
      data: 'df'
    });
    cell.undo();
    expect(sourceOf(model)).toBe(PLAN);
  });

  it('creates the plan cell at the end', () => {
    const model = new NotebookModel();
    const created: number[] = [];
    const plan = new PlanDocument({
      notebook: model,
      onCreated: i => created.push(i)
    });
    const before = model.cells.length;
    expect(plan.cellId).toBe('');
    plan.set({ treatment: 'treat' });
    expect(created).toEqual([before]);
    expect(model.cells.length).toBe(before + 1);
    expect(plan.fields).toMatchObject({
      treatment: 'treat',
      outcome: '',
      estimands: ['ATE', 'ATT', 'ATO']
    });
    expect(sourceOf(model, before)).toContain('## Plan\n\n```yaml\n');
    model.sharedModel.undo();
    expect(model.cells.length).toBe(before);
  });

  it('leaves broken YAML alone and says where it is broken', () => {
    const broken = PLAN.replace('data: df', 'data: "df');
    const model = notebookWith(broken, 'plan');
    const plan = new PlanDocument({ notebook: model });
    expect(plan.problems[0].code).toBe('plan_bad_yaml');
    expect(plan.problems[0].message).toMatch(/line \d+, column \d+/);
    plan.set({ treatment: 'x' });
    expect(sourceOf(model)).toBe(broken);
  });

  it('reads the good fields beside a broken one', () => {
    const model = notebookWith(
      PLAN.replace('outcome: re78', 'outcome: [a'),
      'plan'
    );
    const plan = new PlanDocument({ notebook: model });
    expect(plan.problems).not.toEqual([]);
    expect(plan.fields.treatment).toBe('treat');
  });

  it('tells of edits by hand, once they pause', async () => {
    const model = notebookWith(PLAN);
    const plan = new PlanDocument({ notebook: model });
    let told = 0;
    plan.changed.connect(() => {
      told++;
    });
    const cell = model.cells.get(0).sharedModel;
    cell.setSource(PLAN.replace('re78', 're79'));
    cell.setSource(PLAN.replace('re78', 're80'));
    expect(plan.fields.outcome).toBe('re80');
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(told).toBe(1);
  });

  it('sets the text after the head', () => {
    const model = notebookWith(PLAN);
    const plan = new PlanDocument({ notebook: model });
    plan.set({ text: 'New.' });
    expect(sourceOf(model).endsWith('```\n\nNew.')).toBe(true);
  });

  it('knows a plan in words, and keeps the words below the fields', () => {
    const words = 'Does training raise earnings?\n\nAge matters.';
    const source = `## Analysis plan\n\n${words}`;
    const model = notebookWith(source);
    const plan = new PlanDocument({ notebook: model });
    expect(plan.cellId).toBe(model.cells.get(0).id);
    expect(plan.words).toBe(words);
    plan.set({ treatment: 'treat', keep: ['age <= 55'], text: words });
    expect(plan.words).toBe('');
    expect(plan.fields).toMatchObject({
      treatment: 'treat',
      keep: ['age <= 55'],
      text: words
    });
    model.cells.get(0).sharedModel.undo();
    expect(sourceOf(model)).toBe(source);
  });

  it('takes no text that only speaks of a plan for one', () => {
    for (const source of [
      '## Plan B\n\nRun.',
      'Our plan\n\n## Plan\n\nx',
      '## Plan'
    ]) {
      expect(new PlanDocument({ notebook: notebookWith(source) }).cellId).toBe(
        ''
      );
    }
  });

  it('prefers a plan with fields to one in words', () => {
    const model = notebookWith('# Plan\n\nIn words.');
    model.sharedModel.insertCell(1, { cell_type: 'markdown', source: PLAN });
    const plan = new PlanDocument({ notebook: model });
    expect(plan.cellId).toBe(model.cells.get(1).id);
    expect(plan.words).toBe('');
  });

  it('writes hostile names so that it reads them back', () => {
    const plan = new PlanDocument({ notebook: notebookWith(PLAN) });
    plan.set({ placebo_outcomes: HOSTILE, confounders: HOSTILE });
    expect(plan.fields.placebo_outcomes).toEqual(HOSTILE);
    expect(plan.fields.confounders).toEqual(HOSTILE);
    for (const name of HOSTILE) {
      plan.set({ treatment: name, question: name });
      expect(plan.fields.treatment).toBe(name);
      expect(plan.fields.question).toBe(name);
    }
    expect(plan.problems).toEqual([]);
  });
});

describe('setField', () => {
  it.each([
    ['', 'data', 'df', 'data: df\n'],
    ['data:\noutcome: y\n', 'data', 'df', 'data: df\noutcome: y\n'],
    ['data: # which?\n', 'data', 'df', 'data: df # which?\n'],
    ['a: 1', 'data', 'df', 'a: 1\ndata: df\n'],
    ['treated: 1\n', 'treated', null, 'treated: null\n'],
    ['treated: 1\n', 'treated', true, 'treated: true\n'],
    ['a: 1\n', 'treated', null, 'a: 1\n'],
    ['c: [a,\n    b]\nd: 1\n', 'c', ['x'], 'c: [x]\nd: 1\n'],
    ['c: !!str 5\n', 'c', '6', 'c: "6"\n']
  ] as Array<[string, string, string | string[] | boolean | null, string]>)(
    '%j, %s = %j',
    (head, key, value, expected) => {
      expect(setField(head, key, value)).toBe(expected);
    }
  );

  it('breaks long lists into lines', () => {
    const names = Array.from({ length: 60 }, (_, i) => `column_${i}`);
    const text = inline(names);
    expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThan(
      88
    );
    expect(setField('confounders: []\n', 'confounders', names)).toContain(
      'column_59]'
    );
  });
});

describeWithPython('PyYAML', () => {
  it('reads every hostile name as we wrote it', () => {
    const texts: string[] = [];
    const expected: Array<Partial<Plan>> = [];
    for (const source of [PLAN, '---\ntreatment: a\n---\n']) {
      for (const name of HOSTILE) {
        const model = notebookWith(source, 'plan');
        const plan = new PlanDocument({ notebook: model });
        const fields = {
          treatment: name,
          question: name,
          threats: name,
          confounders: [name, ...HOSTILE],
          placebo_outcomes: [name]
        };
        plan.set(fields);
        texts.push(sourceOf(model));
        expected.push({
          ...fields,
          confounders: [...new Set(fields.confounders)]
        });
      }
    }
    const code = `
import json, sys
from oci_jupyter.contract.plan import parse_plan
out = []
for text in json.load(sys.stdin):
    plan = parse_plan(text).model_dump()
    out.append({k: plan[k] for k in (
        "treatment", "question", "threats", "confounders", "placebo_outcomes")})
print(json.dumps(out))`;
    expect(runPython(code, texts)).toEqual(expected);
  });

  it('takes bare words for the same as we do', () => {
    const words = [
      ...[
        'y',
        'n',
        'Y',
        'yes',
        'No',
        'on',
        'off',
        'true',
        'FALSE',
        'null',
        '~'
      ],
      ...['1', '010', '0o10', '0x1F', '0b11', '1_000', '-5', '+5'],
      ...[
        '1.5',
        '1.',
        '.5',
        '1e5',
        '1.0e5',
        '1.0e+5',
        '1E-5',
        '.inf',
        'inf',
        'a'
      ],
      ...['12:30', 'abc def', '1 2', 'None']
    ];
    const ours = words.map(word => {
      const source = `---\ntreatment: t\ntreated: ${word}\n---\n`;
      const plan = new PlanDocument({ notebook: notebookWith(source, 'plan') });
      const { treated } = plan.fields;
      return treated === undefined ? null : String(treated).toLowerCase();
    });
    const code = `
import json, sys, yaml
out = []
for word in json.load(sys.stdin):
    value = yaml.safe_load("treated: " + word)["treated"]
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value) if whole else value)
    out.append(None if value is None else text.lower().replace("inf", "infinity")
               if isinstance(value, float) else text.lower())
print(json.dumps(out))`;
    const theirs = runPython(code, words) as unknown[];
    expect(words.map((word, i) => [word, ours[i]])).toEqual(
      words.map((word, i) => [word, theirs[i]])
    );
  });

  it('reads clusters, weights, conditions and the target trial as we wrote them', () => {
    const fields: Partial<Plan> = {
      cluster: 'house hold',
      weights: 'w"1',
      keep: ['age <= 55', '`home state` != "CA"', 'x == 0.5'],
      eligibility: 'Adults: unemployed # in 1976',
      time_zero: '2001-01-01',
      follow_up: 'yes',
      model_sees: 'levels'
    };
    const model = notebookWith(PLAN, 'plan');
    const plan = new PlanDocument({ notebook: model });
    plan.set(fields);
    expect(plan.fields).toMatchObject(fields);
    const theirs = runPython(
      `
import json, sys
from oci_jupyter.contract import parse_plan
plan = parse_plan(json.load(sys.stdin))
print(json.dumps(plan.model_dump()))`,
      sourceOf(model)
    ) as Partial<Plan>;
    expect(theirs).toMatchObject(fields);
  });

  it('reads names as they were written', () => {
    const source =
      '---\ntreatment: y\noutcome: 010\nconfounders: [n, yes, 1e5]\n---\n';
    const plan = new PlanDocument({ notebook: notebookWith(source, 'plan') });
    expect(plan.fields).toMatchObject({
      treatment: 'y',
      outcome: '010',
      confounders: ['n', 'yes', '1e5']
    });
  });
});
