"""The record of a run: everything the loop knows, rebuilt at need from the notebook alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import ValidationError

from ..contract import (
    CellMetadata,
    Plan,
    Problem,
    Remedy,
    Result,
    Spec,
    StaleReason,
    StepState,
    StepView,
    Verdict,
    source_hash,
)
from ..contract.messages import CellSnapshot, IterationView, Mode, Phase, Question, RunState
from ..notebook.compose import StepDraft, cell_id, compose

#: States in which a step has a result that counts.
COUNTED: frozenset[StepState] = frozenset({"done", "accepted", "edited", "stale"})


@dataclass
class StepRecord:
    """One step: as composed, and as it stands in the notebook."""

    draft: StepDraft
    metadata: CellMetadata
    inserted: bool = False
    deleted: bool = False
    source: str = ""
    result: Result | None = None
    error: str = ""
    seconds: float | None = None
    stale: StaleReason | None = None

    @property
    def cell_id(self) -> str:
        return self.draft.code.id

    @property
    def state(self) -> StepState:
        return self.metadata.state

    @property
    def finished(self) -> bool:
        """Whether the loop may go on to the next step."""
        return self.inserted and not self.deleted and self.state in (*COUNTED, "rejected")

    @property
    def counted(self) -> Result | None:
        """The result, if the critic may rest on it."""
        if self.deleted or self.state not in COUNTED:
            return None
        return self.result

    @property
    def edited_since_run(self) -> bool:
        return bool(self.metadata.run_sha256) and (
            source_hash(self.source) != self.metadata.run_sha256
        )

    @property
    def shown_state(self) -> StepState:
        """The state for people: a result that no longer holds shows as stale."""
        if self.stale is None or self.stale.what in ("failed", "rejected"):
            return self.state
        return "stale"

    def settle(self) -> None:
        """State after a result came in: done, or edited when the code is not as composed."""
        same = source_hash(self.source) == self.metadata.source_sha256
        self.metadata.state = "done" if same else "edited"

    def absorb(self, snapshot: CellSnapshot) -> None:
        """Take over what the notebook shows of this step."""
        self.inserted, self.deleted = True, False
        self.source = snapshot.source
        self.error = snapshot.error
        self.result = read_result(snapshot)

    def view(self) -> StepView:
        return StepView(
            step_id=self.draft.step_id,
            cell_id=self.cell_id,
            heading_id=self.draft.heading.id,
            iteration=self.metadata.iteration,
            number=self.draft.number,
            title=self.draft.title,
            purpose=self.draft.purpose,
            state=self.shown_state,
            grade=worst_grade(self.result) if self.result is not None else None,
            headline=self.result.headline if self.result is not None else "",
            stale_reason=self.stale.message if self.stale is not None else "",
            error=self.error,
            comment=self.metadata.comment,
            seconds=self.seconds,
            superseded_by=self.metadata.superseded_by,
        )


@dataclass
class IterationRecord:
    """One pass from spec to verdict."""

    spec: Spec
    steps: list[StepRecord]
    label: str = ""
    verdict: Verdict | None = None
    report: str = ""
    report_hash: str = ""
    report_inserted: bool = False

    @property
    def number(self) -> int:
        return self.spec.iteration

    @property
    def complete(self) -> bool:
        """Whether there is nothing left to run."""
        return all(step.finished for step in self.steps)

    def view(self, report_id: str) -> IterationView:
        return IterationView(
            iteration=self.number,
            label=self.label,
            spec=self.spec,
            steps=[step.view() for step in self.steps],
            verdict=self.verdict,
            report=self.report,
            report_cell_id=report_id if self.report_inserted else "",
        )


@dataclass
class RunRecord:
    """A run in one notebook."""

    run_id: str = ""
    notebook_path: str = ""
    phase: Phase = "idle"
    mode: Mode = "review"
    plan: Plan | None = None
    plan_cell_id: str = ""
    spec_draft: Spec | None = None
    problems: list[Problem] = field(default_factory=list)
    iterations: list[IterationRecord] = field(default_factory=list)
    question: Question | None = None
    current_step: str = ""
    message: str = ""
    started_at: str = ""
    finished_at: str = ""

    @property
    def current(self) -> IterationRecord | None:
        return self.iterations[-1] if self.iterations else None

    def report_id(self, iteration: int) -> str:
        return cell_id(self.run_id, iteration, "report")

    def step_of_cell(self, cell: str) -> tuple[IterationRecord, StepRecord] | None:
        for record in self.iterations:
            for step in record.steps:
                if step.cell_id == cell:
                    return record, step
        return None

    def remedy(self, remedy_id: str) -> Remedy | None:
        if self.current is None or self.current.verdict is None:
            return None
        return next((r for r in self.current.verdict.remedies if r.id == remedy_id), None)

    def view(self) -> RunState:
        return RunState(
            run_id=self.run_id,
            notebook_path=self.notebook_path,
            phase=self.phase,
            mode=self.mode,
            plan=self.plan,
            plan_cell_id=self.plan_cell_id,
            spec_draft=self.spec_draft,
            problems=self.problems,
            iterations=[i.view(self.report_id(i.number)) for i in self.iterations],
            question=self.question,
            current_step=self.current_step,
            message=self.message,
            started_at=self.started_at,
            finished_at=self.finished_at,
        )


def worst_grade(result: Result) -> str | None:
    """The worst grade among a result's checks; none when nothing was graded."""
    grades = {check.grade for check in result.checks}
    return next((g for g in ("fail", "warn", "pass", "not_applicable") if g in grades), None)


