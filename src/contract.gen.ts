/* Generated from oci_jupyter/contract by `make contract`; do not edit. */

/**
 * Generated from oci_jupyter/contract; do not edit.
 */
export interface ContractSchema {
  [k: string]: unknown;
}
/**
 * Envelope of one action.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Action".
 */
export interface Action {
  action_id: string;
  body: InsertAction | RunAction | UpdateAction | SnapshotAction | ProbeAction | InterruptAction;
  /**
   * Seconds the browser has to reply.
   */
  deadline: number;
  /**
   * The action is void in any other kernel; empty: any.
   */
  kernel_epoch: string;
  run_id: string;
  type: "action";
}
/**
 * Insert a cell below `after` (at the end of the notebook when empty).
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "InsertAction".
 */
export interface InsertAction {
  after: string;
  cell: NewCell;
  kind: "insert";
}
/**
 * A cell to be inserted; its id is chosen by the server, so inserting twice is harmless.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "NewCell".
 */
export interface NewCell {
  cell_type: "code" | "markdown";
  id: string;
  metadata: CellMetadata;
  source: string;
}
/**
 * Our one object in a cell's metadata; readable without us.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "CellMetadata".
 */
export interface CellMetadata {
  comment: string;
  design: string;
  iteration: number;
  /**
   * What the spec was made of; on an iteration's first step only.
   */
  plan: Plan | null;
  protocol: 1;
  purpose: string;
  /**
   * On a report only.
   */
  remarks: ModelRemarks | null;
  /**
   * Content of the last result.
   */
  result_sha256: string;
  reviewed_at: string;
  reviewed_by: string;
  role: "plan" | "heading" | "step" | "report";
  run_id: string;
  /**
   * Source when it last ran.
   */
  run_sha256: string;
  /**
   * Source as the agent composed it.
   */
  source_sha256: string;
  /**
   * On an iteration's first step only.
   */
  spec: Spec | null;
  state: "proposed" | "running" | "done" | "failed" | "accepted" | "edited" | "rejected" | "stale";
  step_id: string;
  /**
   * Iteration that replaced it.
   */
  superseded_by: number | null;
  template: string;
  title: string;
}
/**
 * What the principal wants to know, and of which data.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Plan".
 */
export interface Plan {
  /**
   * Column that says which rows belong together (household, shop).
   */
  cluster: string;
  /**
   * Columns that may drive both treatment and outcome.
   */
  confounders: string[];
  /**
   * A DataFrame's name in the kernel, or a csv/parquet path or URL.
   */
  data: string;
  /**
   * Identification strategy.
   */
  design: "unconfoundedness";
  /**
   * Who could have been treated, in words.
   */
  eligibility: string;
  /**
   * @minItems 1
   */
  estimands: ("ATE" | "ATT" | "ATO")[];
  /**
   * How long outcomes are followed, in words.
   */
  follow_up: string;
  /**
   * Conditions a row meets to be in the study, for example `age <= 55`.
   */
  keep: string[];
  /**
   * What a language model may see of the data: names, kinds and counts of the columns, or also the levels of text columns. Rows never.
   */
  model_sees: "summary" | "levels";
  /**
   * Column whose change is in question.
   */
  outcome: string;
  /**
   * Columns the treatment cannot have affected; each is tested without itself among the confounders.
   */
  placebo_outcomes: string[];
  /**
   * The causal question, in words.
   */
  question: string;
  /**
   * Seed of all random draws.
   */
  seed: number;
  /**
   * Free text after the head.
   */
  text: string;
  /**
   * What the principal fears could mislead.
   */
  threats: string;
  /**
   * When eligibility, assignment and follow-up begin, in words.
   */
  time_zero: string;
  /**
   * Libraries the actor may use.
   */
  tools: string[];
  /**
   * Level of the treatment that counts as treated.
   */
  treated: string | number | boolean | null;
  /**
   * Column that says who was treated.
   */
  treatment: string;
  /**
   * Column of sampling weights.
   */
  weights: string;
}
/**
 * What a language model added to a report; kept in the report cell's metadata.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ModelRemarks".
 */
