"""A JupyterLab of our own for the browser tests: own folders, own port, own token."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

TOKEN = "ui-tests"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LabServer:
    """Starts and stops `jupyter lab` in a folder of its own.

    Args:
        folder: Holds configuration, data and the notebooks' root.
        port: Port to listen on; a free one when 0.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.root = folder / "root"
        self.data = folder / "data"
        self._folder = folder
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or free_port()
        self.root.mkdir(parents=True, exist_ok=True)
        settings = (
            folder / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
        )
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "notification.jupyterlab-settings").write_text(
            json.dumps({"fetchNews": "false", "checkForUpdates": False})
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers."""
        environment = os.environ | {
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"),
            "JUPYTER_DATA_DIR": str(self.data),
            "JUPYTER_RUNTIME_DIR": str(self._folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self._folder / "config" / "lab" / "user-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces"),
            "IPYTHONDIR": str(self._folder / "ipython"),
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "jupyterlab",
                    "--no-browser",
                    "--allow-root",
                    f"--ServerApp.port={self.port}",
                    "--ServerApp.port_retries=0",
                    f"--ServerApp.root_dir={self.root}",
                    f"--IdentityProvider.token={TOKEN}",
                    "--LabApp.expose_app_in_browser=True",
                    "--MultiKernelManager.default_kernel_name=python3",
                ],
                env=environment,
                cwd=self.root,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"JupyterLab ended at once:\n{self.log()}")
            try:
                urllib.request.urlopen(f"{self.url}/api/status?token={TOKEN}", timeout=2)
            except (urllib.error.URLError, OSError):
                # Polling is all a process in its start-up offers; bounded by the deadline.
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"JupyterLab did not answer:\n{self.log()}")

    def stop(self) -> None:
        """Stop it, and its kernels with it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def write(self, name: str, notebook: dict[str, object]) -> None:
        """Put a notebook into the root folder."""
        (self.root / name).write_text(json.dumps(notebook), encoding="utf-8")

    def read(self, name: str) -> dict[str, object]:
        """A notebook as it stands on disk."""
        content: dict[str, object] = json.loads((self.root / name).read_text(encoding="utf-8"))
        return content
