"""Every problem of data and roles has a code, names the column, and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.toolkit.roles import check_roles

BASE: dict[str, Any] = {"treatment": "d", "outcome": "y", "confounders": ["x", "c"]}


def data(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "d": np.arange(n) % 2,
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "c": rng.choice(["a", "b", "z"], n),
            "before": rng.normal(size=n),
        }
    )


Change = Callable[[pd.DataFrame], pd.DataFrame]


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def put(**columns: Any) -> Change:
    return lambda frame: frame.assign(
        **{k: v(frame) if callable(v) else v for k, v in columns.items()}
    )


def text(frame: pd.DataFrame) -> list[str]:
    return ["yes" if v else "no" for v in frame["d"]]


def doubled(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame[["x"]]], axis=1)


def first_missing(column: str, n: int) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda frame: frame[column].where(np.arange(len(frame)) >= n)


ERRORS: list[tuple[str, Change, dict[str, Any], str, str]] = [
    # code, change of the data, change of the roles, field, words in message and fix
    ("column_missing", same, {"outcome": "Y2"}, "outcome", "`y`"),
    ("column_missing", same, {"confounders": ["befor"]}, "confounders", "`before`"),
    ("column_missing", same, {"treatment": "zzz"}, "treatment", "Columns: `d`"),
    ("column_duplicated", doubled, {}, "confounders", "2 columns"),
    ("treatment_constant", put(d=1), {}, "treatment", "'1': 120"),
    (
        "treatment_not_binary",
        put(d=lambda f: np.arange(len(f)) % 3),
        {},
        "treatment",
        "'0': 40, '1': 40, '2': 40",
    ),
    ("treatment_all_missing", put(d=np.nan), {}, "treatment", "all 120 rows"),
    ("treatment_needs_treated", put(d=text), {}, "treated", 'treated: "yes"'),
    ("treated_unknown", put(d=text), {"treated": "maybe"}, "treated", "'maybe'"),
    ("outcome_all_missing", put(y=np.nan), {}, "outcome", "all 120 rows"),
    ("outcome_all_missing", put(y=None), {}, "outcome", "all 120 rows"),
    ("outcome_constant", put(y=4.0), {}, "outcome", "is 4 in every row"),
    ("outcome_not_numeric", put(y=lambda f: f["c"]), {}, "outcome", "is text"),
    ("outcome_not_numeric", put(y=text), {}, "outcome", ".astype(int)"),
    (
        "outcome_not_numeric",
        put(y=lambda f: pd.date_range("2020", periods=len(f))),
        {},
        "outcome",
        "is a date",
    ),
    ("treatment_is_outcome", same, {"outcome": "d"}, "outcome", "both treatment and outcome"),
    ("treatment_in_confounders", same, {"confounders": ["d", "x"]}, "confounders", "`d`"),
    ("outcome_in_confounders", same, {"confounders": ["x", "y"]}, "confounders", "`y`"),
    ("placebo_is_treatment", same, {"placebo_outcomes": ["d"]}, "placebo_outcomes", "`d`"),
    ("placebo_is_outcome", same, {"placebo_outcomes": ["y"]}, "placebo_outcomes", "`y`"),
    ("placebo_not_numeric", same, {"placebo_outcomes": ["c"]}, "placebo_outcomes", "is text"),
    (
        "placebo_unusable",
        put(before=1.0),
        {"placebo_outcomes": ["before"]},
        "placebo_outcomes",
        "does not vary",
    ),
    ("too_few_rows", lambda f: f.head(30), {}, "data", "30 usable rows"),
    ("too_few_rows", put(d=lambda f: (np.arange(len(f)) < 4).astype(int)), {}, "data", "4 treated"),
    (
        "values_infinite",
        put(x=lambda f: f["x"].replace(f["x"][0], np.inf)),
        {},
        "confounders",
        "1 infinite",
    ),
    (
        "values_infinite",
        put(y=lambda f: f["y"].replace(f["y"][0], -np.inf)),
        {},
        "outcome",
        "1 infinite",
    ),
    ("confounders_empty", same, {"confounders": []}, "confounders", "No confounders"),
    ("confounders_unusable", put(x=1, c="a"), {}, "confounders", "No confounder is left"),
    ("dtype_unsupported", put(x=lambda f: [[v] for v in f["x"]]), {}, "confounders", "list"),
    ("dtype_unsupported", put(y=lambda f: f["y"] + 1j), {}, "outcome", "complex"),
]


@pytest.mark.parametrize(("code", "change", "roles", "field", "words"), ERRORS)
def test_errors_block_and_explain(
    code: str, change: Change, roles: dict[str, Any], field: str, words: str
) -> None:
    frame = change(data())
    found = check_roles(frame, **{**BASE, **roles})
    problem = next(p for p in found.errors if p.code == code)
    assert problem.field == field
    assert words in str(problem)
    assert problem.fix
    with pytest.raises(oci.ContractError) as raised:
        oci.Study(frame, **{**BASE, **roles})
    assert code in [p.code for p in raised.value.problems]


WARNINGS: list[tuple[str, Change, dict[str, Any], str]] = [
    ("treated_assumed", put(d=lambda f: f["d"] + 1), {}, "2 is taken as treated"),
    ("treatment_missing_values", put(d=first_missing("d", 7)), {}, "missing in 7 rows"),
    ("outcome_missing_values", put(y=first_missing("y", 9)), {}, "missing in 9 rows"),
    ("confounder_constant", put(x=3), {}, "kept out of the model"),
    ("confounder_all_missing", put(x=np.nan), {}, "kept out of the model"),
    ("confounder_identifier", put(c=lambda f: [f"u{i}" for i in range(len(f))]), {}, "identifier"),
    (
        "confounder_many_levels",
        put(c=lambda f: [f"u{i % 40}" for i in range(len(f))]),
        {},
        "40 levels",
    ),
]


@pytest.mark.parametrize(("code", "change", "roles", "words"), WARNINGS)
def test_warnings_become_assumptions(
    code: str, change: Change, roles: dict[str, Any], words: str
) -> None:
    study = oci.Study(change(data()), **{**BASE, **roles})
    problem = next(p for p in study.roles.problems if p.code == code)
    assert problem.severity == "warning"
    assert words in str(problem)
    assert any(problem.message in note for note in study.describe().result.notes)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(oci.ContractError) as raised:
        oci.Study(data(), "D", "y2", ["x", "nope"], estimands=["ATX"], folds=1)
    codes = {p.code for p in raised.value.problems}
    assert codes == {"column_missing", "estimand_unknown", "folds_bad"}


@pytest.mark.parametrize(
    ("levels", "treated"),
    [(["no", "yes"], "yes"), ([1, 2], 2), ([False, True], None), ([0.0, 1.0], "1"), ([0, 1], True)],
)
def test_two_levels_of_any_type(levels: list[Any], treated: Any) -> None:
    frame = data()
    frame["d"] = [levels[v] for v in frame["d"]]
    study = oci.Study(frame, **BASE, treated=treated)
    assert study.sample.n_treated == 60


@pytest.mark.parametrize("dtype", ["category", "string", "object"])
def test_text_dtypes_are_alike(dtype: str) -> None:
    frame = data()
    frame["c"] = frame["c"].astype(dtype)
    labels = [f.label for f in oci.Study(frame, **BASE).sample.design.features]
    assert labels == ["c = a", "c = b", "c = z", "x"]


def test_nullable_numbers_and_dates_are_encoded() -> None:
    frame = data()
    frame["x"] = pd.array([None, *range(119)], dtype="Int64")
    frame["c"] = pd.date_range("2020-01-01", periods=120, tz="Europe/Berlin")
    design = oci.Study(frame, **BASE).sample.design
    assert [f.label for f in design.features] == ["c", "x", "x missing"]
    assert np.isfinite(design.matrix).all()


def test_missing_levels_and_the_rest_have_columns_of_their_own() -> None:
    frame = data()
    frame["c"] = [None if i < 5 else f"u{i % 40}" for i in range(120)]
    features = oci.Study(frame, **BASE).sample.design.features
    labels = [f.label for f in features if f.source == "c"]
    assert len(labels) == 32
    assert {"c = (other)", "c missing"} <= set(labels)


def test_excluded_rows_are_counted() -> None:
    frame = data()
    frame.loc[:3, "d"] = np.nan
    frame.loc[3:6, "y"] = np.nan
    study = oci.Study(frame, **BASE)
    assert study.sample.flow == [
        ("rows in the data", 120),
        ("treatment known", 116),
        ("outcome known", 113),
    ]
    assert study.info().n_source == 120
    assert study.info().n == 113


def test_a_file_is_read(tmp_path: Any) -> None:
    data().to_csv(tmp_path / "a.csv", index=False)
    data().to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        assert oci.Study(str(tmp_path / name), **BASE).sample.n == 120
    for name, code in (("b.csv", "data_missing"), ("a.xlsx", "data_format")):
        with pytest.raises(oci.ContractError) as raised:
            oci.Study(str(tmp_path / name), **BASE)
        assert raised.value.problems[0].code == code
    with pytest.raises(oci.ContractError) as raised:
        oci.Study([1, 2], **BASE)  # type: ignore[arg-type]
    assert raised.value.problems[0].code == "data_not_frame"
