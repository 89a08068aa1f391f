"""What the principal is asked to agree to before anything runs: plans as read, changed specs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..contract import (
    ContractError,
    DataProfile,
    FrameInfo,
    PlanReading,
    Problem,
    Proposal,
    Spec,
)
from .desk import Desk, Halt
from .plan_draft import PlanDraft
from .plan_reader import check_text, head_of, headed_draft, read_draft
from .plan_rules import LONGEST, data_named
from .proposals import propose
from .record import IterationRecord


class Adviser:
    """Keeps the reading and the proposal that are on show.

    Args:
        desk: Notebook, journal and record of the run.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._draft: PlanDraft | None = None
        self._text = ""
        #: The plan as read, while the principal has not agreed to it or dismissed it.
        self.reading: PlanReading | None = None
        #: The change of spec on show.
        self.proposal: Proposal | None = None

    def clear(self) -> None:
        """Forget both: another notebook's run is on the desk."""
        self._draft, self.reading, self.proposal = None, None, None

    @contextmanager
    def _at_work(self, message: str) -> Iterator[None]:
        """The drafting phase; afterwards the run is as it was."""
        desk = self._desk
        phase, before = desk.record.phase, desk.record.message
        desk.stopping = False
        desk.set_phase("drafting", message)
        try:
            yield
        except Halt as halt:
            raise ContractError.of("notebook", halt.message) from halt
        finally:
            desk.stopping = False
            desk.set_phase(phase, before)

    # --- plans ---------------------------------------------------------------------------------

    async def read_plan(self, text: str, data: str) -> None:
        """Read a plan from free text; the answer is `reading`.

        Raises:
            ContractError: There is no text, its head is broken, or the kernel cannot be asked.
        """
        check_text(text)
        desk = self._desk
        desk.log("principal", "read_plan", detail={"text": text, "data": data})
        with self._at_work("Reading the plan."):
            draft = await self._read(text, data)
            if not desk.stopping:
                self._text, self._draft = text, draft
                self.reading = draft.reading()
        self._written("read_plan")

    async def answer(self, answers: dict[str, str]) -> None:
        """Fill in the principal's answers to the open questions, by question id.

        Raises:
            ContractError: There is no reading, or an answer cannot be had; nothing changed.
        """
        draft = self._draft
        if draft is None:
            raise ContractError.of(
                "no_reading", "No plan is being read.", "Have the text read again."
            )
        draft.answer(answers)
        self._desk.log("principal", "answer_reading", detail={"answers": answers})
        with self._at_work("Checking the answers."):
            data = draft.fields.get("data", "")
            if not draft.finder.columns and data:
                draft = await self._read(self._text, data)
            else:
                await self._check_roles(draft)
            self._draft, self.reading = draft, draft.reading()
        self._written("answer_reading")

    def dismiss_reading(self) -> None:
        """The reading is no longer wanted."""
        if self.reading is not None:
            self._desk.log("principal", "dismiss_reading")
        self._draft, self.reading = None, None
        self._desk.changed()

    async def _read(self, text: str, data: str) -> PlanDraft:
        frames = await self._desk.probe_kernel()
        head = head_of(text)
        source = data or (head.data if head is not None else "") or _source(text, frames)
        profile = DataProfile(source=source, rows=0, columns=[], fingerprint="")
        if source:
            profile = await self._desk.probe_columns(source)
        if head is not None:
            draft = headed_draft(text, profile, frames)
            if source:
                draft.fields["data"] = source
        else:
            draft = await read_draft(text, profile, frames, source, self._desk.model)
        if source and not profile.columns:
            draft.fields.pop("data", None)
            draft.problems += profile.problems or [_no_columns(source)]
        await self._check_roles(draft)
        return draft

    async def _check_roles(self, draft: PlanDraft) -> None:
        """Let the toolkit judge the roles, once there are some."""
        draft.suggest()
        plan = draft.plan()
        draft.kernel_problems = []
        if draft.finder.columns and not plan.missing:
            profile = await self._desk.probe_data(plan)
            # Which level is treated is asked as a question of its own.
            draft.kernel_problems = [
                p for p in profile.problems if p.code != "treatment_needs_treated"
            ]

    def _written(self, what: str) -> None:
        if self.reading is not None:
            self._desk.log(
                "model" if self.reading.by == "model" else "actor",
                what,
                detail={"reading": self.reading.model_dump(mode="json")},
            )
        self._desk.changed()

    # --- comments --------------------------------------------------------------------------------

    async def propose(self, step_id: str, iteration: IterationRecord, comment: str) -> None:
        """Read a comment into a change of the present spec; the answer is `proposal`.

        Raises:
            ContractError: There is no comment, or the kernel cannot be asked.
        """
        check_text(comment, LONGEST)
        desk = self._desk
        desk.log("principal", "comment", iteration, detail={"step": step_id, "comment": comment})
        with self._at_work("Reading the comment."):
            await desk.probe_kernel()
            proposal = await propose(
                comment, iteration.spec, desk.probe_data, desk.model, step_id=step_id
            )
            if not desk.stopping:
                self.proposal = proposal
        desk.log(
            "model" if proposal.by == "model" else "actor",
            "propose",
            iteration,
            detail={"proposal": proposal.model_dump(mode="json")},
        )
        desk.changed()

    def accept(self, proposal_id: str, current: IterationRecord) -> Spec:
        """Take the proposal that the principal agreed to.

        Raises:
            ContractError: It is not on show, cannot be had, or is of an earlier iteration.
        """
        proposal = self._shown(proposal_id)
        if proposal.spec is None:
            raise ContractError(
                [p for p in proposal.problems if p.severity == "error"]
                or [Problem(code="proposal_empty", message="There is nothing to apply.")]
            )
        if proposal.iteration != current.number:
            raise ContractError.of(
                "proposal_old",
                f"The change was proposed for iteration {proposal.iteration}, and the analysis has "
                "gone on since.",
                "Comment again on the present iteration.",
                value=proposal_id,
            )
        self._desk.log("principal", "apply_proposal", detail=proposal.model_dump(mode="json"))
        self.proposal = None
        return proposal.spec

    def dismiss_proposal(self) -> None:
        """The change on show is not wanted."""
        if self.proposal is not None:
            detail = {"proposal": self.proposal.proposal_id}
            self._desk.log("principal", "dismiss_proposal", detail=detail)
        self.proposal = None
        self._desk.changed()

    def _shown(self, proposal_id: str) -> Proposal:
        if self.proposal is None or self.proposal.proposal_id != proposal_id:
            raise ContractError.of(
                "proposal_gone",
                "That change is no longer on offer.",
                "Comment again.",
                value=proposal_id,
            )
        return self.proposal


def _source(text: str, frames: list[FrameInfo]) -> str:
    """The data that a text names, or the only DataFrame there is."""
    return data_named(text, frames) or (frames[0].name if len(frames) == 1 else "")


def _no_columns(source: str) -> Problem:
    return Problem(
        code="data_empty",
        field="data",
        value=source,
        message=f"`{source}` has no columns.",
        fix="Name another DataFrame or file.",
    )
