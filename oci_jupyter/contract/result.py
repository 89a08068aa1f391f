"""The result: what an executed step publishes in its cell's outputs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model, json_hash

Scalar = str | int | float | bool | None
Grade = Literal["pass", "warn", "fail", "not_applicable"]
ResultKind = Literal[
    "study",
    "screen",
    "overlap",
    "balance",
    "placebo",
    "estimate",
    "sensitivity",
    "summary",
    "nuisances",
    "splits",
    "negative_control",
    "heterogeneity",
    "dose",
]


class Check(Model):
    """One graded finding."""

    name: str = Field(description="Stable identifier, for example `overlap_share_outside`.")
    title: str = Field(description="What was checked, in words.")
    grade: Grade
    estimand: str | None = Field(
        default=None, description="Label of the estimand it speaks of; none means all."
    )
    value: float | None = Field(default=None, description="The figure that was graded.")
    display: str = Field(default="", description="The figure as a person reads it, with unit.")
    target: str = Field(default="", description="What the figure should have been.")
    reason: str = Field(default="", description="One sentence: why this grade.")


class Estimate(Model):
    """One estimated effect."""

    estimand: str = Field(description="Label, for example `ATT` or `trimmed ATE [0.1, 0.9]`.")
    method: str
    role: Literal["main", "second_opinion", "one_shot", "placebo"] = Field(
        default="main",
        description="`second_opinion`: another library and other learners; `one_shot`: what a "
        "hasty answer would have said.",
    )
    estimate: float
    stderr: float
    ci_lower: float
    ci_upper: float
    p_value: float | None = None
    sample_stderr: float | None = Field(
        default=None,
        description="Standard error for the very units at hand; `stderr` is for the population "
        "they were drawn from.",
    )
    sample_ci_lower: float | None = None
    sample_ci_upper: float | None = None
    learner_spread: float | None = Field(
        default=None,
        description="How far unlike learners (and repeated splits) lie apart; the intervals are "
        "widened by it.",
    )
    population: str = Field(description="Whom it speaks about, in words.")
    n: int = Field(ge=0)
    outcome: str


class Finding(Model):
    """Something a careful referee would raise: a concern, what it rests on, what to do."""

    code: str = Field(description="Stable identifier, for example `blind_spot`.")
    severity: Literal["note", "concern", "serious"] = Field(
        description="`note` is worth knowing; `concern` caps verdicts at with caveats; "
        "`serious` makes them not satisfactory."
    )
    title: str = Field(description="The concern in a few words.")
    text: str = Field(description="What was found, with its numbers; one to three sentences.")
    fix: str = Field(default="", description="How to get it, bound it or repair it.")
    columns: list[str] = Field(default_factory=list)
    estimand: str | None = Field(
        default=None, description="Label of the estimand it speaks of; none means all."
    )
    evidence: list[str] = Field(
        default_factory=list, description="Cell ids; filled in by the critic."
    )
    source: Literal["rules", "model"] = "rules"


class Attempt(Model):
    """One estimate that this kernel has been asked for: the forking paths, written down."""

    fingerprint: str = Field(description="Of the study: data, roles, settings, trimming.")
    study: str = Field(default="", description="What is special about it, in words.")
    treatment: str
    outcome: str
    confounders: list[str]
    keep: list[str] = Field(default_factory=list)
    trim: str = ""
    learner: str = ""
    seed: int = 7
    n: int = Field(ge=0)
    estimand: str
    estimate: float
    ci_lower: float
    ci_upper: float


class Table(Model):
    """The tidy table a person reads: columns, then rows of scalars."""

    columns: list[str]
    rows: list[list[Scalar]]


class StudyInfo(Model):
    """Which study a result belongs to, so that the critic can tell old from new."""

    fingerprint: str = Field(description="Hash of data, roles, settings and trimming.")
    name: str = Field(
        default="", description="Lineage in words, for example `trimmed to [0.1, 0.9]`."
    )
    treatment: str
    outcome: str
    confounders: list[str]
    placebo_outcomes: list[str]
    estimands: list[str] = Field(description="Labels.")
    n: int
    n_treated: int
    n_control: int
    n_source: int = Field(description="Rows of the data before any exclusion.")
    seed: int
    folds: int
    learner: str
    treated: Scalar = Field(default=None, description="Level that counts as treated.")
    cluster: str = ""
    weights: str = ""
    keep: list[str] = Field(default_factory=list, description="Conditions on rows.")
    trim: str = Field(default="", description="Label of the trimming rule, '' when untrimmed.")
    thresholds: dict[str, float] = Field(
        default_factory=dict, description="Limits that differ from the defaults."
    )
    data_fingerprint: str = Field(default="", description="Hash of the columns it uses.")


class TrimOption(Model):
    """What trimming would leave, so that a remedy can say whom it then speaks about."""

    rule: Literal["fixed", "crump"]
    low: float
    high: float
    n_kept: int
    n_total: int
    n_treated_kept: int


class Result(Model):
    """What one step found; rendered for people, read by the critic."""

    schema_version: Literal[1] = 1
    kind: ResultKind
    title: str
    headline: str = Field(description="The finding in a few words, for the list of steps.")
    study: StudyInfo
    params: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)
    checks: list[Check] = Field(default_factory=list)
    estimates: list[Estimate] = Field(default_factory=list)
    table: Table
    trim_options: list[TrimOption] = Field(default_factory=list)
    strongest: list[str] = Field(
        default_factory=list, description="Strongest observed confounders, strongest first."
    )
    findings: list[Finding] = Field(
        default_factory=list, description="Concerns about data and roles."
    )
    attempts: list[Attempt] = Field(
        default_factory=list,
        description="On a summary: every estimate asked for in this kernel process, in order.",
    )
    notes: list[str] = Field(default_factory=list, description="Sentences worth reading.")
    toolkit_version: str
    session: str = Field(description="Identity of the kernel process that computed it.")
    seconds: float = Field(default=0.0, ge=0, description="Wall time of the computation, s.")

    @property
    def content_hash(self) -> str:
        """Hash of what was found, without when and where it was computed."""
        return json_hash(
            self.model_dump(
                mode="json", exclude={"session", "seconds", "toolkit_version", "attempts"}
            )
        )
