"""Conditions on rows: who is kept is counted, what cannot be compared is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.contract import ContractError, RowFilter
from oci_jupyter.toolkit import probe
from oci_jupyter.toolkit.row_filter import choose_rows

N = 400


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = rng.integers(20, 70, N).astype(float)
    age[:10] = np.nan
    d = rng.integers(0, 2, N)
    return pd.DataFrame(
        {
            "age": age,
            "home state": rng.choice(["CA", "NY", "TX"], N),
            "member": rng.random(N) < 0.7,
            "joined": pd.date_range("2020-01-01", periods=N),
            "size": pd.Categorical(
                rng.choice(["S", "M", "L"], N), categories=["S", "M", "L"], ordered=True
            ),
            "lists": [[i] for i in range(N)],
            "x": rng.normal(size=N),
            "d": d,
            "y": d + rng.normal(size=N),
        }
    )


def study(frame: pd.DataFrame, **more: Any) -> oci.Study:
    return oci.Study(
        frame, **({"treatment": "d", "outcome": "y", "confounders": "x", "learner": "lean"} | more)
    )


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("age <= 55", lambda f: f["age"] <= 55),
        (("age", "!=", 30), lambda f: (f["age"] != 30) & f["age"].notna()),
        (RowFilter(column="age", op=">", value=40), lambda f: f["age"] > 40),
        ({"column": "age", "op": "<", "value": 40}, lambda f: f["age"] < 40),
        ('`home state` != "CA"', lambda f: f["home state"] != "CA"),
        ("member == true", lambda f: f["member"]),
        ('joined >= "2020-03-01"', lambda f: f["joined"] >= "2020-03-01"),
        (("size", ">=", "M"), lambda f: f["size"] >= "M"),
        (["age <= 55", ("member", "==", True)], lambda f: (f["age"] <= 55) & f["member"]),
    ],
)
def test_rows_that_meet_the_conditions_are_kept(
    people: pd.DataFrame, condition: Any, truth: Any
) -> None:
    kept = choose_rows(people, condition)
    assert kept.problems == []
    np.testing.assert_array_equal(kept.rows, truth(people).to_numpy())


def test_the_flow_counts_by_condition_and_names_missing_values(people: pd.DataFrame) -> None:
    made = study(people, keep=["age <= 55", ("member", "==", True)])
    young = people["age"] <= 55
    assert made.describe().result.params["flow"] == [
        f"rows in the data: {N}",
        f"age <= 55 (10 missing values do not meet it): {young.sum()}",
        f"member == true: {(young & people['member']).sum()}",
    ]
    info = made.info()
    assert info.keep == ["age <= 55", "member == true"]
    assert info.n_source == N
    assert info.n == (young & people["member"]).sum()


def test_a_kept_study_is_the_study_of_the_kept_rows(people: pd.DataFrame) -> None:
    one = study(people, keep="age <= 55")
    two = study(people[people["age"] <= 55])
    assert one.effect("ATE").estimate == pytest.approx(two.effect("ATE").estimate, rel=1e-12)
    assert one.info().fingerprint != two.info().fingerprint != study(people).info().fingerprint


def test_conditions_may_choose_the_two_levels_of_the_treatment(people: pd.DataFrame) -> None:
    frame = people.assign(arm=np.array(["a", "b", "c"])[np.arange(N) % 3])
    made = study(frame, treatment="arm", treated="b", keep='arm != "c"')
    assert made.sample.n == (frame["arm"] != "c").sum()


@pytest.mark.parametrize(
    ("condition", "code", "fix"),
    [
        ("Age <= 55", "column_missing", "`age`"),
        ("nonsense", "keep_bad", "age <= 55"),
        (("age", "~", 3), "keep_bad", "age <= 55"),
        ("age <= old", "keep_incomparable", "number"),
        ("joined > 3", "keep_incomparable", "date"),
        ('`home state` < "CA"', "keep_incomparable", "=="),
        ('`home state` == "Ca"', "keep_level_unknown", "'CA'"),
        ("lists == 3", "keep_incomparable", "numbers"),
        ("age > 68", "keep_too_few", "Loosen"),
    ],
)
def test_a_condition_that_cannot_be_had_is_refused(
    people: pd.DataFrame, condition: Any, code: str, fix: str
) -> None:
    with pytest.raises(ContractError) as caught:
        study(people, keep=condition)
    problem = caught.value.problems[0]
    assert problem.code == code
    assert problem.field == "keep"
    assert problem.value
    assert fix in problem.fix


def test_conditions_that_leave_one_arm_are_blamed_for_it(people: pd.DataFrame) -> None:
    with pytest.raises(ContractError) as caught:
        study(people, keep="d == 1")
    assert caught.value.problems[0].field == "keep"
    assert "d == 1" in caught.value.problems[0].message


def test_the_plan_form_is_told_too(people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "user_namespace", lambda: {"df": people})
    base = {"source": "df", "treatment": "d", "outcome": "y", "confounders": ["x"]}
    for more, field, code in (
        ({"keep": ["agee > 3"]}, "keep", "column_missing"),
        ({"keep": ["d == 1"]}, "keep", "treatment_constant"),
        ({"cluster": "shop"}, "cluster", "column_missing"),
        ({"weights": "x"}, "weights", "weights_bad"),
    ):
        (problem,) = probe.data_profile(base | more).problems
        assert (problem.field, problem.code) == (field, code)
    assert probe.data_profile(base | {"keep": ["age <= 55"]}).problems == []
