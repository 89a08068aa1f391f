"""Known effects are recovered, and results depend on content only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.toolkit.effects import clip_propensity, estimate_effect, median_effect


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


def test_the_lean_learner_recovers_it_too(frame: pd.DataFrame, roles: dict[str, Any]) -> None:
    lean = oci.Study(frame, **roles, learner="lean", estimands="ATE")
    lower, upper = lean.effect("ATE").ci
    assert lower < truth(frame, "ATE") < upper


def test_ato_comes_near_an_independent_influence_function() -> None:
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
    # Ours normalizes the weights of each arm, which the plain score does not.
    assert found.estimate == pytest.approx(theta, abs=0.02)
    assert found.stderr == pytest.approx(np.sqrt(np.mean(psi**2) / n), rel=0.05)


def _nuisances(n: int = 900, seed: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    m = rng.uniform(0.1, 0.9, n)
    d = (rng.random(n) < m).astype(float)
    g0, tau = rng.normal(size=n), rng.normal(2, 0.5, n)
    y = g0 + tau * d + rng.normal(size=n)
    return {"y": y, "d": d, "m": m, "g0": g0 + 0.2 * rng.normal(size=n), "g1": g0 + tau}


@pytest.mark.parametrize(("name", "score"), [("ATE", "ATE"), ("ATT", "ATTE")])
def test_plain_weights_agree_with_doubleml(name: str, score: str) -> None:
    """Chernozhukov et al.'s interactive regression model, by an independent implementation."""
    import doubleml as dml
    from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor

    v = _nuisances()
    frame = pd.DataFrame({"y": v["y"], "d": v["d"], "x": 0.0})
    model = dml.DoubleMLIRM(
        dml.DoubleMLData(frame, "y", "d", ["x"]),
        DMLDummyRegressor(),
        DMLDummyClassifier(),
        n_folds=2,
        score=score,
        normalize_ipw=True,
    )
    columns = {"ml_g0": v["g0"], "ml_g1": v["g1"], "ml_m": v["m"]}
    model.fit(external_predictions={"d": {k: x[:, None] for k, x in columns.items()}})
    ours = estimate_effect(name, **v)  # type: ignore[arg-type]
    assert ours.estimate == pytest.approx(float(model.coef[0]), abs=0.005)
    assert ours.stderr == pytest.approx(float(model.se[0]), rel=0.01)
    model.sensitivity_analysis(cf_y=0.03, cf_d=0.03)
    framework = ours.framework
    framework.sensitivity_analysis(cf_y=0.03, cf_d=0.03, rho=1.0, level=0.95)
    theirs, found = model.sensitivity_params, framework.sensitivity_params
    assert found["theta"]["lower"][0] == pytest.approx(theirs["theta"]["lower"][0], abs=0.03)
    # DoubleML takes the second moment of the weights off its bias; ours is the plain mean.
    assert found["rv"][0] == pytest.approx(theirs["rv"][0], abs=0.05)


@pytest.mark.parametrize("name", ["ATE", "ATT", "ATO"])
def test_the_influence_function_is_centered_and_gives_the_error(name: str) -> None:
    v = _nuisances()
    effect = estimate_effect(name, **v)  # type: ignore[arg-type]
    n = len(effect.psi)
    assert effect.psi.mean() == pytest.approx(0, abs=1e-9)
    assert effect.plain_stderr == pytest.approx(np.sqrt(np.mean(effect.psi**2) / n))
    # The units at hand leave out how the effect varies between units.
    assert effect.plain_sample_stderr < effect.plain_stderr


def test_a_row_repeated_in_a_cluster_adds_nothing() -> None:
    v = _nuisances()
    n = len(v["y"])
    single = estimate_effect("ATE", **v)  # type: ignore[arg-type]
    twice = {k: np.concatenate([x, x]) for k, x in v.items()}
    ids = np.tile(np.arange(n), 2)
    naive = estimate_effect("ATE", **twice)  # type: ignore[arg-type]
    clustered = estimate_effect("ATE", **twice, clusters=ids)  # type: ignore[arg-type]
    assert clustered.estimate == pytest.approx(single.estimate)
    assert clustered.stderr == pytest.approx(single.stderr, rel=0.002)
    assert naive.stderr == pytest.approx(single.stderr / np.sqrt(2), rel=0.002)


@pytest.mark.parametrize("name", ["ATE", "ATT", "ATO"])
def test_a_sampling_weight_of_two_is_the_row_twice(name: str) -> None:
    v = _nuisances()
    counts = np.where(np.arange(len(v["y"])) % 3 == 0, 2, 1)
    rows = np.repeat(np.arange(len(counts)), counts)
    repeated = estimate_effect(name, **{k: x[rows] for k, x in v.items()})  # type: ignore[arg-type]
    weighted = estimate_effect(name, **v, sampling=counts.astype(float))  # type: ignore[arg-type]
    assert weighted.estimate == pytest.approx(repeated.estimate)


def test_unlike_learners_widen_the_interval() -> None:
    v = _nuisances()
    others = ((v["g0"] + 1 * v["m"], v["g1"]), (v["g0"] - 1 * v["m"], v["g1"]))
    alone = estimate_effect("ATE", **v)  # type: ignore[arg-type]
    wide = estimate_effect("ATE", **v, others=others)  # type: ignore[arg-type]
    assert alone.spread == 0
    assert wide.spread > 0
    assert wide.stderr == pytest.approx(np.hypot(wide.plain_stderr, wide.spread))
    assert wide.sample_stderr == pytest.approx(
        1.08 * np.hypot(wide.plain_sample_stderr, wide.spread)
    )
    assert wide.estimate == pytest.approx(alone.estimate)


def test_the_median_of_splits_counts_how_far_they_lie_apart() -> None:
    parts = [estimate_effect("ATE", **_nuisances(seed=s)) for s in (1, 2, 3)]  # type: ignore[arg-type]
    whole = median_effect(parts)
    values = [p.estimate for p in parts]
    assert whole.estimate == pytest.approx(np.median(values))
    expected = np.median([(v - np.median(values)) ** 2 for v in values])
    assert whole.spread == pytest.approx(np.sqrt(expected))
    assert median_effect(parts[:1]) is parts[0]


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
    import statsmodels.api as sm

    from oci_jupyter.toolkit.oneshot import plain_regression

    X = frame[["x1", "x2", "x3"]].to_numpy()
    y, d = frame["y"].to_numpy(), frame["d"].to_numpy(dtype=float)
    ours = plain_regression(y, d, np.column_stack([X, X[:, 0]]))  # one column twice
    theirs = sm.OLS(y, sm.add_constant(np.column_stack([d, X]))).fit(cov_type="HC1")
    assert ours.estimate == pytest.approx(theirs.params[1])
    assert ours.stderr == pytest.approx(theirs.bse[1])
    w = np.exp(frame["x2"].to_numpy())
    ours = plain_regression(y, d, X, w)
    theirs = sm.WLS(y, sm.add_constant(np.column_stack([d, X])), weights=w).fit(cov_type="HC1")
    assert ours.estimate == pytest.approx(theirs.params[1])
    assert ours.stderr == pytest.approx(theirs.bse[1])
