"""The language model of one session: as it is set up at each moment, counted per run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..agents.loop import Loop
from ..artifacts.journal import Journal
from ..contract.messages import RunState
from .model_source import ModelSource


class SessionModel:
    """Gives a session's loop its model.

    Args:
        models: How the model is set up; None for none.
        loop: The session's loop.
        journal: The session's journal, which holds every prompt and reply.
        changed: Called when what `state` shows has changed.
    """

    def __init__(
        self,
        models: ModelSource | None,
        loop: Loop,
        journal: Journal,
        changed: Callable[[], None],
    ) -> None:
        self._models = models
        self._loop = loop
        self._journal = journal
        self._changed = changed
        self.give()

    def give(self, *, anew: bool = False) -> None:
        """Give the loop the model as it is set up at this moment.

        Args:
            anew: Another run begins: its tokens are counted from nothing.
        """
        if self._models is None:
            return
        before = self._loop.model
        model = self._models.for_session(before, log=self._log, changed=self._changed, anew=anew)
        if model is not before:
            self._loop.model = model

    def take_change(self) -> None:
        """The model was set up otherwise; what the one before is being asked is ended."""
        before = self._loop.model
        self.give()
        if before is not None and before is not self._loop.model:
            before.cancel()
        self._changed()

    def state(self) -> RunState:
        """The loop's state; without a model it says why there is none."""
        state = self._loop.state
        if self._loop.model is None and self._models is not None:
            state.model = self._models.view()
        return state

    def _log(self, who: str, what: str, detail: dict[str, Any]) -> None:
        record = self._loop.record
        number = record.current.number if record.current is not None else 1
        self._journal.append(
            who=who, what=what, run_id=record.run_id, iteration=number, detail=detail
        )
