/**
 * Reads and edits the YAML head of a plan.
 *
 * YAML 1.1, because PyYAML reads it on the other side: `yes` is true and `010` is eight
 * there. Whatever is not a plain word is therefore written in double quotes.
 *
 * An edit changes the value's own characters and nothing else, so that comments, order and
 * alignment stay as the principal wrote them. Where that is not possible (a value over
 * several lines) the document model rewrites the head, which keeps comments and order. Each
 * edit is read back before it is believed.
 */
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  Scalar,
  YAMLSeq,
  type Document,
  type DocumentOptions,
  type Pair,
  type ParseOptions,
  type SchemaOptions,
  type Tags,
  type YAMLMap
} from 'yaml';

import { problem } from '../contract';
import type { Plan, Problem } from '../contract.gen';

/** A value that a plan field can have. */
export type FieldValue =
  string | number | boolean | null | ReadonlyArray<string>;

/** What was read from a head. */
export interface IPlanReading {
  fields: Partial<Plan>;
  problems: Problem[];
}

/**
 * YAML 1.1 as PyYAML reads it: `y` and `n` are names, and a float has a point. Merge keys
 * are left out, because the library writes the text `<<` without its quotes beside them.
 */
const OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  logLevel: 'silent',
  customTags: tags =>
    tags
      .filter(tag => tagName(tag) !== MERGE)
      .map(tag => {
        if (typeof tag === 'string' || !('test' in tag) || !tag.test) {
          return tag;
        }
        if (tag.tag === 'tag:yaml.org,2002:bool') {
          return { ...tag, test: tag.test.test('yes') ? TRUE : FALSE };
        }
        return tag.tag === 'tag:yaml.org,2002:float' && tag.format === 'EXP'
          ? { ...tag, test: FLOAT_EXP }
          : tag;
      })
};
const MERGE = 'tag:yaml.org,2002:merge';
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const FLOAT_EXP =
  /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/;
