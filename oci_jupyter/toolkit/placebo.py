"""Placebo: an effect on something the treatment cannot have changed.

An outcome from before the treatment, or a negative control (Lipsitch, Tchetgen Tchetgen and
Cohen 2010, "Negative controls", Epidemiology 21), is analyzed like the real outcome, without
itself among the confounders. Under unconfoundedness given the others, nothing is found.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, Estimate, Grade

from . import figures
from .result_view import ResultView, make_view
from .roles import MIN_ARM
from .wording import interval, number, p_text

if TYPE_CHECKING:
    from .study_core import StudyCore

_COLUMNS = [
    "estimand",
    "outcome",
    "estimate",
    "stderr",
    "ci_lower",
    "ci_upper",
    "p_value",
    "smallest_detectable",
]
#: Two-sided 5 % test: an effect this many standard errors away is found in 80 % of samples.
_DETECTABLE = 1.959963984540054 + 0.8416212335729143


def placebo_result(study: StudyCore, outcome: str) -> ResultView:
    """See `Study.placebo`."""
    started = time.perf_counter()
    t = study.thresholds
    values = study.sample.placebos[outcome]
    known = ~pd.isna(values)
    without = [outcome] if outcome in study.confounders else []
    checks: list[Check] = []
    estimates: list[Estimate] = []
    rows = []
    unusable = _unusable(study, outcome)
    for name in study.estimands:
        if unusable:
            checks.append(
                Check(
                    name="placebo",
                    title=f"effect on {outcome}",
                    grade="not_applicable",
                    estimand=study.label(name),
                    reason=f"`{outcome}` {unusable}, so it tests nothing.",
                )
            )
            continue
        effect = study.effect(name, placebo=outcome, without=without)
        label = study.label(name)
        lower, upper = effect.ci
        detectable = _DETECTABLE * effect.stderr
        grade: Grade = "fail" if effect.p_value < t.placebo_p else "pass"
        power = f"the smallest effect it would find four times in five is {number(detectable)}"
        if grade == "fail":
            reason = (
                f"There is an effect of {number(effect.estimate)} on `{outcome}`, which the "
                f"treatment cannot have changed: a sign of confounding that remains ({power})."
            )
        else:
            reason = f"No effect on `{outcome}` is found, as it should be; {power}."
        checks.append(
            Check(
                name="placebo",
                title=f"effect on {outcome}",
                grade=grade,
                estimand=label,
                value=effect.estimate,
                display=f"{number(effect.estimate)} {interval(lower, upper)}, "
                f"{p_text(effect.p_value)}",
                target=f"none (p ≥ {t.placebo_p:g})",
                reason=reason,
            )
        )
        checks.append(
            Check(
                name="placebo_smallest_detectable",
                title=f"smallest detectable effect on {outcome}",
                grade="not_applicable",
                estimand=label,
                value=detectable,
                display=number(detectable),
                reason="An effect of this size would be found four times in five.",
            )
        )
        estimates.append(
            Estimate(
                estimand=label,
                method="doubly robust, calibrated weights",
                role="placebo",
                estimate=effect.estimate,
                stderr=effect.stderr,
                ci_lower=lower,
                ci_upper=upper,
                p_value=effect.p_value,
                population=study.population(name),
                n=int((known & (study.sample.d == 1)).sum() if name == "ATT" else known.sum()),
                outcome=outcome,
            )
        )
        rows.append(
            {
                "estimand": label,
                "outcome": outcome,
                "estimate": effect.estimate,
                "stderr": effect.stderr,
                "ci_lower": lower,
                "ci_upper": upper,
                "p_value": effect.p_value,
                "smallest_detectable": detectable,
            }
        )
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    notes = [
        f"`{outcome}` is taken out of the confounders for this."
        if without
        else f"`{outcome}` is not among the confounders."
    ]
    if (~known).any():
        notes.append(f"`{outcome}` is missing for {int((~known).sum()):,} units.")
    failed = [c for c in checks if c.grade == "fail"]
    tests = [c for c in checks if c.name == "placebo"]
    shown = next((c for c in tests if c.estimand and "ATT" in c.estimand), tests[0])
    shown = shown if not failed or shown in failed else failed[0]
    return make_view(
        study,
        kind="placebo",
        title=f"Placebo on {outcome}",
        headline=f"`{outcome}` {unusable}"
        if unusable
        else f"{number(shown.value or 0.0)} where none can be ({shown.estimand}"
        + (", significant)" if shown.grade == "fail" else ", not significant)"),
        frame=frame,
        table=pd.DataFrame(
            {
                "estimand": frame["estimand"],
                "effect": frame["estimate"],
                "SE": frame["stderr"],
                "95 % CI": [
                    interval(a, b)
                    for a, b in zip(frame["ci_lower"], frame["ci_upper"], strict=True)
                ],
                "p": [p_text(p) for p in frame["p_value"]],
                "smallest detectable": frame["smallest_detectable"],
            }
        ),
        checks=checks,
        estimates=estimates,
        notes=notes,
        params={"outcome": outcome},
        seconds=time.perf_counter() - started,
        draw=None
        if unusable
        else lambda: figures.effects_figure(
            study, estimates, f"Effect on {outcome}, which treatment cannot have changed"
        ),
    )


def _unusable(study: StudyCore, outcome: str) -> str:
    """Why a placebo outcome cannot be analyzed in this study's units, or nothing."""
    values = study.sample.placebos[outcome]
    known = ~np.isnan(values)
    counts = [int((known & (study.sample.d == arm)).sum()) for arm in (1, 0)]
    if min(counts) < MIN_ARM:
        return f"is known for {counts[0]:,} treated and {counts[1]:,} control units only"
    if values[known].min() == values[known].max():
        return "does not vary among the analyzed units"
    return ""
