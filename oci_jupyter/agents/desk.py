"""The desk at which a run is worked on: notebook, journal, record, and the open question.

Shared by the loop (which takes the principal's words) and the runner (which works through
an iteration); neither keeps state of its own.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, Literal

from ..artifacts.journal import Journal
from ..contract import ContractError, DataProfile, FrameInfo, Plan, Spec, source_hash
from ..contract.messages import Phase, Question, Reply
from ..notebook.host import NotebookHost
from . import actor
from .language_model import LanguageModel
from .record import IterationRecord, RunRecord, StepRecord

Who = Literal["principal", "actor", "critic", "loop", "kernel", "model"]

RUN_STEP, SKIP_STEP, STOP_RUN = "Run this step", "Skip it", "Stop here"
RUN_AGAIN = "Run it again"


class Halt(Exception):  # noqa: N818 - it ends a run, which is no error
    """Ends a long call; carries the phase and the message to show."""

    def __init__(self, phase: Phase, message: str) -> None:
        super().__init__(message)
        self.phase = phase
        self.message = message


class Desk:
    """See the module.

    Args:
        host: The notebook.
        journal: Where every act is written down.
        changed: Called after every change of the record.
        user: Name of the principal.
        model: The language model; the rules do everything when there is none.
        prose: Called with an iteration's number and what the model has written of it so far.
    """

    def __init__(
        self,
        host: NotebookHost,
        journal: Journal,
        changed: Callable[[], None],
        user: str,
        model: LanguageModel | None = None,
        prose: Callable[[int, str], None] = lambda iteration, text: None,
    ) -> None:
        self.host = host
        #: Takes what the model has written so far, for the panel; '' when it ended.
        self.prose = prose
        #: The language model; None while it is off.
        self.model = model
        self.user = user
        self.changed = changed
        self.record = RunRecord()
        #: Identity of the present kernel process; '' while unknown.
        self.epoch = ""
        self.stopping = False
        self._journal = journal
        self._answer: asyncio.Future[str] | None = None

    # --- the record --------------------------------------------------------------------

    def set_phase(self, phase: Phase, message: str, step: StepRecord | None = None) -> None:
        """Say what is going on."""
        self.record.phase = phase
        self.record.message = message
        self.record.current_step = step.draft.step_id if step is not None else ""
        self.changed()

    def log(
        self,
        who: Who,
        what: str,
        iteration: IterationRecord | None = None,
        step: StepRecord | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Write one act into the journal."""
        number = iteration or self.record.current
        self._journal.append(
            who=who,
            user=self.user if who == "principal" else "",
            what=what,
            run_id=self.record.run_id,
            iteration=number.number if number is not None else 1,
            step_id=step.draft.step_id if step is not None else "",
            cell_id=step.cell_id if step is not None else "",
            source_sha256=source_hash(step.source) if step is not None else "",
            result_sha256=step.metadata.result_sha256 if step is not None else "",
            detail=detail or {},
        )

    # --- notebook and kernel --------------------------------------------------------------

    def expect(self, reply: Reply) -> Reply:
        """Pass an `ok` reply on; halt on any other."""
        if reply.status == "ok":
            return reply
        phase: Phase = "suspended" if reply.status in ("no_client", "timeout") else "failed"
        raise Halt(phase, reply.message or f"The notebook answered: {reply.status}.")

    async def write_metadata(self, step: StepRecord) -> None:
        """Let the cell say what the record says of it."""
        await self.host.update(step.cell_id, step.metadata)
        self.changed()

    async def probe_kernel(self) -> list[FrameInfo]:
        """Learn the kernel's identity; halts when it is missing or has no toolkit.

        Returns:
            The DataFrames that live in it.
        """
        reply = self.expect(await self.host.probe("kernel", {}))
        answer = reply.probe or {}
        self.epoch = str(answer.get("session", ""))
        return [FrameInfo.model_validate(frame) for frame in answer.get("frames", [])]

    async def probe_columns(self, source: str) -> DataProfile:
        """What the toolkit says about data whose roles are not known yet."""
        reply = self.expect(await self.host.probe("data", {"source": source}))
        return DataProfile.model_validate(reply.probe)

    async def probe_data(self, roles: Plan | Spec) -> DataProfile:
        """What the toolkit says about the data and the roles."""
        request: dict[str, Any] = {"source": roles.data, "names": actor.needed_names()}
        for name in (
            "treatment",
            "treated",
            "outcome",
            "confounders",
            "placebo_outcomes",
            "estimands",
            "cluster",
            "weights",
        ):
            request[name] = getattr(roles, name)
        request["keep"] = [str(condition) for condition in roles.keep]
        reply = self.expect(await self.host.probe("data", request))
        return DataProfile.model_validate(reply.probe)

    # --- the principal's word ---------------------------------------------------------------

    async def ask(
        self,
        kind: Literal["before_step", "unknown_run"],
        text: str,
        step: StepRecord,
        choices: list[str],
    ) -> str:
        """Wait for the principal's choice.

        Raises:
            Halt: The run was stopped or suspended instead.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self.record.question = Question(
            question_id=uuid.uuid4().hex[:8],
            kind=kind,
            text=text,
            step_id=step.draft.step_id,
            choices=choices,
            default=choices[0],
        )
        self.set_phase("asking", text, step)
        try:
            choice = await self._answer
        finally:
            self._answer = None
            self.record.question = None
        if choice == STOP_RUN:
            raise Halt("stopped", f"Stopped before “{step.draft.title}”.")
        return choice

    def answer(self, question_id: str, choice: str) -> None:
        """Hand the principal's choice to whoever asked.

        Raises:
            ContractError: No such question, or not one of its choices.
        """
        question = self.record.question
        if question is None or question.question_id != question_id or self._answer is None:
            raise ContractError.of("question_gone", "That question is no longer open.")
        if choice not in question.choices:
            raise ContractError.of(
                "choice_unknown",
                f"`{choice}` is not one of the choices.",
                f"Choose one of: {', '.join(question.choices)}.",
                value=choice,
            )
        self.log("principal", "answer", detail={"question": question.text, "choice": choice})
        self._settle(lambda answer: answer.set_result(choice))

    def withdraw(self, phase: Literal["stopped", "suspended"], message: str) -> None:
        """Close an open question because the run ends."""
        self._settle(lambda answer: answer.set_exception(Halt(phase, message)))

    def _settle(self, how: Callable[[asyncio.Future[str]], None]) -> None:
        if self._answer is not None and not self._answer.done():
            how(self._answer)
