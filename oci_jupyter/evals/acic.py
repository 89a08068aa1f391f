"""`jupyter oci eval acic`: how far from the truth, on data sets whose truth is known.

The run can be stopped at any time: rows are appended as they come, and what is in the file
already is not computed again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from ..contract import ContractError
from . import methods
from .acic_data import Source, open_source
from .acic_figure import write_figure
from .acic_report import acic_report, read_published
from .methods import COLUMNS, LABELS, Method
from .reference import ReferenceSettings, xgboost
from .results_file import read_results


@dataclass(frozen=True)
class AcicOptions:
    """What to run.

    Attributes:
        data: A folder, `causallib` or `simulated`.
        settings: Settings by number; None means all.
        replicates: Replicates by number; None means all.
        method: Which method.
        jobs: Data sets at a time.
        out: File of results; `acic-<method>.csv` if None.
        figure: HTML file for the figure, if wanted.
        seed: Seed of folds and learners.
        threads: Threads of the reference's XGBoost; 0 means all cores.
    """

    data: str
    settings: list[int] | None
    replicates: list[int] | None
    method: Method
    jobs: int = 2
    out: Path | None = None
    figure: Path | None = None
    seed: int = 7
    threads: int = 0


def run_acic(options: AcicOptions, reference: ReferenceSettings | None = None) -> int:
    """Run what is missing, then report on the whole file.

    Args:
        options: What to run.
        reference: Settings of the method `reference`; the published ones by default.

    Returns:
        Exit status: 0, or 1 if a data set could not be analyzed.

    Raises:
        ContractError: Data, settings or the file of results cannot be used.
    """
    source = open_source(options.data)
    wanted = source.choose(options.settings, options.replicates)
    out = options.out or Path(f"acic-{options.method}.csv")
    _check_provenance(out, source, options.seed)
    done = finished(out, options.method)
    todo = [key for key in wanted if key not in done]
    if options.method == "reference":
        xgboost()  # say at once that it is missing, not for every data set
    settings = reference or ReferenceSettings(threads=options.threads)
    failed = _run_all(source, todo, options, settings, out, len(wanted))
    rows = read_rows(out)
    chosen = rows[pd.MultiIndex.from_frame(rows[["setting", "rep"]]).isin(wanted)]
    if chosen.empty:
        return 1
    published = read_published(source.published) if source.published else None
    text = acic_report(chosen, published, source.name)
    print(text)
    out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    if options.figure is not None:
        write_figure(chosen, published, options.figure)
        print(f"figure: {options.figure}", file=sys.stderr)
    return 1 if failed else 0


def read_rows(path: Path) -> pd.DataFrame:
    """The file of results; empty if there is none.

    Raises:
        ContractError: `out_columns`: it is some other file.
    """
    return read_results(path, COLUMNS)


def finished(path: Path, method: Method) -> set[tuple[int, int]]:
    """Data sets that a file holds completely; rows of a write cut short are dropped from it."""
    _mend(path)
    rows = read_rows(path)
    own = rows[rows["method"] == method]
    count = own.groupby(["setting", "rep"])["estimand"].nunique()
    partial = set(count[count < len(LABELS)].index)
    if partial:
        keys = list(zip(rows["setting"], rows["rep"], strict=True))
        cut = [k in partial and m == method for k, m in zip(keys, rows["method"], strict=True)]
        rows[[not c for c in cut]].to_csv(path, index=False)
    return {(int(s), int(r)) for s, r in count.index if (s, r) not in partial}


def _mend(path: Path) -> None:
    """Cut a last line that was not written to its end."""
    if path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")
        if text and not text.endswith("\n") and text.startswith(",".join(COLUMNS)):
            path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")


def _run_all(
    source: Source,
    todo: Sequence[tuple[int, int]],
    options: AcicOptions,
    settings: ReferenceSettings,
    out: Path,
    total: int,
) -> int:
    """Analyze and append; how many data sets failed."""
    from joblib import Parallel, delayed

    if not todo:
        return 0
    out.parent.mkdir(parents=True, exist_ok=True)
    counter, failed = Counter(total, total - len(todo)), 0
    parallel = Parallel(n_jobs=options.jobs, return_as="generator")
    tasks = (
        delayed(_one)(source, s, r, options.method, options.seed, asdict(settings)) for s, r in todo
    )
    for (setting, rep), found in zip(todo, parallel(tasks), strict=True):
        if isinstance(found, str):
            failed += 1
            counter.say(f"setting {setting}, replicate {rep} failed: {found}")
        else:
            frame = pd.DataFrame(found, columns=COLUMNS)
            new = not out.is_file() or out.stat().st_size == 0
            with out.open("a", encoding="utf-8") as file:
                file.write(frame.to_csv(index=False, header=new, lineterminator="\n"))
        counter.step()
    counter.end()
    return failed


def _one(
    source: Source, setting: int, rep: int, method: Method, seed: int, settings: dict[str, Any]
) -> list[dict[str, Any]] | str:
    """One data set; in words why not, so that one failure does not end the run."""
    try:
        data = source.load(setting, rep)
        return methods.run_method(data, method, seed, ReferenceSettings(**settings))
    except ContractError as error:
        return str(error)
    except Exception as error:  # a learner may fail in any way
        return f"{type(error).__name__}: {error}"


def _check_provenance(out: Path, source: Source, seed: int) -> None:
    """Results of other data or another seed must not be taken for these."""
    path = out.with_suffix(".run.json")
    this = {"data": source.name, "seed": seed}
    if out.is_file() and path.is_file():
        was = json.loads(path.read_text(encoding="utf-8"))
        if was != this:
            raise ContractError.of(
                "out_other_run",
                f"{out} holds results of {was}, not of {this}.",
                "Give another file with --out, or remove this one.",
                field="out",
                value=str(out),
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(this) + "\n", encoding="utf-8")


class Counter:
    """`12/77 …` on one line of a terminal, a line every ten elsewhere."""

    def __init__(self, total: int, done: int = 0, stream: TextIO | None = None) -> None:
        self._total, self._done = total, done
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        if self._live:
            self._write(f"\r{done}/{total} …")

    def step(self) -> None:
        self._done += 1
        if self._live:
            self._write(f"\r{self._done}/{self._total} …")
        elif self._done % 10 == 0 or self._done == self._total:
            self._write(f"{self._done}/{self._total} …\n")

    def say(self, text: str) -> None:
        self._write(f"\r{text}\n" if self._live else f"{text}\n")

    def end(self) -> None:
        if self._live:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
