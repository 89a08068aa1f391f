"""Treatments by dose: known slopes and curves, formulas, coverage, invariances, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.toolkit.dose import Surface, choose_bandwidth, dose_response, partially_linear
from oci_jupyter.toolkit.dose_density import Density, find_spike, regions, residual_density
from oci_jupyter.toolkit.dose_diagnostics import weighted_correlations

ROLES: dict[str, Any] = {
    "treatment": "days",
    "outcome": "y",
    "confounders": ["x1", "x2", "color"],
    "placebo_outcomes": ["before"],
    "folds": 3,
}


def doses(n: int = 1000, seed: int = 2, quadratic: bool = False) -> pd.DataFrame:
    """Confounded doses around 4 with heteroscedastic spread; slope 0.5, or a parabola."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    t = 4 + 0.7 * x[:, 0] - 0.3 * x[:, 1] + rng.normal(size=n) * np.exp(0.2 * x[:, 1])
    effect = 0.3 * (t - 4) ** 2 if quadratic else 0.5 * t
    return pd.DataFrame(
        {
            "x1": x[:, 0],
            "x2": x[:, 1],
            "color": rng.choice(["red", "blue"], n),
            "days": t,
            "y": effect + x[:, 0] + 0.5 * x[:, 1] + rng.normal(size=n),
            "before": x[:, 0] + rng.normal(size=n),
        }
    )


