"""`python -m oci_jupyter.lab`: JupyterLab on a fresh copy of the demo, the panel docked.

The panel itself opens with the notebook, because the notebook holds a plan.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from jupyterlab.labapp import LabApp

from .notebook.templates import notebook_template


def demo_copy(folder: Path) -> Path:
    """Write the demo notebook under a name that is free.

    Args:
        folder: Where to; created when missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := folder / f"causal-analysis-demo-{number}.ipynb").exists():
        number += 1
    path.write_text(json.dumps(notebook_template("demo"), indent=1) + "\n", encoding="utf-8")
    return path


def main() -> None:
    """Start JupyterLab; further arguments are JupyterLab's own."""
    folder = Path("out") / "lab"
    notebook = demo_copy(folder)
    sys.stdout.write(f"Opening {notebook}\n")
    arguments = [
        f"--ServerApp.root_dir={folder.absolute()}",
        f"--LabApp.default_url=/lab/tree/{notebook.name}",
        *sys.argv[1:],
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # containers; Jupyter refuses otherwise
        arguments.append("--allow-root")
    LabApp.launch_instance(arguments)


if __name__ == "__main__":
    main()
