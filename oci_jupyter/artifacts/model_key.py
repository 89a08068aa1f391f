"""Keeps what the principal set up about the language model, and the key, which is nobody else's.

Two files in a folder of the Jupyter data folder: `model.json` and `model.key`, readable by their
owner alone. A key belongs to the server for which it was typed and is given out for no other. The
folder must not lie where the server's file browser reaches.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from jupyter_core.paths import is_hidden, secure_write

from ..contract import ContractError

SETTINGS_FILE, KEY_FILE = "model.json", "model.key"


class ModelFiles:
    """See the module.

    Args:
        folder: Where the files are kept; created when the first is written.
        workspace: The folder that the server serves; None where it serves none.
        serves_hidden: The server shows hidden files too.
    """

    def __init__(
        self, folder: Path, *, workspace: Path | None = None, serves_hidden: bool = False
    ) -> None:
        self._folder = folder
        self._workspace = workspace
        self._serves_hidden = serves_hidden

    @property
    def served(self) -> bool:
        """Whether the folder lies where the file browser reaches."""
        if self._workspace is None:
            return False
        folder, workspace = self._folder.resolve(), self._workspace.resolve()
        if not folder.is_relative_to(workspace):
            return False
        # A server started in the home folder serves it, but not what is hidden in there.
        return self._serves_hidden or not _is_hidden(folder, workspace)

    def settings(self) -> dict[str, Any]:
        """What was set up; empty when nothing was, or when the file cannot be read."""
        try:
            settings = json.loads((self._folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return settings if isinstance(settings, dict) else {}

    def save_settings(self, settings: dict[str, Any]) -> None:
        """Keep what was set up.

        Raises:
            ContractError: It cannot be written.
        """
        self._write(SETTINGS_FILE, json.dumps(settings, indent=2))

    def key(self, server: str) -> str:
        """The key typed for a server, '' when there is none.

        Args:
            server: Whatever names it; the same as when the key was saved.

        Raises:
            ContractError: Others can read the file, so that the key is no secret any more.
        """
        path = self._folder / KEY_FILE
        try:
            mode = path.stat().st_mode
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise ContractError.of(
                "key_exposed",
                "Other users of this machine can read the file with the key; it is not used.",
                "Take the key back at its provider, and type a new one.",
                field="api_key",
            )
        if not isinstance(kept, dict) or kept.get("server") != server:
            return ""
        return str(kept.get("key", ""))

    def save_key(self, server: str, key: str) -> None:
        """Keep a key.

        Raises:
            ContractError: There is no place for it that is out of the file browser's reach, or it
                cannot be written; the message never holds the key.
        """
        if self.served:
            raise ContractError.of(
                "key_in_workspace",
                "The Jupyter data folder lies inside the folder that this server serves, so that "
                "the key would be seen in the file browser.",
                "Start Jupyter in another folder, set JUPYTER_DATA_DIR, or give the key as the "
                "environment variable OPENAI_API_KEY.",
                field="api_key",
            )
        self._write(KEY_FILE, json.dumps({"server": server, "key": key}))

    def forget_key(self) -> None:
        """Delete the key."""
        (self._folder / KEY_FILE).unlink(missing_ok=True)

    def _write(self, name: str, text: str) -> None:
        """Write a file for its owner alone, wholly or not at all."""
        part = self._folder / f".{name}.{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder.chmod(0o700)
            with secure_write(str(part)) as file:
                file.write(text)
            os.replace(part, self._folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise ContractError.of(
                "model_unwritable",
                f"The settings of the language model cannot be written: {error.strerror}.",
                f"Make {self._folder} writable, or set JUPYTER_DATA_DIR.",
            ) from None


def _is_hidden(folder: Path, workspace: Path) -> bool:
    """Whether the file browser takes a folder for hidden; it need not exist yet."""
    while not folder.exists():
        if folder.name.startswith("."):
            return True
        folder = folder.parent
    return bool(is_hidden(str(folder), str(workspace)))
