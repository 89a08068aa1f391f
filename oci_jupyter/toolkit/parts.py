"""Who plays which part in a study."""

from __future__ import annotations

from dataclasses import dataclass, field

from oci_jupyter.contract import Problem

Level = str | int | float | bool


@dataclass
class Roles:
    """Who plays which part, after validation.

    Attributes:
        treatment: Column of the treatment.
        outcome: Column of the outcome.
        confounders: Columns of the confounders.
        placebo_outcomes: Columns the treatment cannot have affected.
        weights: Column of sampling weights, if any.
        cluster: Column that says which rows belong together, if any.
        treated: Level of the treatment that counts as treated.
        control: The other level.
        left_out: Confounders that stay out of the model, with the reason.
        problems: Everything found, errors first.
    """

    treatment: str
    outcome: str
    confounders: list[str]
    placebo_outcomes: list[str]
    weights: str | None = None
    cluster: str | None = None
    treated: Level | None = None
    control: Level | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "error"]
