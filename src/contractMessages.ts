/**
 * The two unions that cross the websocket, which JSON Schema's definitions do not name.
 */
import type {
  Action,
  Answer,
  AnswerReading,
  ApplyProposal,
  ApplyRemedy,
  AskCritic,
  CellEvent,
  Decide,
  DismissProposal,
  DismissReading,
  Draft,
  ErrorMessage,
  Hello,
  KernelEvent,
  Prose,
  ReadPlan,
  Renamed,
  Reply,
  RerunStep,
  Resume,
  RunPlan,
  StateMessage,
  Stop,
  TakeLease,
  Welcome
} from './contract.gen';

export type {
  CellMetadata,
  ModelView,
  Problem,
  RunState
} from './contract.gen';

/** What the browser tells the server. */
export type ClientMessage =
  | Hello
  | Reply
  | CellEvent
  | KernelEvent
  | Renamed
  | Draft
  | RunPlan
  | Resume
  | Stop
  | Answer
  | Decide
  | RerunStep
  | ApplyRemedy
  | ReadPlan
  | AnswerReading
  | DismissReading
  | ApplyProposal
  | DismissProposal
  | AskCritic
  | TakeLease;

/** What the server tells the browser. */
export type ServerMessage =
  Welcome | Action | StateMessage | ErrorMessage | Prose;
