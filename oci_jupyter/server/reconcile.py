"""What a tab that came back did not tell us: its cells against what the loop remembers.

While a connection is lost the browser queues nothing; its next `hello` says how the
notebook stands. The differences become the events that would have arrived, so that a
verdict goes stale for an edit made offline just as for one made online.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from ..agents.record import RunRecord, StepRecord, read_result
from ..contract.messages import CellEvent, CellSnapshot

_Event = Literal["executed", "edited", "deleted", "inserted"]


def missed_events(
    record: RunRecord,
    cells: Iterable[CellSnapshot],
    kernel_epoch: str,
    running: Collection[str] = (),
) -> list[CellEvent]:
    """The events that turn what the loop remembers into what the notebook shows.

    Args:
        record: The run as the loop remembers it.
        cells: The notebook's cells now.
        kernel_epoch: The kernel process that the tab knows of.
        running: Cells whose run is still to be answered; the reply tells of those.
    """
    present = {cell.cell_id: cell for cell in cells}
    events: list[CellEvent] = []
    for iteration in record.iterations:
        for step in iteration.steps:
            if not step.inserted or step.cell_id in running:
                continue
            cell = present.get(step.cell_id)
            happened = _what_happened(step, cell)
            if happened is not None:
                events.append(
                    CellEvent(
                        event=happened, cell_id=step.cell_id, cell=cell, kernel_epoch=kernel_epoch
                    )
                )
    return events


def _what_happened(step: StepRecord, cell: CellSnapshot | None) -> _Event | None:
    if cell is None:
        return None if step.deleted else "deleted"
    if read_result(cell) != step.result or (cell.error and step.state != "failed"):
        return "executed"
    if cell.source != step.source:
        return "edited"
    return "inserted" if step.deleted else None
