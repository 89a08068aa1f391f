"""Reading data, naming a column's kind, and the fingerprint that row order does not change."""

from __future__ import annotations

import datetime as dt
import hashlib
import numbers
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from oci_jupyter.contract import ContractError, Problem

Kind = Literal["boolean", "integer", "number", "category", "text", "datetime", "other"]

#: Endings we read, by the reader's name.
_READERS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet", ".pq": "parquet"}


def looks_like_file(source: str) -> bool:
    """Whether a source string names a csv or parquet file or URL."""
    return _reader(source) is not None


def load_frame(source: Any) -> pd.DataFrame:
    """The data as a pandas DataFrame.

    Args:
        source: A table (pandas, polars, pyarrow, or anything else narwhals knows), or a
            csv/parquet path or URL (anything fsspec opens).

    Returns:
        The DataFrame itself, or the one that was converted or read.

    Raises:
        ContractError: `data_missing`, `data_format` or `data_not_frame`.
    """
    if isinstance(source, pd.DataFrame):
        return source
    if not isinstance(source, (str, Path)):
        import narwhals as nw

        try:
            table = nw.from_native(source)
            eager = table.collect() if isinstance(table, nw.LazyFrame) else table
            return cast(pd.DataFrame, eager.to_pandas())
        except TypeError as error:
            raise ContractError(
                [
                    Problem(
                        code="data_not_frame",
                        field="data",
                        value=type(source).__name__,
                        message=f"The data is a {type(source).__name__}, not a DataFrame.",
                        fix="Give a pandas, polars or pyarrow table, or the path of a csv or "
                        "parquet file.",
                    )
                ]
            ) from error
    path = str(source)
    reader = _reader(path)
    if reader is None:
        raise ContractError(
            [
                Problem(
                    code="data_format",
                    field="data",
                    value=path[:200],
                    message=f"`{path[:200]}` is neither a csv nor a parquet file.",
                    fix="Give a path or URL that ends in .csv, .csv.gz or .parquet.",
                )
            ]
        )
    import fsspec

    try:
        with fsspec.open(path, "rb", compression="infer" if reader == "csv" else None) as file:
            if reader == "csv":
                return pd.read_csv(file)
            return pd.read_parquet(file)
    except Exception as error:  # any file system or parser may be behind the path
        raise ContractError(
            [
                Problem(
                    code="data_missing",
                    field="data",
                    value=path[:200],
                    message=f"`{path[:200]}` could not be read: "
                    f"{type(error).__name__}: {str(error)[:200]}.",
                    fix="Check the path, the network and your rights.",
                )
            ]
        ) from error


def _reader(path: str) -> str | None:
    name = path.split("?", 1)[0].lower()
    return next((r for end, r in _READERS.items() if name.endswith(end)), None)


def settle_dtype(column: pd.Series) -> pd.Series:
    """An object column that holds only numbers or only booleans, as such; others unchanged."""
    if not pd.api.types.is_object_dtype(column.dtype):
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        return pd.to_numeric(column.astype(float) if kind == "decimal" else column)
    if kind == "boolean":
        return column.astype("boolean")
    if kind in ("datetime", "datetime64", "date"):
        return pd.to_datetime(column, errors="coerce")
    return column


def column_kind(column: pd.Series) -> Kind:
    """What a column holds, in the words of the contract's `ColumnProfile`."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_complex_dtype(dtype):
        return "other"
    if pd.api.types.is_integer_dtype(dtype):
        return "integer"
    if pd.api.types.is_float_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return "datetime"
    if pd.api.types.is_object_dtype(dtype):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
            return "number"
        if kind == "boolean":
            return "boolean"
        if kind in ("datetime", "datetime64", "date"):
            return "datetime"
        if kind in ("string", "empty"):
            return "text"
        present = column.dropna()
        scalar = (str, numbers.Number, bool, Decimal, dt.date, bytes)
        return "text" if present.map(lambda v: isinstance(v, scalar)).all() else "other"
    if pd.api.types.is_string_dtype(dtype):
        return "text"
    return "other"


def as_float(column: pd.Series) -> np.ndarray:
    """Numbers of a boolean, numeric or date column as float64, missing as NaN.

    Dates become days since 1970, time differences become days.
    """
    column = settle_dtype(column)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        if getattr(column.dt, "tz", None) is not None:
            column = column.dt.tz_convert("UTC").dt.tz_localize(None)
        return _days((column - pd.Timestamp("1970-01-01")).to_numpy())
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return _days(column.to_numpy())
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    return column.to_numpy(dtype=float, na_value=np.nan)


def _days(spans: np.ndarray) -> np.ndarray:
    return np.asarray(spans / np.timedelta64(1, "D"), dtype=float)


def level_text(value: Any) -> str:
    """A level as a person writes it: 1.0 and True read like `1` and `True`."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def fingerprint(frame: pd.DataFrame) -> str:
    """Hash of a table's columns and values; neither row nor column order matters.

    Args:
        frame: Any DataFrame; values that cannot be hashed count by their text.

    Returns:
        16 hexadecimal digits.
    """
    total = np.zeros(len(frame), dtype=np.uint64)
    parts: list[str] = []
    with np.errstate(over="ignore"):
        for name, column in _named_columns(frame):
            parts.append(f"{name!r}:{column.dtype}")
            total += value_hashes(name, column)
            total ^= total >> np.uint64(29)
    rows = hashlib.sha256(np.sort(total).tobytes()).hexdigest()
    return hashlib.sha256(("\n".join(parts) + rows).encode("utf-8", "replace")).hexdigest()[:16]


def _named_columns(frame: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    """Columns by name, in order of the names."""
    order = sorted(enumerate(map(str, frame.columns)), key=lambda item: (item[1], item[0]))
    return [(name, frame.iloc[:, position]) for position, name in order]


def value_hashes(name: str, column: pd.Series) -> np.ndarray:
    """A number per row that depends on the column's name and the value, uint64, shape (n,)."""
    salt = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8])
    try:
        hashed = pd.util.hash_array(_hashable(column))
    except TypeError:
        hashed = pd.util.hash_array(column.map(repr).to_numpy(dtype=object))
    with np.errstate(over="ignore"):
        return np.asarray((hashed ^ np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15))


def _hashable(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(
        column.dtype
    ):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isnan(values), np.nan, values + 0.0)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return cast(np.ndarray, column.astype(object).to_numpy(dtype=object))
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return as_float(column)
    return column.to_numpy(dtype=object)
