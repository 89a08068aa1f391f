"""The runner: works through one iteration, from its first cell to its verdict."""

from __future__ import annotations

from typing import Literal

from ..artifacts.journal import now
from ..contract import CellMetadata, NewCell, source_hash
from ..contract.messages import Reply
from . import critic
from .desk import RUN_AGAIN, RUN_STEP, SKIP_STEP, STOP_RUN, Desk, Halt
from .evidence import results_hash
from .record import IterationRecord, StepRecord
from .report import write_report
from .writer import consult


class Runner:
    """Inserts and runs steps, takes over their results, and has them graded."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, iteration: IterationRecord) -> None:
        """Do what is still to be done of an iteration, then grade it.

        Raises:
            Halt: A step failed, the principal stopped, or the notebook went away.
        """
        for step in iteration.steps:
            if step.finished:
                continue
            if self._desk.stopping:
                raise Halt("stopped", f"Stopped before “{step.draft.title}”.")
            if not await self._consent(iteration, step):
                continue
            title = f"{step.draft.title} ({step.draft.number} of {len(iteration.steps)})"
            self._desk.set_phase("running", title, step)
            await self._insert(iteration, step, "running")
            await self.execute(iteration, step)
        await self.conclude(iteration)

    async def resume(self, iteration: IterationRecord) -> None:
        """Go on after an interruption.

        After a kernel restart every step runs again, since the study that they share is gone.
        When it cannot be known whether a cell ran, the principal is asked.
        """
        self._desk.set_phase("running", "Looking at the kernel.")
        await self._desk.probe_kernel()
        sessions = {s.result.session for s in iteration.steps if s.result is not None}
        if sessions and sessions != {self._desk.epoch}:
            profile = await self._desk.probe_data(iteration.spec)
            errors = [str(p) for p in profile.problems if p.severity == "error"]
            if errors:
                raise Halt("failed", " ".join(errors))
            for step in iteration.steps:
                if step.state != "rejected":
                    step.metadata.state = "proposed"
        for step in iteration.steps:
            if step.state == "failed":
                step.metadata.state = "proposed"
            elif step.state == "running" and step.inserted and not step.deleted:
                await self._desk.ask(
                    "unknown_run",
                    f"It is not known whether “{step.draft.title}” ran to its end.",
                    step,
                    [RUN_AGAIN, STOP_RUN],
                )
                step.metadata.state = "proposed"
        await self.run(iteration)

    async def _consent(self, iteration: IterationRecord, step: StepRecord) -> bool:
        if self._desk.record.mode != "ask":
            return True
        choice = await self._desk.ask(
            "before_step",
            f"Step {step.draft.number} of {len(iteration.steps)}: {step.draft.title}. "
            f"{step.draft.purpose}",
            step,
            [RUN_STEP, SKIP_STEP, STOP_RUN],
        )
        if choice == RUN_STEP:
            return True
        await self._insert(iteration, step, "rejected")
        step.metadata.state = "rejected"
        step.metadata.comment = "Skipped before it ran."
        self._desk.log("principal", "skip", iteration, step)
        await self._desk.write_metadata(step)
        return False

    # --- cells ---------------------------------------------------------------------------

    async def _insert(
        self, iteration: IterationRecord, step: StepRecord, state: Literal["running", "rejected"]
    ) -> None:
        if step.inserted and not step.deleted:
            return
        step.metadata.state = state
        anchor = self._anchor(iteration, step)
        code = step.draft.code.model_copy(update={"metadata": step.metadata})
        for cell, after in ((step.draft.heading, anchor), (code, step.draft.heading.id)):
            self._desk.expect(await self._desk.host.insert(cell, after))
            self._desk.log("actor", "insert", iteration, step, {"cell": cell.id})
        step.inserted, step.deleted, step.source = True, False, step.draft.code.source
        self._desk.changed()

    def _anchor(self, iteration: IterationRecord, step: StepRecord) -> str:
        """The cell below which a step belongs: the last of ours that is there, else the plan."""
        record = self._desk.record
        anchor = record.plan_cell_id
        for earlier in record.iterations:
            for other in earlier.steps:
                if earlier is iteration and other is step:
                    return anchor
                if other.inserted and not other.deleted:
                    anchor = other.cell_id
            if earlier.report_inserted:
                anchor = record.report_id(earlier.number)
        return anchor

    async def execute(self, iteration: IterationRecord, step: StepRecord) -> None:
        """Run a step's cell and take over what it published.

        Raises:
            Halt: It failed, or nobody knows how it went.
        """
        desk = self._desk
        before = step.metadata.result_sha256
        accepted = step.state == "accepted"
        step.metadata.state = "running"
        desk.set_phase("running", desk.record.message, step)
        reply = await desk.host.run(step.cell_id, source_hash(step.source))
        if reply.status == "source_mismatch" and reply.cell is not None:
            # The principal edited it between insertion and run: theirs is what should run.
            step.source = reply.cell.source
            reply = await desk.host.run(step.cell_id, source_hash(step.source))
        desk.record.current_step = ""
        step.seconds = reply.seconds
        if reply.status in ("no_client", "timeout"):
            raise Halt("suspended", reply.message or "The notebook's tab went away.")
        if reply.cell is not None:
            step.absorb(reply.cell)
        moved = bool(reply.kernel_epoch and desk.epoch and reply.kernel_epoch != desk.epoch)
        if reply.status == "failed" and moved:
            # The cell met none of the variables that the steps share; its error misleads.
            reply.status = "kernel_restarted"
        if reply.status == "ok":
            desk.epoch = reply.kernel_epoch or desk.epoch
            self.took_result(step, before, accepted)
        else:
            step.metadata.state = "failed"
            step.error = reply.message or step.error or reply.status
        desk.log(
            "kernel", "run", iteration, step, {"status": reply.status, "seconds": reply.seconds}
        )
        await desk.write_metadata(step)
        if step.state == "failed":
            raise Halt("failed", _failure_words(step, reply))

    def took_result(self, step: StepRecord, before: str, accepted: bool) -> None:
        """After an execution by any hand: the new state, and what the cell now rests on.

        Args:
            step: The step, with what its cell now shows.
            before: Content hash of the result that it had.
            accepted: Whether that result had been accepted; the same one stays so.
        """
        step.metadata.run_sha256 = source_hash(step.source)
        if step.error or step.result is None:
            step.metadata.state = "failed"
            step.error = step.error or "The cell ran and published no result."
            step.metadata.result_sha256 = ""
            return
        step.metadata.result_sha256 = step.result.content_hash
        step.settle()
        if accepted and step.metadata.result_sha256 == before and step.state == "done":
            step.metadata.state = "accepted"

    async def supersede(self, iteration: IterationRecord, by: int) -> None:
        """Mark an iteration's cells as replaced; they stay where they are."""
        for step in iteration.steps:
            step.metadata.superseded_by = by
            if step.inserted and not step.deleted:
                await self._desk.write_metadata(step)

    # --- verdict ---------------------------------------------------------------------------

    async def conclude(self, iteration: IterationRecord) -> None:
        """Grade and report a complete iteration; say so when it is not complete yet."""
        if not iteration.complete:
            self._desk.set_phase("stopped", "Some steps are still to be run.")
            return
        self.grade(iteration)
        await self.publish_report(iteration)
        if not self._remarks_hold(iteration):
            await self.consult(iteration)
        self.settle()

    def settle(self) -> None:
        """There is nothing left to do before the principal decides."""
        self._desk.record.finished_at = now()
        self._desk.set_phase("finished", "")

    async def consult(self, iteration: IterationRecord) -> None:
        """Let the language model read the results, where there is one; the report follows.

        The rules' verdict and report stand before it is asked, so nothing is lost when it fails.
        """
        desk, plan = self._desk, iteration.plan
        if desk.model is None or iteration.verdict is None:
            return
        desk.set_phase("running", f"{desk.model.view.name} reads the results.")
        try:
            iteration.remarks = await consult(
                desk.model,
                iteration,
                critic.review(iteration, desk.epoch, plan=plan, earlier=self._earlier(iteration)),
                plan=plan,
                columns=await desk.columns_of(iteration.spec),
                on_text=lambda text: desk.prose(iteration.number, text),
            )
        finally:
            desk.prose(iteration.number, "")
        detail = iteration.remarks.model_dump(mode="json")
        desk.log("model", "remarks", iteration, detail=detail)
        self.grade(iteration)
        await self.publish_report(iteration)

    def _earlier(self, iteration: IterationRecord) -> list[IterationRecord]:
        return [i for i in self._desk.record.iterations if i.number < iteration.number]

    def _remarks_hold(self, iteration: IterationRecord) -> bool:
        """Whether the model has read the very results that there are."""
        remarks = iteration.remarks
        if remarks is None or remarks.problems:
            return False
        return remarks.results_sha256 == results_hash(iteration)

    def grade(self, iteration: IterationRecord) -> None:
        """Let the critic look; verdict and report land on the iteration."""
        if not any(step.inserted for step in iteration.steps):
            return
        plan, earlier = iteration.plan, self._earlier(iteration)
        # Remarks about earlier results lower nothing; the report says that they are old.
        remarks = iteration.remarks if self._remarks_hold(iteration) else None
        verdict = critic.review(
            iteration, self._desk.epoch, plan=plan, earlier=earlier, remarks=remarks
        )
        if verdict != iteration.verdict:
            iteration.verdict = verdict
            detail = verdict.model_dump(mode="json")
            self._desk.log("critic", "verdict", iteration, detail=detail)
        iteration.report = write_report(
            iteration,
            verdict,
            plan=plan,
            plan_anchor=self._desk.record.plan_heading,
            earlier=earlier,
            remarks=iteration.remarks,
        )

    async def publish_report(self, iteration: IterationRecord) -> None:
        """Write the report into its cell, unless the principal has edited that cell."""
        desk = self._desk
        digest = source_hash(iteration.report)
        if iteration.report_inserted and digest == iteration.report_hash:
            return
        metadata = CellMetadata(
            role="report",
            run_id=desk.record.run_id,
            iteration=iteration.number,
            step_id="report",
            title="Verdict and report",
            purpose="The critic's verdict and what it rests on.",
            design=iteration.spec.design,
            state="done",
            source_sha256=digest,
            remarks=iteration.remarks,
        )
        cell_id = desk.record.report_id(iteration.number)
        if iteration.report_inserted:
            reply = await desk.host.update(
                cell_id,
                metadata,
                source=iteration.report,
                expected_source_hash=iteration.report_hash,
            )
        else:
            cell = NewCell(
                id=cell_id, cell_type="markdown", source=iteration.report, metadata=metadata
            )
            reply = await desk.host.insert(cell, iteration.steps[-1].cell_id)
        if reply.status == "ok":
            iteration.report_inserted, iteration.report_hash = True, digest
        desk.changed()


def _failure_words(step: StepRecord, reply: Reply) -> str:
    ended = {
        "kernel_restarted": "The kernel died or was restarted. Run your own cells again, "
        "then resume: the steps start over.",
        "no_kernel": "The notebook has no kernel that runs. Start one, run your own cells, "
        "then resume.",
        "interrupted": "It was interrupted. Resume to run it again.",
    }
    words = ended.get(reply.status)
    if words is not None:
        return f"“{step.draft.title}” did not finish. {words}"
    return f"“{step.draft.title}” failed: {step.error} Edit the cell and run it, then resume."
