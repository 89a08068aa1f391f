/**
 * Where the plan stands in a text, and which cell it stands in.
 *
 * Two spellings, as the contract's `parse_plan` reads them: a text that opens with a `---`
 * head, and one whose first fenced `yaml` block is the head. The patterns mirror the
 * Python ones; both sides must find the same head.
 */
import type { ICellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';

import { metadataOf } from './snapshot';

/** A plan's parts, by position in its text. */
export interface IPlanParts {
  head: string;
  /** Where the head begins and ends. */
  start: number;
  end: number;
  /** The free text after the head, as it stands, and where it begins. */
  text: string;
  textStart: number;
}

const HEAD = /^(\s*---[ \t]*\n)([\s\S]*?)(?<=\n)(---[ \t]*)(?=\n|$)/;
const FENCE =
  /(?<=\n|^)(`{3,}|~{3,})ya?ml[^\n]*\n([\s\S]*?)(?<=\n)\1[ \t]*(?=\n|$)/;
const HEADING = /^#{1,6}[ \t].*\bplan\b/im;
/** A text that says by its first line that it is the plan. */
const PLAN_HEADING =
  /^\s*#{1,6}[ \t]+(?:(?:analysis|causal|study|the)[ \t]+)*plan[ \t]*:?[ \t]*(?:\n|$)/i;
const KEYS = /^(treatment|outcome)[ \t]*:/m;

/** Find the head of a plan, or null where there is none. */
export function findHead(source: string): IPlanParts | null {
  const open = HEAD.exec(source);
  if (open) {
    const start = open[1].length;
    return partsOf(source, start, open[2], open[0].length);
  }
  const fence = FENCE.exec(source);
  if (fence) {
    const start = fence.index + fence[0].indexOf('\n') + 1;
    return partsOf(source, start, fence[2], fence.index + fence[0].length);
  }
  return null;
}

/**
 * The notebook's plan cell.
 *
 * A cell marked as plan wins; else the first markdown cell that reads like a plan, so that
 * a plan typed by hand, or a notebook that lost its metadata, is found too; else one that
 * is a plan in words, by its heading.
 */
export function findPlanCell(notebook: INotebookModel): ICellModel | null {
  let alike: ICellModel | null = null;
  let inWords: ICellModel | null = null;
  for (const cell of notebook.cells) {
    if (cell.type !== 'markdown') {
      continue;
    }
    if (metadataOf(cell)?.role === 'plan') {
      return cell;
    }
    const source = cell.sharedModel.getSource();
    if (!alike && readsLikePlan(source)) {
      alike = cell;
    } else if (!inWords && PLAN_HEADING.test(source) && wordsOf(source)) {
      inWords = cell;
    }
  }
  return alike ?? inWords;
}

/** A plan in words, without the heading that says it is one. */
export function wordsOf(source: string): string {
  return source.replace(/\r\n/g, '\n').replace(PLAN_HEADING, '').trim();
}

/** Whether a markdown text reads like a plan. */
export function readsLikePlan(source: string): boolean {
  const parts = findHead(source);
  if (!parts || !KEYS.test(parts.head)) {
    return false;
  }
  return HEADING.test(source.slice(0, parts.start)) || HEAD.test(source);
}

/** The text of a new plan cell around a head. */
export function fencedPlan(head: string): string {
  return `## Plan\n\n\`\`\`yaml\n${head}\`\`\``;
}

function partsOf(
  source: string,
  start: number,
  head: string,
  textStart: number
): IPlanParts {
  return {
    head,
    start,
    end: start + head.length,
    text: source.slice(textStart).trim(),
    textStart
  };
}
