"""`jupyter oci`: the same analysis without a browser.

Exit status: 0 when the run completed, whatever the verdict; 1 when a step failed, or a data set
of an evaluation; 2 for a plan or data that cannot be used, with a message that says what and how
to mend it.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import nbformat

from . import __version__
from .agents.batch import (
    PLAN_CELL,
    Outcome,
    absolute,
    notebook_for,
    notebook_with,
    run_headless,
)
from .agents.critic import LEVEL_WORDS
from .agents.language_model import LanguageModel
from .agents.llm import Log
from .agents.llm_options import model_from_options
from .agents.plan_reader import check_text, head_of
from .agents.plan_rules import data_named
from .agents.report import LEVEL_SYMBOLS, format_number
from .artifacts.run_folder import verdict_json
from .contract import METADATA_KEY, ContractError, Plan, Problem
from .contract.messages import RunState
from .evals import command as evaluation
from .notebook.compose import is_frame_name
from .notebook.templates import notebook_template
from .principal import Principal


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of the `jupyter-oci` script.

    Args:
        argv: Arguments without the program's name; the process's own when None.

    Returns:
        The exit status.
    """
    args = _parser().parse_args(argv)
    try:
        if args.command == "eval":
            return evaluation.run(args)
        outcome = asyncio.run(_run(args))
    except ContractError as error:
        _print_problems(error.problems)
        return 2
    except KeyboardInterrupt:
        print("jupyter oci: interrupted; what was done is kept.", file=sys.stderr)
        return 130
    _print_outcome(outcome, as_json=args.json)
    if outcome.problems:
        _print_problems(outcome.problems)
        return 2
    return 0 if outcome.completed else 1


def _print_problems(problems: list[Problem]) -> None:
    for problem in problems:
        where = f"{problem.field}: " if problem.field else ""
        print(f"jupyter oci: {where}{problem}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jupyter oci", description="Credible observational causal inference, headless."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run",
        help="run a plan",
        description="Run a plan: a Markdown file, or a notebook that holds a plan cell.",
    )
    run.add_argument("plan", type=Path, help="PLAN.md or NOTEBOOK.ipynb")
    run.add_argument("--data", help="csv or parquet file or URL that stands for the plan's data")
    demo = commands.add_parser("demo", help="run the job-training demo (LaLonde)")
    evaluation.add_parser(commands)
    for command in (run, demo):
        command.add_argument(
            "--out", type=Path, help="run folder (default: a new one in oci-runs/)"
        )
        command.add_argument(
            "--iterations",
            type=int,
            default=2 if command is demo else 1,
            help="how many iterations at most; each after the first applies a remedy",
        )
        command.add_argument(
            "--remedy",
            action="append",
            default=[],
            metavar="ID",
            help="remedy to apply, for example trim:fixed (default: the first on offer)",
        )
        command.add_argument(
            "--yes",
            action="store_true",
            help="agree to remedies, suggested answers and changes without asking",
        )
        command.add_argument(
            "--comment",
            action="append",
            default=[],
            metavar="WORDS",
            help="change the analysis and run it again, for example “use re74 as placebo”",
        )
        command.add_argument(
            "--llm",
            metavar="off|openai|replay|URL",
            help="language model: that of the environment, a journal's, or an OpenAI-compatible "
            "server's (default: off)",
        )
        command.add_argument("--model", help="name of the language model (default: OCI_MODEL)")
        command.add_argument(
            "--llm-journal", type=Path, metavar="FILE", help="journal to replay with --llm replay"
        )
        command.add_argument("--json", action="store_true", help="print the verdict as JSON")
    return parser


async def _run(args: argparse.Namespace) -> Outcome:
    principal = Principal(args.iterations, args.remedy, args.yes or args.command == "demo")
    data: str | None = None
    plan: Plan | str
    if args.command == "demo":
        notebook, plan, plan_cell, cwd = (
            *_of_notebook(notebook_template("demo"), "the demo"),
            Path(),
        )
    elif args.plan.suffix == ".ipynb":
        base = _read(args.plan)
        notebook, plan, plan_cell = _of_notebook(_notebook(base, args.plan), str(args.plan))
        cwd = args.plan.parent
    else:
        source = _read(args.plan)
        cwd = args.plan.parent
        head = head_of(source)
        named = head.data if head is not None else data_named(source, [])
        data = args.data
        if data is None and named and not is_frame_name(named):
            data = named if "://" in named else str(cwd / named)
        _check_file(data)
        if head is not None:
            notebook, plan = notebook_for(head, data)
        else:
            check_text(source)
            data = absolute(data) if data is not None else None
            notebook, plan = notebook_with(source), source
        plan_cell = PLAN_CELL
    out = args.out or _new_folder("demo" if args.command == "demo" else args.plan.stem)
    return await run_headless(
        notebook,
        plan,
        plan_cell,
        out,
        choose=principal.choose,
        progress=_Progress(),
        cwd=cwd.absolute(),
        user=_user(),
        data=data or "",
        answer=principal.answer,
        comments=args.comment,
        agree=principal.agree,
        make_model=partial(_model, args),
    )


