"""What a verdict rests on, and whether that still holds."""

from __future__ import annotations

from ..contract import Evidence, StaleReason, json_hash
from .record import IterationRecord, StepRecord

#: Kernel epoch after a restart or death: no result can be of this process.
NO_PROCESS = "no-process"


def evidence_of(iteration: IterationRecord) -> list[Evidence]:
    """The executed cells that count, with hashes of their source and result."""
    return [
        Evidence(
            cell_id=step.cell_id,
            step_id=step.draft.step_id,
            title=step.draft.title,
            source_sha256=step.metadata.run_sha256,
            result_sha256=result.content_hash,
            kernel_epoch=result.session,
        )
        for step in iteration.steps
        if (result := step.counted) is not None
    ]


def results_hash(iteration: IterationRecord) -> str:
    """Hash of all results that count: what a language model's remarks are about."""
    return json_hash([[cell, result.content_hash] for cell, result in iteration.counted])


def mark_stale(iteration: IterationRecord, kernel_epoch: str) -> list[StaleReason]:
    """Set each step's `stale` and return the reasons, top to bottom.

    Args:
        iteration: The iteration to look at.
        kernel_epoch: Identity of the present kernel process; '' while that is unknown.
    """
    study = iteration.steps[0].counted if iteration.steps else None
    fingerprint = study.study.fingerprint if study is not None else None
    reasons = []
    for step in iteration.steps:
        step.stale = _reason(step, kernel_epoch, fingerprint)
        if step.stale is not None:
            reasons.append(step.stale)
    return reasons


def _reason(step: StepRecord, kernel_epoch: str, fingerprint: str | None) -> StaleReason | None:
    def because(what: str, message: str) -> StaleReason:
        return StaleReason.model_validate(
            {
                "cell_id": step.cell_id,
                "title": step.draft.title,
                "what": what,
                "message": message,
            }
        )

    title = step.draft.title
    if not step.inserted:
        return None
    if step.deleted:
        return because("deleted", f"The cell “{title}” was deleted.")
    if step.state == "rejected":
        return because("rejected", f"You rejected “{title}”; its finding is left out.")
    if step.state == "failed":
        return because("failed", f"“{title}” failed: {step.error}")
    if step.result is None:
        return None
    if step.edited_since_run:
        return because("edited", f"“{title}” was edited and has not been run since.")
    if kernel_epoch and step.result.session != kernel_epoch:
        return because(
            "kernel_restarted", f"The kernel was restarted after “{title}” ran; run it again."
        )
    if fingerprint is not None and step.result.study.fingerprint != fingerprint:
        return because(
            "older_than_study",
            f"“{title}” is older than the study cell above it; run it again.",
        )
    return None
