"""Wall seconds, CPU seconds and peak memory of this process and those it started."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from ..contract import ContractError

#: How often memory is looked at, and how often for new child processes, s. Looking for
#: children walks all processes of the machine, which would show in the CPU time.
_EVERY, _EVERY_CHILDREN = 0.02, 0.5


@dataclass(frozen=True)
class Cost:
    """What a stage took.

    Attributes:
        seconds: Wall time, s.
        cpu_seconds: CPU time of this process and its children, s.
        peak_mb: Largest resident memory of this process and its children, MB (10⁶ bytes).
            Pages that processes share are counted once for each.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float


class Meter:
    """Measures stages one after another, and their total.

    Use it as a context manager and name the stages:

        with Meter() as meter:
            with meter.stage("estimate"):
                ...
        meter.total, meter.stages["estimate"]

    Raises:
        ContractError: `psutil_missing`.
    """

    def __init__(self) -> None:
        try:
            import psutil
        except ImportError as error:
            raise ContractError.of(
                "psutil_missing",
                "The package `psutil`, which measures memory, is not installed.",
                "Install it with `pip install oci-jupyter[evals]`.",
                field="method",
            ) from error
        self._gone: tuple[type[Exception], ...] = (psutil.NoSuchProcess, psutil.AccessDenied)
        self._process = psutil.Process()
        self._children: list[psutil.Process] = []
        self._looked = float("-inf")
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._peak = self._total_peak = 0.0
        self.stages: dict[str, Cost] = {}
        self.total = Cost(0.0, 0.0, 0.0)

    def __enter__(self) -> Meter:
        self._start, self._start_cpu = time.perf_counter(), self._cpu()
        self._sample()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        seconds, cpu = time.perf_counter() - self._start, self._cpu() - self._start_cpu
        self._sample()
        self._stop.set()
        self._thread.join()
        self.total = Cost(seconds, cpu, self._total_peak)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens inside under a name; a name used twice adds up."""
        self._sample()
        with self._lock:
            self._peak = 0.0
        start, cpu = time.perf_counter(), self._cpu()
        try:
            yield
        finally:
            self._sample()
            before = self.stages.get(name, Cost(0.0, 0.0, 0.0))
            self.stages[name] = Cost(
                before.seconds + time.perf_counter() - start,
                before.cpu_seconds + self._cpu() - cpu,
                max(before.peak_mb, self._peak),
            )

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self._sample()

    def _sample(self) -> None:
        total, now = 0.0, time.perf_counter()
        if now - self._looked > _EVERY_CHILDREN:
            self._looked = now
            self._children = self._process.children(recursive=True)
        for process in [self._process, *self._children]:
            try:
                total += process.memory_info().rss / 1e6
            except self._gone:
                continue
        with self._lock:
            self._peak = max(self._peak, total)
            self._total_peak = max(self._total_peak, total)

    def _cpu(self) -> float:
        """CPU time so far; a child's time stays counted after it has ended."""
        total = 0.0
        for process in [self._process, *self._process.children(recursive=True)]:
            try:
                t = process.cpu_times()
            except self._gone:
                continue
            total += t.user + t.system
            # Only some systems say what ended children took.
            total += getattr(t, "children_user", 0.0) + getattr(t, "children_system", 0.0)
        return total