export interface ModelRemarks {
  concerns: Finding[];
  lowerings: Lowering[];
  model: string;
  /**
   * What went wrong with it.
   */
  problems: string[];
  /**
   * Prompt's name to its version and hash.
   */
  prompts: {
    [k: string]: string;
  };
  /**
   * Text for parts of the report: `target_trial`, `blind_spots`, `bad_controls`, `alternatives`.
   */
  prose: {
    [k: string]: string;
  };
  /**
   * Of the results that it was shown.
   */
  results_sha256: string;
  /**
   * Sentences left out, since a number was not found.
   */
  struck: string[];
}
/**
 * Something a careful referee would raise: a concern, what it rests on, what to do.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Finding".
 */
export interface Finding {
  /**
   * Stable identifier, for example `blind_spot`.
   */
  code: string;
  columns: string[];
  /**
   * Label of the estimand it speaks of; none means all.
   */
  estimand: string | null;
  /**
   * Cell ids; filled in by the critic.
   */
  evidence: string[];
  /**
   * How to get it, bound it or repair it.
   */
  fix: string;
  /**
   * `note` is worth knowing; `concern` caps verdicts at with caveats; `serious` makes them not satisfactory.
   */
  severity: "note" | "concern" | "serious";
  source: "rules" | "model";
  /**
   * What was found, with its numbers; one to three sentences.
   */
  text: string;
  /**
   * The concern in a few words.
   */
  title: string;
}
/**
 * A verdict that the language model lowers, and why.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Lowering".
 */
export interface Lowering {
  estimand: string;
  level: "satisfactory" | "satisfactory_with_caveats" | "not_satisfactory" | "abstain";
  reason: string;
}
/**
 * One iteration's analysis, complete: the same spec on the same data gives the same numbers.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Spec".
 */
export interface Spec {
  /**
   * What the actor filled in or took for granted.
   */
  assumptions: string[];
  /**
   * Confounders that benchmark a hidden one.
   */
  benchmark: string[];
  cluster: string;
  /**
   * The principal's comment that led here, if one did.
   */
  comment: string;
  /**
   * @minItems 1
   */
  confounders: string[];
  data: string;
  data_fingerprint: string;
  design: "unconfoundedness";
  eligibility: string;
  /**
   * @minItems 1
   */
  estimands: ("ATE" | "ATT" | "ATO")[];
  folds: number;
  follow_up: string;
  iteration: number;
  /**
   * Conditions a row meets to be in the study.
   */
  keep: RowFilter[];
  /**
   * `stack`: a hinge lasso and linear-leaf boosting; `lean`: boosting alone, for big or quick work.
   */
  learner: "stack" | "lean";
  model_sees: "summary" | "levels";
  outcome: string;
  /**
   * Kernel variable of the iteration this one came from.
   */
  parent_study: string | null;
  placebo_outcomes: string[];
  question: string;
  /**
   * Id of the remedy that led here.
   */
  remedy: string | null;
  rows: number;
  seed: number;
  /**
   * Kernel variable of this iteration.
   */
  study_name: string;
  threats: string;
  thresholds: Thresholds;
  time_zero: string;
  tools: string[];
  treated: string | number | boolean | null;
  treatment: string;
  trim: Trim | null;
  version: 1;
  weights: string;
}
/**
 * A condition that a row meets to be in the study; written `age <= 55`.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "RowFilter".
 */
export interface RowFilter {
  column: string;
  op: "<" | "<=" | ">" | ">=" | "==" | "!=";
  value: string | number | boolean;
}
/**
 * All limits that grade a check, in one place; the defaults are the project's.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Thresholds".
 */
export interface Thresholds {
  /**
   * Propensities are clipped here.
   */
  clip: number;
  /**
   * Share outside the propensity range that fails.
   */
  outside_fail: number;
  /**
   * Share outside the propensity range that warns.
   */
  outside_warn: number;
  /**
   * Placebo p-value below fails.
   */
  placebo_p: number;
  propensity_high: number;
  propensity_low: number;
  /**
   * |SMD| from here fails.
   */
  smd_fail: number;
  /**
   * |SMD| from here warns.
   */
  smd_warn: number;
}
/**
 * A rule that keeps only units whose propensity lies in [low, high].
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Trim".
 */
export interface Trim {
  high: number;
  low: number;
  rule: "fixed" | "crump" | "percentile";
}
/**
 * Run one cell, if its source still is what the server believes.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "RunAction".
 */
export interface RunAction {
  cell_id: string;
  expected_source_hash: string;
  kind: "run";
}
/**
 * Write our metadata object, and for our own untouched markdown cells a new source.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "UpdateAction".
 */
