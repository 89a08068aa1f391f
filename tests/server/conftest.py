"""A Jupyter Server with our extension, and a fake tab that plays the browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "agents"))


@pytest.fixture
def journal_dir(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def jp_server_config(journal_dir: Path) -> dict[str, Any]:
    return {
        "ServerApp": {"jpserver_extensions": {"oci_jupyter": True}, "allow_root": True},
        "OciJupyterApp": {
            "journal_dir": str(journal_dir),
            "grace": 0.2,
            "max_message_size": 200_000,
        },
    }
