"""Fixtures: one JupyterLab and one browser for all tests, one page per test."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parent))
# The scripted language model; last, since `tests` has folders that are called like packages.
sys.path.append(str(Path(__file__).parents[1] / "tests"))

from chromium import installed
from lab_page import LabPage
from lab_server import LabServer

ARTIFACTS = Path(__file__).parent / "artifacts"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    return {"executable_path": installed(), "args": arguments}


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    server = LabServer(tmp_path_factory.mktemp("jupyter"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def lab(
    lab_server: LabServer, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[LabPage]:
    """JupyterLab in a page of its own; a screenshot is kept when the test fails."""
    page = new_page(browser)
    name = re.sub(r"[^a-zA-Z0-9]+", "-", request.node.name).strip("-")
    yield LabPage(page, lab_server, workspace=name)
    if getattr(request.node, "failed", False):
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"failed-{name}.png")
    page.context.close()


def new_page(browser: Browser) -> Page:
    """A page of its own context, large enough for notebook and panel."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    return context.new_page()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.failed = report.failed  # type: ignore[attr-defined]