def read_result(snapshot: CellSnapshot) -> Result | None:
    """The snapshot's result; none when there is none or it is not one of ours.

    Outputs are untrusted: a payload that does not validate counts as no result.
    """
    if snapshot.result is None:
        return None
    try:
        return Result.model_validate(snapshot.result)
    except ValidationError:
        return None


def read_metadata(snapshot: CellSnapshot) -> CellMetadata | None:
    """The snapshot's metadata of ours; none when there is none or it does not validate."""
    if not snapshot.metadata:
        return None
    try:
        return CellMetadata.model_validate(snapshot.metadata)
    except ValidationError:
        return None


def new_iteration(spec: Spec, run_id: str, label: str, remedy_kind: str) -> IterationRecord:
    """An iteration whose steps are composed and not yet inserted."""
    steps = [
        StepRecord(draft=draft, metadata=draft.code.metadata.model_copy(deep=True))
        for draft in compose(spec, run_id, remedy_kind)
    ]
    return IterationRecord(spec=spec, steps=steps, label=label)


def iteration_label(spec: Spec, remedy_kind: str) -> str:
    """What is special about an iteration, in a few words."""
    if spec.comment and not remedy_kind:
        return f"“{textwrap.shorten(spec.comment, 60, placeholder='…')}”"
    if remedy_kind == "trim" and spec.trim is not None:
        return f"trimmed to {spec.trim.label}"
    if remedy_kind == "switch_estimand":
        return f"estimand {', '.join(spec.labels)}"
    if remedy_kind == "richer_learner":
        return "richer models"
    return "as planned" if spec.iteration == 1 else "plan revised"


def restore(cells: Iterable[CellSnapshot]) -> RunRecord:
    """Rebuild the latest run of a notebook from its cells.

    A step whose cell is missing is still to be done. Cells whose metadata cannot be read are
    passed over, so a notebook of a newer version opens without a run rather than not at all.
    """
    record = RunRecord()
    by_id: dict[str, tuple[CellSnapshot, CellMetadata]] = {}
    for cell in cells:
        metadata = read_metadata(cell)
        if metadata is None:
            continue
        if metadata.role == "plan":
            record.plan_cell_id = cell.cell_id
        else:
            by_id[cell.cell_id] = (cell, metadata)
            record.run_id = metadata.run_id or record.run_id
    heads = sorted(
        (m for _, m in by_id.values() if m.spec is not None and m.run_id == record.run_id),
        key=lambda m: m.iteration,
    )
    for head in heads:
        assert head.spec is not None
        remedy_kind = (head.spec.remedy or "").partition(":")[0]
        iteration = new_iteration(
            head.spec, record.run_id, iteration_label(head.spec, remedy_kind), remedy_kind
        )
        for step in iteration.steps:
            found = by_id.get(step.cell_id)
            if found is not None:
                step.metadata = found[1]
                step.absorb(found[0])
        report = by_id.get(record.report_id(iteration.number))
        if report is not None:
            iteration.report = report[0].source
            iteration.report_hash = report[1].source_sha256
            iteration.report_inserted = True
        record.iterations.append(iteration)
    return record
