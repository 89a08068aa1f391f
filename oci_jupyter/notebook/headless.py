"""A notebook without a browser: nbclient runs the cells, we hold the document."""

from __future__ import annotations

import json
import time
from ast import literal_eval
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from ..contract import METADATA_KEY, CellMetadata, NewCell, source_hash
from ..contract.messages import CellSnapshot, Reply, ReplyStatus
from .cells import snapshot_of

#: Seconds the kernel has to answer a probe (it may have to import pandas first).
_PROBE_TIMEOUT = 120.0


def probe_expression(what: str, request: dict[str, Any]) -> str:
    """The Python expression that asks the toolkit; the browser builds the same.

    Only string literals vary, so nothing in a request can become code.
    """
    payload = json.dumps(json.dumps(request))
    return (
        '__import__("oci_jupyter.toolkit.probe", fromlist=["ask"])'
        f".ask({json.dumps(what)}, {payload})"
    )


class HeadlessHost:
    """A `NotebookHost` over nbclient; use it as an async context manager.

    Args:
        notebook: The document; cells are added to it in place.
        kernel_name: Kernel to run in.
        cwd: The kernel's working folder.
    """

    def __init__(
        self, notebook: nbformat.NotebookNode, *, kernel_name: str = "python3", cwd: Path
    ) -> None:
        self.notebook = notebook
        self.kernel_epoch = ""
        self._client: Any = NotebookClient(
            notebook,
            timeout=None,
            kernel_name=kernel_name,
            resources={"metadata": {"path": str(cwd)}},
            record_timing=False,
        )
        self._setup: Any = None

    async def __aenter__(self) -> HeadlessHost:
        self._setup = self._client.async_setup_kernel()
        await self._setup.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._setup.__aexit__(kind, error, trace)

    # --- NotebookHost ---------------------------------------------------------------

    async def snapshot(self) -> list[CellSnapshot]:
        return [snapshot_of(cell) for cell in self.notebook.cells]

    async def insert(self, cell: NewCell, after: str) -> Reply:
        index = self._index(cell.id)
        if index is None:
            anchor = self._index(after) if after else None
            index = len(self.notebook.cells) if anchor is None else anchor + 1
            make: Any = (
                nbformat.v4.new_code_cell
                if cell.cell_type == "code"
                else nbformat.v4.new_markdown_cell
            )
            metadata = {METADATA_KEY: cell.metadata.model_dump(mode="json")}
            node = make(cell.source, id=cell.id, metadata=metadata)
            self.notebook.cells.insert(index, node)
        return self._reply("ok", index)

    async def run(self, cell_id: str, expected_source_hash: str) -> Reply:
        index = self._index(cell_id)
        if index is None:
            return self._reply("rejected", message="The cell is gone.")
        if source_hash(self.notebook.cells[index].source) != expected_source_hash:
            return self._reply("source_mismatch", index, message="The cell was edited meanwhile.")
        start = time.perf_counter()
        status, message = await self._execute(index)
        reply = self._reply(status, index, message=message)
        reply.seconds = time.perf_counter() - start
        return reply

    async def update(
        self,
        cell_id: str,
        metadata: CellMetadata,
        *,
        source: str | None = None,
        expected_source_hash: str = "",
    ) -> Reply:
        index = self._index(cell_id)
        if index is None:
            return self._reply("rejected", message="The cell is gone.")
        cell = self.notebook.cells[index]
        if source is not None:
            if source_hash(cell.source) != expected_source_hash:
                return self._reply("source_mismatch", index, message="The cell was edited.")
            cell.source = source
        cell.metadata[METADATA_KEY] = metadata.model_dump(mode="json")
        return self._reply("ok", index)

    async def probe(self, what: Literal["kernel", "data"], request: dict[str, Any]) -> Reply:
        client: Any = self._client.kc
        try:
            answer = await client.execute(
                "",
                silent=True,
                store_history=False,
                user_expressions={"v": probe_expression(what, request)},
                reply=True,
                timeout=_PROBE_TIMEOUT,
            )
        except (TimeoutError, RuntimeError):
            return self._reply("no_kernel", message="The kernel died or does not answer.")
        expression = answer["content"].get("user_expressions", {}).get("v", {})
        if expression.get("status") != "ok":
            error = f"{expression.get('ename')}: {expression.get('evalue')}"
            missing = expression.get("ename") in ("ModuleNotFoundError", "ImportError")
            return self._reply("no_toolkit" if missing else "failed", message=error)
        data = expression["data"]
        payload = data.get("application/json") or literal_eval(data["text/plain"])
        if what == "kernel":
            self.kernel_epoch = payload["session"]
        reply = self._reply("ok")
        reply.probe = payload
        return reply

    async def interrupt(self) -> Reply:
        manager: Any = self._client.km
        await manager.interrupt_kernel()
        return self._reply("ok")

    # --- beyond the protocol -----------------------------------------------------------

    async def run_own_cells(self) -> str:
        """Run the principal's own code cells, in order; '' or the first error."""
        for index, cell in enumerate(self.notebook.cells):
            if cell.cell_type == "code" and METADATA_KEY not in cell.metadata:
                status, message = await self._execute(index)
                if status != "ok":
                    return message
        return ""

    async def _execute(self, index: int) -> tuple[ReplyStatus, str]:
        try:
            await self._client.async_execute_cell(
                self.notebook.cells[index], index, execution_count=None
            )
        except CellExecutionError as error:
            return "failed", f"{error.ename}: {error.evalue}"
        except CellTimeoutError as error:
            return "timeout", str(error)
        except DeadKernelError:
            return "kernel_restarted", "The kernel died while the cell ran."
        return "ok", ""

    def _index(self, cell_id: str) -> int | None:
        for index, cell in enumerate(self.notebook.cells):
            if cell.get("id") == cell_id:
                return index
        return None

    def _reply(self, status: ReplyStatus, index: int | None = None, *, message: str = "") -> Reply:
        cell = None if index is None else snapshot_of(self.notebook.cells[index])
        return Reply(
            action_id="", status=status, message=message, kernel_epoch=self.kernel_epoch, cell=cell
        )