def _model(args: argparse.Namespace, log: Log, changed: Callable[[], None]) -> LanguageModel | None:
    return model_from_options(args.llm, args.model, args.llm_journal, log=log, changed=changed)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContractError.of(
            "plan_unreadable",
            f"The plan {path} cannot be read: {error.strerror}.",
            "Give the path of a Markdown file or a notebook.",
            field="plan",
            value=str(path),
        ) from error
    except UnicodeDecodeError as error:
        raise ContractError.of(
            "plan_not_text", f"The plan {path} is not UTF-8 text.", field="plan", value=str(path)
        ) from error


def _notebook(text: str, path: Path) -> nbformat.NotebookNode:
    try:
        node: nbformat.NotebookNode = nbformat.reads(text, as_version=4)
    except Exception as error:  # nbformat raises several unrelated kinds
        raise ContractError.of(
            "notebook_unreadable", f"{path} is not a notebook: {error}", value=str(path)
        ) from error
    return node


def _of_notebook(
    notebook: nbformat.NotebookNode, name: str
) -> tuple[nbformat.NotebookNode, Plan | str, str]:
    """A notebook's own cells and its plan; cells of an earlier run are left behind."""

    def role(cell: nbformat.NotebookNode) -> str:
        return str(cell.metadata.get(METADATA_KEY, {}).get("role", ""))

    notebook.cells = [c for c in notebook.cells if role(c) in ("", "plan")]
    for cell in notebook.cells:
        if role(cell) == "plan":
            return notebook, head_of(cell.source) or cell.source, cell.id
    raise ContractError.of(
        "plan_missing",
        f"There is no plan cell in {name}.",
        "Open it in JupyterLab and fill in the plan in the OCI panel.",
        field="plan",
    )


def _check_file(data: str | None) -> None:
    if data is not None and "://" not in data and not Path(data).expanduser().is_file():
        raise ContractError.of(
            "data_missing",
            f"There is no file {data}.",
            "Give a csv or parquet file with --data.",
            field="data",
            value=data,
        )


def _new_folder(stem: str) -> Path:
    """A folder that does not exist yet: a run never overwrites another."""
    root = Path("oci-runs")
    number = 1
    while (root / f"{stem}-{number}").exists():
        number += 1
    return root / f"{stem}-{number}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # containers without a passwd entry
        return ""


class _Progress:
    """Writes a line to stderr when a step starts and when it ends."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._seen: dict[tuple[int, str], str] = {}
        self._message = ""
        self._model_message = ""

    def __call__(self, state: RunState) -> None:
        if state.phase == "failed" and state.message != self._message:
            self._message = state.message
            self._say(state.message)
        model = state.model
        if model.status in ("failed", "spent") and model.message != self._model_message:
            self._model_message = model.message
            self._say(f"language model: {model.message} The rules carry on.")
        for iteration in state.iterations[-1:]:
            for step in iteration.steps:
                key, now = (iteration.iteration, step.step_id), step.state
                if self._seen.get(key) == now or now in ("proposed", "stale"):
                    continue
                self._seen[key] = now
                count = f"{step.number}/{len(iteration.steps)}"
                tail = "…" if now == "running" else f"{now}: {step.headline or step.error}"
                self._say(f"{count} {step.title} {tail}")

    def _say(self, text: str) -> None:
        print(f"[{time.perf_counter() - self._start:6.1f} s] {text}", file=sys.stderr, flush=True)


def _print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        payload = {
            "completed": outcome.completed,
            "message": outcome.state.message,
            "out": str(outcome.folder.root),
            "iterations": [
                {"iteration": i.number, "label": i.label, "verdict": verdict_json(i.verdict)}
                for i in outcome.iterations
                if i.verdict is not None
            ],
        }
        print(json.dumps(payload, indent=2, ensure_ascii=False))
        return
    for iteration in outcome.iterations:
        verdict = iteration.verdict
        if verdict is None:
            continue
        print(f"\nIteration {iteration.number}: {iteration.label}")
        for estimand in verdict.estimands:
            symbol, words = LEVEL_SYMBOLS[estimand.level], LEVEL_WORDS[estimand.level]
            print(f"  {symbol} {estimand.estimand:<24} {words}")
            print(f"      {estimand.reason}")
            if estimand.estimate is not None and estimand.ci_lower is not None:
                assert estimand.ci_upper is not None
                print(
                    f"      estimate {format_number(estimand.estimate, estimand.stderr)} "
                    f"(95 % {format_number(estimand.ci_lower, estimand.stderr)} to "
                    f"{format_number(estimand.ci_upper, estimand.stderr)}), {estimand.population}"
                )
        print(f"  → {verdict.summary}")
        folder = outcome.folder.iteration(iteration.number)
        print(f"  notebook  {folder / 'notebook.ipynb'}")
        print(f"  report    {folder / 'report.md'}")
    if not outcome.completed:
        print(f"\nNot completed: {outcome.state.message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
