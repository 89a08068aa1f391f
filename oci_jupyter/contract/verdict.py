"""The critic's verdict and what it rests on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model
from .plan import EstimandName
from .result import Check
from .spec import Trim

Level = Literal["satisfactory", "satisfactory_with_caveats", "not_satisfactory", "abstain"]


class Evidence(Model):
    """One executed cell that a verdict rests on."""

    cell_id: str
    step_id: str
    title: str
    source_sha256: str
    result_sha256: str
    kernel_epoch: str


class GradedCheck(Check):
    """A check with the cell that shows it."""

    evidence: list[str] = Field(default_factory=list, description="Cell ids.")


class Remedy(Model):
    """A change of spec from the playbook, and what it does to the estimand."""

    id: str
    kind: Literal["trim", "switch_estimand", "add_confounders", "richer_learner"]
    label: str = Field(description="Text of the button.")
    why: str
    effect_on_estimand: str = Field(description="Whom the answer then speaks about.")
    needs_input: bool = Field(default=False, description="The principal must name something.")
    trim: Trim | None = None
    estimands: list[EstimandName] | None = None
    learner: Literal["stack", "lean"] | None = None


class EstimandVerdict(Model):
    """How far one estimate can be trusted; `verdict.json` maps estimands to this."""

    estimand: str
    level: Level
    reason: str = Field(description="The decisive finding, one line.")
    reason_evidence: list[str] = Field(default_factory=list, description="Cell ids.")
    caveats: list[str] = Field(default_factory=list)
    estimate: float | None = None
    stderr: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    population: str = ""
    n: int = 0
    checks: list[GradedCheck] = Field(default_factory=list)
    remedies: list[str] = Field(default_factory=list, description="Ids of remedies that help.")


class StaleReason(Model):
    """Why a verdict may no longer hold: which cell, and what happened to it."""

    cell_id: str
    title: str
    what: Literal[
        "edited", "rerun", "deleted", "kernel_restarted", "failed", "older_than_study", "rejected"
    ]
    message: str


class Verdict(Model):
    """The critic's answer for one iteration."""

    iteration: int
    overall: Level
    summary: str = Field(description="One sentence for the whole analysis.")
    estimands: list[EstimandVerdict]
    remedies: list[Remedy] = Field(default_factory=list)
    evidence: list[Evidence] = Field(default_factory=list)
    stale: list[StaleReason] = Field(default_factory=list)
