"""Wrong inputs meet a real kernel: each is refused with field, value and fix, and no cell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from oci_jupyter.agents.loop import Loop
from oci_jupyter.artifacts.journal import Journal
from oci_jupyter.contract import ContractError, Plan, dump_plan
from oci_jupyter.notebook.headless import HeadlessHost

FRAMES = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
n = 300
base = pd.DataFrame({"t": rng.integers(0, 2, n), "y": rng.normal(size=n), "x": rng.normal(size=n),
                     "z": rng.normal(size=n)})
constant = base.assign(t=1)
three = base.assign(t=rng.integers(0, 3, n))
text = base.assign(t=np.where(base["t"] == 1, "yes", "no"))
empty_outcome = base.assign(y=np.nan)
twice = pd.concat([base, base[["x"]]], axis=1)
small = base.head(30)
hostile = base.rename(columns={"x": '"; import os #'})
not_a_frame = 3
"""


class Kernel:
    """One kernel with all the frames, shared by the cases."""

    def __init__(self, folder: Path) -> None:
        self.runner = asyncio.Runner()
        self.notebook: nbformat.NotebookNode = new_notebook(cells=[new_code_cell(FRAMES)])
        self.host = HeadlessHost(self.notebook, cwd=folder)
        self.journal = Journal(folder / "journal.jsonl")
        self.runner.run(self.host.__aenter__())
        assert self.runner.run(self.host.run_own_cells()) == ""

    def draft(self, **fields: object) -> Loop:
        plan = {"data": "base", "treatment": "t", "outcome": "y", "confounders": ["x", "z"]}
        loop = Loop(self.host, journal=self.journal, changed=lambda: None)
        source = dump_plan(Plan.model_validate(plan | fields))
        self.runner.run(loop.draft(source))
        return loop

    def close(self) -> None:
        self.runner.run(self.host.__aexit__(None, None, None))
        self.runner.close()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    yield kernel
    kernel.close()


def test_good_data_give_a_spec_with_its_assumptions(kernel: Kernel) -> None:
    spec = kernel.draft().state.spec_draft
    assert spec is not None
    assert spec.rows == 300
    assert spec.data_fingerprint
    assert any("placebo" in a for a in spec.assumptions)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"data": "nowhere"}, "data", "nowhere"),
        ({"data": "not_a_frame"}, "data", "not_a_frame"),
        ({"data": "missing.csv"}, "data", "missing.csv"),
        ({"treatment": "tt"}, "treatment", "tt"),
        ({"outcome": "yy"}, "outcome", "yy"),
        ({"confounders": ["x", "qq"]}, "confounders", "qq"),
        ({"data": "constant"}, "treatment", "one level only"),
        ({"data": "three"}, "treatment", "3"),
        ({"data": "text"}, "treated", "treated"),
        ({"data": "empty_outcome"}, "outcome", "missing"),
        ({"confounders": ["x", "t"]}, "confounders", "t"),
        ({"confounders": ["x", "y"]}, "confounders", "y"),
        ({"outcome": "t"}, "outcome", "t"),
        ({"data": "twice"}, None, "x"),
        ({"data": "small"}, None, "30"),
        ({"placebo_outcomes": ["y"]}, "placebo_outcomes", "y"),
    ],
)
def test_wrong_input_is_refused_in_words(
    kernel: Kernel, fields: dict[str, object], field: str | None, words: str
) -> None:
    cells = len(kernel.notebook.cells)
    with pytest.raises(ContractError) as error:
        kernel.draft(**fields)
    assert words in str(error.value)
    assert all(p.fix for p in error.value.problems)
    if field is not None:
        assert field in {p.field for p in error.value.problems}
    assert len(kernel.notebook.cells) == cells


def test_text_treatment_works_once_the_plan_says_who_is_treated(kernel: Kernel) -> None:
    assert kernel.draft(data="text", treated="yes").state.spec_draft is not None


def test_a_hostile_column_name_runs_as_a_name(kernel: Kernel) -> None:
    name = '"; import os #'
    loop = Loop(kernel.host, journal=kernel.journal, changed=lambda: None)
    plan = Plan(data="hostile", treatment="t", outcome="y", confounders=[name, "z"])
    kernel.runner.run(loop.run(dump_plan(plan), ""))
    assert loop.state.phase == "finished", loop.state.message
    assert name in loop.state.iterations[0].spec.confounders
