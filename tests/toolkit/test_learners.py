"""The learners: what they can represent, and that they are what they claim to be."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from oci_jupyter.toolkit import hinge, learners
from oci_jupyter.toolkit.binned import binned_boost
from oci_jupyter.toolkit.crossfit import draw_folds
from oci_jupyter.toolkit.hinge import HingeBasis, hinge_path
from oci_jupyter.toolkit.outcome import fit_outcome
from oci_jupyter.toolkit.propensity import fit_propensity
from oci_jupyter.toolkit.quality import calibration_table, log_loss_gain, r_squared


def _data(n: int = 1200, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Steps, hinges, a product, and an effect that varies; means of both arms come along."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    X[:, 7] = X[:, 7] > 0
    d = (rng.random(n) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    g0 = 2.0 * (X[:, 0] > 0.3) + np.maximum(X[:, 1], 0) + X[:, 2] * X[:, 7]
    g1 = g0 + 1 + X[:, 3]
    y = np.where(d == 1, g1, g0) + 0.5 * rng.normal(size=n)
    return X, d, y, np.stack([g0, g1])


def test_the_basis_is_standardized_and_bounded_elsewhere() -> None:
    X, *_ = _data()
    basis = HingeBasis(X, np.arange(8))
    assert np.abs(basis.train.mean(axis=0)).max() < 0.2  # clipping moves rare steps a little
    far = basis.apply(X * 100)
    assert np.abs(far).max() <= 8


def test_the_path_ends_at_scikit_learns_lasso() -> None:
    X, d, y, _ = _data(n=300)
    order = np.arange(8)
    basis = HingeBasis(X, order)
    B, p = basis.train, basis.train.shape[1]
    A = np.column_stack([B, d[:, None] * B, d])
    penalty = np.concatenate([np.ones(p), np.full(p, 1.5), [0.05]])
    scaled = (A - A.mean(axis=0)) / penalty
    target = (y - y.mean()) / y.std()
    at = 8
    alpha = np.abs(scaled[:, :-1].T @ target).max() / len(y) * hinge.PENALTIES[at]
    model = Lasso(alpha=alpha, tol=1e-6, max_iter=20_000, fit_intercept=False).fit(scaled, target)
    own = y.mean() + y.std() * model.predict(scaled)
    without, with_it = hinge_path(X, d, y, X, order)
    ours = np.where(d == 1, with_it[:, at], without[:, at])
    assert np.abs(ours - np.clip(own, y.min(), y.max())).max() < 0.05 * y.std()


def test_a_weight_of_two_is_the_row_twice() -> None:
    X, d, y, _ = _data(n=200)
    w = np.where(np.arange(200) % 2, 2.0, 1.0)
    rows = np.repeat(np.arange(200), w.astype(int))
    basis_order = np.arange(8)
    weighted = hinge_path(X, d, y, X, basis_order, w)[0][:, 6]
    repeated = hinge_path(X[rows], d[rows], y[rows], X, basis_order)[0][:, 6]
    # Knots move with the rows; apart from that the two are one problem.
    assert np.corrcoef(weighted, repeated)[0, 1] > 0.95


@pytest.mark.parametrize("learner", ["stack", "lean"])
def test_outcome_means_come_near_the_truth_out_of_fold(learner: str) -> None:
    X, d, y, g = _data()
    found = fit_outcome(X, d, y, draw_folds(d, 4, 1), learner, 1)  # type: ignore[arg-type]
    for arm, means in enumerate((found.g0, found.g1)):
        assert r_squared(g[arm], means) > 0.8
        assert y.min() <= means.min() <= means.max() <= y.max()
    # The columns that matter are found.
    assert set(np.argsort(-found.importance)[:5]) == {0, 1, 2, 3, 7}


def test_the_stack_is_no_worse_than_its_members() -> None:
    X, d, y, _ = _data()
    found = fit_outcome(X, d, y, draw_folds(d, 4, 1), "stack", 1)
    own = np.where(d == 1, found.g1, found.g0)
    for g0, g1 in found.members.values():
        single = np.where(d == 1, g1, g0)
        assert np.mean((y - own) ** 2) <= np.mean((y - single) ** 2) * 1.01
    for control, treated in zip(*found.mixture.values(), strict=True):
        assert control >= 0
        assert treated >= 0


def test_the_hinge_lasso_finds_products() -> None:
    """What depends on a pair of columns only has nothing to show in either alone."""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(1500, 4))
    truth = X[:, 0] * X[:, 1]
    y = truth + 0.5 * rng.normal(size=1500)
    without, _ = hinge_path(X[:1000], np.arange(1000) % 2.0, y[:1000], X[1000:], np.arange(4))
    assert max(r_squared(truth[1000:], g) for g in without.T) > 0.9


def test_a_small_arm_is_modeled_by_itself() -> None:
    """What the large arm does must not reach it: a pooled model would carry that over."""
    rng = np.random.default_rng(5)
    n = 1500
    X = rng.normal(size=(n, 3))
    d = (np.arange(n) < 150).astype(float)
    y = np.where(d == 1, -2 * X[:, 0], 2 * X[:, 0]) + 0.3 * rng.normal(size=n)
    folds = draw_folds(d, 4, 1)
    found = fit_outcome(X, d, y, folds, "stack", 1)
    assert np.corrcoef(found.g1, -2 * X[:, 0])[0, 1] > 0.9
    assert np.corrcoef(found.g0, 2 * X[:, 0])[0, 1] > 0.95
    other = fit_outcome(X, d, np.where(d == 1, y, y**2), folds, "stack", 1)
    assert other.g1 == pytest.approx(found.g1)
    assert not np.allclose(other.g0, found.g0)


@pytest.mark.parametrize("clustered", [False, True])
def test_binned_boosters_learn_and_keep_a_rare_level_on_both_sides(clustered: bool) -> None:
    rng = np.random.default_rng(10)
    n = 4000
    X = rng.normal(size=(n, 5))
    truth = np.sin(X[:, 0]) + (X[:, 1] > 0)
    y = truth + 0.3 * rng.normal(size=n)
    half = np.arange(n) % 2 == 0
    slots = [(np.flatnonzero(half), np.flatnonzero(~half))]
    clusters = np.arange(n) // 10 if clustered else None
    (predicted, gain), *_ = binned_boost(X, y, slots, "regression", 1, clusters=clusters)
    assert r_squared(truth[~half], predicted) > 0.9
    assert set(np.argsort(-gain)[:2]) == {0, 1}
    # Twelve treated among the rows learned from: two are held out, and the rest is learned.
    rare = np.zeros(n)
    rare[np.argsort(-X[:, 0] + 0.1 * rng.random(n))[:24]] = 1
    (e, _), *_ = binned_boost(X, rare, slots, "binary", 1)
    assert e[rare[~half] == 1].mean() > 10 * e[rare[~half] == 0].mean()


def test_big_data_takes_the_binned_boosters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lean learner on both sides of its limit: other models, the same answer."""
    X, d, y, g = _data(n=2500)
    folds = draw_folds(d, 3, 1)
    small = fit_outcome(X, d, y, folds, "lean", 1)
    monkeypatch.setattr(learners, "MIDDLING", 1000)
    big = fit_outcome(X, d, y, folds, "lean", 1)
    assert not np.allclose(big.g0, small.g0)
    assert r_squared(g[0], big.g0) > 0.75
    assert r_squared(g[1], big.g1) > 0.75
    e = fit_propensity(X, d, folds, "lean", 1).raw
    assert log_loss_gain(e, d) > 0.05


