"""An iteration made of contract objects: no kernel, every result as the test wants it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fake_host import SESSION, canned

from oci_jupyter.agents import critic
from oci_jupyter.agents.record import IterationRecord, StepRecord, new_iteration
from oci_jupyter.contract import Attempt, Finding, Plan, Result, Spec, Verdict, source_hash

ROLES: dict[str, Any] = {
    "data": "df",
    "treatment": "treat",
    "outcome": "re78",
    "confounders": ["age", "educ", "re74", "re75"],
    "placebo_outcomes": ["re75"],
    "estimands": ["ATE", "ATT"],
}


def plan(**fields: Any) -> Plan:
    """The plan that `made` carries out."""
    return Plan.model_validate(ROLES | fields)


def made(
    grades: dict[str, str] | None = None,
    *,
    findings: Iterable[Finding] = (),
    attempts: Iterable[Attempt] = (),
    study: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    leave_out: Iterable[str] = (),
    remedy_kind: str = "",
    label: str = "as planned",
    **spec: Any,
) -> IterationRecord:
    """An iteration whose steps ran as composed.

    Args:
        grades: As for `canned`.
        findings: What the screen found.
        attempts: What the summary says was tried.
        study: What every result's study has otherwise than the spec.
        params: Parameters of the study's result.
        leave_out: Kinds of steps that were never run.
        remedy_kind: Kind of the remedy that led here.
        label: The iteration's label.
        spec: Fields of the spec.
    """
    fields = {"rows": 16177, **ROLES, **spec}
    record = new_iteration(Spec.model_validate(fields), "ab12", label, remedy_kind)
    for step in record.steps:
        if step.draft.kind in leave_out:
            continue
        result = canned(step.draft.step_id, record.spec.labels, grades or {}, spec=record.spec)
        if study:
            result.study = result.study.model_copy(update=study)
        if result.kind == "study":
            result.params = dict(params or {})
        if result.kind == "screen":
            result.findings = [f.model_copy(deep=True) for f in findings]
        if result.kind == "summary":
            result.attempts = list(attempts)
        ran(step, result)
    return record


def ran(step: StepRecord, result: Result, source: str | None = None) -> None:
    """Let a step have run, with the code as composed or as `source`."""
    step.inserted = True
    step.source = step.draft.code.source if source is None else source
    step.metadata.run_sha256 = source_hash(step.source)
    step.metadata.result_sha256 = result.content_hash
    step.result = result
    step.settle()


def step(record: IterationRecord, kind: str) -> StepRecord:
    return next(s for s in record.steps if s.draft.kind == kind)


def review(record: IterationRecord, **more: Any) -> Verdict:
    return critic.review(record, SESSION, **more)


def codes(verdict: Verdict) -> dict[str, str]:
    """Code of each finding, with its severity."""
    return {f.code: f.severity for f in verdict.findings}


def found(verdict: Verdict, code: str) -> Finding:
    return next(f for f in verdict.findings if f.code == code)


def attempt(**fields: Any) -> Attempt:
    """A try of the same specification as `made`, but for what is given."""
    base = {
        "fingerprint": "f1",
        "treatment": "treat",
        "outcome": "re78",
        "confounders": ROLES["confounders"],
        "learner": "stack",
        "n": 16177,
        "estimand": "ATT",
        "estimate": 1500.0,
        "ci_lower": -264.0,
        "ci_upper": 3264.0,
    }
    return Attempt.model_validate(base | fields)
