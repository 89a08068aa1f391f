"""Known effects are recovered, and results depend on content only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.toolkit.effects import clip_propensity, estimate_effect


def truth(frame: pd.DataFrame, name: str) -> float:
    e, tau = frame["e"], frame["tau"]
    if name == "ATT":
        return float(tau[frame["d"] == 1].mean())
    weight = e * (1 - e) if name == "ATO" else np.ones(len(e))
    return float(np.average(tau, weights=weight))


@pytest.mark.parametrize("name", ["ATE", "ATT", "ATO"])
def test_a_known_effect_is_recovered_and_covered(
    study: oci.Study, frame: pd.DataFrame, name: str
) -> None:
    effect = study.effect(name)  # type: ignore[arg-type]
    lower, upper = effect.ci
    assert lower < truth(frame, name) < upper
    assert abs(effect.estimate - truth(frame, name)) < 0.2
    naive = frame["y"][frame["d"] == 1].mean() - frame["y"][frame["d"] == 0].mean()
    assert naive > upper


def test_the_stack_recovers_it_too(frame: pd.DataFrame, roles: dict[str, Any]) -> None:
    stack = oci.Study(frame, **roles, learner="stack", estimands="ATE")
    lower, upper = stack.effect("ATE").ci
    assert lower < truth(frame, "ATE") < upper


def test_ato_equals_an_independent_influence_function() -> None:
    rng = np.random.default_rng(3)
    n = 700
    m = rng.uniform(0.05, 0.95, n)
    d = (rng.random(n) < m).astype(float)
    g0, tau = rng.normal(size=n), rng.normal(1, 0.5, n)
    g1 = g0 + tau
    y = g0 + d * tau + rng.normal(size=n)
    found = estimate_effect("ATO", y, d, m, g0, g1)
    # Written from Hirano, Imbens and Ridder (2003): derivative of h(e) = e(1 − e) spelled out.
    h, slope = m * (1 - m), 1 - 2 * m
    correction = h * (d * (y - g1) / m - (1 - d) * (y - g0) / (1 - m))
    weight = h + slope * (d - m)
    theta = (correction + weight * tau).sum() / weight.sum()
    psi = (correction + weight * (tau - theta)) / weight.mean()
    assert found.estimate == pytest.approx(theta, abs=1e-9)
    assert found.stderr == pytest.approx(np.sqrt(np.mean(psi**2) / n), rel=1e-9)


def test_att_equals_hand_made_aipw() -> None:
    rng = np.random.default_rng(4)
    n = 900
    m = rng.uniform(0.1, 0.9, n)
    d = (rng.random(n) < m).astype(float)
    g0 = rng.normal(size=n)
    y = g0 + 2 * d + rng.normal(size=n)
    found = estimate_effect("ATT", y, d, m, g0, g0 + 2)
    by_hand = ((d - (1 - d) * m / (1 - m)) * (y - g0)).sum() / d.sum()
    assert found.estimate == pytest.approx(by_hand, abs=0.05)


def test_propensities_are_clipped_where_the_weights_explode_only() -> None:
    e = np.array([0.0001, 0.5, 0.9999])
    assert clip_propensity("ATE", e, 0.01) == pytest.approx([0.01, 0.5, 0.99])
    assert clip_propensity("ATT", e, 0.01) == pytest.approx([0.0001, 0.5, 0.99])
    assert clip_propensity("ATO", e, 0.01) == pytest.approx(e)


Estimates = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def estimates(roles: dict[str, Any]) -> Estimates:
    def run(frame: pd.DataFrame, **changes: Any) -> np.ndarray:
        study = oci.Study(frame, **{**roles, "folds": 3, **changes})
        effects = [study.effect(name) for name in study.estimands]
        return np.array([[e.estimate, e.stderr] for e in effects])

    return run


@pytest.fixture(scope="module")
def small(simulate: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return simulate(n=400, seed=5)


@pytest.fixture(scope="module")
def reference(small: pd.DataFrame, estimates: Estimates) -> np.ndarray:
    return estimates(small)


def test_row_and_column_order_do_not_matter(
    small: pd.DataFrame, reference: np.ndarray, estimates: Estimates
) -> None:
    rows = small.sample(frac=1, random_state=1)
    columns = rows[rows.columns[::-1]]
    found = estimates(columns, confounders=["color", "x3", "x1", "x2"])
    assert found == pytest.approx(reference, abs=1e-9)


def test_the_same_seed_gives_the_same_numbers(
    small: pd.DataFrame, reference: np.ndarray, estimates: Estimates
) -> None:
    assert (estimates(small) == reference).all()
    assert not np.allclose(estimates(small, seed=8), reference, atol=1e-9)


def test_an_outcome_in_other_units_scales_the_effect(
    small: pd.DataFrame, reference: np.ndarray, estimates: Estimates
) -> None:
    found = estimates(small.assign(y=1000 * small["y"] + 5))
    assert found / 1000 == pytest.approx(reference, rel=0.02)


def test_renamed_treatment_levels_change_nothing(
    small: pd.DataFrame, reference: np.ndarray, estimates: Estimates
) -> None:
    named = small.assign(d=small["d"].map({0: "usual care", 1: "drug"}))
    assert estimates(named, treated="drug") == pytest.approx(reference, abs=1e-9)
    flipped = estimates(named, treated="usual care")
    assert flipped[0, 0] == pytest.approx(-reference[0, 0], abs=0.2)


def test_a_row_index_with_duplicates_does_no_harm(
    small: pd.DataFrame, reference: np.ndarray, estimates: Estimates
) -> None:
    found = estimates(small.set_index(np.zeros(len(small), dtype=int)))
    assert found == pytest.approx(reference, abs=1e-9)


def test_a_second_opinion_and_one_shot_answers_stand_beside(study: oci.Study) -> None:
    rows = study.estimate().frame.set_index(["role", "estimand"])
    assert rows.loc[("second_opinion", "ATE"), "estimate"] == pytest.approx(2.0, abs=0.35)
    assert rows.loc[("second_opinion", "ATO"), "estimate"] == pytest.approx(
        rows.loc[("main", "ATO"), "estimate"], abs=0.35
    )
    assert set(rows.loc["one_shot"].index) == {"naive difference", "plain regression (OLS)"}


def test_plain_regression_equals_statsmodels(frame: pd.DataFrame) -> None:
    sm = pytest.importorskip("statsmodels.api")
    from oci_jupyter.toolkit.oneshot import plain_regression

    X = frame[["x1", "x2", "x3"]].to_numpy()
    y, d = frame["y"].to_numpy(), frame["d"].to_numpy(dtype=float)
    ours = plain_regression(y, d, np.column_stack([X, X[:, 0]]))  # one column twice
    theirs = sm.OLS(y, sm.add_constant(np.column_stack([d, X]))).fit(cov_type="HC1")
    assert ours.estimate == pytest.approx(theirs.params[1])
    assert ours.stderr == pytest.approx(theirs.bse[1])
