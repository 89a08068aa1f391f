"""`jupyter oci eval critic`: does the critic name faults that were planted, and only those?

The run can be stopped at any time: every analysis is a task of its own, its rows are appended
as they come, and what is in the file already is not computed again.
"""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..agents.language_model import LanguageModel
from ..contract import ContractError
from .acic import Counter
from .critic_report import critic_report
from .planted import BY_NAME, Fault
from .planted_run import COLUMNS, analyze
from .results_file import read_results

#: Units of an analysis, and seeds per fault, if nothing else is said.
ROWS, SEEDS = 1600, 5

#: One analysis: fault, with it or without, seed of the data.
Task = tuple[str, bool, int]


@dataclass(frozen=True)
class CriticOptions:
    """What to run.

    Attributes:
        faults: Which faults.
        seeds: Analyses per fault, and as many of its clean twin.
        first_seed: Seed of the first; thresholds were chosen with seeds 1 to 4 in view.
        rows: Units of each.
        jobs: Analyses at a time.
        out: File of results; `critic.csv` if None.
        llm: URL of a language model that takes part; '' for rules alone.
        model: Its name.
    """

    faults: Sequence[Fault]
    seeds: int = SEEDS
    first_seed: int = 1
    rows: int = ROWS
    jobs: int = 2
    out: Path | None = None
    llm: str = ""
    model: str = ""


def run_critic(options: CriticOptions) -> int:
    """Run what is missing, then report.

    Args:
        options: What to run.

    Returns:
        Exit status: 0, or 1 if an analysis came to no verdict.

    Raises:
        ContractError: The file of results or the model cannot be used.
    """
    started = time.perf_counter()
    out = options.out or Path("critic.csv")
    model = _model_name(options)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    wanted = tasks(options.faults, seeds)
    done = finished(out, options.rows, model)
    todo = [task for task in wanted if key(task) not in done]
    failed = _run_all(todo, options, out, len(wanted))
    rows = chosen(read_rows(out), options.rows, model)
    rows = rows[rows["seed"].isin(seeds)]
    if rows.empty:
        return 1
    seconds = time.perf_counter() - started
    text = critic_report(rows, options.faults, computed=len(todo), wall=seconds)
    print(text)
    out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    return 1 if failed else 0


def tasks(faults: Sequence[Fault], seeds: Iterable[int]) -> list[Task]:
    """All analyses, each once: clean twins are shared where faults name the same."""
    found: dict[tuple[str, int], Task] = {}
    for seed in seeds:
        for fault in faults:
            for planted in (True, False):
                task = (fault.name, planted, seed)
                found.setdefault(key(task), task)
    return list(found.values())


def key(task: Task) -> tuple[str, int]:
    """What identifies an analysis in the file of results."""
    name, planted, seed = task
    return BY_NAME[name].case(planted), seed


def read_rows(path: Path) -> pd.DataFrame:
    """The file of results; empty if there is none.

    Raises:
        ContractError: `out_columns`: it is some other file.
    """
    text = ("case", "model", "estimand", "findings", "failing", "concerns", "lowered")
    options = {"keep_default_na": False, "dtype": dict.fromkeys(text, str)}
    rows = read_results(path, COLUMNS, **options)
    numbers = ["estimate", "stderr", "ci_lower", "ci_upper", "truth", "cpu_seconds"]
    rows[numbers] = rows[numbers].apply(pd.to_numeric, errors="coerce")
    return rows


def chosen(rows: pd.DataFrame, n: int, model: str) -> pd.DataFrame:
    """The rows of one size of data and one model ('' for rules alone)."""
    return rows[(rows["n"] == n) & (rows["model"] == model)]


def finished(path: Path, n: int, model: str) -> set[tuple[str, int]]:
    """Analyses that a file holds completely; rows of a write cut short are dropped from it."""
    if path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")
        if text and not text.endswith("\n") and text.startswith(",".join(COLUMNS)):
            path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")
    rows = read_rows(path)
    size = rows.groupby(["case", "seed", "n", "model"])["estimand"].transform("size")
    whole = size == rows["estimands"]
    if not whole.all():
        rows[whole].to_csv(path, index=False)
    kept = chosen(rows[whole], n, model)
    return {(str(case), int(seed)) for case, seed in zip(kept["case"], kept["seed"], strict=True)}


def _run_all(todo: Sequence[Task], options: CriticOptions, out: Path, total: int) -> int:
    """Analyze and append; how many analyses came to no verdict."""
    from joblib import Parallel, delayed

    if not todo:
        return 0
    out.parent.mkdir(parents=True, exist_ok=True)
    counter, failed = Counter(total, total - len(todo)), 0
    parallel = Parallel(n_jobs=options.jobs, return_as="generator")
    calls = (delayed(_one)(task, options.rows, options.llm, options.model) for task in todo)
    for task, found in zip(todo, parallel(calls), strict=True):
        if isinstance(found, str):
            failed += 1
            case, seed = key(task)
            counter.say(f"{case}, seed {seed} failed: {found}")
        else:
            frame = pd.DataFrame(found, columns=COLUMNS)
            new = not out.is_file() or out.stat().st_size == 0
            with out.open("a", encoding="utf-8") as file:
                file.write(frame.to_csv(index=False, header=new, lineterminator="\n"))
        counter.step()
    counter.end()
    return failed


def _one(task: Task, n: int, llm: str, model: str) -> list[dict[str, Any]] | str:
    """One analysis; in words why not, so that one failure does not end the run."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    name, planted, seed = task
    try:
        # The toolkit says on stderr how far long work is; here the analyses are counted.
        quiet = contextlib.redirect_stderr(io.StringIO())
        with warnings.catch_warnings(), threadpool_limits(1), quiet:
            warnings.simplefilter("ignore")
            return analyze(BY_NAME[name], planted, seed, n, open_model(llm, model))
    except ContractError as error:
        return str(error)
    except Exception as error:  # a learner or an act may fail in any way
        return f"{type(error).__name__}: {error}"


def open_model(llm: str, model: str) -> LanguageModel | None:
    """The language model behind a URL; None for ''.

    Raises:
        ContractError: It cannot be used.
    """
    from ..agents.llm_options import model_from_options

    return model_from_options(llm or None, model or None, log=_unwritten)


def _unwritten(who: Any, what: str, detail: dict[str, Any], /) -> None:
    """Prompts and replies of an evaluation are not kept."""


def _model_name(options: CriticOptions) -> str:
    model = open_model(options.llm, options.model)
    return model.view.name if model is not None else ""
