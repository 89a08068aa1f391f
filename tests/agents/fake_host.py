"""A notebook whose kernel answers with canned results: for the loop, not for statistics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from oci_jupyter.contract import (
    CellMetadata,
    Check,
    Estimate,
    NewCell,
    Problem,
    Result,
    Spec,
    StudyInfo,
    Table,
    Thresholds,
    TrimOption,
    source_hash,
)
from oci_jupyter.contract.messages import CellSnapshot, Reply

SESSION = "kernel-1"


def study_info(
    estimands: list[str], fingerprint: str = "f1", spec: Spec | None = None
) -> StudyInfo:
    """Which study a result belongs to: the spec's, where one is given."""
    info = StudyInfo(
        fingerprint=fingerprint,
        treatment="treat",
        outcome="re78",
        confounders=["age", "re75"],
        placebo_outcomes=["re75"],
        estimands=estimands,
        n=16177,
        n_treated=185,
        n_control=15992,
        n_source=16177,
        seed=7,
        folds=5,
        learner="stack",
    )
    if spec is None:
        return info
    default = Thresholds().model_dump()
    return info.model_copy(
        update={
            "treatment": spec.treatment,
            "treated": spec.treated,
            "outcome": spec.outcome,
            "confounders": list(spec.confounders),
            "placebo_outcomes": list(spec.placebo_outcomes),
            "cluster": spec.cluster,
            "weights": spec.weights,
            "keep": [str(condition) for condition in spec.keep],
            "trim": spec.trim.label if spec.trim is not None else "",
            "seed": spec.seed,
            "folds": spec.folds,
            "learner": spec.learner,
            "n_source": spec.rows or info.n_source,
            "thresholds": {
                k: v for k, v in spec.thresholds.model_dump().items() if v != default[k]
            },
        }
    )


def result(
    kind: str,
    *,
    estimands: list[str],
    checks: list[Check] | None = None,
    session: str = SESSION,
    **more: Any,
) -> Result:
    return Result.model_validate(
        {
            "kind": kind,
            "title": kind,
            "headline": f"{kind} found",
            "study": study_info(estimands, more.pop("fingerprint", "f1"), more.pop("spec", None)),
            "checks": checks or [],
            "table": Table(columns=["a"], rows=[[1]]),
            "toolkit_version": "0",
            "session": session,
            **more,
        }
    )


def check(name: str, grade: str, estimand: str | None = None, reason: str = "") -> Check:
    return Check.model_validate(
        {
            "name": name,
            "title": name,
            "grade": grade,
            "estimand": estimand,
            "reason": reason or f"{name} is {grade}",
        }
    )


def estimates(estimands: list[str]) -> list[Estimate]:
    return [
        Estimate(
            estimand=label,
            method="doubly robust",
            estimate=1500.0,
            stderr=900.0,
            ci_lower=-264.0,
            ci_upper=3264.0,
            population="185 units",
            n=185,
            outcome="re78",
        )
        for label in estimands
    ]


def canned(step_id: str, estimands: list[str], grades: dict[str, str], **more: Any) -> Result:
    """The result of a step; `grades` maps `check:estimand` (or `check`) to a grade."""

    def graded(name: str) -> list[Check]:
        return [
            check(name, grades.get(f"{name}:{e}", grades.get(name, "pass")), e) for e in estimands
        ]

    kind = step_id.rstrip("-0123456789")
    checks = {
        "overlap": graded("overlap_share_outside"),
        "balance": graded("balance_max_smd"),
        "placebo": graded("placebo"),
        "sensitivity": graded("robustness_value"),
    }
    extra: dict[str, Any] = {}
    if kind == "overlap":
        extra["trim_options"] = [
            TrimOption(
                rule="fixed", low=0.1, high=0.9, n_kept=327, n_total=16177, n_treated_kept=150
            )
        ]
    if kind == "estimate":
        extra["estimates"] = estimates(estimands)
    known = ("screen", "overlap", "balance", "placebo", "estimate", "sensitivity", "summary")
    if kind not in known:
        kind = "study"
    return result(kind, estimands=estimands, checks=checks.get(kind), **extra, **more)


