"""Takes keys out of whatever is written down or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

REMOVED = "[key removed]"

#: Shorter "keys" (`EMPTY`, `none`) are what local servers take for one; they are no secret, and
#: taking them out would garble ordinary words.
SHORTEST_SECRET = 8

#: Long enough that no column's name or word of a sentence is taken for a key.
_LOOKS_LIKE_A_KEY = re.compile(
    r"\b[Bb]earer\s+(?=\S*\d)[A-Za-z0-9._~+/=-]{16,}"
    r"|\b(?:sk|xai)-[A-Za-z0-9_-]{16,}"
    r"|\b(?:hf|gsk|ghp|gho)_[A-Za-z0-9]{30,}"
    r"|(?<=://)[^/\s@:]+:[^/\s@]+(?=@)"
)


class Redactor:
    """Removes given secrets, and whatever looks like a key.

    Args:
        secrets: The keys in use; those too short to be a secret are passed over.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._secrets = known

    def text(self, text: str) -> str:
        """The text without keys, and without halves of characters, which no file can hold."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        for secret in self._secrets:
            text = text.replace(secret, REMOVED)
        return _LOOKS_LIKE_A_KEY.sub(REMOVED, text)

    def growing(self, text: str) -> str:
        """A text that still grows, without keys, and without the beginning of one at its end."""
        text = self.text(text)
        for secret in self._secrets:
            for size in range(min(len(secret) - 1, len(text)), 3, -1):
                if text.endswith(secret[:size]):
                    return text[:-size]
        return text

    def value(self, value: Any) -> Any:
        """A JSON value without keys, however deep they lie."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(k)): self.value(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(v) for v in value]
        return value
