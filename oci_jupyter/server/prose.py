"""What the language model is writing, sent to the tabs a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..contract import messages as m

#: Seconds between two messages.
PAUSE = 1 / 8


class ProseFeed:
    """Coalesces what comes in: each message holds the text from its beginning.

    Args:
        send: Sends a message to every tab.
    """

    def __init__(self, send: Callable[[m.Prose], None]) -> None:
        self._send = send
        self._due: dict[int, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    def write(self, iteration: int, text: str) -> None:
        """Take what has been written so far; '' when it ended, which is sent at once."""
        self._due[iteration] = text
        if not text:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due, self._due = self._due, {}
        for iteration, text in due.items():
            self._send(m.Prose(iteration=iteration, text=text))