const WIDTH = 88;
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;
const TEXT_PLAIN = /^[A-Za-z][A-Za-z0-9 _.,;?!()/'-]*[A-Za-z0-9.?!)]$/;

const TEXTS = [
  'question',
  'data',
  'treatment',
  'outcome',
  'cluster',
  'weights',
  'eligibility',
  'time_zero',
  'follow_up',
  'threats'
] as const;
const LISTS = ['confounders', 'placebo_outcomes', 'keep', 'tools'] as const;
const ESTIMANDS: ReadonlyArray<string> = ['ATE', 'ATT', 'ATO'];

/** The head of a new plan. */
export const EMPTY_HEAD = `question: ""
data: ""                # a DataFrame in the kernel, or a csv/parquet path
treatment: ""
outcome: ""
confounders: []
placebo_outcomes: []    # what the treatment cannot have affected
estimands: [ATE, ATT, ATO]
threats: ""
`;

/** Read what can be read. */
export function readHead(head: string): IPlanReading {
  const document = parse(head);
  const problems = document.errors.slice(0, 3).map(error => {
    const at = error.linePos?.[0];
    return problem({
      code: 'plan_bad_yaml',
      message:
        `The plan's head is not valid YAML at line ${at?.line ?? 1}, column ` +
        `${at?.col ?? 1} of the head: ${error.message.split('\n')[0]}`,
      fix: 'Check indentation and quotes; values with a colon or `#` need "quotes".'
    });
  });
  if (!isMap(document.contents)) {
    if (document.contents !== null && problems.length === 0) {
      problems.push(
        problem({
          code: 'plan_not_mapping',
          message: "The plan's head is not a list of fields.",
          fix: 'Write one `field: value` per line.'
        })
      );
    }
    return { fields: {}, problems };
  }
  const fields: Partial<Plan> = {};
  for (const pair of document.contents.items) {
    try {
      readField(fields, pair, document);
    } catch {
      // A broken value; `problems` says so already.
    }
  }
  return { fields, problems };
}

/**
 * Set one field of a head.
 *
 * @returns The new head, or null when the head is too broken to be edited safely.
 */
export function setField(
  head: string,
  key: string,
  value: FieldValue
): string | null {
  const document = parse(head);
  if (document.errors.length > 0) {
    return null;
  }
  if (document.contents === null) {
    const line = `${key}: ${inline(value)}\n`;
    return head === '' || head.endsWith('\n')
      ? head + line
      : `${head}\n${line}`;
  }
  if (!isMap(document.contents)) {
    return null;
  }
  const pair = findPair(document.contents, key);
  if (pair && sameValue(pair, value, document)) {
    return head;
  }
  if (!pair && value === null) {
    return head;
  }
  const spliced = pair ? splice(head, pair, value) : append(head, key, value);
  if (spliced !== null && holds(spliced, key, value)) {
    return spliced;
  }
  document.set(key, rewritten(document, pair, value));
  const whole = escapeUnprintable(document.toString({ lineWidth: WIDTH }));
  return holds(whole, key, value) ? whole : null;
}

/** A value on one line, or for a long list on several. */
export function inline(value: FieldValue): string {
  if (value === null) {
    return 'null';
  }
  if (typeof value === 'string') {
    return quoted(value, TEXT_PLAIN);
  }
  if (typeof value !== 'object') {
    return String(value);
  }
  const lines: string[] = [];
  let line = '';
  for (const [i, item] of value.entries()) {
    const word = quoted(item, PLAIN) + (i < value.length - 1 ? ',' : '');
    if (line && line.length + word.length + 1 > WIDTH - 16) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  lines.push(line);
  return `[${lines.join('\n  ')}]`;
}

function tagName(tag: Tags[number]): string {
  return typeof tag === 'string' ? `tag:yaml.org,2002:${tag}` : tag.tag;
}

function parse(head: string): Document {
  return parseDocument(head, OPTIONS) as Document;
}

/** A string as it is read back by every YAML: bare when it is a word, else in quotes. */
function quoted(text: string, plain: RegExp): string {
  if (plain.test(text) && parse(`k: ${text}`).get('k') === text) {
    return text;
  }
  return escapeUnprintable(JSON.stringify(text));
}

/** Escape what YAML allows only as an escape. */
function escapeUnprintable(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

function findPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find(pair => isScalar(pair.key) && pair.key.value === key);
}

/** Replace the characters of a one-line value. */
function splice(head: string, pair: Pair, value: FieldValue): string | null {
  const node = pair.value;
  if (!(isScalar(node) || isSeq(node)) || !node.range) {
    return null;
  }
  let [start, end] = node.range;
  const old = head.slice(start, end);
  if (/[#\n]/.test(old) && !(isSeq(node) && node.flow && !/#/.test(old))) {
    return null;
  }
  if (
    node.tag &&
    head.slice(0, start).endsWith(' ') &&
    /!\S+\s*$/.test(head.slice(0, start))
  ) {
    return null;
  }
  if (start === end) {
    // `treatment:` with nothing after it; a comment may follow on the line.
    const line = head.lastIndexOf('\n', start - 1) + 1;
    const colon = head.indexOf(':', line);
    start = end = colon + 1;
    return `${head.slice(0, start)} ${inline(value)}${head.slice(end)}`;
  }
  return head.slice(0, start) + inline(value) + head.slice(end);
}

function append(head: string, key: string, value: FieldValue): string {
  const glue = head === '' || head.endsWith('\n') ? '' : '\n';
  return `${head}${glue}${key}: ${inline(value)}\n`;
}

/** The value as a node, with what can be kept of the old one. */
function rewritten(
  document: Document,
  pair: Pair | undefined,
  value: FieldValue
): unknown {
  if (value === null || typeof value !== 'object') {
    return scalar(value, TEXT_PLAIN);
  }
  const old = pair && isSeq(pair.value) ? pair.value : null;
  const sequence = old ?? new YAMLSeq(document.schema);
  const kept = new Map<unknown, unknown>(
    (old?.items ?? []).map(item => [
      isScalar(item) ? String(item.value) : item,
      item
    ])
  );
  sequence.flow = old ? old.flow : true;
  sequence.items = value.map(item => kept.get(item) ?? scalar(item, PLAIN));
  return sequence;
}

function scalar(
  value: Exclude<FieldValue, ReadonlyArray<string>>,
  plain: RegExp
): Scalar {
  const node = new Scalar(value);
  if (typeof value === 'string' && quoted(value, plain) !== value) {
    node.type = Scalar.QUOTE_DOUBLE;
  }
  return node;
}

/** Whether a head reads back as intended. */
function holds(head: string, key: string, value: FieldValue): boolean {
  const document = parse(head);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    return false;
  }
  const pair = findPair(document.contents, key);
  return pair !== undefined && sameValue(pair, value, document);
}

function sameValue(pair: Pair, value: FieldValue, document: Document): boolean {
  return JSON.stringify(plainValue(pair, document)) === JSON.stringify(value);
}

function plainValue(pair: Pair, document: Document): unknown {
  const node = pair.value;
  if (isScalar(node)) {
    return node.value;
  }
  return isSeq(node) ? node.toJS(document) : undefined;
}

function readField(
  fields: Partial<Plan>,
  pair: Pair,
  document: Document
): void {
  const key = isScalar(pair.key) ? String(pair.key.value) : '';
  const value = plainValue(pair, document);
  if (value === null || value === undefined) {
    return;
  }
  if (isOneOf(TEXTS, key)) {
    if (isScalar(pair.value)) {
      fields[key] = written(pair.value);
    }
  } else if (isOneOf(LISTS, key)) {
    fields[key] = names(pair.value);
  } else if (key === 'estimands') {
    fields.estimands = names(pair.value).filter(
      (name): name is 'ATE' | 'ATT' | 'ATO' => ESTIMANDS.includes(name)
    );
  } else if (key === 'design' && value === 'unconfoundedness') {
    fields.design = value;
  } else if (
    key === 'model_sees' &&
    (value === 'summary' || value === 'levels')
  ) {
    fields.model_sees = value;
  } else if (key === 'seed' && typeof value === 'number') {
    fields.seed = value;
  } else if (
    key === 'treated' &&
    (typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean')
  ) {
    fields.treated = value;
  }
}

function names(node: unknown): string[] {
  const items: unknown[] = isSeq(node) ? node.items : [node];
  const found = items
    .filter((item): item is Scalar => isScalar(item) && item.value !== null)
    .map(written);
  return [...new Set(found)];
}

/** A name as it was written, even where YAML takes it for something else. */
function written(node: Scalar): string {
  return typeof node.value === 'string'
    ? node.value
    : (node.source ?? String(node.value));
}

function isOneOf<T extends string>(
  known: ReadonlyArray<T>,
  key: string
): key is T {
  return (known as ReadonlyArray<string>).includes(key);
}
