"""All sessions of this server, by notebook path."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from pathlib import Path

from ..artifacts.journal import Journal
from ..contract import messages as m
from .client import Client
from .model_source import ModelSource
from .run_session import RunSession


class Sessions:
    """Finds or opens the session of a notebook.

    Args:
        journal_dir: Folder of the journals, one file per notebook.
        log: The server's log.
        action_deadline: Seconds for an action that does not compute.
        run_deadline: Seconds for running a cell.
        grace: Seconds that a lost tab has to come back.
        models: The language model; None for none.
    """

    def __init__(
        self,
        journal_dir: Path,
        log: logging.Logger,
        *,
        action_deadline: float,
        run_deadline: float,
        grace: float,
        models: ModelSource | None = None,
    ) -> None:
        self._journal_dir = journal_dir
        self._log = log
        self._action_deadline = action_deadline
        self._run_deadline = run_deadline
        self._grace = grace
        self._models = models
        self._sessions: list[RunSession] = []

    async def join(self, hello: m.Hello, client: Client) -> RunSession:
        """Let a tab join its notebook's session."""
        session = next((s for s in self._sessions if s.path == hello.notebook_path), None)
        if session is None:
            session = RunSession(
                hello.notebook_path,
                journal=Journal(self.journal_path(hello.notebook_path)),
                log=self._log,
                action_deadline=self._action_deadline,
                run_deadline=self._run_deadline,
                grace=self._grace,
                dropped=self._sessions.remove,
                models=self._models,
            )
            self._sessions.append(session)
        await session.join(hello, client)
        return session

    def model_changed(self) -> None:
        """The language model was set up otherwise, switched on, or off: at once for all."""
        for session in self._sessions:
            session.model.take_change()

    def journal_path(self, notebook_path: str) -> Path:
        """A notebook's journal: a readable name, made unique by a hash of the path."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(notebook_path).stem)[:60] or "notebook"
        digest = hashlib.sha256(notebook_path.encode("utf-8")).hexdigest()[:8]
        return self._journal_dir / f"{name}-{digest}.jsonl"

    async def close(self) -> None:
        """The server stops."""
        sessions = list(self._sessions)
        outcomes = await asyncio.gather(*(s.close() for s in sessions), return_exceptions=True)
        for session, outcome in zip(sessions, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                self._log.error("oci-jupyter: %s did not close", session.path, exc_info=outcome)
