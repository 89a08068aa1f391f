"""What kinds of data a study takes: other libraries' tables, clusters, weights, odd columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest

from oci_jupyter import toolkit as oci

LEAN: dict[str, Any] = {"learner": "lean", "folds": 3, "estimands": ["ATE", "ATT"]}


@pytest.fixture(scope="module")
def small(simulate: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return simulate(n=400, seed=5)


def _codes(error: pytest.ExceptionInfo[oci.ContractError]) -> set[str]:
    return {p.code for p in error.value.problems}


# --- tables ----------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["polars", "polars lazy", "pyarrow"])
def test_tables_of_other_libraries_say_the_same(
    small: pd.DataFrame, roles: dict[str, Any], library: str
) -> None:
    if library == "pyarrow":
        table: Any = pyarrow.Table.from_pandas(small)
    else:
        table = polars.from_pandas(small)
        table = table.lazy() if library.endswith("lazy") else table
    ours = oci.Study(small, **roles, **LEAN)
    theirs = oci.Study(table, **roles, **LEAN)
    assert theirs.effect("ATE").estimate == ours.effect("ATE").estimate


def test_what_is_no_table_is_refused_with_what_to_give() -> None:
    with pytest.raises(oci.ContractError, match="pandas, polars or pyarrow table"):
        oci.Study({"a": 1}, "d", "y", ["x"])


def test_files_say_the_same(small: pd.DataFrame, roles: dict[str, Any], tmp_path: Any) -> None:
    small.to_parquet(tmp_path / "data.parquet")
    small.to_csv(tmp_path / "data.csv", index=False)
    wanted = oci.Study(small, **roles, **LEAN).effect("ATT").estimate
    for name in ("data.parquet", "data.csv"):
        found = oci.Study(tmp_path / name, **roles, **LEAN).effect("ATT").estimate
        assert found == pytest.approx(wanted, abs=1e-6)


# --- clusters and weights --------------------------------------------------------------


def test_repeated_rows_are_counted_once(small: pd.DataFrame, roles: dict[str, Any]) -> None:
    """Persons whose rows are copied: naming the person gives the honest error back."""
    person = small.assign(person=np.arange(len(small)))
    copied = pd.concat([person] * 4, ignore_index=True)
    once = oci.Study(small, **roles, **LEAN).effect("ATE")
    named = oci.Study(copied, **roles, **LEAN, cluster="person").effect("ATE")
    unnamed = oci.Study(copied, **roles, **LEAN).effect("ATE")
    assert named.plain_stderr == pytest.approx(once.plain_stderr, rel=0.25)
    assert unnamed.plain_stderr < 0.6 * named.plain_stderr


@pytest.mark.parametrize("learner", ["stack", "lean"])
def test_a_dozen_clusters_an_arm_are_enough_to_run(
    small: pd.DataFrame, roles: dict[str, Any], learner: str
) -> None:
    """Few clusters are left to stop early by; none of the parts may be empty."""
    site = np.where(small["d"] == 1, np.arange(400) % 12, 12 + np.arange(400) % 11)
    study = oci.Study(
        small.assign(site=site), **roles, learner=learner, folds=2, estimands="ATE", cluster="site"
    )
    assert np.isfinite(study.effect("ATE").stderr)


def test_equal_weights_change_nothing(small: pd.DataFrame, roles: dict[str, Any]) -> None:
    plain = oci.Study(small, **roles, **LEAN).effect("ATE")
    weighted = oci.Study(small.assign(w=3.0), **roles, **LEAN, weights="w").effect("ATE")
    assert weighted.estimate == pytest.approx(plain.estimate, abs=0.02)


def test_weights_and_clusters_are_shown_with_the_roles(
    small: pd.DataFrame, roles: dict[str, Any]
) -> None:
    frame = small.assign(w=1.0 + np.arange(400) % 2, site=np.arange(400) // 4)
    table = oci.Study(frame, **roles, weights="w", cluster="site").describe().frame
    shown = table.set_index("column")["role"]
    assert shown["w"] == "sampling weight"
    assert shown["site"] == "cluster"


def test_weights_answer_for_the_population_they_stand_for(
    simulate: Callable[..., pd.DataFrame], roles: dict[str, Any]
) -> None:
    """The effect is 2 + x1; weights that raise x1 raise it."""
    frame = simulate(n=1500, seed=11)
    frame["w"] = np.exp(0.7 * frame["x1"])
    truth = np.average(frame["tau"], weights=frame["w"])
    effect = oci.Study(frame, **roles, weights="w", estimands="ATE").effect("ATE")
    assert truth > 2.4
    assert effect.estimate == pytest.approx(truth, abs=3 * effect.stderr)


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ([-1.0, 1.0], "weights_bad"),
        ([np.nan, 1.0], "weights_bad"),
        (["a", "b"], "weights_bad"),
    ],
)
def test_weights_must_be_positive_numbers(
    small: pd.DataFrame, roles: dict[str, Any], column: list[Any], code: str
) -> None:
    bad = small.assign(w=column * 200)
    with pytest.raises(oci.ContractError) as error:
        oci.Study(bad, **roles, weights="w")
    assert _codes(error) == {code}
    assert error.value.problems[0].field == "weights"


def test_clusters_must_be_known_and_many(small: pd.DataFrame, roles: dict[str, Any]) -> None:
    with pytest.raises(oci.ContractError) as error:
        oci.Study(small.assign(c=[None, *range(399)]), **roles, cluster="c")
    assert _codes(error) == {"cluster_missing"}
    with pytest.raises(oci.ContractError) as error:
        oci.Study(small.assign(c=np.arange(400) % 4), **roles, cluster="c")
    assert _codes(error) == {"too_few_clusters"}


# --- odd data --------------------------------------------------------------------------


def test_time_zones_are_one_time(small: pd.DataFrame, roles: dict[str, Any]) -> None:
    when = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(400) * 7, unit="h")
    utc = small.assign(when=when)
    tokyo = small.assign(when=when.tz_convert("Asia/Tokyo"))
    wider = {**roles, "confounders": [*roles["confounders"], "when"]}
    a, b = (oci.Study(f, **wider, **LEAN).effect("ATE").estimate for f in (utc, tokyo))
    assert a == b


def test_a_hundred_thousand_levels_are_an_identifier_or_folded(roles: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    n = 200_000
    frame = pd.DataFrame(
        {"d": rng.integers(0, 2, n), "y": rng.normal(size=n), "x": rng.normal(size=n)}
    )
    frame["code"] = rng.integers(0, 100_000, n).astype(str)
    study = oci.Study(frame, "d", "y", ["x", "code"])
    labels = [f.label for f in study.sample.design.features]
    assert len(labels) <= 33
    assert "code = (other)" in labels
    assert any(p.code == "confounder_many_levels" for p in study.roles.problems)
    frame["code"] = np.arange(n).astype(str)
    study = oci.Study(frame, "d", "y", ["x", "code"])
    assert set(study.roles.left_out) == {"code"}


def test_perfect_separation_gives_bounded_weights_and_a_failing_design(
    small: pd.DataFrame, roles: dict[str, Any]
) -> None:
    """Treatment is decided by a confounder: nobody has a counterpart, and that is said."""
    frame = small.assign(d=(small["x1"] > 0).astype(int))
    study = oci.Study(frame, **roles, **LEAN)
    check = next(c for c in study.overlap().checks if c.estimand == "ATE")
    assert check.grade == "fail"
    effect = study.effect("ATE")
    assert np.isfinite([effect.estimate, effect.stderr]).all()
    assert np.abs(effect.weights).max() <= 1


def test_a_single_treated_unit_is_too_few(small: pd.DataFrame, roles: dict[str, Any]) -> None:
    frame = small.assign(d=(np.arange(400) == 3).astype(int))
    with pytest.raises(oci.ContractError) as error:
        oci.Study(frame, **roles)
    assert _codes(error) == {"too_few_rows"}


def test_mixed_objects_are_levels_not_an_accident(
    small: pd.DataFrame, roles: dict[str, Any]
) -> None:
    frame = small.assign(color=[c if c == "red" else 7 for c in small["color"]])
    study = oci.Study(frame, **roles, **LEAN)
    assert "color" in study.confounders
    assert np.isfinite(study.effect("ATE").estimate)


# --- derived studies -------------------------------------------------------------------


def test_trimming_without_a_refit_fits_nothing(
    small: pd.DataFrame, roles: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from oci_jupyter.toolkit import study_core

    study = oci.Study(small, **roles, **LEAN)
    study.estimate(second_opinion=False)

    def refuse(*args: object) -> None:
        raise AssertionError("a model was fitted")

    monkeypatch.setattr(study_core, "fit_propensity", refuse)
    monkeypatch.setattr(study_core, "fit_outcome", refuse)
    kept = study.trim(0.2, 0.8)
    assert kept.lineage[-1] == "trimmed to [0.2, 0.8]"
    e = kept.propensity().raw
    assert e.min() >= 0.2
    assert e.max() <= 0.8
    kept.estimate(second_opinion=False)
    kept.balance()
    with pytest.raises(AssertionError):
        study.trim(0.2, 0.8, refit=True).effect("ATE")


def test_percentile_trimming_keeps_what_both_arms_share(study: oci.Study) -> None:
    kept = study.trim("percentile")
    assert kept.trim_rule is not None
    e, d = study.propensity().raw, study.sample.d
    assert kept.trim_rule.low == pytest.approx(np.quantile(e[d == 1], 0.05))
    assert kept.trim_rule.high == pytest.approx(np.quantile(e[d == 0], 0.95))


def test_auto_is_lean_on_big_data_only() -> None:
    from oci_jupyter.toolkit.settings import settle_learner

    assert settle_learner("auto", 100_000) == "stack"
    assert settle_learner("auto", 100_001) == "lean"
    assert settle_learner("stack", 10**6) == "stack"


# --- further views ---------------------------------------------------------------------


def test_nuisance_quality_is_measured_against_a_dummy(study: oci.Study) -> None:
    view = study.nuisances()
    frame = view.frame.set_index(["model", "arm", "learner"])
    y, d, g = study.sample.y, study.sample.d, study.outcome_means()
    rows = d == 1
    by_hand = 1 - np.mean((y[rows] - g.g1[rows]) ** 2) / np.var(y[rows])
    assert frame.loc[("outcome", "treated", "stack"), "gain"] == pytest.approx(by_hand)
    assert {c.grade for c in view.checks} == {"pass"}
    assert view.figure is not None


def test_repeated_splits_report_the_median(small: pd.DataFrame, roles: dict[str, Any]) -> None:
    study = oci.Study(small, **roles, **LEAN)
    view = study.repeated_splits(3, "ATE")
    frame = view.frame.set_index("split")["estimate"]
    assert frame["median"] == pytest.approx(frame.drop("median").median())
    assert frame.drop("median").nunique() == 3
    assert frame["split 1"] == study.effect("ATE").estimate
    again = oci.Study(small, **roles, **LEAN, repeats=3).effect("ATE")
    assert again.estimate == pytest.approx(frame["median"])
    with pytest.raises(oci.ContractError, match="2 to 50"):
        study.repeated_splits(1)


def test_balance_of_squares_and_products_on_request(study: oci.Study) -> None:
    first, second = study.balance("ATE"), study.balance("ATE", moments=2)
    assert set(first.frame["feature"]) < set(second.frame["feature"])
    assert "x1², centered" in set(second.frame["feature"])
    assert any("×" in f for f in second.frame["feature"])


def test_three_rows_are_refused_by_name(small: pd.DataFrame, roles: dict[str, Any]) -> None:
    with pytest.raises(oci.ContractError, match="Only 3 usable rows") as error:
        oci.Study(small.head(3), **{**roles, "placebo_outcomes": []})
    assert error.value.problems[0].field == "data"
