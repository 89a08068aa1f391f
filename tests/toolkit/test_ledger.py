"""The ledger of forking paths, and what a result says about its study."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from oci_jupyter import toolkit as oci


@pytest.fixture(scope="module")
def small(simulate: Any) -> pd.DataFrame:
    return simulate(n=500, seed=77)


def make(frame: pd.DataFrame, confounders: list[str], **more: Any) -> oci.Study:
    return oci.Study(
        frame, "d", "y", confounders, estimands=["ATE", "ATT"], learner="lean", folds=3, **more
    )


def test_every_estimate_is_written_down_once(small: pd.DataFrame) -> None:
    first, second = make(small, ["x1", "x2", "x3"]), make(small, ["x1"], keep="x3 > -1")
    first.estimate(["ATE"], second_opinion=False)
    first.estimate(["ATE"], second_opinion=False)
    second.estimate(second_opinion=False)
    summary = first.summary()
    prints = {first.info().fingerprint, second.info().fingerprint}
    mine = [a for a in summary.result.attempts if a.fingerprint in prints]
    assert [(a.confounders, a.estimand) for a in mine] == [
        (["x1", "x2", "x3"], "ATE"),
        (["x1"], "ATE"),
        (["x1"], "ATT"),
        (["x1", "x2", "x3"], "ATT"),
    ]
    assert mine[1].keep == ["x3 > -1"]
    assert mine[0].estimate == first.effect("ATE").estimate
    assert (mine[0].ci_lower, mine[0].ci_upper) == first.effect("ATE").ci
    assert mine[0].n == 500 > mine[1].n


def test_later_attempts_appear_but_change_no_hash(small: pd.DataFrame) -> None:
    study = make(small, ["x1", "x2"])
    before = study.summary().result.content_hash
    trimmed = study.trim(0.2, 0.8)
    trimmed.estimate(second_opinion=False)
    after = study.summary().result
    assert after.content_hash == before
    last = after.attempts[-1]
    assert last.trim == "[0.2, 0.8]"
    assert last.estimand == "trimmed ATT [0.2, 0.8]"
    assert last.study == "trimmed to [0.2, 0.8]"


def test_placebos_and_second_opinions_are_no_attempts(small: pd.DataFrame) -> None:
    study = make(small, ["x2", "x3"], placebo_outcomes="before")
    study.placebo("before")
    view = study.estimate(["ATE"])
    mine = [
        a
        for a in study.summary().result.attempts
        if a.fingerprint == study.info().fingerprint and a.estimand == "ATE"
    ]
    assert len(mine) == 1
    assert len(view.result.estimates) > 1


def test_a_result_says_which_study_it_is_of(small: pd.DataFrame) -> None:
    frame = small.assign(shop=[i % 100 for i in range(len(small))], w=1.0)
    study = make(
        frame, ["x1"], cluster="shop", weights="w", keep="x3 > -1", thresholds={"smd_warn": 0.05}
    )
    info = study.trim(0.2, 0.8).info()
    assert (info.treated, info.cluster, info.weights) == (1, "shop", "w")
    assert info.keep == ["x3 > -1"]
    assert info.trim == "[0.2, 0.8]"
    assert info.thresholds == {"smd_warn": 0.05}
    assert info.data_fingerprint == study.data_fingerprint


def test_the_strongest_confounder_is_a_figure_of_the_sensitivity(small: pd.DataFrame) -> None:
    study = make(small, ["x1", "x2", "x3"])
    view = study.sensitivity("ATE")
    (check,) = [c for c in view.checks if c.name == "strongest_benchmark"]
    top = view.frame.dropna(subset=["benchmark"]).iloc[0]
    assert check.grade == "not_applicable"
    assert check.value == top["bias"]
    assert check.display.startswith(f"{top['benchmark']}: ")
