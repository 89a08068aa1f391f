/**
 * Names and readers of the contract that JSON Schema cannot carry.
 *
 * A notebook is untrusted input: its metadata may have been written by another version of
 * ours, or by anyone. `parseCellMetadata` is the one door by which it enters; what leaves
 * it has every field, of the right type.
 */
import type {
  CellMetadata,
  ClientMessage,
  ModelView,
  Problem,
  RunState,
  ServerMessage
} from './contractMessages';

export type { ClientMessage, ServerMessage };

/** MIME type under which an executed cell publishes its result. */
export const RESULT_MIME = 'application/vnd.oci-jupyter.result.v1+json';

/** Key of our one object in a cell's metadata. */
export const METADATA_KEY = 'oci_jupyter';

/** Version of the messages and of the cell metadata. */
export const PROTOCOL = 1;

const ROLES: ReadonlyArray<CellMetadata['role']> = [
  'plan',
  'heading',
  'step',
  'report'
];

const STATES: ReadonlyArray<CellMetadata['state']> = [
  'proposed',
  'running',
  'done',
  'failed',
  'accepted',
  'edited',
  'rejected',
  'stale'
];

/** Metadata with every optional field at its default. */
export function cellMetadata(
  fields: Pick<CellMetadata, 'role'> & Partial<CellMetadata>
): CellMetadata {
  return {
    protocol: PROTOCOL,
    run_id: '',
    iteration: 1,
    step_id: '',
    title: '',
    purpose: '',
    design: '',
    template: '',
    state: 'proposed',
    source_sha256: '',
    run_sha256: '',
    result_sha256: '',
    superseded_by: null,
    reviewed_by: '',
    reviewed_at: '',
    comment: '',
    spec: null,
    plan: null,
    remarks: null,
    ...fields
  };
}

/**
 * Read our metadata object.
 *
 * @param value - What stands under our key in a cell's metadata.
 * @returns The metadata, or null when it is not ours to understand.
 */
export function parseCellMetadata(value: unknown): CellMetadata | null {
  if (!isRecord(value)) {
    return null;
  }
  const role = ROLES.find(known => known === value.role);
  if (role === undefined) {
    return null;
  }
  const text = (key: string): string => {
    const found = value[key];
    return typeof found === 'string' ? found : '';
  };
  const whole = (key: string): number | null => {
    const found = value[key];
    return typeof found === 'number' && Number.isInteger(found) ? found : null;
  };
  return cellMetadata({
    role,
    run_id: text('run_id'),
    iteration: whole('iteration') ?? 1,
    step_id: text('step_id'),
    title: text('title'),
    purpose: text('purpose'),
    design: text('design'),
    template: text('template'),
    state: STATES.find(known => known === value.state) ?? 'proposed',
    source_sha256: text('source_sha256'),
    run_sha256: text('run_sha256'),
    result_sha256: text('result_sha256'),
    superseded_by: whole('superseded_by'),
    reviewed_by: text('reviewed_by'),
    reviewed_at: text('reviewed_at'),
    comment: text('comment'),
    spec: isRecord(value.spec)
      ? (value.spec as unknown as CellMetadata['spec'])
      : null,
    plan: isRecord(value.plan)
      ? (value.plan as unknown as CellMetadata['plan'])
      : null,
    remarks: isRecord(value.remarks)
      ? (value.remarks as unknown as CellMetadata['remarks'])
      : null
  });
}

/** No language model: rules alone read, compose and grade. */
export function modelOff(): ModelView {
  return {
    status: 'off',
    name: '',
    endpoint: '',
    message: '',
    task: '',
    calls: 0,
    input_tokens: 0,
    output_tokens: 0,
    cost: null,
    token_limit: null
  };
}

/** The state of a notebook that nothing was run in. */
export function emptyRunState(path: string): RunState {
  return {
    run_id: '',
    notebook_path: path,
    phase: 'idle',
    mode: 'review',
    plan: null,
    plan_cell_id: '',
    spec_draft: null,
    problems: [],
    iterations: [],
    question: null,
    model: modelOff(),
    reading: null,
    proposal: null,
    current_step: '',
    message: '',
    started_at: '',
    finished_at: ''
  };
}

/** A problem with every optional field at its default. */
export function problem(
  fields: Pick<Problem, 'code' | 'message'> & Partial<Problem>
): Problem {
  return { fix: '', field: null, value: null, severity: 'error', ...fields };
}

/** Whether a value is an object with string keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
