"""`make bench`: seconds in the kernel, our own overhead per step, memory, on the demo.

A step's time has three parts: the computation (what the result says of itself), the rest of
the cell's run (figure, transport and rendering), and our own overhead (inserting the cells,
asking for the run, reading the result back, metadata, journal, state). Figures of one run on
one machine; compare them within a run, not between machines.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from ..agents.batch import run_headless
from ..artifacts.journal import Journal
from ..contract import JournalEntry, parse_plan
from ..contract.messages import RunState
from ..notebook.templates import notebook_template


@dataclass
class StepTime:
    """One step, in seconds: in all, the run of its cell, and the computation in that."""

    title: str
    total: float
    run: float
    computed: float

    @property
    def overhead(self) -> float:
        """What is neither the kernel's nor the notebook's."""
        return max(self.total - self.run, 0.0)


class PeakMemory:
    """Samples the resident memory of this process and its children."""

    def __init__(self) -> None:
        self.peak = 0
        self._process = psutil.Process()

    def sample(self) -> None:
        total = 0
        for process in [self._process, *self._process.children(recursive=True)]:
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.peak = max(self.peak, total)

    async def watch(self) -> None:
        while True:
            self.sample()
            await asyncio.sleep(0.1)


def step_times(entries: list[JournalEntry], seconds: dict[str, float]) -> list[StepTime]:
    """Times per step from a journal.

    Args:
        entries: The journal; a step lasts from the act before its first insertion to the act
            before the next step's, or to the verdict. Its `run` entry says how long the cell
            ran.
        seconds: Cell id → seconds of computation that the result itself reports.
    """
    starts: list[tuple[str, float]] = []
    run: dict[str, float] = {}
    for before, entry in pairwise(entries):
        if entry.what == "insert" and (not starts or starts[-1][0] != entry.cell_id):
            starts.append((entry.cell_id, _seconds(before.at)))
        elif entry.what == "run" and entry.cell_id:
            run[entry.cell_id] = float(entry.detail.get("seconds") or 0.0)
        elif entry.what == "verdict":
            starts.append(("", _seconds(entry.at)))
    return [
        StepTime(cell, end - start, run.get(cell, 0.0), seconds.get(cell, 0.0))
        for (cell, start), (_, end) in pairwise(starts)
        if cell
    ]


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


async def headless_demo() -> tuple[list[StepTime], float, float, int]:
    """Run the demo headless; step times, kernel seconds, wall seconds, peak bytes."""
    notebook = notebook_template("demo")
    plan_cell = next(c for c in notebook.cells if c.cell_type == "markdown" and "yaml" in c.source)
    memory = PeakMemory()
    watcher = asyncio.create_task(memory.watch())
    start = time.perf_counter()
    ignore: Callable[[RunState], None] = lambda state: None  # noqa: E731
    with tempfile.TemporaryDirectory() as folder:
        outcome = await run_headless(
            notebook,
            parse_plan(plan_cell.source),
            plan_cell.id,
            Path(folder),
            choose=lambda verdict: None,
            progress=ignore,
            cwd=Path(folder),
        )
        wall = time.perf_counter() - start
        watcher.cancel()
        entries = Journal(outcome.folder.journal).entries()
    seconds: dict[str, float] = {
        step.cell_id: step.result.seconds
        for iteration in outcome.iterations
        for step in iteration.steps
        if step.result is not None
    }
    return step_times(entries, seconds), sum(seconds.values()), wall, memory.peak


def report(name: str, steps: list[StepTime], kernel: float, wall: float, **more: Any) -> str:
    """The figures as text."""
    overheads = [step.overhead for step in steps]
    lines = [
        f"{name}",
        f"  wall                 {wall:8.2f} s",
        f"  in the kernel        {sum(step.run for step in steps):8.2f} s, of which "
        f"{kernel:.2f} s computation",
        f"  overhead per step    {1000 * statistics.median(overheads):8.0f} ms median, "
        f"{1000 * max(overheads):.0f} ms worst of {len(overheads)}",
    ]
    lines += [f"  {key:<20} {value}" for key, value in more.items()]
    lines += [
        f"    {step.title:<36} {step.total:7.2f} s: computed {step.computed:6.2f} s, "
        f"rest of the run {1000 * (step.run - step.computed):5.0f} ms, "
        f"ours {1000 * step.overhead:4.0f} ms"
        for step in steps
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the benchmarks and print them."""
    steps, kernel, wall, peak = asyncio.run(headless_demo())
    print(report("Demo, headless", steps, kernel, wall, memory=f"{peak / 2**20:8.0f} MiB peak"))


if __name__ == "__main__":
    main()
