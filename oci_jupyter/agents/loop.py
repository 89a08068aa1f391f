"""The loop: plan → spec → steps → results → verdict, on any NotebookHost.

It owns one notebook's run and takes the principal's words. Long calls (`run`, `resume`,
`apply_remedy`, `apply_proposal`, `rerun`) return when there is nothing left to do or only the
principal can go on; what they meet on the way (a failed cell, a dead kernel, a closed tab)
becomes the record's phase and message, not an exception. Bad input raises `ContractError` and
changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from ..artifacts.journal import Journal, now
from ..contract import ContractError, Plan, parse_plan
from ..contract.messages import (
    CellEvent,
    CellSnapshot,
    Decision,
    KernelEvent,
    Mode,
    Phase,
    RunState,
)
from ..notebook.host import NotebookHost
from . import actor
from .advice import Adviser
from .desk import Desk, Halt
from .evidence import NO_PROCESS
from .language_model import LanguageModel
from .record import (
    IterationRecord,
    RunRecord,
    StepRecord,
    first_heading,
    iteration_label,
    new_iteration,
    restore,
)
from .runner import Runner

#: Phases in which a long call is at work.
BUSY: frozenset[Phase] = frozenset({"drafting", "running", "asking"})


class Loop:
    """Runs one notebook's analysis.

    Args:
        host: The notebook.
        journal: Where every act is written down.
        changed: Called after every change of `state`.
        notebook_path: For display.
        user: Name of the principal, for the journal and the cells' review marks.
        model: The language model; the rules do everything when there is none.
        prose: Called with an iteration's number and what the model has written of it so far;
            '' when it ended.
    """

    def __init__(
        self,
        host: NotebookHost,
        *,
        journal: Journal,
        changed: Callable[[], None],
        notebook_path: str = "",
        user: str = "",
        model: LanguageModel | None = None,
        prose: Callable[[int, str], None] = lambda iteration, text: None,
    ) -> None:
        self._desk = Desk(host, journal, changed, user, model, prose)
        self._desk.record.notebook_path = notebook_path
        self._runner = Runner(self._desk)
        self._adviser = Adviser(self._desk)

    @property
    def state(self) -> RunState:
        """The run as the panel shows it."""
        state = self._desk.record.view()
        state.reading, state.proposal = self._adviser.reading, self._adviser.proposal
        if self._desk.model is not None:
            state.model = self._desk.model.view
        return state

    @property
    def record(self) -> RunRecord:
        """The run with its results, for the artifacts."""
        return self._desk.record

    @property
    def model(self) -> LanguageModel | None:
        """The language model; the principal may switch it on and off between calls."""
        return self._desk.model

    @model.setter
    def model(self, model: LanguageModel | None) -> None:
        self._desk.model = model
        self._desk.changed()

    @property
    def user(self) -> str:
        """Name of the principal; the tab that leads may change."""
        return self._desk.user

    @user.setter
    def user(self, name: str) -> None:
        self._desk.user = name

    def fail(self, message: str) -> None:
        """End whatever was going on with a message: something beyond the loop went wrong."""
        self.record.question = None
        self._desk.set_phase("failed", message)

    def restore(self, cells: list[CellSnapshot], kernel_epoch: str) -> None:
        """Rebuild the run from a notebook's cells, for example after a reload."""
        record = restore(cells)
        record.notebook_path = self.record.notebook_path
        self._desk.record = record
        self._desk.epoch = kernel_epoch
        self._adviser.clear()
        for iteration in record.iterations:
            if iteration.complete or iteration.report_inserted:
                self._runner.grade(iteration)
        if record.current is not None:
            if record.current.complete:
                record.phase = "finished"
            else:
                record.phase = "suspended"
                record.message = "The run was interrupted before its last step."
        self._desk.changed()

    def renamed(self, path: str) -> None:
        """The notebook's file has a new path."""
        self.record.notebook_path = path
        self._desk.changed()

    # --- long calls -------------------------------------------------------------------

    async def draft(self, plan_source: str, plan_cell_id: str = "") -> None:
        """Check a plan against the data; the spec lands in `state.spec_draft`."""
        self._require_idle()
        plan = self._read_plan(plan_source)
        phase, message = self.record.phase, self.record.message
        self._desk.set_phase("drafting", "Looking at the data.")
        try:
            await self._desk.probe_kernel()
            profile = await self._desk.probe_data(plan)
            number = self.record.current.number + 1 if self.record.current is not None else 1
            spec = actor.draft(plan, profile, iteration=number)
        except Halt as halt:
            raise ContractError.of("notebook", halt.message) from halt
        finally:
            self._desk.set_phase(phase, message)
        self.record.plan = plan
        self.record.plan_cell_id = plan_cell_id or self.record.plan_cell_id
        self.record.plan_heading = first_heading(plan_source)
        self.record.spec_draft = spec
        self._desk.log("actor", "draft", detail={"spec": spec.model_dump(mode="json")})
        self._desk.changed()

    async def run(self, plan_source: str, plan_cell_id: str, mode: Mode = "review") -> None:
        """Run a plan; in a notebook that has a run already, as its next iteration."""
        await self.draft(plan_source, plan_cell_id)
        spec = self.record.spec_draft
        assert spec is not None
        self.record.mode = mode
        self.record.spec_draft = None
        self.record.run_id = self.record.run_id or uuid.uuid4().hex[:8]
        self._desk.log("principal", "run", detail={"mode": mode, "plan": plan_source})
        await self._begin(
            new_iteration(spec, self.record.run_id, iteration_label(spec, ""), "", self.record.plan)
        )

    async def resume(self) -> None:
        """Go on with a run that was suspended, stopped or failed."""
        self._require_idle()
        iteration = self._require_iteration()
        self._desk.log("principal", "resume", iteration)
        await self._guarded(self._runner.resume(iteration))

    async def apply_remedy(self, remedy_id: str) -> None:
        """Begin the next iteration with a remedy that the principal agreed to."""
        self._require_idle()
        current = self._require_iteration()
        remedy = self.record.remedy(remedy_id)
        if remedy is None:
            raise ContractError.of(
                "remedy_unknown",
                f"There is no remedy `{remedy_id}` on offer.",
                "Choose one of the remedies of the present verdict.",
                value=remedy_id,
            )
        spec = actor.apply(remedy, current.spec)
        self._desk.log("principal", "apply_remedy", detail=remedy.model_dump(mode="json"))
        label = iteration_label(spec, remedy.kind)
        await self._begin(new_iteration(spec, self.record.run_id, label, remedy.kind, current.plan))

    async def read_plan(self, text: str, data: str = "") -> None:
        """Read a plan from free text; it lands in `state.reading`, with what it leaves open.

        Args:
            text: The plan; one with a head is taken at its word.
            data: DataFrame or file that it is about, where that is known.
        """
        self._require_idle()
        await self._adviser.read_plan(text, data)

    async def answer_reading(self, answers: dict[str, str]) -> None:
        """Answer the questions of `state.reading`, by question id."""
        self._require_idle()
        await self._adviser.answer(answers)

    async def propose(self, step_id: str, iteration: int, comment: str) -> None:
        """Read a comment into a change of the present spec; it lands in `state.proposal`."""
        self._require_idle()
        current = self._require_iteration()
        if step_id:
            self._require_step(step_id, iteration)
        await self._adviser.propose(step_id, current, comment)

    async def apply_proposal(self, proposal_id: str) -> None:
        """Begin the next iteration with a changed spec that the principal agreed to."""
        self._require_idle()
        current = self._require_iteration()
        spec = self._adviser.accept(proposal_id, current)
        kind = (spec.remedy or "").partition(":")[0]
        label = iteration_label(spec, kind)
        await self._begin(new_iteration(spec, self.record.run_id, label, kind, current.plan))

    async def ask_critic(self) -> None:
        """Let the language model read the current results again."""
        self._require_idle()
        current = self._require_iteration()
        if self._desk.model is None:
            raise ContractError.of(
                "model_off",
                "The language model is off.",
                "Switch it on in the panel; the rules' verdict stands without it.",
            )
        if not current.complete or current.verdict is None:
            raise ContractError.of(
                "no_verdict",
                "There are no results to read yet.",
                "Resume the run first.",
            )
        self._desk.log("principal", "ask_critic", current)

        async def work() -> None:
            await self._runner.consult(current)
            self._runner.settle()

        await self._guarded(work())

    async def rerun(self, step_id: str, iteration: int) -> None:
        """Run one step's cell again, as it stands in the notebook."""
        self._require_idle()
        owner, step = self._require_step(step_id, iteration)
        if not step.inserted or step.deleted:
            raise ContractError.of(
                "step_gone",
                f"The cell of “{step.draft.title}” is not in the notebook.",
                "Undo its deletion, or resume the run.",
                value=step_id,
            )
        self._desk.log("principal", "rerun", owner, step)

        async def work() -> None:
            self._desk.set_phase("running", f"Running “{step.draft.title}” again.")
            await self._runner.execute(owner, step)
            await self._runner.conclude(owner)

        await self._guarded(work())

    async def _begin(self, iteration: IterationRecord) -> None:
        previous = self.record.current
        self.record.iterations.append(iteration)
        self.record.started_at, self.record.finished_at = now(), ""

        async def work() -> None:
            self._desk.set_phase("running", "Preparing the cells.")
            if previous is not None:
                await self._runner.supersede(previous, iteration.number)
            await self._runner.run(iteration)

        await self._guarded(work())

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a long call's work; what halts it becomes phase and message."""
        self._desk.stopping = False
        try:
            await work
        except Halt as halt:
            if self.record.phase != "suspended":
                self._desk.set_phase(halt.phase, halt.message)
            self._desk.log("loop", halt.phase, detail={"message": halt.message})
            current = self.record.current
            if current is not None and current.verdict is not None:
                await self._regrade(current)
        finally:
            self.record.current_step = ""
            self._desk.stopping = False
            self._desk.changed()

    # --- short calls ------------------------------------------------------------------

    async def decide(
        self, step_id: str, iteration: int, decision: Decision, comment: str = ""
    ) -> None:
        """Write down the principal's decision on a step; a rejected finding no longer counts."""
        owner, step = self._require_step(step_id, iteration)
        if decision == "accept":
            if step.result is None or step.deleted:
                raise ContractError.of(
                    "nothing_to_accept",
                    f"“{step.draft.title}” has no result to accept.",
                    "Run it first.",
                    value=step_id,
                )
            step.metadata.state = "accepted"
        elif decision == "reject":
            step.metadata.state = "rejected"
        step.metadata.comment = comment or step.metadata.comment
        step.metadata.reviewed_by = self._desk.user or "principal"
        step.metadata.reviewed_at = now()
        self._desk.log("principal", decision, owner, step, {"comment": comment})
        await self._regrade(owner)
        await self._desk.write_metadata(step)

    def dismiss_reading(self) -> None:
        """The plan as read is no longer wanted: it has been taken over, or it has not."""
        self._adviser.dismiss_reading()

    def dismiss_proposal(self) -> None:
        """The change of spec on show is not wanted."""
        self._adviser.dismiss_proposal()

    def answer(self, question_id: str, choice: str) -> None:
        """Answer the question that the loop waits on."""
        self._desk.answer(question_id, choice)

    async def stop(self, interrupt: bool = False) -> None:
        """Stop after the current step; with `interrupt`, interrupt that one too."""
        if self.record.phase not in BUSY:
            return
        self._desk.stopping = True
        self._desk.log("principal", "stop", detail={"interrupt": interrupt})
        self.record.message = "Stopping after this step."
        self._desk.withdraw("stopped", "Stopped.")
        if self._desk.model is not None:
            self._desk.model.cancel()
        self._desk.changed()
        if interrupt:
            await self._desk.host.interrupt()

    async def suspend(self) -> None:
        """The tab that led the run went away."""
        if self.record.phase in BUSY:
            message = "The notebook's tab was closed."
            self._desk.withdraw("suspended", message)
            if self._desk.model is not None:
                self._desk.model.cancel()
            self._desk.set_phase("suspended", message)
            self._desk.log("loop", "suspend")

    async def cell_event(self, event: CellEvent) -> None:
        """Something happened to a cell by another hand than ours."""
        found = self.record.step_of_cell(event.cell_id)
        if found is None:
            return
        owner, step = found
        if event.event == "deleted":
            step.deleted = True
        elif event.cell is not None:
            before, accepted = step.metadata.result_sha256, step.state == "accepted"
            step.absorb(event.cell)
            if event.event == "executed":
                self._desk.epoch = event.kernel_epoch or self._desk.epoch
                self._runner.took_result(step, before, accepted)
        self._desk.log("principal", event.event, owner, step)
        await self._regrade(owner)
        if event.event == "executed":
            await self._desk.write_metadata(step)

    async def kernel_event(self, event: KernelEvent) -> None:
        """The kernel restarted, died or came back: results of another process are stale."""
        self._desk.epoch = event.kernel_epoch if event.event == "ready" else NO_PROCESS
        self._desk.log("kernel", event.event, detail={"epoch": event.kernel_epoch})
        for iteration in self.record.iterations:
            await self._regrade(iteration)
        self._desk.changed()

    async def _regrade(self, iteration: IterationRecord) -> None:
        """The verdict follows what happened, once there is a verdict to follow."""
        if iteration.verdict is not None:
            self._runner.grade(iteration)
            await self._runner.publish_report(iteration)
        self._desk.changed()

    # --- preconditions ----------------------------------------------------------------

    def _read_plan(self, source: str) -> Plan:
        plan = parse_plan(source)
        problems = actor.plan_problems(plan)
        if problems:
            raise ContractError(problems)
        return plan

    def _require_idle(self) -> None:
        if self.record.phase in BUSY:
            raise ContractError.of(
                "busy",
                "A run is in progress in this notebook.",
                "Wait for it, or stop it first.",
            )

    def _require_iteration(self) -> IterationRecord:
        if self.record.current is None:
            raise ContractError.of(
                "no_run",
                "No analysis has been run in this notebook yet.",
                "Run the plan first.",
            )
        return self.record.current

    def _require_step(self, step_id: str, iteration: int) -> tuple[IterationRecord, StepRecord]:
        for owner in self.record.iterations:
            if owner.number == iteration:
                for step in owner.steps:
                    if step.draft.step_id == step_id:
                        return owner, step
        raise ContractError.of(
            "step_unknown",
            f"There is no step `{step_id}` in iteration {iteration}.",
            "Choose a step from the panel's list.",
            value=step_id,
        )
