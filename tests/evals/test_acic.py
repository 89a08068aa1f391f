"""The runner and its report: rows, resumption, figures computed by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter.cli import main
from oci_jupyter.contract import ContractError
from oci_jupyter.evals import acic, methods
from oci_jupyter.evals.acic_data import DataSet, SimulatedSource
from oci_jupyter.evals.acic_figure import label_places, write_figure
from oci_jupyter.evals.acic_report import (
    accuracy,
    acic_report,
    by_tier,
    paired,
    read_published,
    summarize,
)
from oci_jupyter.evals.methods import COLUMNS, LABELS, run_method, tier
from oci_jupyter.toolkit import Study

EXPECTED = (
    "setting,rep,estimand,estimate,truth,stderr,ci_lower,ci_upper,pop_ci_lower,pop_ci_upper,"
    "tier,n_kept,seconds,peak_mb,cpu_seconds,sd_y,outside_share,method"
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A method that answers at once, and a note of the settings it was asked for."""
    asked: list[int] = []

    def answer(data: DataSet, method: str, *rest: Any) -> list[dict[str, Any]]:
        asked.append(data.setting)
        if data.setting == 4:
            raise RuntimeError("no luck")
        return [_row(data.setting, label, 2.1, method=method) for label in LABELS]

    monkeypatch.setattr(methods, "run_method", answer)
    return asked


def _row(setting: int, label: str, estimate: float, **other: Any) -> dict[str, Any]:
    base = {
        "setting": setting,
        "rep": 1,
        "estimand": label,
        "estimate": estimate,
        "truth": 2.0,
        "stderr": 0.1,
        "ci_lower": estimate - 0.2,
        "ci_upper": estimate + 0.2,
        "pop_ci_lower": estimate - 0.5,
        "pop_ci_upper": estimate + 0.5,
        "tier": "pass",
        "n_kept": 500,
        "seconds": 3.0,
        "peak_mb": 300.0,
        "cpu_seconds": 5.0,
        "sd_y": 2.0,
        "outside_share": 0.0,
        "method": "lean",
    }
    return {**base, **other}


