"""`jupyter oci run` on a plan without a head, and with comments: real kernels, known truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from oci_jupyter.cli import main
from oci_jupyter.contract import JournalEntry, parse_plan

TEXT = """# A study

Does t raise y? Adjust for x1, x2 and group. Placebo: before. I want the ATE and the ATT.
"""


def verdict(folder: Path, iteration: int) -> dict[str, dict[str, float]]:
    path = folder / f"iter_{iteration:02d}" / "verdict.json"
    content: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
    return content


def spec(folder: Path, iteration: int) -> dict[str, object]:
    path = folder / f"iter_{iteration:02d}" / "spec.yaml"
    content: dict[str, object] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def test_a_text_is_read_run_and_changed_by_a_comment(
    tmp_path: Path, csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.md"
    plan.write_text(TEXT, encoding="utf-8")
    out = tmp_path / "out"
    arguments = ["run", str(plan), "--data", str(csv), "--out", str(out), "--yes"]
    comment = "drop people with x1 above 1.5 and use the lean models"
    assert main([*arguments, "--comment", comment]) == 0
    told = capsys.readouterr().err
    assert "Plan read by rules" in told
    assert "Rows in the study: all rows → x1 <= 1.5" in told
    read = parse_plan((out / "plan.md").read_text(encoding="utf-8"))
    assert (read.treatment, read.outcome, read.confounders) == ("t", "y", ["x1", "x2", "group"])
    assert read.text == TEXT.strip()
    assert spec(out, 2)["comment"] == comment
    assert spec(out, 2)["learner"] == "lean"
    for iteration in (1, 2):
        for estimand in ("ATE", "ATT"):
            found = verdict(out, iteration)[estimand]
            assert found["ci_lower"] < 2 < found["ci_upper"]
    assert verdict(out, 2)["ATE"]["n"] < verdict(out, 1)["ATE"]["n"]
    lines = (out / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    acts = {(e.who, e.what) for e in map(JournalEntry.model_validate_json, lines)}
    assert {("actor", "read_plan"), ("principal", "apply_proposal")} <= acts


def test_open_questions_are_listed_with_their_suggestions(
    tmp_path: Path, csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.md"
    plan.write_text(f"Does t raise y? The data is {csv}.", encoding="utf-8")
    assert main(["run", str(plan), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "confounders: Which columns may have driven both" in told
    assert "Suggested: x1, x2, group, before." in told
    assert not (tmp_path / "out" / "plan.md").exists()


def test_what_a_text_cannot_have_is_refused(
    tmp_path: Path, csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.md"
    plan.write_text("Effect of t on `yy`. Adjust for x1.", encoding="utf-8")
    assert main(["run", str(plan), "--data", str(csv), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "The data has no column `yy` (given as outcome)" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--llm", "replay"], "--llm-journal"),
        (["--llm", "nonsense"], "neither"),
        (["--llm", "http://127.0.0.1:9/v1"], "--model"),
    ],
)
def test_options_of_a_model_that_cannot_be_used(
    tmp_path: Path,
    csv: Path,
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OCI_MODEL", raising=False)
    plan = tmp_path / "plan.md"
    plan.write_text(TEXT, encoding="utf-8")
    arguments = ["run", str(plan), "--data", str(csv), "--out", str(tmp_path / "out")]
    assert main([*arguments, *options]) == 2
    assert said in capsys.readouterr().err
