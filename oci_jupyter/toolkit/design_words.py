"""Sentences and grades that the designs with levels and with doses share."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .encode import Design
from .wording import number, percent

#: Effective units below which a normal interval is doubtful, and hopeless.
ESS_WARN, ESS_FAIL = 50, 20


def share_grade(value: float, warn: float, fail: float) -> Literal["pass", "warn", "fail"]:
    """Grade of a share (or any size) that should be small; the limits themselves pass."""
    return "fail" if value > fail else "warn" if value > warn else "pass"


def size_grade(value: float) -> Literal["pass", "warn", "fail"]:
    """Grade of an effective sample size."""
    return "fail" if value < ESS_FAIL else "warn" if value < ESS_WARN else "pass"


def assumptions(what: str, positivity: str) -> list[str]:
    """The assumptions in words, and how confounders enter the models."""
    return [
        f"Assumed: given the confounders, {what} is as good as random; {positivity}; one unit's "
        "treatment does not change another's outcome.",
        "In the models numbers stay as they are (missing ones become the median, and a column "
        "says where), and each level of a category is a column of its own.",
    ]


def out_of_reach(design: Design, out: np.ndarray, what: str) -> list[str]:
    """In which confounders the units out of reach differ most from the others.

    Args:
        design: Encoded confounders, n rows.
        out: Mask of the units out of reach, shape (n,).
        what: What they could hardly have got, in words.
    """
    n = int(out.sum())
    if n == 0:
        return []
    opening = f"{n:,} of {len(out):,} units ({percent(n / len(out))}) could hardly have got {what}"
    X = design.matrix
    if n == len(out) or X.shape[1] == 0:
        return [opening + "."]
    scale = X.std(axis=0)
    gap = (X[out].mean(axis=0) - X[~out].mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    order = np.argsort(-np.abs(gap), kind="stable")[:3]
    words = []
    for j in order:
        a, b = float(X[out, j].mean()), float(X[~out, j].mean())
        as_share = design.features[j].kind != "number"
        spell = percent if as_share else number
        words.append(f"{design.features[j].label} {spell(a)} against {spell(b)}")
    return [f"{opening}; on average they differ from the others in {'; '.join(words)}."]
