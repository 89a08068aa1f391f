"""The design matrix: how each confounder becomes numbers.

Rules (also told to the reader by `Study`):
- numbers, dates: as they are; a missing value becomes the median, and a column
  `… missing` says where (when any is missing);
- booleans: 0/1; text and categories: one 0/1 column per level (one in all for two
  levels); a missing value is a level of its own;
- more than `MAX_LEVELS` levels: the most frequent stay, the rest become `(other)`;
- columns are ordered by name, so that the order in the data does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from .column_checks import MAX_LEVELS
from .data import as_float, column_kind, level_text, settle_dtype


@dataclass(frozen=True)
class Feature:
    """One column of the design matrix.

    Attributes:
        label: What a person reads, for example `race = black`.
        source: The confounder it comes from.
        kind: Number, level of a categorical, or missingness indicator.
    """

    label: str
    source: str
    kind: Literal["number", "level", "missing"]


@dataclass
class Design:
    """The encoded confounders.

    Attributes:
        matrix: Shape (n, p), float64, column-major, no missing values.
        features: One per column.
    """

    matrix: np.ndarray
    features: list[Feature]

    def columns_of(self, confounders: list[str]) -> np.ndarray:
        """Indices of the features that come from these confounders."""
        wanted = set(confounders)
        return np.array([i for i, f in enumerate(self.features) if f.source in wanted], dtype=int)

    def take(self, rows: np.ndarray) -> Design:
        """The same features of some rows."""
        return Design(np.asfortranarray(self.matrix[rows]), self.features)


def encode(frame: pd.DataFrame, confounders: list[str]) -> Design:
    """Encode confounders as numbers by the rules above.

    Args:
        frame: The data; each confounder names exactly one column.
        confounders: Columns to encode.

    Returns:
        The design matrix, features ordered by the confounder's name.
    """
    blocks: list[np.ndarray] = []
    features: list[Feature] = []
    for name in sorted(confounders):
        column = settle_dtype(frame[name])
        kind = column_kind(column)
        if kind in ("text", "category"):
            block, made = _encode_levels(column, name)
        else:
            block, made = _encode_number(column, name)
        blocks.extend(block)
        features.extend(made)
    matrix = np.empty((len(frame), len(blocks)), dtype=float, order="F")
    for i, values in enumerate(blocks):
        matrix[:, i] = values
    return Design(matrix, features)


def _encode_number(column: pd.Series, name: str) -> tuple[list[np.ndarray], list[Feature]]:
    values = as_float(column)
    missing = np.isnan(values)
    if not missing.any():
        return [values], [Feature(name, name, "number")]
    filled = np.where(missing, np.median(values[~missing]), values)
    blocks, features = [missing.astype(float)], [Feature(f"{name} missing", name, "missing")]
    if filled.min() != filled.max():
        blocks.insert(0, filled)
        features.insert(0, Feature(name, name, "number"))
    return blocks, features


def _encode_levels(column: pd.Series, name: str) -> tuple[list[np.ndarray], list[Feature]]:
    present = column.notna().to_numpy()
    texts = np.array([level_text(v) for v in column.to_numpy(dtype=object)], dtype=object)
    texts[~present] = ""
    codes, levels = pd.factorize(texts[present], sort=True)
    counts = np.bincount(codes, minlength=len(levels))
    kept = list(range(len(levels)))
    if len(levels) > MAX_LEVELS:
        kept = sorted(sorted(kept, key=lambda i: (-counts[i], str(levels[i])))[:MAX_LEVELS])
    blocks: list[np.ndarray] = []
    features: list[Feature] = []
    full = np.full(len(texts), -1)
    full[present] = codes
    for i in kept:
        blocks.append((full == i).astype(float))
        features.append(Feature(f"{name} = {levels[i]}", name, "level"))
    if len(kept) < len(levels):
        blocks.append((present & ~np.isin(full, kept)).astype(float))
        features.append(Feature(f"{name} = (other)", name, "level"))
    if not present.all():
        blocks.append((~present).astype(float))
        features.append(Feature(f"{name} missing", name, "missing"))
    elif len(blocks) == 2:
        return blocks[1:], features[1:]
    return blocks, features
