"""How an iteration's cells stand against its spec: edited, rejected, missing, out of date."""

from __future__ import annotations

import difflib
import re
from typing import Any, Literal

from ..contract import Finding, Result, source_hash
from .record import IterationRecord, StepRecord
from .study_fields import difference, run_fields, same

#: Diagnostics whose absence leaves something open that a reader needs.
_NEEDED = {"study", "screen", "overlap", "balance", "placebo", "estimate", "sensitivity"}
#: What the composed cell hands to the study.
_DATA = re.compile(r"oci\.Study\(([^,\n]+),")
#: What staleness means for a result that is still shown.
_OLDER = {"edited", "kernel_restarted", "older_than_study", "rerun"}


def execution_findings(iteration: IterationRecord, expected: dict[str, Any]) -> list[Finding]:
    """Concerns about how the spec was carried out.

    Args:
        iteration: The iteration; its steps' `stale` must be set.
        expected: The spec's fields, as `study_fields.spec_fields` gives them.
    """
    edits, differs = _differences(iteration, expected)
    return [*differs, *edits, *_absent(iteration), *_older(iteration)]


def edited_by_hand(step: StepRecord) -> bool:
    """Whether what ran last is not what the agent composed."""
    metadata = step.metadata
    return (
        step.inserted
        and not step.deleted
        and bool(metadata.source_sha256)
        and (metadata.run_sha256 or source_hash(step.source)) != metadata.source_sha256
    )


def changed_lines(step: StepRecord) -> str:
    """The lines that an edit took out and put in, briefly; '' when they are not known."""
    composed = step.draft.code.source
    if source_hash(composed) != step.metadata.source_sha256 or composed == step.source:
        return ""
    lines = difflib.ndiff(composed.splitlines(), step.source.splitlines())
    kept = [line for line in lines if line[:2] in ("- ", "+ ")]
    shown = [
        f"{'out' if line[0] == '-' else 'in'}: {' '.join(line[2:].split())[:90]}" for line in kept
    ]
    return "; ".join(shown[:4]) + ("; …" if len(shown) > 4 else "")


def run_differences(iteration: IterationRecord, result: Result, expected: Any) -> dict[str, str]:
    """In what a result's study, and its own parameters, differ from the spec; field → words."""
    ran = run_fields(result)
    found = {
        name: difference(name, expected[name], value)
        for name, value in ran.items()
        if name in expected and not same(name, expected[name], value)
    }
    limits = iteration.spec.thresholds
    if result.kind == "overlap":
        for side, limit in (("low", limits.propensity_low), ("high", limits.propensity_high)):
            value = result.params.get(side)
            if isinstance(value, int | float) and abs(value - limit) > 1e-9:
                found[f"bound_{side}"] = f"{side} propensity bound {value:g} instead of {limit:g}"
    labels = iteration.spec.labels
    asked = result.params.get("estimands")
    answers = ("estimate", "balance", "sensitivity")
    if result.kind in answers and isinstance(asked, list) and set(asked) != set(labels):
        words = f"{result.kind} for {', '.join(map(str, asked))} instead of {', '.join(labels)}"
        found.setdefault("estimands", words)
    tested = result.params.get("outcome")
    planned = iteration.spec.placebo_outcomes
    if result.kind == "placebo" and tested is not None and tested not in planned:
        found["placebo_outcome"] = f"a placebo on {tested}, which is none of the spec's"
    return found


def _other_data(step: StepRecord) -> str:
    """That an edited cell hands other data to the study, in words; '' when it does not."""
    handed = _DATA.search(step.draft.code.source)
    if handed is None or handed[0] in step.source:
        return ""
    return f"other data than {handed[1].strip()} handed to the study"


def _differences(
    iteration: IterationRecord, expected: dict[str, Any]
) -> tuple[list[Finding], list[Finding]]:
    """Concerns of edited cells, and of results that differ without an edit of their cell."""
    edits: list[Finding] = []
    explained: set[str] = set()
    unexplained: dict[str, list[str]] = {}
    for step in iteration.steps:
        result = step.counted
        found = run_differences(iteration, result, expected) if result is not None else {}
        new = {k: v for k, v in found.items() if v not in explained}
        if edited_by_hand(step):
            if (other := _other_data(step)) and "rows" not in new:
                new["data"] = other
            edits.append(_edit(step, list(new.values())))
            explained.update(new.values())
        else:
            for words in new.values():
                unexplained.setdefault(words, []).append(step.cell_id)
    if not unexplained:
        return edits, []
    cells = list(dict.fromkeys(c for found_in in unexplained.values() for c in found_in))
    return edits, [
        Finding(
            code="run_differs_from_spec",
            severity="concern",
            title="What ran is not what the spec says",
            text=f"The results have {'; '.join(unexplained)}.",
            fix="Run the study's cell and those below it again, or have the data and the spec "
            "brought together by running the plan again.",
            evidence=cells,
        )
    ]


def _edit(step: StepRecord, changes: list[str]) -> Finding:
    title = step.draft.title
    lines = changed_lines(step)
    shown = f" ({lines})" if lines else ""
    said = f" You noted: “{step.metadata.comment}”." if step.metadata.comment else ""
    if changes:
        return Finding(
            code="cell_edited",
            severity="concern",
            title=f"“{title}” was edited and is another analysis now",
            text=f"Its code was changed by hand{shown}: the result has {'; '.join(changes)}.{said}",
            fix="Put the change into the plan, so that spec, report and re-runs carry it.",
            evidence=[step.cell_id],
        )
    return Finding(
        code="cell_edited",
        severity="note",
        title=f"“{title}” was edited by hand",
        text=f"Its code is not as composed{shown}; what it says of its study agrees with the spec."
        f"{said}",
        fix="Compare the cell with the spec.",
        evidence=[step.cell_id],
    )


def _absent(iteration: IterationRecord) -> list[Finding]:
    found = []
    for step in iteration.steps:
        title, kind = step.draft.title, step.draft.kind
        severity: Literal["note", "concern"] = "concern" if kind in _NEEDED else "note"
        if step.state == "rejected" and step.inserted and not step.deleted:
            said = f" You noted: “{step.metadata.comment}”." if step.metadata.comment else ""
            found.append(
                Finding(
                    code="step_rejected",
                    severity=severity,
                    title=f"“{title}” was rejected",
                    text=f"Its finding is left out of the verdict.{said}",
                    fix="Accept it or run it again, or say in the plan why it does not apply.",
                    evidence=[step.cell_id],
                )
            )
        elif step.counted is None:
            what = "was never run"
            if step.deleted:
                what = "was deleted"
            elif step.state == "failed":
                what = f"failed: {step.error}" if step.error else "failed"
            found.append(
                Finding(
                    code="step_missing",
                    severity=severity,
                    title=f"“{title}” is missing",
                    text=f"The step {what.rstrip('.')}, so nothing is known of what it would show.",
                    fix="Resume the run, or undo the deletion.",
                    evidence=[step.cell_id],
                )
            )
    return found


def _older(iteration: IterationRecord) -> list[Finding]:
    steps = [
        s
        for s in iteration.steps
        if s.stale is not None and s.stale.what in _OLDER and s.counted is not None
    ]
    if not steps:
        return []
    said = [s.stale.message for s in steps if s.stale is not None]
    more = f" and {len(said) - 3} more" if len(said) > 3 else ""
    return [
        Finding(
            code="results_older",
            severity="concern",
            title="Results are older than what stands above them",
            text=" ".join(said[:3]) + more,
            fix="Run these cells again, from the first of them downward.",
            evidence=[s.cell_id for s in steps],
        )
    ]
