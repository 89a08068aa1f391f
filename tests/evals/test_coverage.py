"""The coverage simulation: every design runs, rates are counted, bad options are refused."""

from pathlib import Path

import pandas as pd
import pytest

from oci_jupyter.cli import main
from oci_jupyter.evals import coverage
from oci_jupyter.evals.coverage import Draw, run_coverage, simulate


def test_rates_bias_and_error_are_those_of_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    def design(seed: int, n: int, learner: str) -> list[Draw]:
        return [Draw("a", seed % 4 != 0, float(seed), 2.0)]

    monkeypatch.setattr(coverage, "DESIGNS", (design,))
    row = simulate(8).iloc[0]
    assert row["rate"] == 0.75
    assert row["mc_error"] == pytest.approx((0.75 * 0.25 / 8) ** 0.5)
    assert row["bias"] == pytest.approx(3.5)
    assert row["width"] == 2


def test_every_design_runs_and_comes_near_its_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "coverage.csv"
    assert run_coverage(1, 250, "lean", 1, out) == 0
    table = pd.read_csv(out).set_index("case")
    assert {"ATE", "ATT", "ATO", "placebo rejects", "slope (PLR)"} < set(table.index)
    assert (table["bias"].abs() < 3 * table["width"]).all()
    assert "1 draws of 250 units" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "field"), [(("--draws", "0"), "draws"), (("--rows", "20"), "rows")]
)
def test_bad_options_are_refused_by_name(
    option: tuple[str, str], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "coverage", *option]) == 2
    assert f"{field}:" in capsys.readouterr().err
