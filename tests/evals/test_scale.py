"""Time and memory as the rows grow: that there are figures, not how large they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oci_jupyter.cli import main
from oci_jupyter.evals import scale
from oci_jupyter.evals.meter import Meter
from oci_jupyter.evals.scale import STAGES, ScaleOptions, run_scale, write_data

SMALL = {"trees": 20, "folds": 2, "placebos": 1}


def test_two_methods_on_the_same_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scale, "_WIDTH", 8)
    out = tmp_path / "scale.csv"
    options = ScaleOptions([400], ["reference", "lean"], threads=1, out=out)
    assert run_scale(options, SMALL) == 0
    figures = pd.read_csv(out)
    assert list(figures.columns) == ["rows", "method", "stage", "seconds", "cpu_seconds", "peak_mb"]
    for _, group in figures.groupby("method"):
        assert set(group["stage"]) == set(STAGES)
        total = group.set_index("stage").loc["total"]
        assert total["peak_mb"] == pytest.approx(group["peak_mb"].max(), rel=0.05)
        assert total["seconds"] > 0
        assert total["cpu_seconds"] > 0
    text = capsys.readouterr().out
    assert "lean ÷ reference" in text
    assert "| 400 | lean | ATT |" in text
    assert out.with_suffix(".md").is_file()


def test_a_breakdown_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_scale(ScaleOptions([400], ["reference"]), {"no_such": 1}) == 1
    assert "no_such" in capsys.readouterr().err


def test_rows_must_be_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "scale", "--rows", "5000,many"]) == 2
    assert "many" in capsys.readouterr().err


def test_resampled_covariates_keep_their_kinds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {f"x_{j}": rng.normal(size=200) for j in range(1, 6)}
        | {"x_6": rng.integers(2, size=200), "x_7": rng.choice(list("AB"), size=200)}
    )
    truths = write_data(tmp_path / "data.parquet", 500, X, seed=1)
    frame = pd.read_parquet(tmp_path / "data.parquet")
    assert list(frame.columns) == [*X.columns, "z", "y"]
    assert len(frame) == 500
    assert set(frame["x_6"]) == {0, 1}
    assert frame["x_1"].nunique() > 400
    assert truths["ATE"] == pytest.approx(2, abs=0.3)
    treated = frame["z"] == 1
    assert truths["ATT"] > truths["ATE"]
    assert 0.2 < treated.mean() < 0.6


def test_the_meter_counts_stages_and_memory() -> None:
    with Meter() as meter:
        for _ in range(2):
            with meter.stage("fill"):
                block = np.ones(8_000_000)
                assert block.sum() > 0
                del block
        with meter.stage("rest"):
            pass
    assert meter.stages["fill"].cpu_seconds <= meter.total.cpu_seconds
    assert meter.stages["fill"].peak_mb <= meter.total.peak_mb
    assert meter.total.seconds >= meter.stages["fill"].seconds + meter.stages["rest"].seconds
