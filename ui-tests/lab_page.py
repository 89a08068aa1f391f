"""Drives JupyterLab as a person does, and looks at the notebook as a script does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab_server import TOKEN, LabServer
from playwright.sync_api import Locator, Page

#: The open notebook's panel, found by path and never by "the current widget".
_PANEL = """
const panel = path => {
  for (const w of window.jupyterapp.shell.widgets('main')) {
    if (w.context && w.context.path === path) { return w; }
  }
  throw new Error('no such notebook: ' + path);
};
"""


class LabPage:
    """One browser page with one JupyterLab.

    Args:
        page: Playwright's page.
        server: The JupyterLab.
        workspace: Name of the workspace; a reload restores it.
    """

    def __init__(self, page: Page, server: LabServer, workspace: str) -> None:
        self.page = page
        self.server = server
        self.workspace = workspace
        self.path = ""

    # --- opening ---------------------------------------------------------------------

    def open(self, notebook: dict[str, Any], name: str = "") -> LabPage:
        """Open a notebook in a fresh workspace and wait for its kernel."""
        self.path = name or f"{self.workspace}.ipynb"
        self.server.write(self.path, notebook)
        self.page.goto(
            f"{self.server.url}/lab/workspaces/{self.workspace}/tree/{self.path}"
            f"?reset&token={TOKEN}"
        )
        self.ready()
        return self

    def reload(self) -> None:
        """Reload the page, as F5 does."""
        self.page.goto(f"{self.server.url}/lab/workspaces/{self.workspace}")
        self.ready()

    def ready(self) -> None:
        """Wait until JupyterLab is up and the notebook's kernel is idle."""
        self.page.wait_for_function("() => window.jupyterapp && window.jupyterapp.shell")
        self.page.evaluate("() => window.jupyterapp.restored")
        self.wait(
            "p => p.context.isReady && p.sessionContext.session?.kernel?.status === 'idle'",
        )

    # --- looking ----------------------------------------------------------------------

    def js(self, function: str, argument: Any = None) -> Any:
        """Evaluate `(panel, argument) => …` on the notebook's panel."""
        source = f"([path, argument]) => {{ {_PANEL} return ({function})(panel(path), argument); }}"
        return self.page.evaluate(source, [self.path, argument])

    def wait(self, function: str, argument: Any = None, timeout: float = 60_000) -> None:
        """Wait until `(panel, argument) => …` is true."""
        source = (
            f"([path, argument]) => {{ {_PANEL} "
            f"try {{ return ({function})(panel(path), argument); }} "
            "catch (e) { return false; } }"
        )
        self.page.wait_for_function(source, arg=[self.path, argument], timeout=timeout)

    def cells(self) -> list[dict[str, Any]]:
        """All cells, in nbformat's shape, with their ids."""
        found: list[dict[str, Any]] = self.js(
            "p => p.content.widgets.map(w => ({...w.model.toJSON(), id: w.model.id}))"
        )
        return found

    def cell(self, cell_id: str) -> dict[str, Any]:
        return next(c for c in self.cells() if c["id"] == cell_id)

    def agent_cells(self, role: str = "step") -> list[dict[str, Any]]:
        """The cells that the agent inserted, top to bottom."""
        return [c for c in self.cells() if c["metadata"].get("oci_jupyter", {}).get("role") == role]

    def state(self) -> dict[str, Any]:
        """The run's state, through the command that scripts would use."""
        found: dict[str, Any] = self.command("oci-jupyter:open-panel")
        return found

    def until_state(self, function: str, argument: Any = None, seconds: float = 120) -> None:
        """Wait until `(state, argument) => …` is true."""
        reached = self.page.evaluate(
            f"""async ([argument, seconds]) => {{
              const holds = {function};
              const end = Date.now() + 1000 * seconds;
              while (Date.now() < end) {{
                const state = await window.jupyterapp.commands.execute('oci-jupyter:open-panel');
                try {{ if (state && holds(state, argument)) {{ return true; }} }} catch (e) {{ }}
                await new Promise(resolve => setTimeout(resolve, 50));
              }}
              return false;
            }}""",
            [argument, seconds],
        )
        assert reached, f"never: {function}; state: {self.state()}"

    def until_phase(self, phase: str) -> None:
        """Wait for a phase; a run that fails meanwhile ends the wait with its message."""
        self.until_state("(s, phase) => s.phase === phase || s.phase === 'failed'", phase)
        state = self.state()
        assert state["phase"] == phase, state["message"]

    def answer_all(self) -> None:
        """Say yes to every question until the run ends."""
        while True:
            self.until_state("s => s.question !== null || s.phase === 'finished'")
            question = self.state()["question"]
            if question is None:
                return
            self.panel.get_by_role("button", name=question["default"]).click()
            self.until_state("(s, id) => s.question?.question_id !== id", question["question_id"])

    # --- acting -----------------------------------------------------------------------

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> Any:
        """Execute a JupyterLab command."""
        return self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args)",
            [name, arguments or {}],
        )

    def select(self, index: int) -> None:
        """Make a cell active in command mode."""
        self.js(
            "(p, i) => { p.content.activeCellIndex = i; p.content.mode = 'command';"
            " p.content.node.focus(); }",
            index,
        )

    def index_of(self, cell_id: str) -> int:
        return [c["id"] for c in self.cells()].index(cell_id)

    def run_cell(self, index: int) -> None:
        """Select a cell and press Shift+Enter; wait until it has run."""
        self.select(index)
        self.js(
            "(p, i) => { window.ran = false;"
            " const model = p.content.widgets[i].model;"
            " model.stateChanged.connect(function done(_, change) {"
            "   if (change.name === 'executionCount' && change.newValue !== null) {"
            "     model.stateChanged.disconnect(done); window.ran = true; } }); }",
            index,
        )
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function("() => window.ran")

    def save(self) -> None:
        self.js("p => p.context.save()")

    # --- the panel ---------------------------------------------------------------------

    @property
    def panel(self) -> Locator:
        return self.page.locator("#oci-jupyter-panel")

    def resume(self) -> None:
        """Press Resume, and see it taken up."""
        before = self.state()["phase"]
        self.panel.get_by_role("button", name="Resume").click()
        self.until_state("(s, before) => s.phase !== before", before)

    def step_action(self, name: str) -> None:
        """Press one of a step's actions, which show on hover."""
        button = self.panel.get_by_role("button", name=name)
        button.locator("xpath=ancestor::li").hover()
        button.click()

    def widen_panel(self, pixels: int) -> None:
        """Drag the panel's edge to the left."""
        box = self.panel.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] - 2, box["y"] + 300)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] - pixels, box["y"] + 300, steps=8)
        self.page.mouse.up()

    def screenshot(self, name: str) -> None:
        """Keep a screenshot as a build artifact."""
        folder = Path(__file__).parent / "artifacts"
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")
