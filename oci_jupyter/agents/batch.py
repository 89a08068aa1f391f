"""A whole run without a browser: the same loop on a headless notebook, into a run folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from ..artifacts.journal import Journal
from ..artifacts.run_folder import RunFolder
from ..contract import METADATA_KEY, CellMetadata, ContractError, Plan, Remedy, Verdict, dump_plan
from ..contract.messages import RunState
from ..notebook.headless import HeadlessHost
from .desk import RUN_STEP
from .loop import Loop
from .record import IterationRecord

PLAN_CELL = "oci-plan"

#: Which remedy to apply next, given what is on offer; none ends the run.
Choose = Callable[[Verdict], Remedy | None]


@dataclass
class Outcome:
    """What a headless run came to."""

    state: RunState
    folder: RunFolder
    iterations: list[IterationRecord] = field(default_factory=list)

    @property
    def completed(self) -> bool:
        return self.state.phase == "finished"


def notebook_for(plan: Plan, data: str | None) -> tuple[nbformat.NotebookNode, Plan]:
    """A notebook that holds the plan and nothing else yet.

    Args:
        plan: The plan.
        data: A file or URL that stands for the plan's data, or None.

    Returns:
        The notebook, and the plan with a file's path made absolute, so that the notebook
        runs from any folder.
    """
    if data is not None:
        plan = plan.model_copy(update={"data": _absolute(data)})
    metadata = {METADATA_KEY: CellMetadata(role="plan").model_dump(mode="json")}
    cell = new_markdown_cell(dump_plan(plan, fenced=True), id=PLAN_CELL, metadata=metadata)
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=[cell], metadata={"kernelspec": kernel}), plan


def _absolute(data: str) -> str:
    return data if "://" in data else os.path.abspath(os.path.expanduser(data))


async def run_headless(
    notebook: nbformat.NotebookNode,
    plan: Plan,
    plan_cell_id: str,
    out: Path,
    *,
    choose: Choose,
    progress: Callable[[RunState], None],
    cwd: Path,
    user: str = "",
) -> Outcome:
    """Run a plan in a notebook, then remedies for as long as `choose` names one.

    Args:
        notebook: Holds the plan's cell and what loads the data; steps are added in place.
        plan: The plan.
        plan_cell_id: Its cell; the steps go below the last cell of the notebook's own.
        out: The run folder.
        choose: Picks a remedy after each iteration.
        progress: Called after every change.
        cwd: The kernel's working folder.
        user: For the journal.

    Raises:
        ContractError: The plan or the data cannot be used; nothing was run.
    """
    folder = RunFolder(out)
    folder.write_plan(plan)
    loop: Loop | None = None

    def changed() -> None:
        if loop is None:
            return
        state = loop.state
        if state.question is not None and RUN_STEP in state.question.choices:
            loop.answer(state.question.question_id, RUN_STEP)
        progress(state)

    async with HeadlessHost(notebook, cwd=cwd) as host:
        error = await host.run_own_cells()
        if error:
            raise ContractError.of(
                "own_cell_failed",
                f"A cell that comes before the analysis failed: {error}",
                "Correct it, or give the data with --data.",
                field="data",
            )
        loop = Loop(host, journal=Journal(folder.journal), changed=changed, user=user)
        anchor = notebook.cells[-1].get("id", plan_cell_id)
        await loop.run(dump_plan(plan, fenced=True), anchor)
        _write(folder, loop, notebook)
        while loop.state.phase == "finished":
            current = loop.record.current
            assert current is not None and current.verdict is not None
            remedy = choose(current.verdict)
            if remedy is None:
                break
            await loop.apply_remedy(remedy.id)
            _write(folder, loop, notebook)
    return Outcome(loop.state, folder, loop.record.iterations)


def _write(folder: RunFolder, loop: Loop, notebook: nbformat.NotebookNode) -> None:
    current = loop.record.current
    if current is None or current.verdict is None:
        return
    results = {s.draft.step_id: s.result for s in current.steps if s.result is not None}
    folder.write_iteration(
        current.spec, notebook, results, current.verdict, current.report, current.remarks
    )