export interface UpdateAction {
  cell_id: string;
  expected_source_hash: string;
  kind: "update";
  metadata: CellMetadata;
  source: string | null;
}
/**
 * Report all cells.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "SnapshotAction".
 */
export interface SnapshotAction {
  kind: "snapshot";
}
/**
 * Ask the kernel's toolkit; the browser builds the expression from a fixed template.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ProbeAction".
 */
export interface ProbeAction {
  kind: "probe";
  /**
   * Argument of the toolkit's probe function, JSON.
   */
  request: {
    [k: string]: unknown;
  };
  what: "kernel" | "data";
}
/**
 * Interrupt the kernel.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "InterruptAction".
 */
export interface InterruptAction {
  kind: "interrupt";
}
/**
 * The principal's answer to a question of the loop.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Answer".
 */
export interface Answer {
  choice: string;
  question_id: string;
  type: "answer";
}
/**
 * The principal's answers to the questions of a reading, by question id.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "AnswerReading".
 */
export interface AnswerReading {
  answers: {
    [k: string]: string;
  };
  type: "answer_reading";
}
/**
 * The principal agrees to the change of spec on show: the next iteration begins.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ApplyProposal".
 */
export interface ApplyProposal {
  proposal_id: string;
  type: "apply_proposal";
}
/**
 * The principal agrees to a remedy: the next iteration begins.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ApplyRemedy".
 */
export interface ApplyRemedy {
  remedy_id: string;
  type: "apply_remedy";
}
/**
 * Let the language model read the current results again (its remarks failed or are old).
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "AskCritic".
 */
export interface AskCritic {
  type: "ask_critic";
}
/**
 * Something that had to be assumed to make a plan of free text.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Assumption".
 */
export interface Assumption {
  field: string;
  value: string;
  why: string;
}
/**
 * One estimate that this kernel has been asked for: the forking paths, written down.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Attempt".
 */
export interface Attempt {
  ci_lower: number;
  ci_upper: number;
  confounders: string[];
  estimand: string;
  estimate: number;
  /**
   * Of the study: data, roles, settings, trimming.
   */
  fingerprint: string;
  keep: string[];
  learner: string;
  n: number;
  outcome: string;
  seed: number;
  /**
   * What is special about it, in words.
   */
  study: string;
  treatment: string;
  trim: string;
}
/**
 * Something happened to a cell, by whatever hand.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "CellEvent".
 */
export interface CellEvent {
  cell: CellSnapshot | null;
  cell_id: string;
  event: "executed" | "edited" | "deleted" | "inserted";
  kernel_epoch: string;
  type: "cell_event";
}
/**
 * A notebook cell as the browser (or nbclient) sees it.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "CellSnapshot".
 */
export interface CellSnapshot {
  cell_id: string;
  cell_type: "code" | "markdown" | "raw";
  /**
   * Last line of an error output.
   */
  error: string;
  execution_count: number | null;
  /**
   * Our metadata object only; empty when it is not ours.
   */
  metadata: {
    [k: string]: unknown;
  };
  /**
   * Payload of our MIME type in the outputs, if there is one.
   */
  result: {
    [k: string]: unknown;
  } | null;
  source: string;
}
/**
 * One graded finding.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Check".
 */
export interface Check {
  /**
   * The figure as a person reads it, with unit.
   */
  display: string;
  /**
   * Label of the estimand it speaks of; none means all.
   */
  estimand: string | null;
  grade: "pass" | "warn" | "fail" | "not_applicable";
  /**
   * Stable identifier, for example `overlap_share_outside`.
   */
  name: string;
  /**
   * One sentence: why this grade.
   */
  reason: string;
  /**
   * What the figure should have been.
   */
  target: string;
  /**
   * What was checked, in words.
   */
  title: string;
  /**
   * The figure that was graded.
   */
  value: number | null;
}
/**
 * One column of the data, as the plan form and the actor see it.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ColumnProfile".
 */
export interface ColumnProfile {
  dtype: string;
  /**
   * Counts in equal bins, for the form's small chart.
   */
  histogram: number[];
  kind: "boolean" | "integer" | "number" | "category" | "text" | "datetime" | "other";
  /**
   * Up to 12 most frequent levels with their counts.
   */
  levels: LevelCount[];
  maximum: number | null;
  minimum: number | null;
  missing_share: number;
  n_missing: number;
  n_unique: number;
  name: string;
}
/**
 * One level of a column and how often it occurs.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "LevelCount".
 */
