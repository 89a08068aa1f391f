"""The screen: every planted fault is named, clean twins and noise are left in peace."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci
from oci_jupyter.contract import Finding

_AT = Path(__file__).with_name("screen_worlds.py")
_SPEC = importlib.util.spec_from_file_location("screen_worlds", _AT)
assert _SPEC is not None
assert _SPEC.loader is not None
worlds = importlib.util.module_from_spec(_SPEC)
sys.modules["screen_worlds"] = worlds
_SPEC.loader.exec_module(worlds)


def screen(data: pd.DataFrame, **changes: Any) -> oci.ResultView:
    return oci.Study(**({"data": data} | worlds.ROLES | changes)).screen()


def grave(view: oci.ResultView) -> list[Finding]:
    return [f for f in view.result.findings if f.severity != "note"]


def told(view: oci.ResultView) -> set[tuple[str, tuple[str, ...]]]:
    return {(f.code, tuple(f.columns)) for f in view.result.findings}


@pytest.mark.parametrize("name", sorted(worlds.FAULTS))
def test_a_planted_fault_is_named(name: str) -> None:
    code, severity, make = worlds.FAULTS[name]
    view = screen(**make(worlds.clean(3), np.random.default_rng(3)))
    mine = [f for f in view.result.findings if f.code == code and f.severity == severity]
    assert mine, told(view)
    assert all(f.text and f.fix and f.title for f in mine)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_clean_study_with_much_noise_raises_nothing(seed: int, correlation: float) -> None:
    frame = worlds.with_noise(worlds.clean(seed, correlation=correlation), seed)
    view = screen(frame)
    assert grave(view) == []
    assert view.result.kind == "screen"
    assert "nothing" in view.result.headline


def test_what_is_expected_of_the_outcome_may_be_missing_in_both_arms() -> None:
    frame = worlds.clean(4)
    lost = np.random.default_rng(4).random(len(frame)) < 0.15
    assert grave(screen(frame.assign(y=frame["y"].where(~lost)))) == []


def test_treatment_that_begins_at_entry_has_a_time_zero() -> None:
    frame, rng = worlds.clean(15), np.random.default_rng(15)
    entry = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, len(frame)), "D")
    begun = pd.Series(entry).where(frame["d"] == 1)
    assert grave(screen(frame.assign(entry_date=entry, program_start=begun))) == []


def test_declared_clusters_are_not_ignored_clusters() -> None:
    made = worlds.FAULTS["households"][2](worlds.clean(5), np.random.default_rng(5))
    assert [f.code for f in grave(screen(**made, cluster="household"))] == []


def test_a_left_out_confounder_is_given_with_what_it_would_do() -> None:
    made = worlds.FAULTS["confounder_left_out"][2](worlds.clean(6), np.random.default_rng(6))
    view = screen(**made)
    row = view.frame.set_index("column").loc["x1"]
    # Without x1 the effect of one is overstated; with it, a partially linear fit finds it.
    assert row["estimate_without"] > 1.3
    assert row["estimate_with"] == pytest.approx(1.0, abs=0.25)
    assert row["looks"] == "blind spot"


def test_a_consequence_outside_the_plan_is_not_to_be_added() -> None:
    frame, rng = worlds.clean(3), np.random.default_rng(3)
    m = 1.2 * frame["d"] + rng.normal(size=len(frame))
    view = screen(frame.assign(m=m, y=frame["y"] + 0.5 * m))
    mine = [f for f in view.result.findings if f.columns == ["m"]]
    assert [(f.code, f.severity) for f in mine] == [("post_treatment_suspected", "note")]
    assert "do not add" in mine[0].title
    assert grave(view) == []


def test_another_form_of_the_outcome_is_not_to_be_added() -> None:
    frame = worlds.clean(8)
    view = screen(frame.assign(level=frame["y"] * 3 + frame["x1"]))
    assert [(f.severity, f.columns) for f in view.result.findings] == [("note", ["level"])]


def test_a_function_of_the_confounders_is_no_blind_spot() -> None:
    frame = worlds.clean(9)
    assert grave(screen(frame.assign(square=frame["x2"] ** 2, twice=2 * frame["x1"]))) == []


def test_neither_row_nor_column_order_matters() -> None:
    frame = worlds.with_noise(worlds.clean(10, n=900), 10)
    frame["d"] = (frame["d"] == 1).astype(int)
    frame = pd.concat([frame, frame.iloc[:90]], ignore_index=True)  # ties, too
    roles = {"confounders": [c for c in worlds.CONFOUNDERS if c != "x1"]}
    one = screen(frame, **roles)
    shuffled = frame.sample(frac=1, random_state=3)[list(frame.columns[::-1])]
    two = screen(shuffled, **roles)
    assert [f.model_dump() for f in one.result.findings] == [
        f.model_dump() for f in two.result.findings
    ]
    assert {f.code for f in grave(one)} == {"blind_spot", "rows_duplicated"}
    pd.testing.assert_frame_equal(one.frame, two.frame, rtol=1e-6)


def test_trimmed_and_switched_studies_have_a_screen_too() -> None:
    made = worlds.FAULTS["confounder_left_out"][2](worlds.clean(11), np.random.default_rng(11))
    study = oci.Study(**(worlds.ROLES | made))
    for other in (study.trim(0.15, 0.85), study.switch("ATT")):
        assert ("blind_spot", ("x1",)) in told(other.screen())
        assert other.screen().result.study.name == other.lineage[-1]


def test_the_principals_table_is_neither_copied_nor_changed() -> None:
    frame = worlds.clean(12)
    before = frame.copy()
    study = oci.Study(frame, **worlds.ROLES)
    assert study.source is frame
    study.screen()
    pd.testing.assert_frame_equal(frame, before)


def test_a_table_that_lost_its_rows_since_is_not_looked_at() -> None:
    frame = worlds.clean(13)
    study = oci.Study(frame, **(worlds.ROLES | {"confounders": ["x2", "x3", "x4", "x5"]}))
    frame.drop(index=frame.index[:400], inplace=True)
    assert set(study.screen().frame["column"]) == set(study.data.columns)


def test_hostile_names_and_odd_columns_are_harmless() -> None:
    frame = worlds.clean(14, n=600)
    n = len(frame)
    odd = frame.assign(
        **{
            "<b>ignore the above</b>": np.arange(n) % 7,
            "lists": [[i] for i in range(n)],
            "none": None,
            "inf": np.where(np.arange(n) % 9 == 0, np.inf, 1.0),
            "when": pd.date_range("2020", periods=n),
            "span": pd.to_timedelta(np.arange(n), unit="D"),
            "mixed": [1, "a"] * (n // 2),
            "nullable": pd.array([None, *range(n - 1)], dtype="Int64"),
            "cat": pd.Categorical(["u", "v"] * (n // 2)),
            "constant": 1,
        }
    )
    view = screen(odd.rename(columns={"x4": "[x](javascript:1)"}), confounders=["x1", "x2", "x3"])
    assert "<b>ignore" not in view._repr_html_()
    assert view.figure is not None
    assert {c for f in grave(view) for c in f.columns} <= {"[x](javascript:1)", "x5", "color"}
    assert {"lists", "when", "mixed", "constant"} <= set(view.frame["column"])
