"""A tab's connection, as a session needs it."""

from __future__ import annotations

from typing import Protocol

from ..contract import Model

#: Close code for a front end of another protocol (4000–4999 are the application's own).
MISMATCH = 4001

#: Close code: another connection of the same tab took over; it must not come back.
REPLACED = 4002

#: Close code ("service restart"): connect again and say `hello` anew.
COME_AGAIN = 1012


class Client(Protocol):
    """A tab's connection, as the session needs it."""

    def send(self, message: Model) -> None:
        """Send a message; a connection that is gone swallows it."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """End the connection."""

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""

    @property
    def user(self) -> str:
        """Name of the authenticated user."""
