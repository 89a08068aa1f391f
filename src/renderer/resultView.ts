/**
 * A result as DOM: what was found, how it was graded, the estimates, the table.
 *
 * Every text goes in as a text node, so nothing in an output can become markup or script,
 * and the renderer may be called safe for untrusted notebooks.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Check } from '../contract.gen';
import { formatCount, formatEstimate, formatScalar } from './numbers';
import {
  readResult,
  type IShownCheck,
  type IShownEstimate,
  type IShownResult
} from './resultReader';

/** Longer tables are folded away. */
const ROWS_SHOWN = 12;

const SYMBOLS: Record<Check['grade'], string> = {
  pass: '✓',
  warn: '⚠',
  fail: '✖',
  not_applicable: '–'
};

/** Render a payload; garbage becomes a message. */
export function resultView(
  payload: unknown,
  trans: TranslationBundle
): HTMLElement {
  const root = element('div', 'jp-oci-result');
  const result = readResult(payload);
  if (result === 'newer_version') {
    root.append(
      message(
        trans.__(
          'This result was written by another version of oci-jupyter and cannot be shown here. Run the cell again, or update with “pip install -U oci-jupyter”.'
        )
      )
    );
    return root;
  }
  if (result === 'not_a_result') {
    root.append(
      message(
        trans.__('This output is not a result that oci-jupyter can read.')
      )
    );
    return root;
  }
  root.append(header(result, trans));
  if (result.checks.length > 0) {
    root.append(checkList(result.checks, trans));
  }
  if (result.estimates.length > 0) {
    root.append(estimateTable(result.estimates, trans));
  }
  if (result.columns.length > 0 && result.rows.length > 0) {
    root.append(tidyTable(result, trans));
  }
  for (const note of result.notes) {
    root.append(element('p', 'jp-oci-result-note', note));
  }
  return root;
}

function header(result: IShownResult, trans: TranslationBundle): HTMLElement {
  const head = element('div', 'jp-oci-result-header');
  head.append(element('div', 'jp-oci-result-title', result.title));
  if (result.headline) {
    head.append(element('div', 'jp-oci-result-headline', result.headline));
  }
  const facts: string[] = [];
  if (result.population) {
    facts.push(result.population);
  }
  if (result.n !== null) {
    facts.push(trans.__('n = %1', formatCount(result.n)));
  }
  if (result.nTreated !== null && result.nControl !== null) {
    facts.push(
      trans.__(
        '%1 treated, %2 not treated',
        formatCount(result.nTreated),
        formatCount(result.nControl)
      )
    );
  }
  if (facts.length > 0) {
    head.append(element('div', 'jp-oci-result-facts', facts.join(' · ')));
  }
  return head;
}

function checkList(
  checks: IShownCheck[],
  trans: TranslationBundle
): HTMLElement {
  const list = element('ul', 'jp-oci-result-checks');
  list.setAttribute('aria-label', trans.__('Checks'));
  for (const check of checks) {
    const item = element('li', 'jp-oci-result-check');
    item.dataset.ociGrade = check.grade;
    const grade = element('span', 'jp-oci-result-grade');
    const symbol = element('span', '', SYMBOLS[check.grade]);
    symbol.setAttribute('aria-hidden', 'true');
    grade.append(symbol, ' ', gradeWord(check.grade, trans));
    const body = element('div', 'jp-oci-result-checkBody');
    const line = element('div', 'jp-oci-result-checkLine');
    line.append(element('span', 'jp-oci-result-checkTitle', check.title));
    if (check.estimand) {
      line.append(
        ' ',
        element('span', 'jp-oci-result-estimand', check.estimand)
      );
    }
    if (check.display) {
      line.append(' ', element('strong', 'jp-oci-result-value', check.display));
    }
    if (check.target) {
      line.append(
        ' ',
        element(
          'span',
          'jp-oci-result-target',
          trans.__('(should be %1)', check.target)
        )
      );
    }
    body.append(line);
    if (check.reason) {
      body.append(element('div', 'jp-oci-result-reason', check.reason));
    }
    item.append(grade, body);
    list.append(item);
  }
  return list;
}