export interface LevelCount {
  count: number;
  level: string;
}
/**
 * What the kernel says about the data of a plan, without showing a row.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "DataProfile".
 */
export interface DataProfile {
  columns: ColumnProfile[];
  /**
   * Hash of the values; row order does not matter.
   */
  fingerprint: string;
  /**
   * What the toolkit's own checks of the roles found.
   */
  problems: Problem[];
  rows: number;
  source: string;
  /**
   * Variables of the user's that our cells must not overwrite.
   */
  taken_names: string[];
}
/**
 * One thing wrong with an input, in words a person can act on.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Problem".
 */
export interface Problem {
  /**
   * Stable identifier, for example `column_missing`.
   */
  code: string;
  /**
   * Plan field at fault, if one is.
   */
  field: string | null;
  /**
   * What to do about it.
   */
  fix: string;
  /**
   * What is wrong: names the field and the value.
   */
  message: string;
  severity: "error" | "warning";
  /**
   * The offending value, as text.
   */
  value: string | null;
}
/**
 * Accept, reject or mark as edited one step.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Decide".
 */
export interface Decide {
  comment: string;
  decision: "accept" | "reject" | "edit";
  iteration: number;
  step_id: string;
  type: "decide";
}
/**
 * The change of spec on show is not wanted.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "DismissProposal".
 */
export interface DismissProposal {
  type: "dismiss_proposal";
}
/**
 * The reading is no longer wanted: the browser has taken it over, or the principal has not.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "DismissReading".
 */
export interface DismissReading {
  type: "dismiss_reading";
}
/**
 * Check a plan against the data and show the spec; nothing is inserted.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Draft".
 */
export interface Draft {
  plan_cell_id: string;
  plan_source: string;
  type: "draft";
}
/**
 * A message of the browser's could not be carried out; nothing changed.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ErrorMessage".
 */
export interface ErrorMessage {
  code: string;
  problems: Problem[];
  type: "error";
}
/**
 * How far one estimate can be trusted; `verdict.json` maps estimands to this.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "EstimandVerdict".
 */
export interface EstimandVerdict {
  caveats: string[];
  checks: GradedCheck[];
  ci_lower: number | null;
  ci_upper: number | null;
  estimand: string;
  estimate: number | null;
  level: "satisfactory" | "satisfactory_with_caveats" | "not_satisfactory" | "abstain";
  /**
   * Why the language model lowered it, in its words; '' if it did not.
   */
  lowered: string;
  n: number;
  population: string;
  /**
   * The decisive finding, one line.
   */
  reason: string;
  /**
   * Cell ids.
   */
  reason_evidence: string[];
  /**
   * Ids of remedies that help.
   */
  remedies: string[];
  stderr: number | null;
}
/**
 * A check with the cell that shows it.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "GradedCheck".
 */
export interface GradedCheck {
  /**
   * The figure as a person reads it, with unit.
   */
  display: string;
  /**
   * Label of the estimand it speaks of; none means all.
   */
  estimand: string | null;
  /**
   * Cell ids.
   */
  evidence: string[];
  grade: "pass" | "warn" | "fail" | "not_applicable";
  /**
   * Stable identifier, for example `overlap_share_outside`.
   */
  name: string;
  /**
   * One sentence: why this grade.
   */
  reason: string;
  /**
   * What the figure should have been.
   */
  target: string;
  /**
   * What was checked, in words.
   */
  title: string;
  /**
   * The figure that was graded.
   */
  value: number | null;
}
/**
 * One estimated effect.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Estimate".
 */
export interface Estimate {
  ci_lower: number;
  ci_upper: number;
  /**
   * Label, for example `ATT` or `trimmed ATE [0.1, 0.9]`.
   */
  estimand: string;
  estimate: number;
  /**
   * How far unlike learners (and repeated splits) lie apart; the intervals are widened by it.
   */
  learner_spread: number | null;
  method: string;
  n: number;
  outcome: string;
  p_value: number | null;
  /**
   * Whom it speaks about, in words.
   */
  population: string;
  /**
   * `second_opinion`: another library and other learners; `one_shot`: what a hasty answer would have said.
   */
  role: "main" | "second_opinion" | "one_shot" | "placebo";
  sample_ci_lower: number | null;
  sample_ci_upper: number | null;
  /**
   * Standard error for the very units at hand; `stderr` is for the population they were drawn from.
   */
  sample_stderr: number | null;
  stderr: number;
}
/**
 * One executed cell that a verdict rests on.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Evidence".
 */
