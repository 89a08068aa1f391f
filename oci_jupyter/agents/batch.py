"""A whole run without a browser: the same loop on a headless notebook, into a run folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from ..artifacts.journal import Journal
from ..artifacts.run_folder import RunFolder
from ..contract import (
    METADATA_KEY,
    CellMetadata,
    ContractError,
    Plan,
    PlanReading,
    Problem,
    Proposal,
    Remedy,
    Verdict,
    dump_plan,
)
from ..contract.messages import RunState
from ..notebook.headless import HeadlessHost
from .desk import RUN_STEP
from .language_model import LanguageModel
from .loop import Loop
from .record import IterationRecord

PLAN_CELL = "oci-plan"

#: Which remedy to apply next, given what is on offer; none ends the run.
Choose = Callable[[Verdict], Remedy | None]

#: Answers to what a plan in free text leaves open, by question id.
AnswerQuestions = Callable[[PlanReading], dict[str, str]]

#: Whether a change of spec is carried out.
Agree = Callable[[Proposal], bool]

#: Makes the language model; gets what writes into the journal and what tells of changes.
MakeModel = Callable[
    [Callable[[str, str, dict[str, Any]], None], Callable[[], None]], LanguageModel | None
]

#: A plan that is not complete after as many rounds of answers never will be.
_ROUNDS = 8


@dataclass
class Outcome:
    """What a headless run came to."""

    state: RunState
    folder: RunFolder
    iterations: list[IterationRecord] = field(default_factory=list)
    #: Why a comment could not be carried out.
    problems: list[Problem] = field(default_factory=list)

    @property
    def completed(self) -> bool:
        return self.state.phase == "finished"


def _cell(source: str) -> nbformat.NotebookNode:
    metadata = {METADATA_KEY: CellMetadata(role="plan").model_dump(mode="json")}
    cell: nbformat.NotebookNode = new_markdown_cell(source, id=PLAN_CELL, metadata=metadata)
    return cell


def notebook_with(source: str) -> nbformat.NotebookNode:
    """A notebook that holds one plan cell."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook: nbformat.NotebookNode = new_notebook(
        cells=[_cell(source)], metadata={"kernelspec": kernel}
    )
    return notebook


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
        plan = plan.model_copy(update={"data": absolute(data)})
    return notebook_with(dump_plan(plan, fenced=True)), plan


def absolute(data: str) -> str:
    """A file's path from the root; a URL stays as it is."""
    return data if "://" in data else os.path.abspath(os.path.expanduser(data))


async def run_headless(
    notebook: nbformat.NotebookNode,
    plan: Plan | str,
    plan_cell_id: str,
    out: Path,
    *,
    choose: Choose,
    progress: Callable[[RunState], None],
    cwd: Path,
    user: str = "",
    data: str = "",
    answer: AnswerQuestions | None = None,
    comments: Sequence[str] = (),
    agree: Agree = lambda proposal: False,
    make_model: MakeModel | None = None,
) -> Outcome:
    """Run a plan in a notebook, then comments, then remedies as long as `choose` names one.

    Args:
        notebook: Holds the plan's cell and what loads the data; steps are added in place.
        plan: The plan; a text without a head is read first.
        plan_cell_id: Its cell; the steps go below the last cell of the notebook's own.
        out: The run folder.
        choose: Picks a remedy after each iteration.
        progress: Called after every change.
        cwd: The kernel's working folder.
        user: For the journal.
        data: For a plan in free text: DataFrame or file that it is about, where that is known.
        answer: Answers what a plan in free text leaves open.
        comments: Each is read into a change of spec, which is the next iteration.
        agree: Says whether such a change is carried out.
        make_model: Makes the language model, if one is to be used.

    Raises:
        ContractError: The plan or the data cannot be used; nothing was run.
    """
    folder = RunFolder(out)
    journal = Journal(folder.journal)
    loop: Loop | None = None

    def changed() -> None:
        if loop is None:
            return
        state = loop.state
        if state.question is not None and RUN_STEP in state.question.choices:
            loop.answer(state.question.question_id, RUN_STEP)
        progress(state)

    def log(who: str, what: str, detail: dict[str, Any]) -> None:
        run, number = "", 1
        if loop is not None:
            run = loop.record.run_id
            number = loop.record.current.number if loop.record.current is not None else 1
        journal.append(who=who, what=what, run_id=run, iteration=number, detail=detail)

    model = make_model(log, changed) if make_model is not None else None
    async with HeadlessHost(notebook, cwd=cwd) as host:
        error = await host.run_own_cells()
        if error:
            raise ContractError.of(
                "own_cell_failed",
                f"A cell that comes before the analysis failed: {error}",
                "Correct it, or give the data with --data.",
                field="data",
            )
        loop = Loop(host, journal=journal, changed=changed, user=user, model=model)
        if isinstance(plan, str):
            plan = await _read(loop, plan, data, answer)
            for cell in notebook.cells:
                if cell.get("id") == plan_cell_id:
                    cell.source = dump_plan(plan, fenced=True)
        folder.write_plan(plan)
        anchor = notebook.cells[-1].get("id", plan_cell_id)
        await loop.run(dump_plan(plan, fenced=True), anchor)
        _write(folder, loop, notebook)
        problems = await _take_comments(
            loop, comments, agree, lambda: _write(folder, loop, notebook)
        )
        while loop.state.phase == "finished" and not problems:
            current = loop.record.current
            assert current is not None and current.verdict is not None
            remedy = choose(current.verdict)
            if remedy is None:
                break
            await loop.apply_remedy(remedy.id)
            _write(folder, loop, notebook)
    return Outcome(loop.state, folder, loop.record.iterations, problems)


async def _read(loop: Loop, text: str, data: str, answer: AnswerQuestions | None) -> Plan:
    """Read a plan from free text, with the principal's answers to what it leaves open.

    Raises:
        ContractError: It cannot be made into a plan that runs.
    """
    await loop.read_plan(text, data)
    for _ in range(_ROUNDS):
        reading = loop.state.reading
        assert reading is not None
        if reading.complete:
            break
        answers = answer(reading) if answer is not None and reading.questions else {}
        if not answers:
            break
        await loop.answer_reading(answers)
    reading = loop.state.reading
    assert reading is not None
    if not reading.complete:
        errors = [p for p in reading.problems if p.severity == "error"]
        raise ContractError(
            errors
            or [
                Problem(code="question_open", field=q.field, message=q.text, fix=q.suggestion)
                for q in reading.questions
            ]
        )
    if answer is not None:
        answer(reading)  # Nothing is open: it is only told.
    loop.dismiss_reading()
    return reading.plan


async def _take_comments(
    loop: Loop, comments: Sequence[str], agree: Agree, written: Callable[[], None]
) -> list[Problem]:
    """Carry out comments, each as an iteration; what one cannot do ends it."""
    for comment in comments:
        if loop.state.phase != "finished":
            break
        await loop.propose("", 1, comment)
        proposal = loop.state.proposal
        assert proposal is not None
        if proposal.spec is None:
            return proposal.problems
        if not agree(proposal):
            loop.dismiss_proposal()
            break
        await loop.apply_proposal(proposal.proposal_id)
        written()
    return []


def _write(folder: RunFolder, loop: Loop, notebook: nbformat.NotebookNode) -> None:
    current = loop.record.current
    if current is None or current.verdict is None:
        return
    results = {s.draft.step_id: s.result for s in current.steps if s.result is not None}
    folder.write_iteration(
        current.spec, notebook, results, current.verdict, current.report, current.remarks
    )
