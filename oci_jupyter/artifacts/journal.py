"""The append-only journal: one JSON object per line, readable without us."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..contract import JournalEntry


def now() -> str:
    """The current time, ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """Appends entries to a JSONL file and never rewrites one.

    Args:
        path: The file; it and its folder are created with the first entry.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seq: int | None = None

    def append(self, **fields: Any) -> JournalEntry:
        """Append one entry; `seq` and `at` are filled in.

        Args:
            fields: The other fields of `JournalEntry`.
        """
        if self._seq is None:
            self._seq = len(self.entries())
        self._seq += 1
        entry = JournalEntry(seq=self._seq, at=now(), **fields)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(entry.model_dump_json() + "\n")
        return entry

    def entries(self) -> list[JournalEntry]:
        """All entries so far; a last line cut short by a crash is passed over."""
        if not self.path.exists():
            return []
        entries = []
        # Not `splitlines`: a model's reply may hold characters that it takes for an end of line.
        for line in self.path.read_text(encoding="utf-8").split("\n"):
            try:
                entries.append(JournalEntry.model_validate_json(line))
            except ValueError:
                continue
        return entries