class FakeHost:
    """Implements NotebookHost over a list of cells.

    `before_run` may be set to fail, block or edit at a given cell.
    """

    def __init__(self, grades: dict[str, str] | None = None) -> None:
        self.kernel_epoch = ""
        self.session = SESSION
        self.grades = dict(grades or {})
        self.fingerprint = "f1"
        self.cells: list[CellSnapshot] = [
            CellSnapshot(
                cell_id="plan", cell_type="markdown", source="plan", metadata={"role": "plan"}
            )
        ]
        self.problems: list[Problem] = []
        #: DataFrames of the kernel, and the columns of each source; none known means none shown.
        self.frames: list[dict[str, Any]] = []
        self.columns: dict[str, list[dict[str, Any]]] = {}
        self.probes: list[dict[str, Any]] = []
        self.failures: dict[str, tuple[str, str]] = {}
        self.insertions = 0
        self.before_run: Callable[[str], Any] | None = None
        self.runs: list[str] = []

    def cell(self, cell_id: str) -> CellSnapshot:
        return next(c for c in self.cells if c.cell_id == cell_id)

    async def snapshot(self) -> list[CellSnapshot]:
        return [c.model_copy(deep=True) for c in self.cells]

    async def insert(self, cell: NewCell, after: str) -> Reply:
        self.insertions += 1
        if not any(c.cell_id == cell.id for c in self.cells):
            ids = [c.cell_id for c in self.cells]
            index = ids.index(after) + 1 if after in ids else len(ids)
            self.cells.insert(
                index,
                CellSnapshot(
                    cell_id=cell.id,
                    cell_type=cell.cell_type,
                    source=cell.source,
                    metadata=cell.metadata.model_dump(mode="json"),
                ),
            )
        return self._reply("ok", cell.id)

    async def run(self, cell_id: str, expected_source_hash: str) -> Reply:
        await asyncio.sleep(0)
        if self.before_run is not None:
            answer = self.before_run(cell_id)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer is not None:
                return self._reply(answer, cell_id)
        cell = self.cell(cell_id)
        if source_hash(cell.source) != expected_source_hash:
            return self._reply("source_mismatch", cell_id)
        self.runs.append(cell_id)
        self.execute_by_hand(cell_id)
        if cell.error:
            return self._reply("failed", cell_id, cell.error)
        return self._reply("ok", cell_id)

    def execute_by_hand(self, cell_id: str) -> CellSnapshot:
        """What Shift+Enter does: new outputs, no message to the loop."""
        cell = self.cell(cell_id)
        metadata = CellMetadata.model_validate(cell.metadata)
        cell.execution_count = (cell.execution_count or 0) + 1
        if metadata.step_id in self.failures:
            cell.error = ": ".join(self.failures[metadata.step_id])
            cell.result = None
            return cell
        cell.error = ""
        spec = self.spec(metadata)
        found = canned(
            metadata.step_id,
            spec.labels,
            self.grades,
            session=self.session,
            fingerprint=f"{self.fingerprint}-{metadata.iteration}",
            spec=spec,
        )
        cell.result = found.model_dump(mode="json")
        return cell

    def spec(self, metadata: CellMetadata) -> Any:
        for cell in self.cells:
            other = CellMetadata.model_validate(cell.metadata)
            if other.spec is not None and other.iteration == metadata.iteration:
                return other.spec
        raise AssertionError("no spec in the notebook")

    async def update(
        self,
        cell_id: str,
        metadata: CellMetadata,
        *,
        source: str | None = None,
        expected_source_hash: str = "",
    ) -> Reply:
        if not any(c.cell_id == cell_id for c in self.cells):
            return self._reply("rejected")
        cell = self.cell(cell_id)
        if source is not None:
            if source_hash(cell.source) != expected_source_hash:
                return self._reply("source_mismatch", cell_id)
            cell.source = source
        cell.metadata = metadata.model_dump(mode="json")
        return self._reply("ok", cell_id)

    async def probe(self, what: str, request: dict[str, Any]) -> Reply:
        reply = self._reply("ok")
        if what == "kernel":
            self.kernel_epoch = self.session
            reply.probe = {
                "session": self.session,
                "toolkit_version": "0",
                "python": "3.11",
                "frames": self.frames,
            }
        else:
            self.probes.append(request)
            judged = "treatment" in request
            reply.probe = {
                "source": request["source"],
                "rows": 16177,
                "columns": self.columns.get(request["source"], []),
                "fingerprint": "d1",
                "problems": [p.model_dump() for p in self.problems] if judged else [],
                "taken_names": [],
            }
        return reply

    async def interrupt(self) -> Reply:
        return self._reply("ok")

    def _reply(self, status: str, cell_id: str = "", message: str = "") -> Reply:
        cell = None
        if cell_id and any(c.cell_id == cell_id for c in self.cells):
            cell = self.cell(cell_id).model_copy(deep=True)
        return Reply.model_validate(
            {
                "action_id": "",
                "status": status,
                "message": message,
                "kernel_epoch": self.session,
                "cell": cell,
            }
        )