def _rows() -> pd.DataFrame:
    """ATT errors .1, −.3, .3, and one refusal."""
    rows = [
        _row(1, "ATT", 2.1),
        _row(2, "ATT", 1.7, tier="fail"),
        _row(3, "ATT", 2.3, tier="fail", sd_y=1.0),
        _row(4, "ATT", np.nan, tier="fail"),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _acic(out: Path, *more: str) -> int:
    command = ["eval", "acic", "--data", "simulated", "--method", "lean", "--jobs", "1"]
    return main([*command, "--out", str(out), *more])


def test_rows_columns_and_resumption(
    tmp_path: Path, calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sub" / "acic.csv"
    assert _acic(out, "--settings", "1-2") == 0
    assert calls == [1, 2]
    lines = out.read_text().splitlines()
    assert lines[0] == EXPECTED
    assert len(lines) == 1 + 2 * len(LABELS)
    assert "| lean | trimmed ATE | 2 | 0 |" in capsys.readouterr().out
    assert "By verdict tier" in out.with_suffix(".md").read_text()
    assert _acic(out, "--settings", "1-2") == 0
    assert calls == [1, 2], "nothing is computed twice"
    assert _acic(out, "--settings", "1-3") == 0
    assert calls == [1, 2, 3]
    assert out.read_text().splitlines()[: len(lines)] == lines


def test_a_write_cut_short_is_done_again(tmp_path: Path, calls: list[int]) -> None:
    out = tmp_path / "acic.csv"
    _acic(out, "--settings", "1-2")
    whole = out.read_text()
    out.write_text(whole[:-20])
    assert _acic(out, "--settings", "1-2") == 0
    assert calls == [1, 2, 2]
    assert out.read_text() == whole


def test_one_failure_does_not_end_the_run(
    tmp_path: Path, calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "acic.csv"
    assert _acic(out, "--settings", "4,5") == 1
    assert "setting 4, replicate 1 failed: RuntimeError: no luck" in capsys.readouterr().err
    assert set(pd.read_csv(out)["setting"]) == {5}


def test_results_of_another_run_are_not_mixed(
    tmp_path: Path, calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "acic.csv"
    _acic(out, "--settings", "1")
    assert json.loads(out.with_suffix(".run.json").read_text()) == {"data": "simulated", "seed": 7}
    assert _acic(out, "--settings", "1", "--seed", "8") == 2
    assert "--out" in capsys.readouterr().err
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    assert _acic(other, "--settings", "1") == 2
    assert other.read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        (["--settings", "1-77,80x"], "settings", "80x"),
        (["--settings", "99"], "settings", "99"),
        (["--replicates", "no"], "replicates", "no"),
        (["--method", "lean,reference"], "method", "lean,reference"),
        (["--method", "best"], "method", "best"),
        (["--jobs", "0"], "jobs", "0"),
        (["--seed", "-1"], "seed", "-1"),
        (["--figure", "figure.png"], "figure", "figure.png"),
    ],
)
def test_bad_options_are_named(
    options: list[str],
    field: str,
    value: str,
    tmp_path: Path,
    calls: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _acic(tmp_path / "acic.csv", *options) == 2
    error = capsys.readouterr().err
    assert field in error
    assert value in error
    assert not calls


def test_accuracy_by_hand() -> None:
    found = accuracy(_rows())
    assert (found["n"], found["refused"]) == (3, 1)
    assert found["bias"] == pytest.approx(0.1 / 3)
    assert found["rmse"] == pytest.approx(np.sqrt((0.01 + 0.09 + 0.09) / 3))
    assert found["rmse_sd"] == pytest.approx(np.sqrt((0.05**2 + 0.15**2 + 0.3**2) / 3))
    assert found["coverage"] == pytest.approx(1 / 3)
    assert found["width"] == pytest.approx(0.4)
    assert (found["pop_coverage"], found["pop_width"]) == (1.0, pytest.approx(1.0))


def test_summary_and_tiers() -> None:
    summary = summarize(_rows())
    assert summary.loc[0, ["seconds", "cpu_seconds", "peak_mb"]].tolist() == [3, 5, 300]
    tiers = by_tier(_rows()).set_index("tier")
    assert list(tiers.index) == ["pass", "fail"]
    assert tiers["n"].tolist() == [1, 2]
    assert tiers["refused"].tolist() == [0, 1]
    assert tiers.loc["fail", "rmse"] == pytest.approx(0.3)
    assert tiers["coverage"].tolist() == [1, 0]


def _published() -> pd.DataFrame:
    found = pd.DataFrame(
        {"method": "bart", "setting": [1, 2, 9], "rep": 1, "estimate": [2.2, 2.2, 7.0]}
    )
    return found.assign(ci_lower=found["estimate"] - 0.1, ci_upper=found["estimate"] + 0.3)


def test_pairs_are_of_the_same_data_sets() -> None:
    (pair,) = paired(_rows(), _published()).to_dict("records")
    assert pair["n"] == 2
    assert pair["rmse"] == pytest.approx(np.sqrt(0.05))
    assert pair["rmse_theirs"] == pytest.approx(0.2)
    assert pair["coverage"] == 0.5
    assert pair["coverage_theirs"] == 0
    assert pair["width_theirs"] == pytest.approx(0.4)
    assert pair["closer"] == 0.5


def test_published_answers_are_measured_against_what_they_aimed_at(tmp_path: Path) -> None:
    path = tmp_path / "published_methods_rep1.csv"
    _published().to_csv(path, index=False)
    assert "truth" not in read_published(path)
    truth = pd.DataFrame({"setting": [1, 2, 9], "rep": 1, "satt": [2.2, 2.3, 7.0]})
    truth.to_csv(tmp_path / "truth_rep1.csv", index=False)
    published = read_published(path)
    (pair,) = paired(_rows(), published).to_dict("records")
    assert pair["rmse"] == pytest.approx(np.sqrt(0.05))
    assert pair["rmse_theirs"] == pytest.approx(np.sqrt(0.01 / 2))
    assert pair["coverage_theirs"] == 1
    report = acic_report(_rows(), published, "simulated")
    assert "| lean | bart | 2 | 0.224 | 0.071 | 50.0 % | 100.0 % |" in report
    _published().drop(columns="estimate").to_csv(path, index=False)
    with pytest.raises(ContractError, match="estimate"):
        read_published(path)


@pytest.mark.parametrize("published", [None, _published()])
def test_figure_is_written(tmp_path: Path, published: pd.DataFrame | None) -> None:
    path = tmp_path / "sub" / "figure.html"
    write_figure(_rows(), published, path)
    html = path.read_text()
    assert "cdn" in html
    assert len(html) < 100_000, "plotly itself is not copied in"
    assert '"symbol":"diamond"' in html
    assert ("published methods" in html) == (published is not None)


def test_labels_do_not_cover_each_other() -> None:
    # Two points side by side: the same place for both would write one label over the other.
    first, second = label_places([0.5, 0.51], [0.5, 0.5], ["some method", "another one"], [10, 10])
    assert first != second
    assert label_places([0.1, 0.9], [0.5, 0.5], ["a", "b"], [10, 10])[0] == "top center"


def test_the_toolkit_on_one_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its refits take longest and leave the rows as they are.
    refits: list[bool] = []
    monkeypatch.setattr(Study, "sensitivity", lambda study: refits.append(True))
    data = SimulatedSource(n=240).load(5, 1)
    rows = run_method(data, "lean")
    assert len(refits) == 1
    assert [r["estimand"] for r in rows] == list(LABELS)
    assert [list(r) for r in rows] == [COLUMNS] * 3
    ate, att, trimmed = rows
    effect = data.mu1 - data.mu0
    assert ate["truth"] == pytest.approx(effect.mean())
    assert att["truth"] == pytest.approx(effect[data.z == 1].mean())
    assert trimmed["n_kept"] < ate["n_kept"] == 240
    assert trimmed["outside_share"] == 0
    assert effect.min() < trimmed["truth"] < effect.max()
    assert trimmed["truth"] != ate["truth"]
    for row in rows:
        assert row["ci_lower"] < row["estimate"] < row["ci_upper"]
        assert row["tier"] in ("pass", "warn", "fail")
        assert abs(row["estimate"] - row["truth"]) < 2


def test_tiers_from_grades() -> None:
    assert tier("pass", "warn") == "pass"
    assert tier("warn", "pass") == "warn"
    assert tier("pass", "fail") == "fail"
    assert tier("fail", "pass") == "fail"


def test_the_counter_is_quiet_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    counter = acic.Counter(12)
    for _ in range(12):
        counter.step()
    counter.end()
    assert capsys.readouterr().err == "10/12 …\n12/12 …\n"
