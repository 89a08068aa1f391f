"""Estimates: doubly robust effects, a second opinion, and the one-shot answers beside them."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Literal

import pandas as pd

from oci_jupyter.contract import EstimandName, Estimate

from . import figures
from .oneshot import OneShot, naive_difference, plain_regression
from .result_view import ResultView, make_view
from .second_opinion import second_opinion as ask_econml
from .wording import interval, number, p_text

if TYPE_CHECKING:
    from .study_core import StudyCore

_HALF = 1.959963984540054
METHOD = "doubly robust, calibrated weights"


def estimate_result(
    study: StudyCore, names: tuple[EstimandName, ...], second_opinion: bool
) -> ResultView:
    """See `Study.estimate`."""
    started = time.perf_counter()
    s = study.sample
    estimates: list[Estimate] = []
    for name in names:
        effect = study.effect(name)
        lower, upper = effect.ci
        estimates.append(
            Estimate(
                estimand=study.label(name),
                method=METHOD,
                role="main",
                estimate=effect.estimate,
                stderr=effect.stderr,
                ci_lower=lower,
                ci_upper=upper,
                p_value=effect.p_value,
                sample_stderr=effect.sample_stderr,
                sample_ci_lower=effect.sample_ci[0],
                sample_ci_upper=effect.sample_ci[1],
                learner_spread=effect.spread,
                population=study.population(name),
                n=study.population_size(name),
                outcome=study.roles.outcome,
            )
        )
    notes: list[str] = []
    if second_opinion:
        for name in names:
            try:
                other = ask_econml(study, name)
            except Exception as error:  # a second opinion must not cost the first
                notes.append(
                    f"EconML gave no second opinion on the {study.label(name)}: "
                    f"{type(error).__name__}: {str(error)[:120]}"
                )
                continue
            if other is not None:
                estimates += _as_estimate(
                    study, other, study.label(name), "second_opinion", study.population(name)
                )
    everyone = study.population("ATE")
    for hasty in (
        naive_difference(s.y, s.d, s.weight),
        plain_regression(s.y, s.d, s.design.matrix, s.weight),
    ):
        estimates += _as_estimate(study, hasty, hasty.method, "one_shot", everyone)
    notes.append(
        "One-shot rows are what a hasty answer would have said: no check of overlap, balance or "
        "remaining confounding stands behind them."
    )
    frame = pd.DataFrame([e.model_dump() for e in estimates])
    main = estimates[: len(names)]
    words = {"main": "main", "second_opinion": "second opinion", "one_shot": "one-shot"}
    return make_view(
        study,
        kind="estimate",
        title="Estimates",
        headline="; ".join(
            f"{e.estimand} {number(e.estimate)} {interval(e.ci_lower, e.ci_upper)}" for e in main
        ),
        frame=frame,
        table=pd.DataFrame(
            {
                "estimand": ["–" if e.role == "one_shot" else e.estimand for e in estimates],
                "role": [words[e.role] for e in estimates],
                "method": [e.method for e in estimates],
                f"effect on {study.roles.outcome}": [e.estimate for e in estimates],
                "SE": [e.stderr for e in estimates],
                "95 % CI": [interval(e.ci_lower, e.ci_upper) for e in estimates],
                "p": ["–" if e.p_value is None else p_text(e.p_value) for e in estimates],
                "population": [e.population for e in estimates],
            }
        ),
        estimates=estimates,
        notes=notes,
        params={"estimands": [study.label(n) for n in names]},
        seconds=time.perf_counter() - started,
        draw=lambda: figures.effects_figure(study, estimates, f"Effect on {study.roles.outcome}"),
    )


def _as_estimate(
    study: StudyCore,
    found: OneShot,
    label: str,
    role: Literal["one_shot", "second_opinion"],
    population: str,
) -> list[Estimate]:
    """The contract's row, or none when the method broke down."""
    if not (math.isfinite(found.estimate) and math.isfinite(found.stderr)):
        return []
    return [
        Estimate(
            estimand=label,
            method=found.method,
            role=role,
            estimate=found.estimate,
            stderr=found.stderr,
            ci_lower=found.estimate - _HALF * found.stderr,
            ci_upper=found.estimate + _HALF * found.stderr,
            p_value=found.p_value if math.isfinite(found.p_value) else None,
            population=population,
            n=study.sample.n,
            outcome=study.roles.outcome,
        )
    ]
