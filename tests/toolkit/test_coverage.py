"""Intervals cover and placebo tests reject as often as they say: simulations with known truth.

The models behind are cross-fitted regressions that are right for the simulated data, so what is
tested is the estimator and its standard errors. With the real learners, at length:
`jupyter oci eval coverage`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from oci_jupyter.toolkit.calibrate import balancing_functions
from oci_jupyter.toolkit.effects import Effect, clip_propensity, estimate_effect

DRAWS = 200
#: A rate that is what it should be lies in here in all but one of a thousand test runs.
LEAST, MOST = (binom.ppf(q, DRAWS, 0.95) / DRAWS for q in (0.0005, 0.9995))


def _logistic(X: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Coefficients of a logistic regression by Newton's method."""
    beta = np.zeros(X.shape[1])
    for _ in range(8):
        p = 1 / (1 + np.exp(-X @ beta))
        hessian = X.T @ (X * (p * (1 - p))[:, None]) + 1e-6 * np.eye(len(beta))
        beta = beta + np.linalg.solve(hessian, X.T @ (d - p))
    return beta


def _analyze(
    x: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    name: str,
    half: np.ndarray,
    sampling: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Effect:
    """Two folds of regressions, then the toolkit's own estimator with calibrated weights."""
    A = np.column_stack([np.ones(len(x)), x])
    m, g = np.empty(len(x)), np.empty((2, len(x)))
    for fold in (False, True):
        train, test = half != fold, half == fold
        m[test] = 1 / (1 + np.exp(-A[test] @ _logistic(A[train], d[train])))
        for arm in (0, 1):
            rows = train & (d == arm)
            g[arm, test] = A[test] @ np.linalg.lstsq(A[rows], y[rows], rcond=None)[0]
    m = clip_propensity(name, m, 0.01)  # type: ignore[arg-type]
    functions = balancing_functions(x, g[0], g[1], np.ones(x.shape[1]), int(d.sum()))
    return estimate_effect(
        name,  # type: ignore[arg-type]
        y,
        d,
        m,
        g[0],
        g[1],
        functions=functions,
        sampling=sampling,
        clusters=clusters,
    )


def _units(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    x = rng.normal(size=(n, 3))
    e = 1 / (1 + np.exp(-(0.7 * x[:, 0] - 0.4 * x[:, 1])))
    d = (rng.random(n) < e).astype(float)
    return x, e, d, x[:, 0] + x[:, 1], 1 + 0.5 * x[:, 0]


def _rate(draw: Callable[[np.random.Generator], bool]) -> float:
    return float(np.mean([draw(np.random.default_rng(seed)) for seed in range(DRAWS)]))


@pytest.mark.parametrize("name", ["ATE", "ATT", "ATO"])
def test_intervals_for_the_population_cover(name: str) -> None:
    _, e, _, _, tau = _units(np.random.default_rng(99), 400_000)
    weight = {"ATE": np.ones_like(e), "ATT": e, "ATO": e * (1 - e)}[name]
    truth = float(np.average(tau, weights=weight))

    def draw(rng: np.random.Generator) -> bool:
        x, _, d, g0, tau = _units(rng, 400)
        y = g0 + tau * d + rng.normal(size=400)
        lower, upper = _analyze(x, d, y, name, rng.random(400) < 0.5).ci
        return lower <= truth <= upper

    assert LEAST <= _rate(draw) <= MOST


@pytest.mark.parametrize("name", ["ATE", "ATT"])
def test_intervals_for_the_units_at_hand_cover(name: str) -> None:
    def draw(rng: np.random.Generator) -> bool:
        x, _, d, g0, tau = _units(rng, 400)
        y = g0 + tau * d + rng.normal(size=400)
        truth = tau[d == 1].mean() if name == "ATT" else tau.mean()
        lower, upper = _analyze(x, d, y, name, rng.random(400) < 0.5).sample_ci
        return bool(lower <= truth <= upper)

    assert _rate(draw) >= LEAST  # the factor on them makes them a little wider than need be


def test_placebos_reject_one_time_in_twenty() -> None:
    def draw(rng: np.random.Generator) -> bool:
        x, _, d, g0, _ = _units(rng, 400)
        before = g0 + rng.normal(size=400)
        return _analyze(x, d, before, "ATE", rng.random(400) < 0.5).p_value < 0.05

    assert 1 - MOST <= _rate(draw) <= 1 - LEAST


def test_placebos_reject_where_a_confounder_is_hidden() -> None:
    def draw(rng: np.random.Generator) -> bool:
        x, _, d, g0, _ = _units(rng, 400)
        before = g0 + rng.normal(size=400)
        return _analyze(x[:, 1:], d, before, "ATE", rng.random(400) < 0.5).p_value < 0.05

    assert _rate(draw) > 0.9


def test_clustered_intervals_cover_and_naive_ones_do_not() -> None:
    covered = []

    def draw(rng: np.random.Generator) -> bool:
        x, _, d, g0, tau = _units(rng, 100)
        site = np.repeat(np.arange(100), 4)
        noise = rng.normal(size=100)[site] + 0.5 * rng.normal(size=400)
        y = (g0 + tau * d)[site] + noise
        half = (rng.random(100) < 0.5)[site]
        naive = _analyze(x[site], d[site], y, "ATE", half).ci
        covered.append(naive[0] <= 1 <= naive[1])
        lower, upper = _analyze(x[site], d[site], y, "ATE", half, clusters=site).ci
        return lower <= 1 <= upper

    # With 100 clusters the normal interval is a little short: the bound allows for it.
    assert LEAST - 0.03 <= _rate(draw) <= MOST
    assert np.mean(covered) < LEAST - 0.03


def test_weighted_intervals_cover_the_population_they_stand_for() -> None:
    def draw(rng: np.random.Generator) -> bool:
        x, _, d, g0, tau = _units(rng, 800)
        p = 0.25 + 0.5 / (1 + np.exp(-x[:, 0]))
        kept = rng.random(800) < p
        y = g0 + tau * d + rng.normal(size=800)
        w = (1 / p)[kept]
        half = rng.random(int(kept.sum())) < 0.5
        found = _analyze(x[kept], d[kept], y[kept], "ATE", half, sampling=w / w.mean())
        return found.ci[0] <= 1 <= found.ci[1]

    assert LEAST <= _rate(draw) <= MOST