def counts_with_spike(n: int = 1200, seed: int = 4) -> pd.DataFrame:
    """Days of engagement: a third never engage, and engaging at all is worth 1 at once."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    none = rng.random(n) < 1 / (1 + np.exp(0.8 + 0.7 * x))
    days = np.where(none, 0, 1 + rng.poisson(np.exp(1.2 + 0.25 * x)))
    y = 1.0 * (days > 0) + 0.3 * days + x + rng.normal(size=n)
    return pd.DataFrame({"x1": x, "x2": rng.normal(size=n), "color": "red", "days": days, "y": y})


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return doses()


@pytest.fixture(scope="module")
def dose_study(data: pd.DataFrame) -> oci.DoseStudy:
    """A study that the tests only read."""
    return oci.DoseStudy(data, **ROLES)


@pytest.fixture(scope="module")
def spiked() -> oci.DoseStudy:
    roles = {**ROLES, "placebo_outcomes": [], "confounders": ["x1", "x2"]}
    return oci.DoseStudy(counts_with_spike(), **roles)


def test_a_known_slope_is_recovered_where_the_naive_one_is_not(dose_study: oci.DoseStudy) -> None:
    view = dose_study.estimate()
    main = view.result.estimates[0]
    naive = next(e for e in view.result.estimates if e.method == "naive slope")
    assert abs(main.estimate - 0.5) < 3 * main.stderr
    assert abs(naive.estimate - 0.5) > 5 * main.stderr
    assert any(
        "per unit of `days`, the variance-weighted average slope if the effect is not linear" in n
        for n in view.result.notes
    )


def test_the_slope_equals_a_hand_made_one() -> None:
    rng = np.random.default_rng(6)
    n = 500
    ly, mt = rng.normal(size=n), rng.normal(size=n)
    t = mt + rng.normal(size=n)
    y = ly + 0.7 * (t - mt) + rng.normal(size=n)
    found = partially_linear(y, t, ly, mt)
    v, u = t - mt, y - ly
    theta = (v @ u) / (v @ v)
    stderr = np.sqrt(np.mean((v * (u - theta * v)) ** 2) / n) / np.mean(v**2)
    assert found.estimate == pytest.approx(theta, abs=1e-6)
    assert found.stderr == pytest.approx(stderr, abs=1e-6)


def test_the_interval_of_the_slope_covers() -> None:
    """60 draws, nuisances by cross-fitted least squares: cheap, and right for this model."""
    rng = np.random.default_rng(11)
    covered, n = 0, 200
    for _ in range(60):
        x = rng.normal(size=(n, 3))
        t = x @ [0.8, -0.4, 0.0] + rng.normal(size=n)
        y = 0.5 * t + x @ [1.0, 0.5, 0.2] + rng.normal(size=n) * (1 + 0.3 * np.abs(t))
        A = np.column_stack([np.ones(n), x])
        ly, mt = np.empty(n), np.empty(n)
        fold = np.arange(n) % 4
        for k in range(4):
            train, test = fold != k, fold == k
            for target, out in ((y, ly), (t, mt)):
                out[test] = A[test] @ np.linalg.lstsq(A[train], target[train], rcond=None)[0]
        lower, upper = partially_linear(y, t, ly, mt).ci
        covered += lower < 0.5 < upper
    # 95 % of 60 is 57; 51 or fewer has a probability below 1 % if the interval is honest.
    assert 52 <= covered <= 60


def test_the_curve_of_a_known_parabola_is_recovered() -> None:
    study = oci.DoseStudy(doses(1500, seed=8, quadratic=True), **ROLES)
    frame = study.dose_response().frame
    inner = frame[(frame["dose"] > 2.5) & (frame["dose"] < 5.5)]
    truth = 0.3 * (inner["dose"] - 4) ** 2
    assert np.abs(inner["estimate"] - truth).max() < 0.3
    # The line is flat; the curve is not.
    assert abs(study.slope().estimate) < 0.2
    ends = frame["estimate"].iloc[[0, -1]].mean() - inner["estimate"].min()
    assert ends > 0.5
    low, high = np.quantile(study.sample.t, [0.05, 0.95])
    assert frame["dose"].min() == pytest.approx(low)
    assert frame["dose"].max() == pytest.approx(high)


def test_the_curve_is_doubly_robust() -> None:
    """Right weights mend a surface that knows nothing, and a right surface bad weights."""
    rng = np.random.default_rng(12)
    n = 4000
    x = rng.normal(size=n)
    t = 0.6 * x + rng.normal(size=n)
    y = 0.5 * t + x + rng.normal(size=n)
    nodes = np.linspace(t.min(), t.max(), 30)
    right = Surface(nodes, 0.5 * nodes[None, :] + x[:, None], 0.5 * t + x, None)
    nothing = Surface(nodes, np.zeros((n, 30)), np.zeros(n), None)
    spread = np.sqrt(1.36)
    f = np.exp(-0.5 * (t / spread) ** 2) / spread
    w = f / np.exp(-0.5 * (t - 0.6 * x) ** 2)
    for surface, weights in ((nothing, w), (right, np.ones(n))):
        curve = dose_response(y, t, weights, surface, None, None)
        middle = np.abs(curve.dose) < 1.2
        assert np.abs(curve.estimate - 0.5 * curve.dose)[middle].max() < 0.25
    neither = dose_response(y, t, np.ones(n), nothing, None, None)
    assert np.abs(neither.estimate - 0.5 * neither.dose).max() > 0.4


def test_the_interval_of_the_curve_covers_where_it_bends() -> None:
    """60 draws with known nuisances: the bend must not cost coverage, and the error must be
    that of repeated draws."""
    rng = np.random.default_rng(13)
    found, said = [], []
    for _ in range(60):
        n = 400
        x = rng.normal(size=n)
        t = rng.normal(size=n)
        y = 0.5 * t**2 + x + rng.normal(size=n)
        nodes = np.linspace(t.min(), t.max(), 20)
        # The surface misses the bend: what is left of it is the curve's own work.
        surface = Surface(nodes, np.tile(x[:, None], (1, 20)), x, None)
        curve = dose_response(y, t, np.ones(n), surface, None, None)
        at = int(np.abs(curve.dose).argmin())
        found.append(curve.estimate[at] - 0.5 * curve.dose[at] ** 2)
        said.append(curve.stderr[at])
    covered = int((np.abs(found) < 1.96 * np.array(said)).sum())
    # 95 % of 60 is 57; 51 or fewer has a probability below 1 % if the interval is honest.
    assert 52 <= covered <= 60
    # The standard deviation of 60 draws is known to ±9 %.
    assert np.std(found) == pytest.approx(np.mean(said), rel=0.35)


def test_the_bandwidth_follows_the_bend_of_the_curve() -> None:
    rng = np.random.default_rng(14)
    t = rng.uniform(0, 10, 800)
    noise = rng.normal(size=800)
    assert choose_bandwidth(t, np.sin(3 * t) * 3 + noise) < choose_bandwidth(t, 0.5 * t + noise)


def test_the_residual_density_integrates_to_one() -> None:
    r = np.random.default_rng(15).normal(size=3000)
    grid, density = residual_density(r)
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-3)
    assert np.interp(0.0, grid, density) == pytest.approx(0.399, abs=0.04)


def test_a_spike_is_a_level_of_its_own(spiked: oci.DoseStudy) -> None:
    assert spiked.spike == 0
    view = spiked.dose_response()
    frame = view.frame
    assert list(frame["is_spike"]) == [True] + [False] * (len(frame) - 1)
    zero, three = frame.iloc[0], frame[frame["dose"] == 3].iloc[0]
    # At zero the mean is that of x1; three days add 1 + 0.9.
    x = spiked.sample.design.matrix[:, 0].mean()
    assert abs(zero["estimate"] - x) < 3 * zero["stderr"] + 0.05
    assert abs(three["estimate"] - x - 1.9) < 3 * three["stderr"] + 0.1
    assert any("spike as a level of its own" in n for n in view.result.notes)
    labels = [c.title for c in spiked.overlap().checks]
    assert any("days = 0" in label for label in labels)
    assert find_spike(np.r_[np.zeros(5), np.arange(1.0, 100.0)]) is None


def test_weights_have_mean_one_and_break_the_correlation(dose_study: oci.DoseStudy) -> None:
    assert dose_study.weights().mean() == pytest.approx(1, abs=0.15)
    frame = dose_study.balance().frame.set_index("feature")
    assert abs(frame.loc["x1", "r_before"]) > 0.4
    assert abs(frame.loc["x1", "r_after"]) < 0.2
    assert abs(frame.loc["x1", "r_residual"]) < 0.15
    before = np.corrcoef(dose_study.sample.t, dose_study.sample.design.matrix.T)[0, 1:]
    assert frame["r_before"].to_numpy() == pytest.approx(before)


def test_a_constant_column_has_no_correlation() -> None:
    t = np.arange(5.0)
    assert weighted_correlations(np.ones((5, 1)), t, np.ones(5)) == pytest.approx([0.0])


def test_regions_know_the_chances_of_a_known_density() -> None:
    rng = np.random.default_rng(16)
    x = rng.normal(size=4000)
    t = 2.0 * x + rng.normal(size=4000)
    grid = np.linspace(-6, 6, 1201)
    density = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi)
    one = np.ones_like(x)
    fitted = Density(None, 0 * x, 2 * x, one, grid, density, one, one)
    chance = fitted.chance(0.0, np.inf)
    assert chance[np.argsort(np.abs(x))[0]] == pytest.approx(0.5, abs=0.01)
    found = regions(t, fitted, "t")
    assert len(found) == 5
    assert sum(r.mine.sum() for r in found) == 4000
    far = found[-1].reach < 0.2
    assert x[far].mean() < x[~far].mean()


def test_doses_out_of_reach_are_said_in_words() -> None:
    rng = np.random.default_rng(17)
    frame = doses(600, seed=9)
    frame["days"] = 3 * frame["x1"] + 0.5 * rng.normal(size=600)
    view = oci.DoseStudy(frame, **ROLES).overlap()
    assert any(c.grade == "fail" for c in view.checks)
    assert any("could hardly have got days" in n and "x1" in n for n in view.result.notes)


def test_a_placebo_finds_nothing_and_a_planted_one_is_found(
    dose_study: oci.DoseStudy, data: pd.DataFrame
) -> None:
    assert dose_study.placebo().checks[0].grade == "pass"
    planted = data.assign(before=data["before"] + 0.4 * data["days"])
    assert oci.DoseStudy(planted, **ROLES).placebo().checks[0].grade == "fail"
    known = oci.DoseStudy(data, **{**ROLES, "confounders": ["x1", "x2", "before"]})
    assert "taken out of the confounders" in known.placebo().result.notes[0]


def test_sensitivity_is_that_of_doubleml(dose_study: oci.DoseStudy) -> None:
    view = dose_study.sensitivity(benchmark="x1")
    frame = view.frame
    rv = frame["robustness_value"].iloc[0]
    assert 0 < frame["robustness_value_ci"].iloc[0] < rv < 1
    # Robustness value of a partially linear model from the t-value of the slope.
    slope, n = dose_study.slope(), dose_study.sample.n
    f2 = (slope.estimate / slope.stderr) ** 2 / n
    assert rv == pytest.approx(0.5 * (np.sqrt(f2**2 + 4 * f2) - f2), abs=0.03)
    assert frame["benchmark"].iloc[1] == "x1"
    assert frame["bias"].iloc[1] > 0
    with pytest.raises(oci.ContractError, match="In the model"):
        dose_study.sensitivity("zz")


CHANGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "row order": lambda f: f.sample(frac=1, random_state=1),
    "column order": lambda f: f[f.columns[::-1]],
    "index": lambda f: f.set_index(np.arange(len(f)) * 3 + 7),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_form_of_the_data_changes_nothing(
    dose_study: oci.DoseStudy, data: pd.DataFrame, name: str
) -> None:
    found = oci.DoseStudy(CHANGES[name](data), **ROLES)
    assert found.slope().estimate == pytest.approx(dose_study.slope().estimate, rel=1e-9)
    assert found.curve().estimate == pytest.approx(dose_study.curve().estimate, rel=1e-9)
    assert found.info().fingerprint == dose_study.info().fingerprint


def test_units_scale_the_answer(dose_study: oci.DoseStudy, data: pd.DataFrame) -> None:
    changed = data.assign(y=1000 + 20 * data["y"], days=data["days"] / 7 + 3)
    found = oci.DoseStudy(changed, **ROLES)
    assert found.slope().estimate == pytest.approx(140 * dose_study.slope().estimate, rel=0.02)
    curve, plain = found.curve(), dose_study.curve()
    assert (curve.estimate - 1000) / 20 == pytest.approx(plain.estimate, abs=0.1)
    assert curve.dose == pytest.approx(plain.dose / 7 + 3)


def test_the_flow_counts_what_is_excluded(data: pd.DataFrame) -> None:
    holes = data.copy()
    holes.loc[:6, "days"] = np.nan
    holes.loc[5:11, "y"] = np.nan
    study = oci.DoseStudy(holes, **ROLES)
    assert study.sample.flow == [
        ("rows in the data", 1000),
        ("treatment known", 993),
        ("outcome known", 988),
    ]
    assert study.info().n_treated == 494


def days(values: Callable[[int], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda f: f.assign(days=[values(i) for i in range(len(f))])


ERRORS: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], dict[str, Any], str, str]] = [
    ("dose_not_numeric", days(lambda i: "abc"[i % 3]), {}, "treatment", "oci.LevelStudy"),
    ("treatment_binary", days(lambda i: i % 2), {}, "treatment", "oci.Study"),
    ("treatment_constant", days(lambda i: 3.0), {}, "treatment", "'3' in every row"),
    ("treatment_all_missing", days(lambda i: np.nan), {}, "treatment", "all 1,000 rows"),
    ("values_infinite", days(lambda i: np.inf if i < 4 else i), {}, "treatment", "4 infinite"),
    ("dose_hardly_varies", days(lambda i: max(0, i - 980)), {}, "treatment", "oci.Study"),
    (
        "dtype_unsupported",
        days(lambda i: pd.Timestamp("2024-01-01") + pd.Timedelta(days=i)),
        {},
        "treatment",
        "dates",
    ),
    ("too_few_rows", lambda f: f.iloc[:40], {}, "data", "At least 50"),
    ("column_missing", lambda f: f, {"treatment": "day"}, "treatment", "`days`"),
    ("treatment_in_confounders", lambda f: f, {"confounders": ["days"]}, "confounders", "days"),
    ("outcome_constant", lambda f: f.assign(y=1.0), {}, "outcome", "every row"),
    ("thresholds_bad", lambda f: f, {"thresholds": {"clip": 9}}, "thresholds", "Known"),
]


@pytest.mark.parametrize(
    ("code", "change", "roles", "field", "words"), ERRORS, ids=[e[0] for e in ERRORS]
)
def test_what_is_wrong_is_said_with_a_fix(
    data: pd.DataFrame,
    code: str,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    roles: dict[str, Any],
    field: str,
    words: str,
) -> None:
    with pytest.raises(oci.ContractError) as caught:
        oci.DoseStudy(change(data), **{**ROLES, **roles})
    found = {p.code: p for p in caught.value.problems if p.severity == "error"}
    assert code in found
    assert found[code].field == field
    assert found[code].fix
    assert words in str(found[code])


def test_few_values_are_warned_about(data: pd.DataFrame) -> None:
    few = data.assign(days=np.clip(data["days"].round(), 2, 6))
    assert "oci.LevelStudy" in repr(oci.DoseStudy(few, **ROLES).describe())


@pytest.mark.parametrize(
    "method",
    ["describe", "overlap", "balance", "estimate", "dose_response", "sensitivity", "placebo"],
)
def test_every_view_displays_itself(dose_study: oci.DoseStudy, method: str) -> None:
    view = getattr(dose_study, method)()
    first, second = view.bundles()
    expected = {"describe": "study", "dose_response": "dose"}.get(method, method)
    assert first[oci.RESULT_MIME]["kind"] == expected
    assert "NaN" not in str(first[oci.RESULT_MIME])
    assert second["text/plain"].startswith("[figure")
    assert len(view.frame)
    assert getattr(dose_study, method)() is view
