"""Messages between the browser (which owns the notebook) and the server (which owns the loop).

One websocket per open notebook. The browser speaks first (`hello`); the server answers
with `welcome`, then sends `action`s that the browser carries out and `reply`s to, and a
full `state` after every change. Both sides number what they send (`seq`), so that a tab
that comes back after a lost connection can be told what it missed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from .advice import ModelView, PlanReading, Proposal
from .base import Model, Problem
from .plan import Plan
from .spec import Spec
from .step import CellMetadata, NewCell, StepView
from .verdict import ModelRemarks, Verdict

Mode = Literal["ask", "review"]
Phase = Literal[
    "idle",
    "drafting",
    "asking",
    "running",
    "suspended",
    "stopped",
    "finished",
    "failed",
]
ReplyStatus = Literal[
    "ok",
    "failed",
    "source_mismatch",
    "rejected",
    "kernel_restarted",
    "no_kernel",
    "no_toolkit",
    "no_client",
    "interrupted",
    "timeout",
]
Decision = Literal["accept", "reject", "edit"]


class CellSnapshot(Model):
    """A notebook cell as the browser (or nbclient) sees it."""

    cell_id: str
    cell_type: Literal["code", "markdown", "raw"]
    source: str
    metadata: dict[str, Any] = Field(
        default_factory=dict, description="Our metadata object only; empty when it is not ours."
    )
    result: dict[str, Any] | None = Field(
        default=None, description="Payload of our MIME type in the outputs, if there is one."
    )
    error: str = Field(default="", description="Last line of an error output.")
    execution_count: int | None = None


# --- what the server asks of the browser -------------------------------------------


class InsertAction(Model):
    """Insert a cell below `after` (at the end of the notebook when empty)."""

    kind: Literal["insert"] = "insert"
    cell: NewCell
    after: str = ""


class RunAction(Model):
    """Run one cell, if its source still is what the server believes."""

    kind: Literal["run"] = "run"
    cell_id: str
    expected_source_hash: str


class UpdateAction(Model):
    """Write our metadata object, and for our own untouched markdown cells a new source."""

    kind: Literal["update"] = "update"
    cell_id: str
    metadata: CellMetadata
    source: str | None = None
    expected_source_hash: str = ""


class SnapshotAction(Model):
    """Report all cells."""

    kind: Literal["snapshot"] = "snapshot"


class ProbeAction(Model):
    """Ask the kernel's toolkit; the browser builds the expression from a fixed template."""

    kind: Literal["probe"] = "probe"
    what: Literal["kernel", "data"]
    request: dict[str, Any] = Field(
        default_factory=dict, description="Argument of the toolkit's probe function, JSON."
    )


class InterruptAction(Model):
    """Interrupt the kernel."""

    kind: Literal["interrupt"] = "interrupt"


ActionBody = Annotated[
    InsertAction | RunAction | UpdateAction | SnapshotAction | ProbeAction | InterruptAction,
    Field(discriminator="kind"),
]


class Action(Model):
    """Envelope of one action."""

    type: Literal["action"] = "action"
    action_id: str
    run_id: str
    kernel_epoch: str = Field(description="The action is void in any other kernel; empty: any.")
    deadline: float = Field(gt=0, description="Seconds the browser has to reply.")
    body: ActionBody


class Reply(Model):
    """The browser's answer to one action."""

    type: Literal["reply"] = "reply"
    action_id: str
    status: ReplyStatus
    message: str = ""
    kernel_epoch: str = ""
    cell: CellSnapshot | None = None
    cells: list[CellSnapshot] | None = None
    probe: dict[str, Any] | None = None
    seconds: float | None = Field(default=None, description="Time the kernel took, s.")


# --- what the browser tells the server ----------------------------------------------


class Hello(Model):
    """First message of a tab."""

    type: Literal["hello"] = "hello"
    protocol: Literal[1] = 1
    version: str = Field(description="Version of the front end.")
    client_id: str
    notebook_path: str
    kernel_id: str = ""
    kernel_epoch: str = ""
    cells: list[CellSnapshot]


class CellEvent(Model):
    """Something happened to a cell, by whatever hand."""

    type: Literal["cell_event"] = "cell_event"
    event: Literal["executed", "edited", "deleted", "inserted"]
    cell_id: str
    cell: CellSnapshot | None = None
    kernel_epoch: str = ""


class KernelEvent(Model):
    """The kernel restarted, died, went away or came back."""

    type: Literal["kernel_event"] = "kernel_event"
    event: Literal["restarting", "dead", "ready", "none"]
    kernel_id: str = ""
    kernel_epoch: str = ""


class Renamed(Model):
    """The notebook's file has a new path."""

    type: Literal["renamed"] = "renamed"
    notebook_path: str


class Draft(Model):
    """Check a plan against the data and show the spec; nothing is inserted."""

    type: Literal["draft"] = "draft"
    plan_source: str
    plan_cell_id: str = ""


