"""Plan, spec and execution side by side: what was wanted, what was set, what ran.

The plan is the principal's intent, the spec the actor's reading of it, and the execution what
the results say of the study they belong to (`StudyInfo`) and how the cells stand. A difference
that a remedy or an accepted comment explains is shown and is no concern; a difference that
nothing explains is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..contract import Finding, Plan, Spec
from .execution import execution_findings
from .record import IterationRecord, StepRecord
from .study_fields import FIELDS, difference, plan_fields, run_fields, same, show, spec_fields

Agreement = Literal["agrees", "explained", "differs", "unknown"]

#: What each kind of remedy is there to change.
_REMEDY_CHANGES = {
    "trim": {"trim", "estimands"},
    "switch_estimand": {"estimands"},
    "richer_learner": {"learner"},
    "add_confounders": {"confounders"},
}
#: A word in an assumption that accounts for a field which the plan does not set.
_ASSUMED = {"learner": "lean"}
#: What a plan that cannot say it is taken to want.
_UNPLANNED: dict[str, Any] = {"trim": "", "learner": "stack", "thresholds": {}}


@dataclass
class Row:
    """One line of the three-way diff.

    Attributes:
        name: A key of `FIELDS`.
        plan: What the plan says, '' where it says nothing.
        spec: What the spec says.
        run: What the results say, '' where they say nothing.
        agreement: How the three go together.
        why: What differs, or what explains it.
        departs: Spec and plan differ, and nothing explains it.
        evidence: Cell ids; none where only plan and spec are compared.
    """

    name: str
    plan: str
    spec: str
    run: str
    agreement: Agreement = "agrees"
    why: str = ""
    departs: bool = False
    evidence: list[str] = field(default_factory=list)


@dataclass
class Alignment:
    """The diff's rows, and the concerns that follow from them."""

    rows: list[Row]
    findings: list[Finding]


def align(
    iteration: IterationRecord, plan: Plan | None, earlier: Sequence[IterationRecord] = ()
) -> Alignment:
    """Compare plan, spec and execution of an iteration; its steps' `stale` must be set.

    Args:
        iteration: The iteration.
        plan: The plan; None when there is none that can be read.
        earlier: The run's earlier iterations: what changed there may explain a difference.
    """
    spec = iteration.spec
    wanted = plan_fields(plan) if plan is not None else {}
    chosen = spec_fields(spec)
    study = _study_step(iteration)
    ran = run_fields(study.counted) if study is not None and study.counted else {}
    evidence = [study.cell_id] if study is not None and ran else []
    rows = []
    for name in FIELDS:
        if name == "tools":
            ran_value: Any = _tools(iteration)
            evidence_here = _estimate_cells(iteration)
        else:
            ran_value, evidence_here = ran.get(name), evidence
        row = Row(
            name,
            show(wanted.get(name)),
            show(chosen.get(name)),
            show(ran_value),
            evidence=evidence_here if ran_value is not None else [],
        )
        _compare(row, wanted, chosen, ran_value, [*earlier, iteration])
        rows.append(row)
    findings = [
        *_plan_findings(iteration, wanted, chosen, rows),
        *_tool_findings(rows),
        *execution_findings(iteration, chosen),
    ]
    return Alignment(rows, findings)


def _study_step(iteration: IterationRecord) -> StepRecord | None:
    return next((s for s in iteration.steps if s.draft.kind == "study"), None)


def _tools(iteration: IterationRecord) -> set[str] | None:
    """Libraries whose answers the estimates show."""
    found = set()
    for step in iteration.steps:
        if step.counted is None or step.counted.kind != "estimate":
            continue
        for estimate in step.counted.estimates:
            if estimate.role == "main":
                found.add("doubleml")
            elif estimate.role == "second_opinion":
                found.add("econml")
    return found or None


def _estimate_cells(iteration: IterationRecord) -> list[str]:
    return [
        s.cell_id for s in iteration.steps if s.counted is not None and s.counted.kind == "estimate"
    ]


# --- comparing ------------------------------------------------------------------------------


