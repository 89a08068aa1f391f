"""A notebook and its kernel in this very process: the real loop, without starting kernels.

Cells run in an IPython shell of their own, so the toolkit's probe meets the variables where it
meets them in a kernel. Nothing is drawn: of what a cell shows, its result is kept.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from types import ModuleType, TracebackType
from typing import Any, Literal

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets import Type
from traitlets.config import Config

from ..contract import CellMetadata, ContractError, NewCell, source_hash
from ..contract.messages import CellSnapshot, Reply, ReplyStatus

#: Parts of the toolkit that hold what belongs to one kernel process.
_PROCESS_STATE = ("session", "ledger")


class _Keep(DisplayHook):
    """Hands a cell's value back instead of drawing it."""

    def __call__(self, result: Any = None) -> None:
        if result is not None and self.exec_result is not None:
            self.exec_result.result = result


class _Shell(InteractiveShell):
    displayhook_class = Type(_Keep)

    def _showtraceback(self, *parts: Any) -> None:
        """Errors are in the execution's result."""


class InProcessHost:
    """A `NotebookHost` in this process; use it as a context manager, one at a time.

    Args:
        plan_cell: Id of the plan's cell, which the notebook holds at first.

    Raises:
        ContractError: On entry, inside IPython or a notebook: their shell would be taken over.
    """

    def __init__(self, plan_cell: str = "oci-plan") -> None:
        self.kernel_epoch = ""
        self.cells: list[CellSnapshot] = [
            CellSnapshot(
                cell_id=plan_cell,
                cell_type="markdown",
                source="",
                metadata=CellMetadata(role="plan").model_dump(mode="json"),
            )
        ]
        self._shell: Any = None

    def __enter__(self) -> InProcessHost:
        if InteractiveShell.initialized():
            raise ContractError.of(
                "shell_taken",
                "There is an IPython shell in this process already.",
                "Start the evaluation from a terminal.",
            )
        self.restart()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def restart(self) -> None:
        """A new kernel process: no variables, a new identity, nothing asked for yet."""
        self._end()
        for name in _PROCESS_STATE:
            module = f"oci_jupyter.toolkit.{name}"
            # Reloading draws the state anew in the same module, so all who hold it see it.
            if module in sys.modules:
                importlib.reload(sys.modules[module])
        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        # A module of its own, or IPython would put its in the place of `__main__`.
        self._shell = _Shell.instance(config=config, user_module=ModuleType("oci_notebook"))

    def _end(self) -> None:
        if self._shell is not None:
            self._shell.reset(new_session=False)
            self._shell.restore_sys_module_state()
            _Shell.clear_instance()
            self._shell = None

    @property
    def namespace(self) -> dict[str, Any]:
        """The kernel's variables."""
        found: dict[str, Any] = self._shell.user_ns
        return found

    # --- NotebookHost ---------------------------------------------------------------

    async def snapshot(self) -> list[CellSnapshot]:
        return [cell.model_copy(deep=True) for cell in self.cells]

    async def insert(self, cell: NewCell, after: str) -> Reply:
        index = self._index(cell.id)
        if index is None:
            anchor = self._index(after) if after else None
            index = len(self.cells) if anchor is None else anchor + 1
            self.cells.insert(
                index,
                CellSnapshot(
                    cell_id=cell.id,
                    cell_type=cell.cell_type,
                    source=cell.source,
                    metadata=cell.metadata.model_dump(mode="json"),
                ),
            )
        return self._reply("ok", index)

    async def run(self, cell_id: str, expected_source_hash: str) -> Reply:
        index = self._index(cell_id)
        if index is None:
            return self._reply("rejected", message="The cell is gone.")
        if source_hash(self.cells[index].source) != expected_source_hash:
            return self._reply("source_mismatch", index, message="The cell was edited meanwhile.")
        start = time.perf_counter()
        cell = self.run_by_hand(cell_id)
        reply = self._reply("failed" if cell.error else "ok", index, message=cell.error)
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
        cell = self.cells[index]
        if source is not None:
            if source_hash(cell.source) != expected_source_hash:
                return self._reply("source_mismatch", index, message="The cell was edited.")
            cell.source = source
        cell.metadata = metadata.model_dump(mode="json")
        return self._reply("ok", index)

    async def probe(self, what: Literal["kernel", "data"], request: dict[str, Any]) -> Reply:
        from ..toolkit.probe import ask

        answer = ask(what, json.dumps(request)).content
        if what == "kernel":
            self.kernel_epoch = str(answer["session"])
        reply = self._reply("ok")
        reply.probe = answer
        return reply

    async def interrupt(self) -> Reply:
        """Nothing runs beside the loop here, so there is nothing to interrupt."""
        return self._reply("ok")

    # --- what the principal does by hand -----------------------------------------------

    def execute(self, source: str) -> Any:
        """Run the principal's own code in the kernel; its value.

        Raises:
            Exception: Whatever the code raised.
        """
        result = self._run_source(source)
        result.raise_error()
        return result.result

    def cell(self, cell_id: str) -> CellSnapshot:
        """A cell of the notebook.

        Raises:
            KeyError: There is none of that id.
        """
        index = self._index(cell_id)
        if index is None:
            raise KeyError(cell_id)
        return self.cells[index]

    def edit(self, cell_id: str, old: str, new: str) -> CellSnapshot:
        """Replace a piece of a cell's text, without running it.

        Raises:
            ValueError: The piece is not there: the edit would change nothing.
        """
        cell = self.cell(cell_id)
        if old not in cell.source:
            raise ValueError(f"cell {cell_id} does not hold {old!r}: {cell.source}")
        cell.source = cell.source.replace(old, new, 1)
        return cell

    def run_by_hand(self, cell_id: str) -> CellSnapshot:
        """What Shift+Enter does: new outputs, and no word to the loop."""
        cell = self.cell(cell_id)
        result = self._run_source(cell.source)
        error = result.error_before_exec or result.error_in_exec
        cell.execution_count = (cell.execution_count or 0) + 1
        cell.error = f"{type(error).__name__}: {error}" if error is not None else ""
        cell.result = None if error is not None else _payload(result.result)
        return cell

    def delete(self, cell_id: str) -> None:
        """Take a cell out of the notebook."""
        self.cells.remove(self.cell(cell_id))

    def _run_source(self, source: str) -> ExecutionResult:
        found: ExecutionResult = self._shell.run_cell(source, store_history=False)
        return found

    def _index(self, cell_id: str) -> int | None:
        for index, cell in enumerate(self.cells):
            if cell.cell_id == cell_id:
                return index
        return None

    def _reply(self, status: ReplyStatus, index: int | None = None, *, message: str = "") -> Reply:
        cell = None if index is None else self.cells[index].model_copy(deep=True)
        return Reply(
            action_id="", status=status, message=message, kernel_epoch=self.kernel_epoch, cell=cell
        )


def _payload(value: Any) -> dict[str, Any] | None:
    """The result that a cell's value would have published; a study describes itself."""
    from ..toolkit import ResultView

    describe = getattr(value, "describe", None)
    view = describe() if callable(describe) else value
    return view.to_dict() if isinstance(view, ResultView) else None
