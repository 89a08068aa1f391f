"""The one face a notebook shows to the loop, whether it is open in a browser or headless."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from ..contract import CellMetadata, NewCell
from ..contract.messages import CellSnapshot, Reply


class NotebookHost(Protocol):
    """A notebook with a kernel. Every call answers with a `Reply`; none raises for what can
    normally happen to notebooks, kernels and connections.
    """

    #: Identity of the kernel process, '' while unknown.
    kernel_epoch: str

    async def snapshot(self) -> list[CellSnapshot]:
        """All cells, top to bottom."""

    async def insert(self, cell: NewCell, after: str) -> Reply:
        """Insert `cell` below the cell `after` (at the end when that is '' or gone).

        A cell whose id is there already is left as it is: inserting twice is harmless.
        """

    async def run(self, cell_id: str, expected_source_hash: str) -> Reply:
        """Run one cell if its source still has the expected hash."""

    async def update(
        self,
        cell_id: str,
        metadata: CellMetadata,
        *,
        source: str | None = None,
        expected_source_hash: str = "",
    ) -> Reply:
        """Write our metadata; with `source`, also the text of an untouched cell of ours."""

    async def probe(self, what: Literal["kernel", "data"], request: dict[str, Any]) -> Reply:
        """Ask the toolkit in the kernel; `Reply.probe` holds the answer."""

    async def interrupt(self) -> Reply:
        """Interrupt the kernel."""
