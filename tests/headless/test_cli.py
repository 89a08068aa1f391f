"""`jupyter oci run` on real kernels: files, numbers, re-execution, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from headless_plan import PLAN
from nbclient import NotebookClient

from oci_jupyter.cli import main
from oci_jupyter.contract import METADATA_KEY, RESULT_MIME, JournalEntry, Result


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory, csv: Path) -> Path:
    folder = tmp_path_factory.mktemp("run")
    plan = folder / "plan.md"
    plan.write_text(PLAN, encoding="utf-8")
    out = folder / "out"
    arguments = ["run", str(plan), "--data", str(csv), "--out", str(out)]
    assert main([*arguments, "--iterations", "2", "--yes"]) == 0
    return out


def verdict(folder: Path, iteration: int = 1) -> dict[str, dict[str, object]]:
    path = folder / f"iter_{iteration:02d}" / "verdict.json"
    content: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return content


def results(notebook: nbformat.NotebookNode) -> dict[str, Result]:
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            payload = output.get("data", {}).get(RESULT_MIME)
            if payload is not None:
                found[cell.metadata[METADATA_KEY]["step_id"]] = Result.model_validate(payload)
    return found


def test_the_run_folder_holds_everything(run_folder: Path) -> None:
    names = {p.name for p in (run_folder / "iter_01").iterdir()}
    assert names == {"spec.yaml", "notebook.ipynb", "results.json", "verdict.json", "report.md"}
    assert (run_folder / "plan.md").read_text(encoding="utf-8").startswith("---\n")
    lines = (run_folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert {JournalEntry.model_validate_json(line).who for line in lines} >= {
        "principal",
        "actor",
        "critic",
        "kernel",
    }


def test_the_known_effect_is_recovered(run_folder: Path) -> None:
    for estimand in ("ATE", "ATT"):
        found = verdict(run_folder)[estimand]
        assert found["ci_lower"] < 2 < found["ci_upper"]  # type: ignore[operator]
        assert abs(found["estimate"] - 2) < 0.5  # type: ignore[operator]


def test_the_verdict_file_has_the_promised_fields(run_folder: Path) -> None:
    content = verdict(run_folder)
    assert set(content) == {"ATE", "ATT", "overall", "summary", "findings", "stale"}
    assert content["stale"] == []
    for name in ("level", "estimate", "stderr", "ci_lower", "ci_upper", "population", "n"):
        assert content["ATE"][name] is not None
    checks = content["ATE"]["checks"]
    assert isinstance(checks, list)
    for check in checks:
        assert {"name", "grade", "value", "target", "reason", "evidence"} <= set(check)
        assert check["evidence"]


def test_diagnostics_stand_before_estimates_in_the_notebook(run_folder: Path) -> None:
    notebook = nbformat.read(run_folder / "iter_01" / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    order = list(results(notebook))
    assert order.index("overlap") < order.index("balance") < order.index("estimate")
    assert notebook.cells[-1].metadata[METADATA_KEY]["role"] == "report"


def test_the_notebook_runs_again_without_us_and_says_the_same(run_folder: Path) -> None:
    path = run_folder / "iter_01" / "notebook.ipynb"
    notebook = nbformat.read(path, as_version=4)
    before = results(notebook)
    NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}).execute()
    after = results(notebook)
    assert {k: r.content_hash for k, r in after.items()} == {
        k: r.content_hash for k, r in before.items()
    }


def test_a_saved_notebook_is_a_plan_too(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run_folder / "iter_01" / "notebook.ipynb"
    assert main(["run", str(path), "--out", str(tmp_path / "again"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["completed"]
    found = printed["iterations"][0]["verdict"]["ATE"]
    assert found["estimate"] == pytest.approx(verdict(run_folder)["ATE"]["estimate"], abs=1e-9)


def bad(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["run", *arguments]) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert captured.out == ""
    return captured.err


def test_a_missing_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "cannot be read" in bad(capsys, str(tmp_path / "none.md"))


def test_a_plan_that_is_not_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "plan.md"
    path.write_bytes(b"\xff\xfe\x00bad")
    assert "not UTF-8" in bad(capsys, str(path))


def test_broken_yaml(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "plan.md"
    path.write_text("---\ntreatment: [a\n---\n", encoding="utf-8")
    assert "line 2" in bad(capsys, str(path))


def test_a_notebook_without_a_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "empty.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    assert "no plan cell" in bad(capsys, str(path))
    path.write_text("{", encoding="utf-8")
    assert "not a notebook" in bad(capsys, str(path))


def test_a_missing_data_file(
    capsys: pytest.CaptureFixture[str], plan_file: Path, tmp_path: Path
) -> None:
    said = bad(capsys, str(plan_file), "--data", str(tmp_path / "none.csv"))
    assert "There is no file" in said


def test_a_frame_that_nobody_loads(
    capsys: pytest.CaptureFixture[str], plan_file: Path, tmp_path: Path
) -> None:
    said = bad(capsys, str(plan_file), "--out", str(tmp_path / "out"))
    assert "df" in said


def test_a_remedy_that_is_not_on_offer(
    capsys: pytest.CaptureFixture[str], plan_file: Path, csv: Path, tmp_path: Path
) -> None:
    said = bad(
        capsys,
        str(plan_file),
        "--data",
        str(csv),
        "--out",
        str(tmp_path / "out"),
        "--remedy",
        "trim:nonsense",
    )
    assert "not on offer" in said
    assert (tmp_path / "out" / "iter_01" / "verdict.json").exists()
