"""Are the effects that a causal forest predicts true, in units it has not seen?"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .causal_forest import ForestFit, boosters, fit_forest
from .group_effects import ols_hc1

if TYPE_CHECKING:
    from .study_core import StudyCore

#: Units that the validation by halves uses at most.
_VALIDATED = 20_000


@dataclass(frozen=True)
class Validation:
    """Figures of `DRTester`, on units the forest has not seen; NaN where undefined.

    Attributes:
        calibration: 1 less the error of the predicted group effects over that of the average.
        qini: Area under the Qini curve, outcome units per unit, with its standard error.
        autoc: Area under the targeting curve, with its standard error.
    """

    calibration: float
    qini: tuple[float, float]
    autoc: tuple[float, float]


def best_linear_predictor(
    scores: np.ndarray, forest: ForestFit
) -> tuple[float, float, float] | None:
    """Coefficient of the predicted effect in a regression of the scores on it.

    One is what a well calibrated forest has, zero what one has that predicts noise. Folds are
    compared within themselves.

    Args:
        scores: Doubly robust scores, shape (n,).
        forest: The cross-fitted forest.

    Returns:
        Coefficient, HC1 standard error and one-sided p-value of no heterogeneity; None where
        the predictions do not vary.
    """
    from scipy.stats import norm

    x, y = forest.cate.copy(), scores.copy()
    folds = np.unique(forest.fold)
    for k in folds:
        rows = forest.fold == k
        x[rows] -= x[rows].mean()
        y[rows] -= y[rows].mean()
    if x.std() <= 1e-9 * max(1e-300, float(scores.std())):
        return None
    coefficient, covariance = ols_hc1(x[:, None], y)
    beta, stderr = float(coefficient[0]), math.sqrt(float(covariance[0, 0]))
    return beta, stderr, float(norm.sf(beta / stderr))


def validate(study: StudyCore) -> Validation:
    """Fit on one half of the units, judge on the other, by EconML's `DRTester`.

    Args:
        study: The study; at most 20,000 of its units are used.

    Source: Dwivedi et al. (2020), International Statistical Review 88 (calibration); Radcliffe
    (2007), Direct Marketing Analytics Journal (Qini); Yadlowsky, Fleming, Shah, Brunskill and
    Wager (2025), JASA 120 (AUTOC).
    """
    from econml.validate import DRTester
    from sklearn.model_selection import train_test_split
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    s = study.sample
    X, d = np.ascontiguousarray(s.design.matrix), s.d.astype(int)
    rows = np.arange(s.n)
    if s.n > _VALIDATED:
        rows, _ = train_test_split(rows, train_size=_VALIDATED, stratify=d, random_state=study.seed)
    fit, held = train_test_split(
        np.sort(rows), test_size=0.5, stratify=d[np.sort(rows)], random_state=study.seed
    )
    outcome, treatment = boosters()
    # DRTester draws from numpy's global generator, which belongs to the principal.
    state = np.random.get_state()
    try:
        with warnings.catch_warnings(), threadpool_limits(1), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            tester = DRTester(
                model_regression=outcome,
                model_propensity=treatment,
                cate=fit_forest(X[fit], s.y[fit], s.d[fit], study.seed),
                cv=3,
            )
            tester.fit_nuisance(X[held], d[held], s.y[held], X[fit], d[fit], s.y[fit])
            tester.get_cate_preds(X[held], X[fit])
            calibration = float(tester.evaluate_cal(n_groups=4).cal_r_squared[0])
            # Its bands are not shown: two draws are enough.
            areas = [
                tester.evaluate_uplift(metric=m, n_bootstrap=2, percentiles=np.linspace(5, 95, 19))
                for m in ("qini", "toc")
            ]
    finally:
        np.random.set_state(state)
    qini, autoc = ((float(a.params[0]), float(a.errs[0])) for a in areas)
    return Validation(calibration, qini, autoc)
