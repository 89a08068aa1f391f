"""Simulated data with known effects, shared by the toolkit's tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oci_jupyter import toolkit as oci

Simulate = Callable[..., pd.DataFrame]

_ROLES: dict[str, Any] = {
    "treatment": "d",
    "outcome": "y",
    "confounders": ["x1", "x2", "x3", "color"],
    "placebo_outcomes": ["before"],
}


def _simulate(
    n: int = 1500, effect: float = 2.0, seed: int = 0, hidden: float = 0.0
) -> pd.DataFrame:
    """Confounded data: treatment and outcome depend on the columns, and on a hidden one.

    The effect is `effect` + x1, so ATE, ATT and ATO differ; `before` is unaffected.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    color = rng.choice(["red", "green", "blue"], n, p=[0.5, 0.3, 0.2])
    u = rng.normal(size=n)
    logit = 0.7 * x[:, 0] - 0.5 * x[:, 1] + 0.6 * (color == "red") - 0.3 + hidden * u
    e = 1 / (1 + np.exp(-logit))
    d = (rng.random(n) < e).astype(int)
    base = x[:, 0] + 0.5 * x[:, 1] ** 2 + 0.8 * (color == "red") + hidden * u
    return pd.DataFrame(
        {
            "x1": x[:, 0],
            "x2": x[:, 1],
            "x3": x[:, 2],
            "color": color,
            "d": d,
            "y": base + (effect + x[:, 0]) * d + rng.normal(size=n),
            "before": x[:, 0] + 0.7 * x[:, 1] + rng.normal(size=n),
            "e": e,
            "tau": effect + x[:, 0],
        }
    )


@pytest.fixture(scope="session")
def simulate() -> Simulate:
    return _simulate


@pytest.fixture(scope="session")
def roles() -> dict[str, Any]:
    return dict(_ROLES)


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return _simulate()


@pytest.fixture(scope="session")
def study(frame: pd.DataFrame) -> oci.Study:
    """A study that the tests only read."""
    return oci.Study(frame, **_ROLES)
