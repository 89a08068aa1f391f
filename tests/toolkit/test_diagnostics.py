"""Each diagnostic against a formula computed another way, or data built to pass or fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.toolkit.balance import weighted_moments
from oci_jupyter.toolkit.evalue import e_value, e_value_of_difference, e_value_of_ratio
from oci_jupyter.toolkit.overlap import calibration_slope, outside_share
from oci_jupyter.toolkit.sensitivity import strength, weight_moment
from oci_jupyter.toolkit.trimming import crump_threshold
from oci_jupyter.toolkit.weights import effective_size


def by_name(view: oci.ResultView, name: str) -> dict[str | None, Any]:
    return {c.estimand: c for c in view.checks if c.name == name}


# --- overlap -------------------------------------------------------------------------


def test_the_att_counts_treated_units_near_one_only() -> None:
    e = np.array([0.01, 0.05, 0.5, 0.95, 0.99])
    d = np.array([0, 1, 1, 1, 0])
    assert outside_share("ATE", e, d, 0.1, 0.9) == pytest.approx(4 / 5)
    assert outside_share("ATT", e, d, 0.1, 0.9) == pytest.approx(1 / 3)
    assert outside_share("ATO", e, d, 0.1, 0.9) is None


@pytest.mark.parametrize(
    ("warn", "fail", "grade"), [(0.9, 0.95, "pass"), (0.0, 0.9, "warn"), (0.0, 0.001, "fail")]
)
def test_thresholds_grade_the_share_outside(
    study: oci.Study, warn: float, fail: float, grade: str
) -> None:
    other = study._derive("other thresholds")
    other.thresholds = study.thresholds.model_copy(
        update={"outside_warn": warn, "outside_fail": fail}
    )
    checks = by_name(other.overlap(), "overlap_share_outside")
    assert checks["ATE"].grade == grade
    assert checks["ATO"].grade == "pass"


def test_calibration_slope_tells_overfitted_from_calibrated() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=20_000)
    d = (rng.random(20_000) < 1 / (1 + np.exp(-z))).astype(float)
    assert calibration_slope(1 / (1 + np.exp(-z)), d) == pytest.approx(1, abs=0.06)
    assert calibration_slope(1 / (1 + np.exp(-2 * z)), d) == pytest.approx(0.5, abs=0.04)


def test_who_has_no_counterpart_is_said_in_words() -> None:
    rng = np.random.default_rng(2)
    n = 1500
    rich = (rng.random(n) < 0.4).astype(int)
    age = rng.uniform(20, 60, n)
    d = np.where(rich == 1, rng.random(n) < 0.01, rng.random(n) < 0.5).astype(int)
    frame = pd.DataFrame({"rich": rich, "age": age, "d": d, "y": rng.normal(size=n) + d})
    notes = " ".join(oci.Study(frame, "d", "y", ["rich", "age"]).overlap().result.notes)
    assert "have no counterpart" in notes
    assert "rich = 1" in notes


# --- trimming ------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(0.5, 0.5), (0.3, 1.2), (0.2, 4.0), (2.0, 2.0)])
def test_crump_threshold_equals_brute_force(shape: tuple[float, float]) -> None:
    e = np.clip(np.random.default_rng(1).beta(*shape, 4000), 1e-4, 1 - 1e-4)
    k = 1 / (e * (1 - e))

    def variance(alpha: float) -> float:
        kept = (e >= alpha) & (e <= 1 - alpha)
        return float(k[kept].sum() / kept.sum() ** 2)

    found = crump_threshold(e)
    grid = np.linspace(0, 0.45, 4501)
    assert variance(found) <= min(map(variance, grid)) * (1 + 1e-3)


def test_nothing_is_trimmed_where_overlap_is_good() -> None:
    assert crump_threshold(np.random.default_rng(1).uniform(0.3, 0.7, 500)) == 0


def test_trimming_renames_counts_and_refits(study: oci.Study) -> None:
    trimmed = study.trim(0.2, 0.8)
    e = study.propensity().raw
    kept = int(((e >= 0.2) & (e <= 0.8)).sum())
    assert trimmed.labels == [f"trimmed {n} [0.2, 0.8]" for n in ("ATE", "ATT", "ATO")]
    assert trimmed.parent is study
    assert trimmed.sample.n == kept
    assert trimmed.population("ATE") == (
        f"{kept:,} of 1,500 units whose propensity lies in [0.2, 0.8]"
    )
    assert len(trimmed.propensity().raw) == kept
    assert study.labels == ["ATE", "ATT", "ATO"]
    assert trimmed.info().fingerprint != study.info().fingerprint
    assert trimmed.info().name == "trimmed to [0.2, 0.8]"
    notes = " ".join(trimmed.describe().result.notes)
    assert f"Trimming set aside {1500 - kept:,} units" in notes
    assert "Set aside against kept" in notes
    assert trimmed.overlap().result.trim_options == []
    options = {o.rule: o for o in study.overlap().result.trim_options}
    assert options["fixed"].n_total == 1500
    assert options["fixed"].n_kept == study.trim().sample.n


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((0.6, 0.9), "trim_range"), (("best",), "trim_range"), ((0.499, 0.501), "too_few_rows")],
)
def test_bad_trims_are_refused(study: oci.Study, arguments: tuple[Any, ...], code: str) -> None:
    with pytest.raises(oci.ContractError) as raised:
        study.trim(*arguments)
    assert raised.value.problems[0].code == code


def test_a_trimmed_study_is_not_trimmed_again(study: oci.Study) -> None:
    with pytest.raises(oci.ContractError) as raised:
        study.trim(0.2, 0.8).trim(0.3, 0.7)
    assert raised.value.problems[0].code == "trim_twice"


# --- balance -------------------------------------------------------------------------


def test_balance_equals_a_computation_by_hand(study: oci.Study, frame: pd.DataFrame) -> None:
    table = study.balance().frame.set_index(["estimand", "feature"])
    assert set(study.balance().frame["feature"]) == {
        "x1",
        "x2",
        "x3",
        "color = blue",
        "color = green",
        "color = red",
    }
    s = study.sample
    x, d = frame["x1"].to_numpy()[s.position], s.d
    for name in ("ATE", "ATT", "ATO"):
        w = study.weights(name)  # type: ignore[arg-type]
        a, b = x[d == 1], x[d == 0]
        gap = np.average(a, weights=w[d == 1]) - np.average(b, weights=w[d == 0])
        sd = a.std(ddof=1) if name == "ATT" else np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        row = table.loc[(name, "x1")]
        assert row["smd_after"] == pytest.approx(gap / sd)
        assert row["smd_before"] == pytest.approx((a.mean() - b.mean()) / sd)
        ratio = np.cov(a, aweights=w[d == 1], ddof=0) / np.cov(b, aweights=w[d == 0], ddof=0)
        assert row["variance_ratio"] == pytest.approx(float(ratio))
        grid = np.unique(x)[::25]
        ks = max(
            abs(np.average(a <= t, weights=w[d == 1]) - np.average(b <= t, weights=w[d == 0]))
            for t in grid
        )
        assert ks <= row["ks"] < ks + 0.06
    worst = table.loc["ATE"]["smd_after"].abs()
    check = by_name(study.balance(), "balance_max_smd")["ATE"]
    assert check.value == pytest.approx(worst.max())
    assert str(worst.idxmax()) in check.display


def test_weighted_moments_are_exact_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    X, w = 1e6 + rng.normal(size=(300, 2)), rng.uniform(0.1, 2, 300)
    mean, var = weighted_moments(X, w)
    assert mean == pytest.approx(np.average(X, axis=0, weights=w), rel=1e-12)
    assert var == pytest.approx(np.cov(X.T, aweights=w, ddof=0).diagonal(), rel=1e-6)


def test_a_column_constant_among_the_treated_is_not_skipped(
    frame: pd.DataFrame, roles: dict[str, Any]
) -> None:
    odd = frame.assign(x3=np.where((frame["d"] == 0) & (frame["x1"] > 0), 1.0, 0.0))
    table = oci.Study(odd, **roles).balance("ATT").frame.set_index("feature")
    assert np.isfinite(table["smd_after"].to_numpy(dtype=float)).all()
    assert "constant among the treated" in table.loc["x3", "note"]


def test_effective_size_of_equal_weights_is_the_count() -> None:
    assert effective_size(np.full(40, 0.3)) == pytest.approx(40)
    assert effective_size(np.array([1.0, 0, 0])) == 1


# --- placebo -------------------------------------------------------------------------


def test_the_placebo_passes_where_the_confounders_suffice(study: oci.Study) -> None:
    view = study.placebo("before")
    assert {c.grade for c in view.checks if c.name == "placebo"} == {"pass"}
    smallest = [c for c in view.checks if c.name == "placebo_smallest_detectable"]
    assert {c.grade for c in smallest} == {"not_applicable"}
    assert [c.value for c in smallest] == list(view.frame["smallest_detectable"])
    assert all("four times in five" in c.reason for c in view.checks)
    row = view.frame.iloc[0]
    assert row["smallest_detectable"] == pytest.approx(2.8016 * row["stderr"], rel=1e-4)


def test_the_placebo_fails_where_a_confounder_is_missing(
    simulate: Callable[..., pd.DataFrame], roles: dict[str, Any]
) -> None:
    data = simulate(n=1500, seed=2)
    lacking = oci.Study(
        data, **{**roles, "confounders": ["x2", "x3", "color"], "estimands": ["ATT"]}
    )
    assert by_name(lacking.placebo(), "placebo")["ATT"].grade == "fail"


def test_a_placebo_among_the_confounders_is_taken_out(
    frame: pd.DataFrame, roles: dict[str, Any]
) -> None:
    both = {**roles, "confounders": [*roles["confounders"], "before"], "estimands": ["ATT"]}
    with_it, without = oci.Study(frame, **both), oci.Study(frame, **{**roles, "estimands": "ATT"})
    assert with_it.placebo().checks[0].grade == "pass"
    # The folds differ (rows are ordered by all confounders), so only about the same.
    assert with_it.placebo().checks[0].value == pytest.approx(
        without.placebo().checks[0].value, abs=0.15
    )


def test_a_placebo_unknown_in_one_arm_tests_nothing(
    frame: pd.DataFrame, roles: dict[str, Any]
) -> None:
    gone = frame.assign(before=frame["before"].where(frame["d"] == 0))
    view = oci.Study(gone, **roles).placebo()
    assert {c.grade for c in view.checks} == {"not_applicable"}
    assert view.figure is None
    assert "0 treated" in view.result.headline


def test_an_undeclared_placebo_is_refused(study: oci.Study) -> None:
    with pytest.raises(oci.ContractError, match="Declared: before"):
        study.placebo("x1")


# --- sensitivity ---------------------------------------------------------------------


def test_e_values_agree_with_the_published_examples() -> None:
    # VanderWeele and Ding (2017): breastfeeding, RR 3.9 (1.8, 8.7).
    found = e_value_of_ratio(3.9, 1.8, 8.7)
    assert (round(found.point, 2), round(found.interval, 1)) == (7.26, 3.0)
    # Preventive: RR 0.80 (0.71, 0.91) gives 1.81 and 1.43.
    found = e_value_of_ratio(0.80, 0.71, 0.91)
    assert (round(found.point, 2), round(found.interval, 2)) == (1.81, 1.43)
    assert e_value_of_ratio(1.2, 0.9, 1.5).interval == 1
    assert e_value(1) == 1
    # Standardized difference d = 0.5: RR = exp(0.455).
    found = e_value_of_difference(1.0, 0.2, 2.0)
    assert found.risk_ratio == pytest.approx(np.exp(0.455))


def test_the_robustness_value_brings_the_estimate_to_zero(study: oci.Study) -> None:
    view = study.sensitivity("ATE")
    row = view.frame.iloc[0]
    effect = study.effect("ATE")
    max_bias = float(np.ravel(effect.framework.sensitivity_elements["max_bias"])[0])
    rv = row["robustness_value"]
    assert strength(rv, rv) * max_bias == pytest.approx(abs(effect.estimate), rel=1e-3)
    assert 0 < row["robustness_value_ci"] < rv
    assert by_name(view, "robustness_value")["ATE"].grade == "pass"


def test_bounds_of_a_known_hidden_confounder_contain_the_truth(
    simulate: Callable[..., pd.DataFrame], roles: dict[str, Any]
) -> None:
    data = simulate(n=2500, seed=9, hidden=1.0)
    study = oci.Study(data, **{**roles, "estimands": ["ATE"]})
    effect, truth = study.effect("ATE"), float(data["tau"].mean())
    assert effect.ci[0] > truth  # biased upward: the hidden one raises both
    # The hidden one has variance 1; what else is left of y has variance 1, too.
    framework = effect.framework
    framework.sensitivity_analysis(cf_y=0.5, cf_d=0.18, rho=1.0, level=0.95)
    assert framework.sensitivity_params["theta"]["lower"][0] < truth
    framework.sensitivity_analysis(cf_y=0.001, cf_d=0.001, rho=1.0, level=0.95)
    assert framework.sensitivity_params["theta"]["lower"][0] > truth


def test_benchmarks_rank_the_confounder_that_matters_first(study: oci.Study) -> None:
    view = study.sensitivity("ATE", benchmark=["x1", "x3"])
    rows = view.frame.dropna(subset="benchmark").set_index("benchmark")
    assert list(rows.index) == ["x1", "x3"]
    assert rows.loc["x1", "bias"] > 3 * rows.loc["x3", "bias"]
    assert study.sensitivity().result.strongest[0] == "x1"
    assert set(by_name(study.sensitivity(), "robustness_value")) == {"ATE", "ATT", "ATO"}
    with pytest.raises(oci.ContractError, match="not a confounder"):
        study.sensitivity(benchmark="nope")


def test_weight_moments_are_those_of_the_weights() -> None:
    rng = np.random.default_rng(0)
    m = rng.uniform(0.1, 0.9, 400_000)
    d = (rng.random(len(m)) < m).astype(float)
    riesz = {
        "ATE": d / m - (1 - d) / (1 - m),
        "ATT": (d - (1 - d) * m / (1 - m)) / m.mean(),
        "ATO": (d * (1 - m) - (1 - d) * m) / np.mean(m * (1 - m)),
    }
    for name, alpha in riesz.items():
        assert weight_moment(name, m) == pytest.approx(np.mean(alpha**2), rel=0.01)  # type: ignore[arg-type]


def test_a_binary_outcome_gets_an_e_value_from_its_risks(
    frame: pd.DataFrame, roles: dict[str, Any]
) -> None:
    binary = frame.assign(y=(frame["y"] > 1).astype(int))
    study = oci.Study(binary, **{**roles, "estimands": ["ATT"]})
    row = study.sensitivity(benchmark="x1").frame.iloc[0]
    treated = binary["y"][binary["d"] == 1].mean()
    ratio = treated / (treated - study.effect("ATT").estimate)
    assert row["e_value"] == pytest.approx(e_value(ratio))
