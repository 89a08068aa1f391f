/**
 * The plan as it stands in the notebook's plan cell.
 *
 * There is no second copy: the form in the panel and the cell in the notebook are two
 * views of the cell's text, whoever writes it. A change by form touches as few characters
 * as it can (someone may be typing in the same cell) and is one undo step.
 */
import type { ICellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { YCodeCell, YNotebook } from '@jupyter/ydoc';
import { Signal, type ISignal } from '@lumino/signaling';

import { insertAt } from '../cellWriter/insertCell';
import { cellMetadata, METADATA_KEY, problem } from '../contract';
import type { Plan, Problem } from '../contract.gen';
import type { IPlanDocument } from '../tokens';
import { fencedPlan, findHead, findPlanCell, wordsOf } from './planText';
import { EMPTY_HEAD, readHead, setField, type FieldValue } from './planYaml';
import { metadataOf } from './snapshot';

/** Quiet time before a change is told, ms. */
const DELAY = 100;

/** What a plan document is made of. */
export interface IPlanDocumentOptions {
  notebook: INotebookModel;

  /** Show a cell that was just created. */
  onCreated?: (index: number) => void;
}

/** The plan of one notebook. */
export class PlanDocument implements IPlanDocument {
  constructor(options: IPlanDocumentOptions) {
    this._notebook = options.notebook;
    this._onCreated = options.onCreated;
    this._notebook.contentChanged.connect(this._onContent, this);
    this._told = this._fingerprint();
  }

  get changed(): ISignal<IPlanDocument, void> {
    return this._changed;
  }

  get cellId(): string {
    this._read();
    return this._cellId;
  }

  get source(): string {
    this._read();
    return this._source;
  }

  get fields(): Partial<Plan> {
    this._read();
    return this._fields;
  }

  get words(): string {
    this._read();
    return this._words;
  }

  get problems(): ReadonlyArray<Problem> {
    this._read();
    return this._problems;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  /**
   * Write fields into the plan cell.
   *
   * A head that does not parse is left as it is: rewriting it would lose what the
   * principal typed. `problems` says what is wrong with it.
   */
  set(fields: Partial<Plan>): void {
    if (this._isDisposed || this._notebook.readOnly) {
      return;
    }
    const cell = findPlanCell(this._notebook);
    const source = cell?.sharedModel.getSource().replace(/\r\n/g, '\n');
    const edited = writeFields(source ?? fencedPlan(EMPTY_HEAD), fields);
    if (edited === null) {
      return;
    }
    if (cell) {
      this._rewrite(cell, edited);
    } else {
      const index = this._notebook.cells.length;
      insertAt(this._notebook, index, {
        cell_type: 'markdown',
        source: edited,
        metadata: cellMetadata({ role: 'plan' })
      });
      this._onCreated?.(index);
    }
    // A form's control shows what the plan says: it must not wait for the pause after typing.
    this._stale = true;
    this._tell();
  }

  private _rewrite(cell: ICellModel, source: string): void {
    if (!metadataOf(cell)) {
      cell.setMetadata(METADATA_KEY, cellMetadata({ role: 'plan' }));
    }
    const old = cell.sharedModel.getSource();
    if (old === source) {
      return;
    }
    let start = 0;
    const shorter = Math.min(old.length, source.length);
    while (start < shorter && old[start] === source[start]) {
      start++;
    }
    let tail = 0;
    while (
      tail < shorter - start &&
      old[old.length - 1 - tail] === source[source.length - 1 - tail]
    ) {
      tail++;
    }
    const undo =
      (cell.sharedModel as YCodeCell).undoManager ??
      (this._notebook.sharedModel as YNotebook).undoManager;
    undo.stopCapturing();
    cell.sharedModel.updateSource(
      start,
      old.length - tail,
      source.slice(start, source.length - tail)
    );
    undo.stopCapturing();
  }

  private _onContent(): void {
    this._stale = true;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._tell(), DELAY);
  }

  private _tell(): void {
    clearTimeout(this._timer);
    if (this._isDisposed || this._notebook.isDisposed) {
      return;
    }
    const now = this._fingerprint();
    if (now !== this._told) {
      this._told = now;
      this._changed.emit();
    }
  }

  private _fingerprint(): string {
    this._read();
    return `${this._cellId}\n${this._source}`;
  }

  private _read(): void {
    if (!this._stale || this._notebook.isDisposed) {
      return;
    }
    this._stale = false;
    const cell = findPlanCell(this._notebook);
    this._cellId = cell?.id ?? '';
    this._source = cell?.sharedModel.getSource() ?? '';
    this._fields = {};
    this._problems = [];
    this._words = '';
    if (!cell) {
      return;
    }
    const parts = findHead(this._source.replace(/\r\n/g, '\n'));
    if (!parts) {
      this._words = wordsOf(this._source);
      this._problems = [
        problem({
          code: 'plan_no_head',
          message: 'The plan has no YAML head.',
          fix: 'Start it with `---`, or put the fields in a ```yaml block.'
        })
      ];
      return;
    }
    const { fields, problems } = readHead(parts.head);
    this._fields = parts.text ? { ...fields, text: parts.text } : fields;
    this._problems = problems;
  }

  private _cellId = '';
  private readonly _changed = new Signal<IPlanDocument, void>(this);
  private _fields: Partial<Plan> = {};
  private _isDisposed = false;
  private readonly _notebook: INotebookModel;
  private readonly _onCreated: ((index: number) => void) | undefined;
  private _problems: Problem[] = [];
  private _source = '';
  private _stale = true;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _told: string;
  private _words = '';
}

/** A plan's text with other fields, or null when its head is broken. */
function writeFields(source: string, fields: Partial<Plan>): string | null {
  let text = source;
  if (!findHead(text)) {
    // The fields go above the words: what stands below a head is the plan's free text.
    const words = wordsOf(text);
    text = fencedPlan(EMPTY_HEAD) + (words ? `\n\n${words}` : '');
  }
  for (const [key, value] of Object.entries(fields)) {
    const parts = findHead(text);
    if (!parts) {
      return null;
    }
    if (key === 'text') {
      const free = String(value ?? '').trim();
      text = text.slice(0, parts.textStart) + (free ? `\n\n${free}` : '');
      continue;
    }
    const head = setField(parts.head, key, (value ?? null) as FieldValue);
    if (head === null) {
      return null;
    }
    const whole = head === '' || head.endsWith('\n') ? head : `${head}\n`;
    text = text.slice(0, parts.start) + whole + text.slice(parts.end);
  }
  return text;
}
