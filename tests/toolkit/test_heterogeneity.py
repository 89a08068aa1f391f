"""Heterogeneity against data whose effects are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.contract import ContractError
from oci_jupyter.toolkit.causal_forest import causal_forest_estimates, cross_fitted_forest
from oci_jupyter.toolkit.group_effects import (
    doubly_robust_scores,
    effects_by_group,
    grouping,
    holm,
    ols_hc1,
    quintiles,
)
from oci_jupyter.toolkit.policy import learn_policy

Simulate = Callable[..., pd.DataFrame]


def modified(seed: int, n: int = 900, slope: float = 2.0) -> pd.DataFrame:
    """The effect is `slope` where `old`, and −`slope` where not; both levels are half."""
    rng = np.random.default_rng(seed)
    old, x, w = rng.integers(0, 2, n), rng.normal(size=n), rng.normal(size=n)
    d = (rng.random(n) < 1 / (1 + np.exp(-0.5 * x))).astype(int)
    tau = slope * (2 * old - 1)
    return pd.DataFrame({"old": old, "x": x, "w": w, "d": d, "y": x + tau * d + rng.normal(size=n)})


def constant(seed: int, n: int = 600) -> pd.DataFrame:
    frame = modified(seed, n, slope=0.0)
    frame["y"] += frame["d"]
    return frame


@pytest.fixture(scope="module")
def found() -> oci.ResultView:
    return oci.Study(modified(0), "d", "y", ["old", "x", "w"]).heterogeneity(["old", "x"])


def of(view: oci.ResultView, section: str) -> pd.DataFrame:
    return view.frame[view.frame["section"] == section].reset_index(drop=True)


def test_a_modified_effect_is_found(found: oci.ResultView) -> None:
    check = found.checks[0]
    assert found.result.kind == "heterogeneity"
    assert [c.name for c in found.checks] == ["heterogeneity"]
    assert check.grade == "pass"
    assert "There is evidence" in check.reason
    assert check.value == pytest.approx(1.0, abs=0.2)


def test_group_effects_are_those_simulated(found: oci.ResultView) -> None:
    by = of(found, "by").set_index("group")
    for group, truth in (("old = 0", -2.0), ("old = 1", 2.0)):
        row = by.loc[group]
        assert abs(row["estimate"] - truth) < 3.5 * row["stderr"]
    assert by.loc["old = 1", "difference"] == pytest.approx(4.0, abs=0.5)
    assert by.loc["old = 1", "p_value"] < 1e-6
    assert by.filter(like="x above", axis=0)["p_value"].min() > 0.01
    fifths = of(found, "predicted")
    assert len(fifths) == 5
    assert fifths["estimate"].iloc[0] < -1 < 1 < fifths["estimate"].iloc[-1]


def test_the_strongest_modifier_leads_the_projection(found: oci.ResultView) -> None:
    projection = of(found, "projection")
    assert projection["group"].iloc[0].startswith("old")
    assert projection["p_value"].iloc[0] < 1e-6
    assert projection["p_value"].iloc[1:].min() > 0.01


def test_the_simple_rule_names_the_modifier_and_gains(found: oci.ResultView) -> None:
    rule = next(n for n in found.result.notes if n.startswith("A simple rule"))
    assert "Treat when old = 1" in rule
    assert "not when old = 0" in rule
    # Half of the units gain 2 by either side of the rule.
    for row in of(found, "policy").itertuples():
        assert abs(row.estimate - 1.0) < 3.5 * row.stderr


def test_validation_agrees(found: oci.ResultView) -> None:
    validation = of(found, "validation").set_index("group")
    assert validation.loc["calibration R²", "estimate"] > 0.5
    assert validation.loc["Qini", "p_value"] < 0.001
    assert validation.loc["AUTOC", "p_value"] < 0.001


def test_looking_changes_no_estimand(found: oci.ResultView) -> None:
    assert found.result.estimates == []
    assert found.result.study.estimands == ["ATE", "ATT", "ATO"]
    assert "no estimand of the study is changed" in found.result.notes[0]


def test_it_is_drawn_and_shown(found: oci.ResultView) -> None:
    assert len(found.bundles()) == 2
    assert len(found.figure.data) == 3
    assert "For whom" in repr(found)


def test_a_constant_effect_gives_no_evidence() -> None:
    p_values = []
    for seed in range(4):
        view = oci.Study(constant(seed), "d", "y", ["old", "x", "w"], folds=3).heterogeneity()
        assert view.checks[0].grade == "pass"
        p_values.append(of(view, "validation")["p_value"].iloc[0])
        everybody, nobody = of(view, "policy").itertuples()
        assert nobody.estimate > 0.5
        assert everybody.estimate < 2 * everybody.stderr + 1e-9
    assert sum(p < 0.05 for p in p_values) <= 1
    assert min(p_values) > 0.001


def test_forest_averages_are_near_the_truth(study: oci.Study, frame: pd.DataFrame) -> None:
    ate, att = causal_forest_estimates(study)
    assert (ate.name, att.name) == ("ATE", "ATT")
    assert abs(ate.estimate - frame["tau"].mean()) < 3 * ate.stderr
    assert abs(att.estimate - frame["tau"][frame["d"] == 1].mean()) < 3 * att.stderr
    assert 0.04 < ate.stderr < 0.15


def test_forest_training_is_capped(
    monkeypatch: pytest.MonkeyPatch, simulate: Simulate, roles: dict[str, Any]
) -> None:
    monkeypatch.setattr("oci_jupyter.toolkit.causal_forest.MAX_TRAINING_ROWS", 400)
    study = oci.Study(simulate(800), **roles, folds=2)
    assert cross_fitted_forest(study).n_training == 400
    assert np.isfinite(cross_fitted_forest(study).cate).all()
    assert "400 of 800 rows" in causal_forest_estimates(study)[0].note


def test_row_order_changes_nothing() -> None:
    frame = modified(3, n=300)
    roles = ("d", "y", ["old", "x", "w"])
    first = oci.Study(frame, *roles, folds=2).heterogeneity("old")
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    second = oci.Study(shuffled, *roles, folds=2).heterogeneity("old")
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert first.result.content_hash == second.result.content_hash


def test_the_global_generator_is_left_alone() -> None:
    study = oci.Study(modified(4, n=300), "d", "y", ["old", "x"], folds=2)
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    study.heterogeneity()
    assert np.random.random() == expected


def test_small_arms_are_not_judged() -> None:
    rng = np.random.default_rng(0)
    frame = modified(0, n=150)
    frame["d"] = 0
    frame.loc[rng.choice(150, 30, replace=False), "d"] = 1
    study = oci.Study(frame, "d", "y", ["old", "x"], folds=2)
    view = study.heterogeneity("old")
    assert view.checks[0].grade == "not_applicable"
    assert len(of(view, "by")) == 2
    assert causal_forest_estimates(study) == []


def test_only_columns_from_before_make_groups(study: oci.Study) -> None:
    with pytest.raises(ContractError, match="not a confounder"):
        study.heterogeneity("y")


# --- the parts -----------------------------------------------------------------------


def test_scores_average_to_the_doubly_robust_effect(study: oci.Study) -> None:
    effect = study.effect("ATE")
    assert doubly_robust_scores(study).mean() == pytest.approx(
        effect.estimate, abs=0.5 * effect.stderr
    )


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.01], total=5) == pytest.approx([0.05])
    assert holm([]) == []


def test_quintiles_rank_within_folds() -> None:
    cate = np.concatenate([np.arange(10.0), 100 + np.arange(10.0)])
    fold = np.repeat([0, 1], 10)
    assert list(np.bincount(quintiles(cate, fold))) == [4] * 5
    assert list(quintiles(cate, fold)[:10]) == list(quintiles(cate, fold)[10:])


def test_group_effects_by_hand() -> None:
    rng = np.random.default_rng(0)
    scores, d = rng.normal(size=100), np.tile([0.0, 1.0], 50)
    codes = np.repeat([0, 1, 2], [40, 50, 10])
    first, second = effects_by_group(scores, d, codes, ["a", "b", "c"])
    assert first.difference is None
    assert second.difference == pytest.approx(scores[40:90].mean() - scores[:40].mean())
    assert second.stderr == pytest.approx(scores[40:90].std(ddof=1) / np.sqrt(50))


def test_columns_make_groups() -> None:
    codes, names = grouping("x", pd.Series([*range(9), None]))
    assert list(codes) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]
    assert len(names) == 4
    assert names[3] == "x missing"
    codes, names = grouping("c", pd.Series(["b", "a", "b", None]))
    assert list(codes) == [0, 1, 0, 2]
    assert names == ["c = b", "c = a", "c missing"]
    _, names = grouping("c", pd.Series([f"level {i}" for i in range(12)]))
    assert len(names) == 9
    assert names[-1] == "c = (other)"
    assert grouping("b", pd.Series([True, False]))[1] == ["b = False", "b = True"]


def test_hc1_by_the_textbook() -> None:
    rng = np.random.default_rng(0)
    A = np.column_stack([np.ones(50), rng.normal(size=50)])
    y = A @ [1.0, 2.0] + rng.normal(size=50) * (1 + A[:, 1] ** 2)
    beta, covariance = ols_hc1(A, y)
    u = y - A @ np.linalg.lstsq(A, y, rcond=None)[0]
    bread = np.linalg.inv(A.T @ A)
    expected = bread @ (A.T @ np.diag(u**2) @ A) @ bread * 50 / 48
    assert beta == pytest.approx(np.linalg.lstsq(A, y, rcond=None)[0])
    assert covariance == pytest.approx(expected)


def test_a_rule_for_everybody_says_so(study: oci.Study) -> None:
    rule = learn_policy(study.sample.design, np.ones(study.sample.n), study.splits(), 0)
    assert rule.words.startswith("Treat everybody")
    assert rule.share == 1
    assert [g.estimate for g in rule.gains] == [0.0, 1.0]
