"""Benchmark figures are read from the journal as they are meant."""

from __future__ import annotations

import pytest

from oci_jupyter.contract import JournalEntry
from oci_jupyter.evals.bench import report, step_times


def entry(seq: int, at: float, what: str, cell: str = "", **detail: float) -> JournalEntry:
    return JournalEntry(
        seq=seq,
        at=f"2026-01-01T00:00:{at:06.3f}Z",
        who="loop",
        what=what,
        run_id="r",
        cell_id=cell,
        detail=detail,
    )


def test_a_step_is_split_into_computation_run_and_overhead() -> None:
    entries = [
        entry(1, 1.0, "run"),
        entry(2, 1.1, "insert", "a"),
        entry(3, 1.2, "insert", "a"),
        entry(4, 3.2, "run", "a", seconds=1.9),
        entry(5, 3.3, "insert", "b"),
        entry(6, 4.3, "run", "b", seconds=0.9),
        entry(7, 4.4, "verdict"),
    ]
    first, second = step_times(entries, {"a": 1.5, "b": 0.5})
    assert (first.total, first.run, first.computed) == pytest.approx((2.2, 1.9, 1.5))
    assert first.overhead == pytest.approx(0.3)
    assert second.overhead == pytest.approx(0.3)
    text = report("Demo", [first, second], 2.0, 3.4, memory="1 MiB")
    assert "300 ms median" in text
    assert "2.80 s, of which 2.00 s computation" in text
