"""The LaLonde data without the two columns that matter most: does the critic name them?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from causaldata import cps_mixtape, nsw_mixtape

from oci_jupyter.cli import main

PLAN = """---
question: Does the NSW training program raise earnings in 1978?
data: df
treatment: treat
outcome: re78
confounders: [age, educ, black, hisp, marr, nodegree]
estimands: [ATT]
---
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the trainees and a tenth of the comparison group, with two columns of noise."""
    root = tmp_path_factory.mktemp("lalonde")
    trainees = nsw_mixtape.load_pandas().data.query("treat == 1")
    others = cps_mixtape.load_pandas().data.sample(1600, random_state=1)
    df = pd.concat([trainees, others], ignore_index=True).drop(columns="data_id")
    rng = np.random.default_rng(5)
    df["coin"] = rng.integers(0, 2, len(df))
    df["dice"] = rng.normal(size=len(df))
    df.to_csv(root / "df.csv", index=False)
    (root / "plan.md").write_text(PLAN, encoding="utf-8")
    out = root / "out"
    arguments = ["run", str(root / "plan.md"), "--data", str(root / "df.csv"), "--out", str(out)]
    assert main(arguments) == 0
    return out / "iter_01"


def test_what_was_left_out_is_named_and_noise_is_not(folder: Path) -> None:
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    blind = [f for f in verdict["findings"] if f["code"] == "blind_spot"]
    named = {c for f in blind for c in f["columns"]}
    assert named == {"re74", "re75"}
    assert all(f["evidence"] for f in blind)
    assert verdict["ATT"]["level"] != "satisfactory"
    said = json.dumps(verdict)
    assert "coin" not in said
    assert "dice" not in said


def test_the_report_has_ten_parts_and_every_claim_a_link_that_works(folder: Path) -> None:
    report = (folder / "report.md").read_text(encoding="utf-8")
    parts = re.findall(r"^#### (\d+)\. .+$", report, flags=re.M)
    assert [int(p) for p in parts] == list(range(1, 11))
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    anchors = {f"#{a}" for a in re.findall(r'<a id="([^"]+)"></a>', text)}
    assert re.search(r"^## Plan$", text, flags=re.M)
    lines = report.splitlines()
    claims = [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if line.lstrip().startswith("- ")
        or (line.startswith("| ") and "| ---" not in line and not after.startswith("| ---"))
    ]
    assert len(claims) > 40
    for claim in claims:
        links = re.findall(r"\]\(<?(#[^>)]+)>?\)", claim)
        assert links, claim
        assert set(links) <= anchors | {"#Plan"}, claim
