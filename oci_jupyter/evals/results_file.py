"""Reads the csv file in which an evaluation keeps its results, so that a stopped run continues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..contract import ContractError


def read_results(path: Path, columns: Sequence[str], **options: Any) -> pd.DataFrame:
    """Read a file of results.

    Args:
        path: The file; it need not exist.
        columns: The evaluation's columns, in order.
        options: For `pandas.read_csv`.

    Returns:
        One row per result; empty if there is no file, or nothing in it.

    Raises:
        ContractError: `out_columns`: it is some other file.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return pd.DataFrame(columns=list(columns))
    try:
        rows: pd.DataFrame = pd.read_csv(path, **options)
    except (ValueError, UnicodeDecodeError):
        rows = pd.DataFrame()
    if list(rows.columns) != list(columns):
        raise ContractError.of(
            "out_columns",
            f"{path} is there, but is not a file of results of this evaluation.",
            "Give another file with --out.",
            field="out",
            value=str(path),
        )
    return rows
