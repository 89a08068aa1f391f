"""A small simulated data set with a known effect of 2, as a csv file and a plan."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from headless_plan import PLAN


def simulated(rows: int = 600, seed: int = 3) -> pd.DataFrame:
    """Data whose average effect is 2 for everyone, confounded by x1, x2 and group."""
    rng = np.random.default_rng(seed)
    x1, x2 = rng.normal(size=(2, rows))
    group = rng.choice(["a", "b", "c"], size=rows)
    logit = 0.6 * x1 - 0.4 * x2 + 0.5 * (group == "b")
    t = (rng.uniform(size=rows) < 1 / (1 + np.exp(-logit))).astype(int)
    before = x1 + x2 + rng.normal(size=rows)
    y = 2 * t + 1.5 * x1 + x2 + (group == "b") + rng.normal(size=rows)
    return pd.DataFrame({"x1": x1, "x2": x2, "group": group, "before": before, "t": t, "y": y})


@pytest.fixture(scope="session")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "simulated.csv"
    simulated().to_csv(path, index=False)
    return path


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.md"
    path.write_text(PLAN, encoding="utf-8")
    return path
