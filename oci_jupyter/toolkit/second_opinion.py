"""A second opinion: EconML with other learners, where its estimand is one of ours.

- ATE: `LinearDRLearner` without effect modifiers, a doubly robust mean, with one outcome
  model per arm (one for both would shrink the effect where an arm is small).
- ATO: `LinearDML` without effect modifiers. Its residual-on-residual coefficient is
  E[(d − e)²·τ] / E[(d − e)²], which is the overlap-weighted effect (Crump, Hotz, Imbens and
  Mitnik 2006, "Moving the goalposts"; Vansteelandt and Dukes 2022, JRSS B 84).

EconML has no doubly robust ATT without a model of the effect, so the ATT gets none.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from oci_jupyter.contract import EstimandName

from .oneshot import OneShot

if TYPE_CHECKING:
    from .study_core import StudyCore


def second_opinion(study: StudyCore, name: EstimandName) -> OneShot | None:
    """EconML's estimate of one estimand, with plain boosting of fixed length.

    Args:
        study: The study.
        name: ATE, ATT or ATO.

    Returns:
        The estimate, or None where EconML has no such estimand.
    """
    if name == "ATT":
        return None
    from lightgbm import LGBMClassifier, LGBMRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    options: dict[str, Any] = {
        "n_estimators": 80,
        "learning_rate": 0.06,
        "num_leaves": 8,
        "n_jobs": 1,
        "deterministic": True,
        "force_row_wise": True,
        "random_state": 0,
        "verbose": -1,
    }
    outcome, treatment = LGBMRegressor(**options), LGBMClassifier(**options)
    per_arm = _per_arm(outcome)
    s = study.sample
    X = np.ascontiguousarray(s.design.matrix)
    d = s.d.astype(int)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        if name == "ATE":
            from econml.dr import LinearDRLearner

            dr = LinearDRLearner(
                model_propensity=treatment,
                model_regression=per_arm,
                min_propensity=study.thresholds.clip,
                cv=3,
                random_state=study.seed,
            )
            dr.fit(s.y, d, X=None, W=X)
            found = dr.intercept__inference(1)
            method = "doubly robust (EconML LinearDRLearner)"
        else:
            from econml.dml import LinearDML

            dml = LinearDML(
                model_y=outcome,
                model_t=treatment,
                discrete_treatment=True,
                cv=3,
                random_state=study.seed,
            )
            dml.fit(s.y, d, X=None, W=X)
            found = dml.intercept__inference()
            method = "residual on residual (EconML LinearDML)"
    return OneShot(
        method=method,
        estimate=float(np.ravel(found.point_estimate)[0]),
        stderr=float(np.ravel(found.stderr)[0]),
        p_value=float(np.ravel(found.pvalue())[0]),
    )


def _per_arm(model: Any) -> Any:
    """A regressor that fits one model per arm; EconML appends the arm as the last column."""
    from sklearn.base import BaseEstimator, RegressorMixin, clone

    class PerArm(RegressorMixin, BaseEstimator):  # type: ignore[misc]
        def __init__(self, model: Any = None) -> None:
            self.model = model

        def fit(self, X: np.ndarray, y: np.ndarray) -> PerArm:
            arm = X[:, -1] > 0.5
            self.models_ = {
                a: clone(self.model).fit(X[arm == a, :-1], np.ravel(y)[arm == a])
                for a in (False, True)
            }
            return self

        def predict(self, X: np.ndarray) -> np.ndarray:
            arm = X[:, -1] > 0.5
            both = [self.models_[a].predict(X[:, :-1]) for a in (False, True)]
            return np.asarray(np.where(arm, both[1], both[0]))

    return PerArm(model)
