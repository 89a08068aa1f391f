"""Effects from cross-fitted nuisances: augmented inverse-propensity weighting.

With population weights u (1 for the ATE, d for the ATT, (d − e)² for the ATO, times sampling
weights) and arm weights w of sum 1 in each arm (see `weights.calibrated_weights`), the estimate is

    θ = Σ u·(g1 − g0) / Σ u  +  Σ_treated w·(y − g1)  −  Σ_control w·(y − g0),

which with plain propensity weights is DoubleML's interactive regression model with normalized
weights (Chernozhukov et al. 2018, "Double/debiased machine learning", Econometrics Journal
21); a test holds the two together. Its influence function is

    ψ = n·[ u·(g1 − g0 − θ) / Σ u  ±  w·(y − g_d) ].

For the ATO (Li, Morgan and Zaslavsky 2018, "Balancing covariates via propensity score
weighting", JASA 113) h = e(1 − e) and h + h′(e)(d − e) = (d − e)²: with these weights the
standard error counts that e is estimated (Hirano, Imbens and Ridder 2003, Econometrica 71,
theorem 5; Crump, Hotz, Imbens and Mitnik 2006, "Moving the goalposts").

Two standard errors are given: for the population the units were drawn from, and for the very
units at hand, which leaves out how the effect varies between units (Imbens 2004,
"Nonparametric estimation of average treatment effects under exogeneity", REStat 86).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from oci_jupyter.contract import EstimandName

from .weights import calibrated_weights

#: Two-sided 95 %.
HALF = 1.959963984540054
#: The influence function leaves out that the models were learned from the same units. Measured
#: on the 77 settings of ACIC 2016 (`jupyter oci eval acic`), this factor makes up for it.
SAFETY = 1.08
#: Propensities never come nearer to 0 or 1 than this, whatever the estimand.
_FLOOR = 1e-6


@dataclass(frozen=True)
class Effect:
    """One estimated effect.

    Attributes:
        name: ATE, ATT or ATO.
        estimate: In units of the outcome.
        plain_stderr: Standard error for the population, by the influence function alone.
        plain_sample_stderr: The same for the very units at hand.
        spread: How far unlike learners and repeated splits lie apart; widens both.
        psi: Influence function, shape (n,).
        weights: Signed arm weights, shape (n,): positive for treated, negative for control.
        residual: Outcome less its fitted mean in the unit's own arm, shape (n,).
        clusters: Cluster numbers, shape (n,), or None.
    """

    name: EstimandName
    estimate: float
    plain_stderr: float
    plain_sample_stderr: float
    spread: float
    psi: np.ndarray
    weights: np.ndarray
    residual: np.ndarray
    clusters: np.ndarray | None = None

    @property
    def stderr(self) -> float:
        """Standard error for the population, widened by the spread."""
        return float(np.hypot(self.plain_stderr, self.spread))

    @property
    def sample_stderr(self) -> float:
        """Standard error for the very units at hand, widened by the spread and `SAFETY`."""
        return SAFETY * float(np.hypot(self.plain_sample_stderr, self.spread))

    @property
    def p_value(self) -> float:
        """Two-sided, of no effect in the population."""
        from scipy.stats import norm

        return float(2 * norm.sf(abs(self.estimate) / self.stderr)) if self.stderr > 0 else 1.0

    @property
    def ci(self) -> tuple[float, float]:
        """95 % confidence interval for the population (normal approximation)."""
        half = HALF * self.stderr
        return self.estimate - half, self.estimate + half

    @property
    def sample_ci(self) -> tuple[float, float]:
        """95 % confidence interval for the very units at hand."""
        half = HALF * self.sample_stderr
        return self.estimate - half, self.estimate + half

    @cached_property
    def framework(self) -> Any:
        """The effect as DoubleML sees it, for its sensitivity analysis.

        σ² is the outcome's residual variance and ν² the second moment of the weights (the
        Riesz representer), both as plain means.

        Source: Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long story short:
        omitted variable bias in causal machine learning".
        """
        from doubleml import DoubleMLFramework
        from doubleml.double_ml_framework import DoubleMLCore

        n = len(self.psi)
        squares, moments = self.residual**2, (n * self.weights) ** 2
        sigma2, nu2 = float(squares.mean()), float(moments.mean())
        max_bias = float(np.sqrt(sigma2 * nu2))
        psi_sigma2, psi_nu2 = squares - sigma2, moments - nu2
        psi_bias = (sigma2 * psi_nu2 + nu2 * psi_sigma2) / (2 * max(max_bias, 1e-300))
        elements = {
            "sigma2": np.full((1, 1, 1), sigma2),
            "nu2": np.full((1, 1, 1), nu2),
            "max_bias": np.full((1, 1, 1), max_bias),
            "psi_sigma2": psi_sigma2[:, None, None],
            "psi_nu2": psi_nu2[:, None, None],
            "psi_max_bias": psi_bias[:, None, None],
            "riesz_rep": (n * self.weights)[:, None, None],
        }
        core = DoubleMLCore(
            all_thetas=np.array([[self.estimate]]),
            all_ses=np.array([[self.stderr]]),
            var_scaling_factors=np.array([float(n)]),
            scaled_psi=self.psi[:, None, None],
            sensitivity_elements=elements,
        )
        return DoubleMLFramework(core)


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


def estimate_effect(
    name: EstimandName,
    y: np.ndarray,
    d: np.ndarray,
    m: np.ndarray,
    g0: np.ndarray,
    g1: np.ndarray,
    *,
    functions: np.ndarray | None = None,
    sampling: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    others: tuple[tuple[np.ndarray, np.ndarray], ...] = (),
) -> Effect:
    """The effect for one estimand.

    Args:
        name: ATE, ATT or ATO.
        y: Outcome, shape (n,).
        d: Treatment 0/1, shape (n,).
        m: Clipped out-of-fold propensities, shape (n,).
        g0: Out-of-fold outcome means without treatment, shape (n,).
        g1: The same with treatment, shape (n,).
        functions: What the weights shall balance, shape (n, k); None for plain weights.
        sampling: Sampling weights, shape (n,), or None.
        clusters: Cluster numbers, shape (n,); units of a cluster are not independent.
        others: Outcome means (g0, g1) of the single learners, whose disagreement is part of
            the spread.

    Returns:
        The effect. The spread is the standard deviation of the estimate over: the stack, the
        single learners, and the stack with weights that are not calibrated.
    """
    s = np.ones_like(y) if sampling is None else sampling
    u = s * {"ATE": 1.0, "ATT": d, "ATO": (d - m) ** 2}[name]
    u = u / u.sum()
    w = calibrated_weights(name, d, m, functions, sampling)
    signed = np.where(d == 1, w, -w)

    def point(a0: np.ndarray, a1: np.ndarray, signed: np.ndarray) -> float:
        return float(u @ (a1 - a0) + signed @ (y - np.where(d == 1, a1, a0)))

    estimate = point(g0, g1, signed)
    rivals = [estimate] + [point(a0, a1, signed) for a0, a1 in others]
    if functions is not None:
        plain = calibrated_weights(name, d, m, None, sampling)
        rivals.append(point(g0, g1, np.where(d == 1, plain, -plain)))
    residual = y - np.where(d == 1, g1, g0)
    noise = signed * residual
    psi = len(y) * (u * (g1 - g0 - estimate) + noise)
    return Effect(
        name=name,
        estimate=estimate,
        plain_stderr=_root_of_squares(psi / len(y), clusters),
        plain_sample_stderr=_root_of_squares(noise, clusters),
        spread=float(np.std(rivals)) if len(rivals) > 1 else 0.0,
        psi=psi,
        weights=signed,
        residual=residual,
        clusters=clusters,
    )


def _root_of_squares(parts: np.ndarray, clusters: np.ndarray | None) -> float:
    """√Σ parts², summed within clusters first (Liang and Zeger 1986, Biometrika 73)."""
    if clusters is None:
        return float(np.sqrt((parts**2).sum()))
    sums = np.bincount(clusters, weights=parts)
    count = len(sums)
    return float(np.sqrt((sums**2).sum() * count / max(1, count - 1)))


def median_effect(found: list[Effect]) -> Effect:
    """The median of several splits' effects, its spread widened by their distances from it.

    Source: Chernozhukov et al. (2018), "Double/debiased machine learning", definition 3.3.
    """
    if len(found) == 1:
        return found[0]
    estimates = np.array([f.estimate for f in found])
    center = float(np.median(estimates))
    nearest = found[int(np.argmin(np.abs(estimates - center)))]
    spread = np.sqrt(np.median([f.spread**2 + (f.estimate - center) ** 2 for f in found]))
    return replace(nearest, estimate=center, spread=float(spread))
