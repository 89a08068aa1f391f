"""Fixtures that all tests may use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from openai_server import OpenAIServer

pytest_plugins = ("pytest_jupyter.jupyter_server",)

# A shared machine may be slow at any moment: how long an example took proves nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A server that speaks chat completions; give it a `script`."""
    with OpenAIServer() as server:
        yield server
