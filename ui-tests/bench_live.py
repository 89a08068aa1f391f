"""The demo in a real JupyterLab: what a step costs beyond the kernel's own computation.

Run by `make bench`. Times come from the journal: a step lasts from its first insertion to
the next step's, or to the verdict.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from chromium import installed
from lab_page import LabPage
from lab_server import LabServer
from notebooks import demo
from playwright.sync_api import sync_playwright

from oci_jupyter.artifacts.journal import Journal
from oci_jupyter.contract import RESULT_MIME, Result
from oci_jupyter.evals.bench import report, step_times


def main() -> None:
    """Run the demo once and print its figures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LabServer(Path(folder))
        server.start()
        try:
            browser = playwright.chromium.launch(
                executable_path=installed(),
                args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
            )
            lab = LabPage(browser.new_page(), server, workspace="bench").open(demo())
            lab.run_cell(1)
            lab.command("oci-jupyter:run", {"path": lab.path})
            lab.until_phase("finished")
            seconds = {}
            for cell in lab.agent_cells():
                for output in cell["outputs"]:
                    payload = output.get("data", {}).get(RESULT_MIME)
                    if payload:
                        seconds[cell["id"]] = Result.model_validate(payload).seconds
            journal = next((server.data / "oci_jupyter" / "journal").glob("*.jsonl"))
            entries = Journal(journal).entries()
            browser.close()
        finally:
            server.stop()
    steps = step_times(entries, seconds)
    total = sum(step.total for step in steps)
    print(report("Demo, live in JupyterLab", steps, sum(seconds.values()), total))


if __name__ == "__main__":
    main()
