"""Effects from cross-fitted nuisances, through DoubleML.

ATE and ATT are DoubleML's interactive regression model (Chernozhukov et al. 2018,
"Double/debiased machine learning", Econometrics Journal 21). The ATO is the effect in the
population weighted by e(1 − e) (Li, Morgan and Zaslavsky 2018, "Balancing covariates via
propensity score weighting", JASA 113). Its efficient influence function with unknown
propensity (Hirano, Imbens and Ridder 2003, Econometrica 71, theorem 5; Crump, Hotz, Imbens
and Mitnik 2006, "Moving the goalposts") is, with h = e(1 − e) and τ = g1 − g0,

    ψ = { h·[d(y − g1)/e − (1 − d)(y − g0)/(1 − e)]
          + [h + h′(e)(d − e)]·(τ − θ) } / E[h],      h + h′(e)(d − e) = (d − e)²,

which is DoubleML's weighted ATE with `weights` = (d − e)² and `weights_bar` = e(1 − e), both
divided by the mean of the former. So its standard error counts that e is estimated.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import EstimandName


@dataclass(frozen=True)
class Effect:
    """One estimated effect.

    Attributes:
        name: ATE, ATT or ATO.
        estimate: In units of the outcome.
        stderr: Standard error.
        p_value: Two-sided, of no effect.
        model: The fitted DoubleML model, for its sensitivity analysis.
    """

    name: EstimandName
    estimate: float
    stderr: float
    p_value: float
    model: Any

    @property
    def ci(self) -> tuple[float, float]:
        """95 % confidence interval (normal approximation)."""
        half = 1.959963984540054 * self.stderr
        return self.estimate - half, self.estimate + half


#: Propensities never come nearer to 0 or 1 than this, whatever the estimand.
_FLOOR = 1e-6


def clip_propensity(name: EstimandName, e: np.ndarray, clip: float) -> np.ndarray:
    """Propensities bounded where the estimand's weights would explode, and only there.

    ATE weights divide by e and by 1 − e: both ends. ATT weights e / (1 − e) vanish toward 0,
    where clipping would instead give weight to units unlike anybody treated: the upper end
    only. ATO weights are bounded: neither.

    Args:
        name: ATE, ATT or ATO.
        e: Propensities, shape (n,).
        clip: Distance to keep from the ends.
    """
    low = clip if name == "ATE" else _FLOOR
    high = 1 - (_FLOOR if name == "ATO" else clip)
    return np.asarray(np.clip(e, low, high))


def overlap_weights(d: np.ndarray, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the ATO score: (d − e)² and e(1 − e), both over the mean of the former."""
    squared = (d - m) ** 2
    return squared / squared.mean(), m * (1 - m) / squared.mean()


def estimate_effect(
    name: EstimandName,
    y: np.ndarray,
    d: np.ndarray,
    m: np.ndarray,
    g0: np.ndarray,
    g1: np.ndarray,
) -> Effect:
    """The effect for one estimand.

    Args:
        name: ATE, ATT or ATO.
        y: Outcome, shape (n,).
        d: Treatment 0/1, shape (n,).
        m: Clipped out-of-fold propensities, shape (n,).
        g0: Out-of-fold outcome means without treatment, shape (n,).
        g1: The same with treatment, shape (n,).

    Returns:
        The effect with its standard error. Inverse-propensity weights of ATE and ATT are
        normalized; those of the ATO are bounded and need it not.
    """
    import doubleml as dml
    from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor, PSProcessorConfig

    frame = pd.DataFrame({"y": y, "d": d, "x": np.zeros(len(y))})
    options: dict[str, Any] = {"score": "ATE", "normalize_ipw": True}
    if name == "ATT":
        options["score"] = "ATTE"
    elif name == "ATO":
        w, w_bar = overlap_weights(d, m)
        options["weights"] = {"weights": w, "weights_bar": w_bar[:, None]}
        options["normalize_ipw"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = dml.DoubleMLData(frame, "y", "d", ["x"])
        model = dml.DoubleMLIRM(
            data,
            DMLDummyRegressor(),
            DMLDummyClassifier(),
            n_folds=2,
            # Clipped before, as each estimand needs it: DoubleML shall not clip again.
            ps_processor_config=PSProcessorConfig(clipping_threshold=_FLOOR),
            **options,
        )
        model.fit(
            external_predictions={
                "d": {"ml_g0": g0[:, None], "ml_g1": g1[:, None], "ml_m": m[:, None]}
            }
        )
    return Effect(
        name=name,
        estimate=float(model.coef[0]),
        stderr=float(model.se[0]),
        p_value=float(model.pval[0]),
        model=model,
    )