export interface Evidence {
  cell_id: string;
  kernel_epoch: string;
  result_sha256: string;
  source_sha256: string;
  step_id: string;
  title: string;
}
/**
 * A DataFrame that lives in the kernel.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "FrameInfo".
 */
export interface FrameInfo {
  columns: number;
  name: string;
  rows: number;
}
/**
 * First message of a tab.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Hello".
 */
export interface Hello {
  cells: CellSnapshot[];
  client_id: string;
  kernel_epoch: string;
  kernel_id: string;
  notebook_path: string;
  protocol: 1;
  type: "hello";
  /**
   * Version of the front end.
   */
  version: string;
}
/**
 * One pass plan → spec → steps → results → verdict, as the panel shows it.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "IterationView".
 */
export interface IterationView {
  iteration: number;
  /**
   * What is special about it, for example `trimmed [0.1, 0.9]`.
   */
  label: string;
  remarks: ModelRemarks | null;
  /**
   * Markdown.
   */
  report: string;
  report_cell_id: string;
  spec: Spec;
  steps: StepView[];
  verdict: Verdict | null;
}
/**
 * A step as the panel lists it.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "StepView".
 */
export interface StepView {
  cell_id: string;
  comment: string;
  error: string;
  grade: ("pass" | "warn" | "fail" | "not_applicable") | null;
  heading_id: string;
  headline: string;
  iteration: number;
  number: number;
  purpose: string;
  seconds: number | null;
  stale_reason: string;
  state: "proposed" | "running" | "done" | "failed" | "accepted" | "edited" | "rejected" | "stale";
  step_id: string;
  superseded_by: number | null;
  title: string;
}
/**
 * The critic's answer for one iteration.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Verdict".
 */
export interface Verdict {
  estimands: EstimandVerdict[];
  evidence: Evidence[];
  /**
   * A referee's concerns, the gravest first.
   */
  findings: Finding[];
  iteration: number;
  overall: "satisfactory" | "satisfactory_with_caveats" | "not_satisfactory" | "abstain";
  remedies: Remedy[];
  stale: StaleReason[];
  /**
   * One sentence for the whole analysis.
   */
  summary: string;
}
/**
 * A change of spec from the playbook, and what it does to the estimand.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Remedy".
 */
export interface Remedy {
  /**
   * Whom the answer then speaks about.
   */
  effect_on_estimand: string;
  estimands: ("ATE" | "ATT" | "ATO")[] | null;
  id: string;
  kind: "trim" | "switch_estimand" | "add_confounders" | "richer_learner";
  /**
   * Text of the button.
   */
  label: string;
  learner: ("stack" | "lean") | null;
  /**
   * The principal must name something.
   */
  needs_input: boolean;
  trim: Trim | null;
  why: string;
}
/**
 * Why a verdict may no longer hold: which cell, and what happened to it.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "StaleReason".
 */
export interface StaleReason {
  cell_id: string;
  message: string;
  title: string;
  what: "edited" | "rerun" | "deleted" | "kernel_restarted" | "failed" | "older_than_study" | "rejected";
}
/**
 * Who did what, when, on which cell, with which source and result.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "JournalEntry".
 */
export interface JournalEntry {
  /**
   * ISO 8601, UTC.
   */
  at: string;
  cell_id: string;
  detail: {
    [k: string]: unknown;
  };
  iteration: number;
  result_sha256: string;
  run_id: string;
  seq: number;
  source_sha256: string;
  step_id: string;
  user: string;
  /**
   * Verb, for example `insert`, `run`, `accept`, `verdict`.
   */
  what: string;
  who: "principal" | "actor" | "critic" | "loop" | "kernel" | "model";
}
/**
 * The kernel restarted, died, went away or came back.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "KernelEvent".
 */
export interface KernelEvent {
  event: "restarting" | "dead" | "ready" | "none";
  kernel_epoch: string;
  kernel_id: string;
  type: "kernel_event";
}
/**
 * What the kernel says about itself and about us.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "KernelInfo".
 */