def test_binary_outcomes_stay_probabilities() -> None:
    rng = np.random.default_rng(6)
    X = rng.normal(size=(1200, 4))
    d = (rng.random(1200) < 0.5).astype(float)
    p = 1 / (1 + np.exp(-X[:, 0] - d))
    y = (rng.random(1200) < p).astype(float)
    found = fit_outcome(X, d, y, draw_folds(d, 4, 1), "stack", 1)
    assert found.g0.min() >= 0
    assert found.g1.max() <= 1
    assert np.mean(found.g1 - found.g0) == pytest.approx(0.2, abs=0.08)


def test_missing_outcomes_are_predicted_and_not_learned_from() -> None:
    X, d, y, g = _data()
    holed = np.where(np.arange(len(y)) % 5 == 0, np.nan, y)
    found = fit_outcome(X, d, holed, draw_folds(d, 4, 1), "stack", 1)
    assert np.isfinite(found.g0).all()
    assert r_squared(g[0], found.g0) > 0.75


@pytest.mark.parametrize("learner", ["stack", "lean"])
def test_propensities_are_calibrated_and_beat_a_dummy(learner: str) -> None:
    X, d, *_ = _data(n=2000)
    e = fit_propensity(X, d, draw_folds(d, 4, 1), learner, 1).raw  # type: ignore[arg-type]
    assert log_loss_gain(e, d) > 0.05
    table = calibration_table(e, d, bins=5)
    assert table["n"].sum() == 2000
    assert np.abs(table["predicted"] - table["observed"]).max() < 0.1
    assert log_loss_gain(np.full(2000, d.mean()), d) == pytest.approx(0, abs=1e-9)


def test_folds_keep_clusters_together() -> None:
    rng = np.random.default_rng(7)
    clusters = rng.integers(0, 60, 600)
    d = (rng.random(600) < 0.4).astype(float)
    for train, test in draw_folds(d, 5, 1, clusters):
        assert not set(clusters[train]) & set(clusters[test])
