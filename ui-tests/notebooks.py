"""Notebooks that the tests open: the demo, and a small simulated study that runs in seconds."""

from __future__ import annotations

import json
from typing import Any

from oci_jupyter.notebook.templates import notebook_template

DATA = """import numpy as np, pandas as pd
rng = np.random.default_rng(3)
n = 400
x1, x2 = rng.normal(size=(2, n))
t = (rng.uniform(size=n) < 1 / (1 + np.exp(-0.6 * x1 + 0.4 * x2))).astype(int)
df = pd.DataFrame({"x1": x1, "x2": x2, "before": x1 + rng.normal(size=n), "t": t,
                   "y": 2 * t + 1.5 * x1 + x2 + rng.normal(size=n)})
df.shape"""

PLAN = """## Plan

```yaml
question: What does t do to y?
data: df
treatment: t
outcome: y
confounders: [x1, x2]
placebo_outcomes: [before]
estimands: [ATE, ATT]
```"""

STEPS = [
    "data-and-roles",
    "screen",
    "overlap",
    "balance",
    "placebo-1",
    "estimate",
    "sensitivity",
    "summary",
]


def demo() -> dict[str, Any]:
    """The demo notebook, as the launcher opens it."""
    notebook: dict[str, Any] = json.loads(json.dumps(notebook_template("demo")))
    return notebook


def _cell(kind: str, source: str, cell_id: str, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": kind, "source": source, "id": cell_id, "metadata": metadata}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    return cell


def small(plan: str = PLAN, data: str = DATA, kernel: str = "python3") -> dict[str, Any]:
    """A scratch cell, the data, the plan."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
        "cells": [
            _cell("code", "", "scratch"),
            _cell("code", data, "data"),
            _cell("markdown", plan, "plan", oci_jupyter={"protocol": 1, "role": "plan"}),
        ],
    }