export interface KernelInfo {
  frames: FrameInfo[];
  python: string;
  /**
   * Identity of the kernel process; changes on restart.
   */
  session: string;
  toolkit_version: string;
}
/**
 * How it stands with the language model, for the panel.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ModelView".
 */
export interface ModelView {
  calls: number;
  /**
   * In the currency of the prices.
   */
  cost: number | null;
  /**
   * Host of the server, without the key.
   */
  endpoint: string;
  input_tokens: number;
  /**
   * Why it is off or failed, with the fix.
   */
  message: string;
  name: string;
  output_tokens: number;
  status: "off" | "ready" | "working" | "failed" | "spent";
  /**
   * What it is working on, in words.
   */
  task: string;
  token_limit: number | null;
}
/**
 * Something a free-text plan leaves open.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "PlanQuestion".
 */
export interface PlanQuestion {
  /**
   * As given; several are joined by commas.
   */
  answer: string;
  /**
   * None means free text.
   */
  choices: string[];
  /**
   * Field of the plan that the answer fills.
   */
  field: string;
  question_id: string;
  /**
   * More than one choice may be taken.
   */
  several: boolean;
  /**
   * Suggested answer, '' where there is none.
   */
  suggestion: string;
  text: string;
}
/**
 * A plan as read from free text, before the principal has agreed to it.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "PlanReading".
 */
export interface PlanReading {
  assumptions: Assumption[];
  by: "rules" | "model";
  /**
   * It can be run as it stands.
   */
  complete: boolean;
  plan: Plan;
  /**
   * What the text asks for and cannot have.
   */
  problems: Problem[];
  /**
   * @maxItems 3
   */
  questions: PlanQuestion[];
}
/**
 * A change of spec that a comment asks for; nothing runs before the principal agrees.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Proposal".
 */
export interface Proposal {
  by: "rules" | "model";
  changes: SpecChange[];
  comment: string;
  iteration: number;
  problems: Problem[];
  proposal_id: string;
  /**
   * None when it cannot be had.
   */
  spec: Spec | null;
  step_id: string;
  /**
   * What it does to whom the answer speaks about, in words.
   */
  summary: string;
}
/**
 * One field in which two specs differ.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "SpecChange".
 */
export interface SpecChange {
  after: string;
  before: string;
  field: string;
  /**
   * The field in words.
   */
  label: string;
}
/**
 * What the language model has written so far; replaced by the report when it is done.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Prose".
 */
export interface Prose {
  iteration: number;
  /**
   * Plain text from the beginning; '' when it ended.
   */
  text: string;
  type: "prose";
}
/**
 * Something only the principal can answer before the loop goes on.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Question".
 */
export interface Question {
  choices: string[];
  default: string;
  kind: "before_step" | "unknown_run" | "add_confounders";
  question_id: string;
  step_id: string;
  text: string;
}
/**
 * Read a plan from free text; the answer is `state.reading`.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "ReadPlan".
 */
export interface ReadPlan {
  /**
   * DataFrame or file it is about, where known.
   */
  data: string;
  text: string;
  type: "read_plan";
}
/**
 * The notebook's file has a new path.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Renamed".
 */
export interface Renamed {
  notebook_path: string;
  type: "renamed";
}
/**
 * The browser's answer to one action.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Reply".
 */
export interface Reply {
  action_id: string;
  cell: CellSnapshot | null;
  cells: CellSnapshot[] | null;
  kernel_epoch: string;
  message: string;
  probe: {
    [k: string]: unknown;
  } | null;
  /**
   * Time the kernel took, s.
   */
  seconds: number | null;
  status:
    | "ok"
    | "failed"
    | "source_mismatch"
    | "rejected"
    | "kernel_restarted"
    | "no_kernel"
    | "no_toolkit"
    | "no_client"
    | "interrupted"
    | "timeout";
  type: "reply";
}
/**
 * Run one step's cell again.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "RerunStep".
 */
export interface RerunStep {
  iteration: number;
  step_id: string;
  type: "rerun";
}
/**
 * What one step found; rendered for people, read by the critic.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Result".
 */