class RunPlan(Model):
    """Run a plan in this notebook."""

    type: Literal["run"] = "run"
    plan_source: str
    plan_cell_id: str
    mode: Mode = "review"


class Resume(Model):
    """Go on with a suspended, stopped or failed run."""

    type: Literal["resume"] = "resume"


class Stop(Model):
    """Stop after the current step; with `interrupt`, stop that one too."""

    type: Literal["stop"] = "stop"
    interrupt: bool = False


class Answer(Model):
    """The principal's answer to a question of the loop."""

    type: Literal["answer"] = "answer"
    question_id: str
    choice: str


class Decide(Model):
    """Accept, reject or mark as edited one step."""

    type: Literal["decide"] = "decide"
    step_id: str
    iteration: int
    decision: Decision
    comment: str = ""


class RerunStep(Model):
    """Run one step's cell again."""

    type: Literal["rerun"] = "rerun"
    step_id: str
    iteration: int


class ApplyRemedy(Model):
    """The principal agrees to a remedy: the next iteration begins."""

    type: Literal["apply_remedy"] = "apply_remedy"
    remedy_id: str


class ReadPlan(Model):
    """Read a plan from free text; the answer is `state.reading`."""

    type: Literal["read_plan"] = "read_plan"
    text: str
    data: str = Field(default="", description="DataFrame or file it is about, where known.")


class AnswerReading(Model):
    """The principal's answers to the questions of a reading, by question id."""

    type: Literal["answer_reading"] = "answer_reading"
    answers: dict[str, str]


class DismissReading(Model):
    """The reading is no longer wanted: the browser has taken it over, or the principal has not."""

    type: Literal["dismiss_reading"] = "dismiss_reading"


class ApplyProposal(Model):
    """The principal agrees to the change of spec on show: the next iteration begins."""

    type: Literal["apply_proposal"] = "apply_proposal"
    proposal_id: str


class DismissProposal(Model):
    """The change of spec on show is not wanted."""

    type: Literal["dismiss_proposal"] = "dismiss_proposal"


class AskCritic(Model):
    """Let the language model read the current results again (its remarks failed or are old)."""

    type: Literal["ask_critic"] = "ask_critic"


class TakeLease(Model):
    """This tab asks to lead the run that another tab leads."""

    type: Literal["take_lease"] = "take_lease"


ClientMessage = Annotated[
    Hello
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
    | TakeLease,
    Field(discriminator="type"),
]


# --- what the server tells the browser -----------------------------------------------


class Question(Model):
    """Something only the principal can answer before the loop goes on."""

    question_id: str
    kind: Literal["before_step", "unknown_run", "add_confounders"]
    text: str
    step_id: str = ""
    choices: list[str]
    default: str


class IterationView(Model):
    """One pass plan → spec → steps → results → verdict, as the panel shows it."""

    iteration: int
    label: str = Field(description="What is special about it, for example `trimmed [0.1, 0.9]`.")
    spec: Spec
    steps: list[StepView]
    verdict: Verdict | None = None
    report: str = Field(default="", description="Markdown.")
    report_cell_id: str = ""
    remarks: ModelRemarks | None = None


class RunState(Model):
    """All that the panel shows of a run."""

    run_id: str = ""
    notebook_path: str = ""
    phase: Phase = "idle"
    mode: Mode = "review"
    plan: Plan | None = None
    plan_cell_id: str = ""
    spec_draft: Spec | None = Field(default=None, description="Answer to the last `draft`.")
    problems: list[Problem] = Field(default_factory=list)
    iterations: list[IterationView] = Field(default_factory=list)
    question: Question | None = None
    model: ModelView = Field(default_factory=ModelView)
    reading: PlanReading | None = None
    proposal: Proposal | None = None
    current_step: str = ""
    message: str = Field(default="", description="What is going on or went wrong, in words.")
    started_at: str = Field(default="", description="ISO 8601, UTC, of the current iteration.")
    finished_at: str = ""


class Welcome(Model):
    """Answer to `hello`."""

    type: Literal["welcome"] = "welcome"
    protocol: Literal[1] = 1
    version: str
    lease: bool = Field(description="This tab leads; others watch.")
    user: str
    state: RunState


class StateMessage(Model):
    """The run's new state."""

    type: Literal["state"] = "state"
    seq: int
    lease: bool
    state: RunState


class ErrorMessage(Model):
    """A message of the browser's could not be carried out; nothing changed."""

    type: Literal["error"] = "error"
    code: str
    problems: list[Problem]


class Prose(Model):
    """What the language model has written so far; replaced by the report when it is done."""

    type: Literal["prose"] = "prose"
    iteration: int
    text: str = Field(description="Plain text from the beginning; '' when it ended.")


ServerMessage = Annotated[
    Welcome | Action | StateMessage | ErrorMessage | Prose, Field(discriminator="type")
]

client_messages: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
server_messages: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)
