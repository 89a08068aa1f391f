"""The critic's verdict and what it rests on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model
from .plan import EstimandName
from .result import Check, Finding
from .spec import Trim

Level = Literal["satisfactory", "satisfactory_with_caveats", "not_satisfactory", "abstain"]

#: From the best to the worst: an answer that is known to be bad tells more than none.
LEVELS: tuple[Level, ...] = (
    "satisfactory",
    "satisfactory_with_caveats",
    "abstain",
    "not_satisfactory",
)


def worse(one: Level, other: Level) -> Level:
    """The worse of two levels; the only way in which levels are combined."""
    return max(one, other, key=LEVELS.index)


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
    lowered: str = Field(
        default="", description="Why the language model lowered it, in its words; '' if it did not."
    )


class Lowering(Model):
    """A verdict that the language model lowers, and why."""

    estimand: str
    level: Level
    reason: str


class ModelRemarks(Model):
    """What a language model added to a report; kept in the report cell's metadata."""

    model: str
    prompts: dict[str, str] = Field(
        default_factory=dict, description="Prompt's name to its version and hash."
    )
    results_sha256: str = Field(default="", description="Of the results that it was shown.")
    prose: dict[str, str] = Field(
        default_factory=dict,
        description="Text for parts of the report: `target_trial`, `blind_spots`, "
        "`bad_controls`, `alternatives`.",
    )
    concerns: list[Finding] = Field(default_factory=list)
    lowerings: list[Lowering] = Field(default_factory=list)
    struck: list[str] = Field(
        default_factory=list, description="Sentences left out, since a number was not found."
    )
    problems: list[str] = Field(default_factory=list, description="What went wrong with it.")


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
    findings: list[Finding] = Field(
        default_factory=list, description="A referee's concerns, the gravest first."
    )
    evidence: list[Evidence] = Field(default_factory=list)
    stale: list[StaleReason] = Field(default_factory=list)
