"""Balance of several levels: does each, once weighted, look like the whole population?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, Grade

from . import level_figures
from .balance import weighted_moments
from .design_words import ESS_FAIL, ESS_WARN, size_grade
from .result_view import ResultView
from .weights import effective_size
from .wording import number

if TYPE_CHECKING:
    from .level_study import LevelStudy


def balance_frame(study: LevelStudy) -> pd.DataFrame:
    """Tidy balance figures: one row per column of the design and level.

    The difference is to the mean of all units, in SDs of all units, both before weighting, so
    that weighting cannot change the yardstick.

    Returns:
        Columns level, feature, source, kind, mean_all, mean_before, mean_after, smd_before,
        smd_after, pair_before and pair_after (largest absolute difference between any two
        levels in that column).

    Source: McCaffrey et al. (2013), Statistics in Medicine 32 (population standardized bias).
    """
    s, e = study.sample, study.clipped()
    X = s.design.matrix
    mean, spread = X.mean(axis=0), X.std(axis=0, ddof=1)
    safe = np.where(spread > 0, spread, 1.0)
    before, after = [], []
    for k in range(len(study.levels)):
        mine = s.t == k
        before.append(weighted_moments(X[mine], np.ones(int(mine.sum())))[0])
        after.append(weighted_moments(X[mine], 1 / e[mine, k])[0])
    gaps = [np.ptp(np.array(m), axis=0) / safe for m in (before, after)]
    features = s.design.features
    parts = [
        pd.DataFrame(
            {
                "level": level,
                "feature": [f.label for f in features],
                "source": [f.source for f in features],
                "kind": [f.kind for f in features],
                "mean_all": mean,
                "mean_before": before[k],
                "mean_after": after[k],
                "smd_before": (before[k] - mean) / safe,
                "smd_after": (after[k] - mean) / safe,
                "pair_before": gaps[0],
                "pair_after": gaps[1],
            }
        )
        for k, level in enumerate(study.levels)
    ]
    return pd.concat(parts, ignore_index=True)


def balance_result(study: LevelStudy) -> ResultView:
    """See `LevelStudy.balance`."""
    started = time.perf_counter()
    s, e = study.sample, study.clipped()
    frame = balance_frame(study)
    checks: list[Check] = []
    for k, level in enumerate(study.levels):
        part, mine = frame[frame["level"] == level], s.t == k
        checks.append(
            _smd_check(
                study,
                part["smd_after"].abs(),
                part,
                study.apo_label(k),
                f"largest difference of level {level} from all units after weighting",
                f"between level {level}, weighted, and all units",
            )
        )
        size = effective_size(1 / e[mine, k])
        grade = size_grade(size)
        words = {
            "pass": "enough for a normal interval",
            "warn": "few units carry the answer",
            "fail": "a handful of units carries the answer",
        }[grade]
        checks.append(
            Check(
                name="effective_sample_size",
                title=f"effective sample size of level {level}",
                grade=grade,
                estimand=study.apo_label(k),
                value=size,
                display=f"{number(size)} units",
                target=f"at least {ESS_WARN}; below {ESS_FAIL} fails",
                reason=f"After weighting, the {int(mine.sum()):,} units of level {level} count "
                f"as {number(size)}: {words}.",
            )
        )
    first = frame[frame["level"] == study.levels[0]]
    pair = _smd_check(
        study,
        first["pair_after"],
        first,
        None,
        "largest difference between any two levels after weighting",
        "between two weighted levels",
    )
    checks.append(pair)
    order = first["pair_after"].sort_values(ascending=False, kind="stable").index
    table = pd.DataFrame(
        {
            "confounder": first["feature"],
            "all units": first["mean_all"],
            "largest pair before": first["pair_before"].round(3),
            "largest pair after": first["pair_after"].round(3),
        }
    )
    for level in study.levels:
        mine_after = frame.loc[frame["level"] == level, "smd_after"]
        table[f"{level} − all"] = mine_after.round(3).to_numpy()
    notes = [f"`{c}` {why}; it is not weighted for." for c, why in study.roles.left_out.items()]
    notes.append(
        "Differences are in SDs of all units; “largest pair” is between the two levels that "
        "differ most (McCaffrey et al. 2013)."
    )
    return study._view(
        kind="balance",
        title="Balance",
        headline=f"largest difference between two levels {pair.display}",
        frame=frame,
        table=table.loc[order].head(200),
        checks=checks,
        notes=notes,
        seconds=time.perf_counter() - started,
        draw=lambda: level_figures.love_plot(study, frame),
    )


def _smd_check(
    study: LevelStudy,
    sizes: pd.Series,
    part: pd.DataFrame,
    estimand: str | None,
    title: str,
    where: str,
) -> Check:
    t = study.thresholds
    at = int(sizes.to_numpy().argmax())
    worst, feature = float(sizes.iloc[at]), str(part["feature"].iloc[at])
    n_warn = int((sizes >= t.smd_warn).sum())
    grade: Grade = "fail" if worst >= t.smd_fail else "warn" if worst >= t.smd_warn else "pass"
    reason = f"Every confounder is within {t.smd_warn:g} SD {where}."
    if grade != "pass":
        reason = (
            f"`{feature}` differs by {worst:.2f} SD {where}; {n_warn} of {len(part)} columns "
            f"reach {t.smd_warn:g}."
        )
    return Check(
        name="balance_max_smd",
        title=title,
        grade=grade,
        estimand=estimand,
        value=worst,
        display=f"{worst:.2f} SD in {feature}",
        target=f"below {t.smd_warn:g} SD; from {t.smd_fail:g} SD fails",
        reason=reason,
    )