function estimateTable(
  estimates: IShownEstimate[],
  trans: TranslationBundle
): HTMLElement {
  const head = [
    trans.__('Estimand'),
    trans.__('Estimate'),
    trans.__('95 % CI'),
    trans.__('SE'),
    trans.__('n'),
    trans.__('Method')
  ];
  const rows = estimates.map(estimate => {
    const figure = (value: number): string =>
      formatEstimate(value, estimate.stderr);
    return [
      estimandCell(estimate, trans),
      figure(estimate.estimate),
      `[${figure(estimate.lower)}, ${figure(estimate.upper)}]`,
      figure(estimate.stderr),
      formatCount(estimate.n),
      estimate.method
    ];
  });
  const frame = tableFrame(head, rows, [false, true, true, true, true, false]);
  const bodyRows = frame.querySelectorAll('tbody tr');
  estimates.forEach((estimate, i) => {
    (bodyRows[i] as HTMLElement).dataset.ociRole = estimate.role;
    (bodyRows[i] as HTMLElement).title = estimate.population;
  });
  return frame;
}

function estimandCell(
  estimate: IShownEstimate,
  trans: TranslationBundle
): HTMLElement {
  const cell = element('span', '', estimate.estimand);
  if (estimate.role === 'one_shot') {
    cell.append(
      ' ',
      element(
        'span',
        'jp-oci-result-warning',
        trans.__('⚠ one-shot, not to be trusted')
      )
    );
  } else if (estimate.role === 'placebo') {
    cell.append(
      ' ',
      element(
        'span',
        'jp-oci-result-placebo',
        trans.__('placebo on %1', estimate.outcome)
      )
    );
  }
  return cell;
}

function tidyTable(
  { columns, rows }: IShownResult,
  trans: TranslationBundle
): HTMLElement {
  const numeric = columns.map((_, i) =>
    rows.some(row => typeof row[i] === 'number')
  );
  const frame = tableFrame(
    columns,
    rows.map(row => columns.map((_, i) => formatScalar(row[i]))),
    numeric
  );
  if (rows.length <= ROWS_SHOWN) {
    return frame;
  }
  const details = element('details', 'jp-oci-result-details');
  details.append(
    element(
      'summary',
      '',
      trans.__('Table with %1 rows', formatCount(rows.length))
    ),
    frame
  );
  return details;
}

/** A table that scrolls sideways inside its own frame. */
function tableFrame(
  head: string[],
  rows: Array<Array<string | HTMLElement>>,
  numeric: boolean[]
): HTMLElement {
  const frame = element('div', 'jp-oci-result-tableFrame');
  const table = element('table', 'jp-oci-result-table');
  const headRow = element('tr', '');
  head.forEach((name, i) => {
    const th = element('th', numeric[i] ? 'jp-mod-numeric' : '', name);
    th.setAttribute('scope', 'col');
    headRow.append(th);
  });
  const thead = element('thead', '');
  thead.append(headRow);
  const tbody = element('tbody', '');
  for (const row of rows) {
    const tr = element('tr', '');
    row.forEach((value, i) => {
      const td = element('td', numeric[i] ? 'jp-mod-numeric' : '');
      td.append(value);
      tr.append(td);
    });
    tbody.append(tr);
  }
  table.append(thead, tbody);
  frame.append(table);
  return frame;
}

function gradeWord(grade: Check['grade'], trans: TranslationBundle): string {
  switch (grade) {
    case 'pass':
      return trans.__('Pass');
    case 'warn':
      return trans.__('Warning');
    case 'fail':
      return trans.__('Fail');
    case 'not_applicable':
      return trans.__('Not applicable');
  }
}

function message(text: string): HTMLElement {
  const node = element('p', 'jp-oci-result-message', text);
  node.setAttribute('role', 'note');
  return node;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = ''
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  if (text) {
    node.textContent = text;
  }
  return node;
}
