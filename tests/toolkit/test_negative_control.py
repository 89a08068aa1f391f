"""Negative-control treatments on clean and on confounded data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.contract import ContractError
from oci_jupyter.toolkit.negative_control import residual_on_residual


def draw(seed: int, n: int = 400, hidden: float = 0.0) -> pd.DataFrame:
    """`z` depends on x and, as treatment and outcome do, on something hidden; y not on z."""
    rng = np.random.default_rng(seed)
    x, w, u = rng.normal(size=(3, n))
    d = (rng.random(n) < 1 / (1 + np.exp(-0.6 * x - hidden * u))).astype(int)
    return pd.DataFrame(
        {
            "x": x,
            "w": w,
            "d": d,
            "z": 0.7 * x + hidden * u + rng.normal(size=n),
            "y": np.abs(x) + 0.5 * x + w + (1 + 0.5 * x) * d + hidden * u + rng.normal(size=n),
        }
    )


def study_of(frame: pd.DataFrame) -> oci.Study:
    return oci.Study(frame, "d", "y", ["x", "w"], folds=3)


def test_it_rejects_about_one_in_twenty_on_clean_data() -> None:
    rejected = 0
    for seed in range(40):
        frame = draw(seed)
        view = study_of(frame).negative_control(frame["z"])
        rejected += view.checks[0].grade == "fail"
    # Binomial(40, 0.05) exceeds 6 with probability 0.3 %.
    assert rejected <= 6


def test_it_sees_a_hidden_confounder() -> None:
    frame = draw(0, n=800, hidden=0.8)
    view = study_of(frame).negative_control(frame["z"])
    check = view.checks[0]
    assert view.result.kind == "negative_control"
    assert (check.name, check.grade) == ("negative_control", "fail")
    assert "confounding that remains" in check.reason
    assert view.frame["p_value"].iloc[0] < 1e-4
    assert view.result.estimates[0].role == "placebo"
    assert len(view.bundles()) == 2


def test_the_threshold_is_that_of_the_placebo() -> None:
    frame = draw(0, n=800, hidden=0.8)
    strict = oci.Study(frame, "d", "y", ["x", "w"], thresholds={"placebo_p": 1e-300})
    assert strict.negative_control(frame["z"]).checks[0].grade == "pass"


def test_the_slope_is_that_simulated() -> None:
    rng = np.random.default_rng(1)
    n = 2000
    X = rng.normal(size=(n, 3))
    z = np.sin(X[:, 0]) + X[:, 1] + rng.normal(size=n)
    y = 0.3 * z + X[:, 0] ** 2 + rng.normal(size=n)
    rows = np.arange(n)
    splits = [(rows[rows % 3 != k], rows[rows % 3 == k]) for k in range(3)]
    slope, stderr, share = residual_on_residual(X, z, y, splits)
    assert abs(slope - 0.3) < 3 * stderr
    assert 0.02 < stderr < 0.035
    assert 0.3 < share < 0.6


def test_row_order_changes_nothing() -> None:
    frame = draw(2)
    first = study_of(frame).negative_control(frame["z"])
    shuffled = frame.sample(frac=1, random_state=0)
    second = study_of(shuffled).negative_control(shuffled["z"])
    third = study_of(shuffled).negative_control(frame["z"])  # aligned by the index
    fourth = study_of(shuffled).negative_control(shuffled["z"].to_numpy())
    for other in (second, third):
        pd.testing.assert_frame_equal(first.frame, other.frame)
    assert fourth.frame["estimate"].iloc[0] == first.frame["estimate"].iloc[0]


def test_rows_left_out_of_the_study_are_left_out_here() -> None:
    frame = draw(3)
    complete = study_of(frame).negative_control(frame["z"])
    more = pd.concat([frame, frame.head(50).assign(y=np.nan, z=99.0)], ignore_index=True)
    partial = study_of(more).negative_control(more["z"])
    pd.testing.assert_frame_equal(complete.frame, partial.frame)


def test_a_column_of_the_study_and_words_are_understood() -> None:
    frame = draw(4).assign(batch=lambda f: np.where(f["z"] > 0, "late", "early"))
    study = study_of(frame)
    by_words = study.negative_control(frame["batch"])
    assert "late against early" in " ".join(by_words.result.notes)
    assert "all confounders, less it," in study.negative_control("w").result.notes[0]
    missing = frame["z"].where(frame["x"] > -1)
    notes = " ".join(study.negative_control(missing).result.notes)
    assert "is missing for" in notes


@pytest.mark.parametrize("values", [1.0, np.nan])
def test_what_does_not_vary_tests_nothing(values: float) -> None:
    view = study_of(draw(5)).negative_control(np.full(400, values))
    assert view.checks[0].grade == "not_applicable"
    assert view.figure is None


def test_what_the_confounders_tell_tests_nothing() -> None:
    frame = draw(6)
    view = study_of(frame).negative_control((2 * frame["x"] + 1).rename("twice"))
    assert view.checks[0].grade == "not_applicable"


def test_mistakes_are_named() -> None:
    frame = draw(7)
    study = study_of(frame)
    for given, words in (
        ("nothing", "not a column"),
        ("d", "treatment or the outcome"),
        (np.zeros(3), "shape"),
        (pd.Series(np.zeros(3)), "another index"),
    ):
        with pytest.raises(ContractError, match=words):
            study.negative_control(given)
