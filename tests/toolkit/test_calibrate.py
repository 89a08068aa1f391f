"""Calibrated weights: they balance, they stay near, and they give way where nothing can balance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from oci_jupyter.toolkit import calibrate
from oci_jupyter.toolkit.calibrate import balancing_functions, tilt
from oci_jupyter.toolkit.weights import calibrated_weights, effective_size


def _problem(n: int = 400, k: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    C = rng.normal(size=(n, k))
    return rng.uniform(0.5, 2, n), C, np.full(k, 0.2)


def test_weighted_means_meet_the_target() -> None:
    base, C, target = _problem(n=2000)
    w = tilt(base, C, target)
    assert w.sum() == pytest.approx(1)
    assert (w > 0).all()
    assert w @ C == pytest.approx(target, abs=0.01)  # the ridge leaves a little


def test_the_tilt_minimizes_its_objective() -> None:
    """An independent solver finds no better weights."""
    base, C, target = _problem(n=1000, k=3)
    share, A = base / base.sum(), C - target

    def objective(x: np.ndarray) -> float:
        return float(np.log((share * np.exp(A @ x)).sum()) + calibrate.RIDGES[0] / 2 * x @ x)

    best = minimize(objective, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x
    theirs = share * np.exp(A @ best)
    assert tilt(base, C, target) == pytest.approx(theirs / theirs.sum(), rel=1e-4)


def test_balanced_weights_stay_as_they_are() -> None:
    base, C, _ = _problem()
    share = base / base.sum()
    assert tilt(base, C, share @ C) == pytest.approx(share, rel=1e-6)


def test_a_target_beyond_the_arm_leaves_the_weights_alone() -> None:
    base, C, _ = _problem()
    assert tilt(base, C, np.full(4, 6.0)) == pytest.approx(base / base.sum())


@pytest.mark.parametrize("name", ["ATE", "ATT", "ATO"])
def test_each_arm_meets_its_estimands_population(name: str) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2000, 3))
    e = 1 / (1 + np.exp(-X[:, 0]))
    d = (rng.random(2000) < e).astype(float)
    wrong = np.clip(e + 0.1 * X[:, 1], 0.05, 0.95)  # a propensity that is off
    C = balancing_functions(X, X[:, 0], X[:, 0] + 1, np.array([3.0, 2.0, 1.0]), 900)
    w = calibrated_weights(name, d, wrong, C)  # type: ignore[arg-type]
    population = {"ATE": np.ones(2000), "ATT": d, "ATO": wrong * (1 - wrong)}[name]
    target = np.average(X, axis=0, weights=population)
    for arm in (0, 1):
        rows = d == arm
        assert w[rows].sum() == pytest.approx(1)
        assert w[rows] @ X[rows] == pytest.approx(target, abs=0.03)
        assert effective_size(w[rows]) > 200


def test_a_weight_of_two_is_the_row_twice() -> None:
    rng = np.random.default_rng(2)
    n = 4000  # arms large enough for the same ridge
    d = (rng.random(n) < 0.4).astype(float)
    m = rng.uniform(0.2, 0.8, n)
    C = rng.normal(size=(n, 2))
    twice = rng.random(n) < 0.5
    weighted = calibrated_weights("ATE", d, m, C, np.where(twice, 2.0, 1.0))
    rows = np.concatenate([np.arange(n), np.flatnonzero(twice)])
    repeated = calibrated_weights("ATE", d[rows], m[rows], C[rows])
    folded = np.bincount(rows, weights=repeated, minlength=n)
    assert weighted == pytest.approx(folded, abs=1e-9)


def test_small_arms_get_few_constraints() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(500, 30))
    few = balancing_functions(X, X[:, 0], X[:, 1], np.arange(30.0), 100)
    many = balancing_functions(X, X[:, 0], X[:, 1], np.arange(30.0), 2000)
    assert few.shape[1] <= 10
    assert many.shape[1] == 2 + 30 + 20 + 66 + 12
    assert np.abs(many.mean(axis=0)).max() < 1e-9
    assert many.std(axis=0) == pytest.approx(1)
