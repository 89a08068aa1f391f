"""How far long work is: one line on stderr that comes when it is worth it and goes at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Work that ends sooner than this needs no line, s.
PATIENCE = 20.0


class Progress:
    """Counts finished parts and estimates what is left.

    Args:
        what: What is worked on, in a few words.
        total: Number of parts.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._width = 0

    def watch(self, parts: Iterable[T]) -> Iterator[T]:
        """The parts as they come; the line is written beside and taken away at the end."""
        started = time.perf_counter()
        try:
            for done, part in enumerate(parts, start=1):
                left = (time.perf_counter() - started) / done * (self._total - done)
                if left > PATIENCE or self._width:
                    self._write(f"{self._what}: {done} of {self._total}, about {left:.0f} s left")
                yield part
        finally:
            if self._width:
                self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        sys.stderr.flush()
        self._width = len(text)