export interface Result {
  /**
   * On a summary: every estimate asked for in this kernel process, in order.
   */
  attempts: Attempt[];
  checks: Check[];
  estimates: Estimate[];
  /**
   * Concerns about data and roles.
   */
  findings: Finding[];
  /**
   * The finding in a few words, for the list of steps.
   */
  headline: string;
  kind:
    | "study"
    | "screen"
    | "overlap"
    | "balance"
    | "placebo"
    | "estimate"
    | "sensitivity"
    | "summary"
    | "nuisances"
    | "splits"
    | "negative_control"
    | "heterogeneity"
    | "dose";
  /**
   * Sentences worth reading.
   */
  notes: string[];
  params: {
    [k: string]: string | number | boolean | (string | number | boolean | null)[] | null;
  };
  schema_version: 1;
  /**
   * Wall time of the computation, s.
   */
  seconds: number;
  /**
   * Identity of the kernel process that computed it.
   */
  session: string;
  /**
   * Strongest observed confounders, strongest first.
   */
  strongest: string[];
  study: StudyInfo;
  table: Table;
  title: string;
  toolkit_version: string;
  trim_options: TrimOption[];
}
/**
 * Which study a result belongs to, so that the critic can tell old from new.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "StudyInfo".
 */
export interface StudyInfo {
  cluster: string;
  confounders: string[];
  /**
   * Hash of the columns it uses.
   */
  data_fingerprint: string;
  /**
   * Labels.
   */
  estimands: string[];
  /**
   * Hash of data, roles, settings and trimming.
   */
  fingerprint: string;
  folds: number;
  /**
   * Conditions on rows.
   */
  keep: string[];
  learner: string;
  n: number;
  n_control: number;
  /**
   * Rows of the data before any exclusion.
   */
  n_source: number;
  n_treated: number;
  /**
   * Lineage in words, for example `trimmed to [0.1, 0.9]`.
   */
  name: string;
  outcome: string;
  placebo_outcomes: string[];
  seed: number;
  /**
   * Limits that differ from the defaults.
   */
  thresholds: {
    [k: string]: number;
  };
  /**
   * Level that counts as treated.
   */
  treated: string | number | boolean | null;
  treatment: string;
  /**
   * Label of the trimming rule, '' when untrimmed.
   */
  trim: string;
  weights: string;
}
/**
 * The tidy table a person reads: columns, then rows of scalars.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Table".
 */
export interface Table {
  columns: string[];
  rows: (string | number | boolean | null)[][];
}
/**
 * What trimming would leave, so that a remedy can say whom it then speaks about.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "TrimOption".
 */
export interface TrimOption {
  high: number;
  low: number;
  n_kept: number;
  n_total: number;
  n_treated_kept: number;
  rule: "fixed" | "crump";
}
/**
 * Go on with a suspended, stopped or failed run.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Resume".
 */
export interface Resume {
  type: "resume";
}
/**
 * Run a plan in this notebook.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "RunPlan".
 */
export interface RunPlan {
  mode: "ask" | "review";
  plan_cell_id: string;
  plan_source: string;
  type: "run";
}
/**
 * All that the panel shows of a run.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "RunState".
 */
export interface RunState {
  current_step: string;
  finished_at: string;
  iterations: IterationView[];
  /**
   * What is going on or went wrong, in words.
   */
  message: string;
  mode: "ask" | "review";
  model: ModelView;
  notebook_path: string;
  phase: "idle" | "drafting" | "asking" | "running" | "suspended" | "stopped" | "finished" | "failed";
  plan: Plan | null;
  plan_cell_id: string;
  problems: Problem[];
  proposal: Proposal | null;
  question: Question | null;
  reading: PlanReading | null;
  run_id: string;
  /**
   * Answer to the last `draft`.
   */
  spec_draft: Spec | null;
  /**
   * ISO 8601, UTC, of the current iteration.
   */
  started_at: string;
}
/**
 * The run's new state.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "StateMessage".
 */
export interface StateMessage {
  lease: boolean;
  seq: number;
  state: RunState;
  type: "state";
}
/**
 * Stop after the current step; with `interrupt`, stop that one too.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Stop".
 */
export interface Stop {
  interrupt: boolean;
  type: "stop";
}
/**
 * This tab asks to lead the run that another tab leads.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "TakeLease".
 */
export interface TakeLease {
  type: "take_lease";
}
/**
 * Answer to `hello`.
 *
 * This interface was referenced by `ContractSchema`'s JSON-Schema
 * via the `definition` "Welcome".
 */
export interface Welcome {
  /**
   * This tab leads; others watch.
   */
  lease: boolean;
  protocol: 1;
  state: RunState;
  type: "welcome";
  user: string;
  version: string;
}