def _compare(
    row: Row,
    wanted: dict[str, Any],
    chosen: dict[str, Any],
    ran: Any,
    chain: Sequence[IterationRecord],
) -> None:
    name = row.name
    planned = wanted.get(name, _UNPLANNED.get(name)) if wanted else None
    reasons = []
    if planned is not None and not same(name, planned, chosen.get(name)):
        reason = explanation(name, planned, chain)
        row.departs = not reason
        row.agreement = "explained" if reason else "differs"
        if name in wanted:
            words = f"the spec has {difference(name, planned, chosen.get(name))}"
            reasons.append(f"{words}: {reason}" if reason else words)
        else:
            reasons.append(reason or "the plan does not ask for it")
    elif ran is None and (planned is None or name not in chosen):
        row.agreement = "unknown"
    if name == "tools":
        if ran is not None and ran - chosen[name]:
            row.agreement = "differs"
            reasons.append(f"{', '.join(sorted(ran - chosen[name]))} was not permitted")
    elif ran is not None and name in chosen and not same(name, chosen[name], ran):
        row.agreement = "differs"
        reasons.append(f"the run has {difference(name, chosen[name], ran)}")
    row.why = "; ".join(reasons)


def explanation(name: str, wanted: Any, chain: Sequence[IterationRecord]) -> str:
    """Which remedy, comment or assumption accounts for a field that is not as planned.

    Args:
        name: A key of `FIELDS`.
        wanted: What the plan says.
        chain: The run's iterations up to the one in question.

    Returns:
        Words, '' where nothing accounts for it.
    """
    before = wanted
    found, unexplained = "", False
    for iteration in chain:
        now = spec_fields(iteration.spec).get(name)
        if same(name, now, wanted):
            found, unexplained = "", False
        elif not same(name, before, now):
            found = _cause(name, iteration.spec)
            unexplained = unexplained or not found
        before = now
    return "" if unexplained else found


def _cause(name: str, spec: Spec) -> str:
    if spec.comment:
        return f"your comment “{spec.comment}”"
    kind = (spec.remedy or "").partition(":")[0]
    if name in _REMEDY_CHANGES.get(kind, ()):
        return f"the remedy `{spec.remedy}` that you agreed to"
    word = _ASSUMED.get(name)
    if word is not None:
        return next((a for a in spec.assumptions if word in a), "")
    return ""


def _plan_findings(
    iteration: IterationRecord, wanted: dict[str, Any], chosen: dict[str, Any], rows: list[Row]
) -> list[Finding]:
    """One concern for all that the spec has otherwise than the plan, with nothing to explain it."""
    if not wanted:
        return []
    departures = [row.name for row in rows if row.departs]
    if not departures:
        return []
    words = [
        difference(name, wanted[name], chosen.get(name))
        if name in wanted
        else f"{FIELDS[name]} {show(chosen[name])}, which the plan does not ask for"
        for name in departures
    ]
    dropped = sorted(wanted["confounders"] - chosen["confounders"])
    dropped = dropped if "confounders" in departures else []
    superseded = iteration.steps[0].metadata.superseded_by is not None
    severity: Literal["note", "concern", "serious"] = "serious" if dropped else "concern"
    text = f"The spec has {'; '.join(words)}. No remedy and no comment of yours accounts for it."
    if superseded:
        severity = "note"
        text += " This iteration has been replaced; the plan may have been changed since."
    return [
        Finding(
            code="spec_differs_from_plan",
            severity=severity,
            title=f"Planned confounder{'s' if len(dropped) > 1 else ''} left out of the spec: "
            f"{', '.join(dropped)}"
            if dropped
            else "The spec is not what the plan says",
            text=text,
            fix="Run the plan again, or say in the plan that this is what you want.",
            columns=dropped,
        )
    ]


def _tool_findings(rows: list[Row]) -> list[Finding]:
    row = next(r for r in rows if r.name == "tools")
    if row.agreement != "differs" or not row.evidence:
        return []
    return [
        Finding(
            code="run_differs_from_spec",
            severity="concern",
            title="A tool was used that the plan does not permit",
            text=f"The estimates use {row.run}; the spec permits {row.spec}.",
            fix="Permit the tool in the plan, or run the step again without it.",
            evidence=row.evidence,
        )
    ]
