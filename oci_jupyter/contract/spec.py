"""The spec: the machine-checkable refinement of a plan, everything a re-run needs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model, Problem
from .plan import DesignName, EstimandName, Level, RowFilter

#: With more rows than this the lean models are chosen, unless the principal says otherwise.
LEAN_ROWS = 100_000


class Thresholds(Model):
    """All limits that grade a check, in one place; the defaults are the project's."""

    smd_warn: float = Field(default=0.1, gt=0, description="|SMD| from here warns.")
    smd_fail: float = Field(default=0.2, gt=0, description="|SMD| from here fails.")
    propensity_low: float = Field(default=0.1, gt=0, lt=0.5)
    propensity_high: float = Field(default=0.9, gt=0.5, lt=1)
    outside_warn: float = Field(
        default=0.05, ge=0, le=1, description="Share outside the propensity range that warns."
    )
    outside_fail: float = Field(
        default=0.20, ge=0, le=1, description="Share outside the propensity range that fails."
    )
    placebo_p: float = Field(default=0.05, gt=0, lt=1, description="Placebo p-value below fails.")
    clip: float = Field(default=0.01, gt=0, lt=0.5, description="Propensities are clipped here.")


class Trim(Model):
    """A rule that keeps only units whose propensity lies in [low, high]."""

    rule: Literal["fixed", "crump", "percentile"] = "fixed"
    low: float = Field(gt=0, lt=0.5)
    high: float = Field(gt=0.5, lt=1)

    @property
    def label(self) -> str:
        return f"[{self.low:.3g}, {self.high:.3g}]"


def estimand_label(name: EstimandName, trim: Trim | None) -> str:
    """The estimand in words: trimming renames it, since it then speaks of other people.

    Source: Crump, Hotz, Imbens and Mitnik (2009), "Dealing with limited overlap".
    """
    return name if trim is None else f"trimmed {name} {trim.label}"


class LevelCount(Model):
    """One level of a column and how often it occurs."""

    level: str
    count: int = Field(ge=0)


class ColumnProfile(Model):
    """One column of the data, as the plan form and the actor see it."""

    name: str
    dtype: str
    kind: Literal["boolean", "integer", "number", "category", "text", "datetime", "other"]
    n_missing: int = Field(ge=0)
    missing_share: float = Field(ge=0, le=1)
    n_unique: int = Field(ge=0)
    levels: list[LevelCount] = Field(
        default_factory=list, description="Up to 12 most frequent levels with their counts."
    )
    histogram: list[int] = Field(
        default_factory=list, description="Counts in equal bins, for the form's small chart."
    )
    minimum: float | None = None
    maximum: float | None = None


class FrameInfo(Model):
    """A DataFrame that lives in the kernel."""

    name: str
    rows: int = Field(ge=0)
    columns: int = Field(ge=0)


class DataProfile(Model):
    """What the kernel says about the data of a plan, without showing a row."""

    source: str
    rows: int = Field(ge=0)
    columns: list[ColumnProfile]
    fingerprint: str = Field(description="Hash of the values; row order does not matter.")
    problems: list[Problem] = Field(
        default_factory=list, description="What the toolkit's own checks of the roles found."
    )
    taken_names: list[str] = Field(
        default_factory=list,
        description="Variables of the user's that our cells must not overwrite.",
    )


class KernelInfo(Model):
    """What the kernel says about itself and about us."""

    session: str = Field(description="Identity of the kernel process; changes on restart.")
    toolkit_version: str
    python: str
    frames: list[FrameInfo] = Field(default_factory=list)


class Spec(Model):
    """One iteration's analysis, complete: the same spec on the same data gives the same numbers."""

    version: Literal[1] = 1
    iteration: int = Field(default=1, ge=1)
    question: str = ""
    design: DesignName = "unconfoundedness"
    data: str
    data_fingerprint: str = ""
    rows: int = Field(default=0, ge=0)
    treatment: str
    treated: Level | None = None
    outcome: str
    confounders: list[str] = Field(min_length=1)
    placebo_outcomes: list[str] = Field(default_factory=list)
    cluster: str = ""
    weights: str = ""
    keep: list[RowFilter] = Field(
        default_factory=list, description="Conditions a row meets to be in the study."
    )
    eligibility: str = ""
    time_zero: str = ""
    follow_up: str = ""
    threats: str = ""
    model_sees: Literal["summary", "levels"] = "summary"
    estimands: list[EstimandName] = Field(min_length=1)
    trim: Trim | None = None
    learner: Literal["stack", "lean"] = Field(
        default="stack",
        description="`stack`: a hinge lasso and linear-leaf boosting; `lean`: boosting alone, "
        "for big or quick work.",
    )
    folds: int = Field(default=5, ge=2, le=20)
    seed: int = 7
    tools: list[str] = Field(default_factory=lambda: ["doubleml", "econml"])
    thresholds: Thresholds = Field(default_factory=Thresholds)
    benchmark: list[str] = Field(
        default_factory=list, description="Confounders that benchmark a hidden one."
    )
    study_name: str = Field(default="study", description="Kernel variable of this iteration.")
    parent_study: str | None = Field(
        default=None, description="Kernel variable of the iteration this one came from."
    )
    remedy: str | None = Field(default=None, description="Id of the remedy that led here.")
    comment: str = Field(
        default="", description="The principal's comment that led here, if one did."
    )
    assumptions: list[str] = Field(
        default_factory=list, description="What the actor filled in or took for granted."
    )

    @property
    def labels(self) -> list[str]:
        """Names of the estimands in words, trimming included."""
        return [estimand_label(e, self.trim) for e in self.estimands]
