"""Treatments with several levels: known effects, agreement with formulas, invariances, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.toolkit.levels import (
    holm,
    least_propensity,
    level_effects,
    overlap_tilt,
    sharpen,
)

EFFECT = {"a": 0.0, "b": 1.0, "c": -0.5}
ROLES: dict[str, Any] = {
    "treatment": "arm",
    "outcome": "y",
    "confounders": ["x1", "x2", "color"],
    "placebo_outcomes": ["before"],
    "reference": "a",
    "folds": 3,
}


def three_levels(n: int = 900, seed: int = 3, pull: float = 0.7) -> pd.DataFrame:
    """Confounded data with three levels; x1 drives both the level and the outcome."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    logits = np.column_stack([np.zeros(n), pull * x[:, 0], -pull * x[:, 0] + 0.4 * x[:, 1]])
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    code = (rng.random(n)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    arm = np.array(list(EFFECT))[code]
    return pd.DataFrame(
        {
            "x1": x[:, 0],
            "x2": x[:, 1],
            "color": rng.choice(["red", "blue"], n),
            "arm": arm,
            "y": x[:, 0] + 0.5 * x[:, 1] + np.array([EFFECT[a] for a in arm]) + rng.normal(size=n),
            "before": x[:, 0] + rng.normal(size=n),
        }
    )


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return three_levels()


@pytest.fixture(scope="module")
def level_study(data: pd.DataFrame) -> oci.LevelStudy:
    """A study that the tests only read."""
    return oci.LevelStudy(data, **ROLES)


def test_known_contrasts_are_recovered_where_naive_ones_are_not(
    level_study: oci.LevelStudy,
) -> None:
    frame = level_study.estimate().frame
    contrasts = frame[frame["kind"] == "contrast"].set_index("level")
    for level in ("b", "c"):
        row = contrasts.loc[level]
        assert abs(row["estimate"] - EFFECT[level]) < 3 * row["stderr"]
        assert abs(row["naive"] - EFFECT[level]) > 3 * row["stderr"]
    apo = frame[frame["kind"] == "potential outcome"].set_index("level")
    x1 = level_study.sample.design.matrix[:, -2].mean()
    assert abs(apo.loc["a", "estimate"] - x1) < 3 * apo.loc["a", "stderr"] + 0.1
    assert (contrasts["p_holm"] >= contrasts["p_value"]).all()


def test_potential_outcomes_equal_hand_made_aipw() -> None:
    rng = np.random.default_rng(5)
    n = 600
    e = rng.dirichlet([3, 2, 2, 4], n)
    g = rng.normal(size=(n, 4)) + np.arange(4)
    codes = (rng.random(n)[:, None] > e.cumsum(axis=1)).sum(axis=1).astype(float)
    y = g[np.arange(n), codes.astype(int)] + rng.normal(size=n)
    found = level_effects(y, codes, e, g, reference=1)
    scores = []
    for k in range(4):
        w = (codes == k) / e[:, k]
        scores.append(g[:, k] + w / w.mean() * (y - g[:, k]))
    psi = np.array(scores)
    assert found.apo == pytest.approx(psi.mean(axis=1), abs=1e-6)
    assert found.apo_stderr == pytest.approx(psi.std(axis=1) / np.sqrt(n), abs=1e-6)
    for k in (0, 2, 3):
        gap = psi[k] - psi[1]
        assert found.contrast[k] == pytest.approx(gap.mean(), abs=1e-6)
        assert found.contrast_stderr[k] == pytest.approx(gap.std() / np.sqrt(n), abs=1e-6)
    assert found.contrast[1] == 0
    assert np.isnan(found.p_value[1])


def test_holm_agrees_with_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


def test_the_limit_of_overlap_is_the_binary_one_for_two_levels() -> None:
    assert least_propensity(0.1, 2) == pytest.approx(0.1)
    assert least_propensity(0.1, 3) == pytest.approx(0.067, abs=5e-4)
    # For two levels the tilt is e(1 − e), the binary overlap weight.
    e = np.array([0.1, 0.5, 0.8])
    tilt = overlap_tilt(np.column_stack([e, 1 - e]))
    assert tilt / tilt[1] == pytest.approx(4 * e * (1 - e))


def test_sharpening_mends_propensities_that_are_too_alike() -> None:
    rng = np.random.default_rng(1)
    e = rng.dirichlet([1, 1, 1], 4000)
    codes = (rng.random(4000)[:, None] > e.cumsum(axis=1)).sum(axis=1)
    flat = e**0.6
    mended = sharpen(flat, codes)
    assert np.abs(mended - e).mean() < 0.02
    assert mended.sum(axis=1) == pytest.approx(1)


def test_overlap_and_balance_say_what_weighting_does(level_study: oci.LevelStudy) -> None:
    frame = level_study.balance().frame
    assert frame["pair_before"].max() > 0.6
    assert frame["pair_after"].max() < 0.35
    assert set(frame["level"]) == set(EFFECT)
    overlap = level_study.overlap()
    assert {c.name for c in overlap.checks} == {"overlap_share_outside", "propensity_clipped"}
    assert len([c for c in overlap.checks if c.name == "overlap_share_outside"]) == 4
    e = level_study.propensities()
    assert e.sum(axis=1) == pytest.approx(1)
    share = overlap.frame.set_index("level")["share_outside"]
    assert share["b"] == pytest.approx((e[:, 1] < 0.2 / 3).mean())


def test_levels_out_of_reach_fail_and_are_described() -> None:
    study = oci.LevelStudy(three_levels(600, seed=1, pull=3.0), **ROLES)
    view = study.overlap()
    assert any(c.grade == "fail" for c in view.checks)
    assert any("could hardly have got level" in n and "x1" in n for n in view.result.notes)


def test_a_placebo_finds_nothing_and_a_planted_one_is_found(
    level_study: oci.LevelStudy, data: pd.DataFrame
) -> None:
    quiet = level_study.placebo()
    assert [c.grade for c in quiet.checks] == ["pass", "pass"]
    planted = data.assign(before=data["before"] + (data["arm"] == "c"))
    loud = oci.LevelStudy(planted, **ROLES).placebo("before")
    assert {c.estimand: c.grade for c in loud.checks}["c − a"] == "fail"
    assert all(e.role == "placebo" for e in loud.result.estimates)


def estimates(frame: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    found = oci.LevelStudy(frame, **{**ROLES, **changes}).estimate().frame
    return found[found["kind"] == "contrast"].set_index("level")[["estimate", "stderr"]]


CHANGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "row order": lambda f: f.sample(frac=1, random_state=1),
    "column order": lambda f: f[f.columns[::-1]],
    "index": lambda f: f.set_index(np.arange(len(f)) * 3 + 7),
    "categories": lambda f: f.assign(arm=pd.Categorical(f["arm"], categories=["c", "a", "b", "?"])),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_form_of_the_data_changes_nothing(
    level_study: oci.LevelStudy, data: pd.DataFrame, name: str
) -> None:
    frame = level_study.estimate().frame
    plain = frame[frame["kind"] == "contrast"].set_index("level")[["estimate", "stderr"]]
    found = estimates(CHANGES[name](data)).loc[plain.index]
    assert found.to_numpy() == pytest.approx(plain.to_numpy(), rel=1e-9)


def test_the_names_of_levels_change_nothing(
    level_study: oci.LevelStudy, data: pd.DataFrame
) -> None:
    frame = level_study.estimate().frame
    plain = frame[frame["kind"] == "contrast"].set_index("level")[["estimate", "stderr"]]
    names = {"a": "zero", "b": "one", "c": "an other"}
    found = estimates(data.assign(arm=data["arm"].map(names)), reference="zero")
    found = found.loc[[names[level] for level in plain.index]]
    assert found.to_numpy() == pytest.approx(plain.to_numpy(), rel=1e-9)


def test_the_unit_of_the_outcome_scales_the_answer(
    level_study: oci.LevelStudy, data: pd.DataFrame
) -> None:
    frame = level_study.estimate().frame
    plain = frame[frame["kind"] == "contrast"].set_index("level")[["estimate", "stderr"]]
    found = estimates(data.assign(y=1000 + 20 * data["y"]))
    assert found.to_numpy() == pytest.approx(20 * plain.to_numpy(), rel=0.01)


def test_the_flow_counts_what_is_excluded(data: pd.DataFrame) -> None:
    holes = data.copy()
    holes.loc[holes.index[:7], "arm"] = None
    holes.loc[holes.index[5:12], "y"] = np.nan
    view = oci.LevelStudy(holes, **ROLES).describe()
    assert view.result.params["flow"] == [
        "rows in the data: 900",
        "treatment known: 893",
        "outcome known: 888",
    ]
    info = view.result.study
    assert (info.n, info.n_source) == (888, 900)
    assert info.n_treated + info.n_control == 888
    assert "missing in 7 rows" in repr(view)


def test_the_reference_is_chosen_by_kind_of_level(data: pd.DataFrame) -> None:
    numbers = data.assign(arm=data["arm"].map({"a": 2, "b": 1, "c": 5}))
    roles = {**ROLES, "reference": None}
    assert oci.LevelStudy(numbers, **roles).levels == ["1", "2", "5"]
    study = oci.LevelStudy(data, **roles)
    assert study.levels[study.reference] == data["arm"].value_counts().index[0]
    ordered = pd.Categorical(data["arm"], categories=["c", "b", "a"], ordered=True)
    study = oci.LevelStudy(data.assign(arm=ordered), **roles)
    assert study.levels == ["c", "b", "a"]
    assert study.reference == 0


def arms(values: Callable[[int], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda f: f.assign(arm=[values(i) for i in range(len(f))])


ERRORS: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], dict[str, Any], str, str]] = [
    ("treatment_binary", arms(lambda i: i % 2), {}, "treatment", "oci.Study"),
    ("treatment_many_levels", arms(lambda i: i % 11), {}, "treatment", "oci.DoseStudy"),
    ("treatment_many_levels", arms(lambda i: f"s{i % 11}"), {}, "treatment", "Group the levels"),
    ("treatment_constant", arms(lambda i: "a"), {}, "treatment", "every row"),
    ("treatment_all_missing", arms(lambda i: None), {}, "treatment", "all 900 rows"),
    (
        "values_infinite",
        arms(lambda i: [0.0, 1.0, np.inf][i % 3]),
        {},
        "treatment",
        "300 infinite",
    ),
    (
        "too_few_per_level",
        arms(lambda i: "rare" if i < 9 else "ab"[i % 2]),
        {},
        "treatment",
        "'rare' (9)",
    ),
    ("levels_alike", arms(lambda i: ["a", "A", "b"][i % 3]), {}, "treatment", "read alike"),
    ("reference_unknown", lambda f: f, {"reference": "zz"}, "reference", "'a', 'b', 'c'"),
    ("too_few_rows", lambda f: f.iloc[:48], {}, "data", "At least 50"),
    ("column_missing", lambda f: f, {"treatment": "arms"}, "treatment", "`arm`"),
    ("treatment_is_outcome", lambda f: f, {"outcome": "arm"}, "outcome", "both"),
    ("treatment_in_confounders", lambda f: f, {"confounders": ["x1", "arm"]}, "confounders", "arm"),
    ("outcome_not_numeric", lambda f: f, {"outcome": "color"}, "outcome", "text"),
    ("confounders_empty", lambda f: f, {"confounders": []}, "confounders", "No confounders"),
    ("folds_bad", lambda f: f, {"folds": 1}, "folds", "2 to 20"),
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
        oci.LevelStudy(change(data), **{**ROLES, "reference": None, **roles})
    found = {p.code: p for p in caught.value.problems if p.severity == "error"}
    assert code in found
    assert found[code].field == field
    assert found[code].fix
    assert words in str(found[code])


def test_a_binary_study_points_here(data: pd.DataFrame) -> None:
    with pytest.raises(oci.ContractError, match=r"oci\.LevelStudy"):
        oci.Study(data, "arm", "y", ["x1"])


def test_an_unknown_placebo_is_refused(level_study: oci.LevelStudy) -> None:
    with pytest.raises(oci.ContractError, match="Declared: before"):
        level_study.placebo("x2")


@pytest.mark.parametrize("method", ["describe", "overlap", "balance", "estimate", "placebo"])
def test_every_view_displays_itself(level_study: oci.LevelStudy, method: str) -> None:
    view = getattr(level_study, method)()
    first, second = view.bundles()
    assert first[oci.RESULT_MIME]["kind"] in {"study", "overlap", "balance", "estimate", "placebo"}
    assert "NaN" not in str(first[oci.RESULT_MIME])
    assert second["text/plain"].startswith("[figure")
    assert len(view.frame)
    assert getattr(level_study, method)() is view


def test_numbers_that_name_levels_are_names_in_the_figures(data: pd.DataFrame) -> None:
    """Plotly would draw an axis 0, 0.5, 1 between the levels 0 and 1."""
    numbered = data.assign(arm=data["arm"].astype("category").cat.codes)
    study = oci.LevelStudy(numbered, "arm", "y", ["x1", "x2"], reference=0, folds=2)
    assert study.estimate().figure.layout.yaxis.type == "category"
    assert study.overlap().figure.layout.xaxis.type == "category"
