"""Repeated splits: does the answer depend on how the folds happened to be drawn?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, EstimandName, Estimate, Grade

from . import figures
from .effects import Effect, median_effect
from .result_view import ResultView, make_view
from .wording import interval, number

if TYPE_CHECKING:
    from .study_core import StudyCore


def splits_result(study: StudyCore, names: tuple[EstimandName, ...], repeats: int) -> ResultView:
    """See `Study.repeated_splits`."""
    started = time.perf_counter()
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    estimates: list[Estimate] = []
    for name in names:
        found = [study.split_effect(name, r) for r in range(repeats)]
        whole = median_effect(found)
        for r, effect in enumerate(found):
            rows.append(_row(study.label(name), f"split {r + 1}", effect))
        rows.append(_row(study.label(name), "median", whole))
        checks.append(_check(study.label(name), found, whole))
        lower, upper = whole.ci
        estimates.append(
            Estimate(
                estimand=study.label(name),
                method=f"median of {repeats} splits",
                role="second_opinion",
                estimate=whole.estimate,
                stderr=whole.stderr,
                ci_lower=lower,
                ci_upper=upper,
                p_value=whole.p_value,
                sample_stderr=whole.sample_stderr,
                sample_ci_lower=whole.sample_ci[0],
                sample_ci_upper=whole.sample_ci[1],
                learner_spread=whole.spread,
                population=study.population(name),
                n=study.population_size(name),
                outcome=study.roles.outcome,
            )
        )
    frame = pd.DataFrame(rows)
    return make_view(
        study,
        kind="splits",
        title="Repeated splits",
        headline="; ".join(f"{c.estimand}: {c.display}" for c in checks),
        frame=frame,
        table=pd.DataFrame(
            {
                "estimand": frame["estimand"],
                "folds": frame["split"],
                "effect": frame["estimate"],
                "SE": frame["stderr"],
                "95 % CI": [
                    interval(a, b)
                    for a, b in zip(frame["ci_lower"], frame["ci_upper"], strict=True)
                ],
            }
        ),
        checks=checks,
        estimates=estimates,
        notes=[
            "Each split draws the folds anew and fits all models on them. The median's interval "
            "counts how far the splits lie apart; `Study(..., repeats=…)` makes it the main answer."
        ],
        params={"repeats": repeats},
        seconds=time.perf_counter() - started,
        draw=lambda: figures.effects_figure(
            study, estimates, f"Effect on {study.roles.outcome}, median of {repeats} splits"
        ),
    )


def _row(label: str, split: str, effect: Effect) -> dict[str, Any]:
    lower, upper = effect.ci
    return {
        "estimand": label,
        "split": split,
        "estimate": effect.estimate,
        "stderr": effect.stderr,
        "ci_lower": lower,
        "ci_upper": upper,
    }


def _check(label: str, found: list[Effect], whole: Effect) -> Check:
    values = np.array([f.estimate for f in found])
    reach = float(np.ptp(values))
    share = reach / whole.plain_stderr if whole.plain_stderr > 0 else 0.0
    grade: Grade = "warn" if share > 1 else "pass"
    reason = (
        f"The estimates of {len(found)} splits lie within {number(reach)} of each other, "
        f"{share:.1f} standard errors: "
    ) + (
        "the draw of the folds matters; report the median."
        if grade == "warn"
        else "the draw of the folds matters little."
    )
    return Check(
        name="split_spread",
        title="distance between repeated splits",
        grade=grade,
        estimand=label,
        value=share,
        display=f"{number(reach)} apart",
        target="at most one standard error",
        reason=reason,
    )
