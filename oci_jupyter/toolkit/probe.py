"""Questions the browser or a headless run asks the kernel, as a Jupyter user expression.

    user_expressions = {"oci": "__import__('oci_jupyter.toolkit.probe', fromlist=['ask'])"
                               ".ask('kernel', '{}')"}

The answer's MIME bundle carries JSON. The source of a question is looked up by name or read
as a file; it is never evaluated.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import (
    ColumnProfile,
    ContractError,
    DataProfile,
    FrameInfo,
    KernelInfo,
    LevelCount,
    Problem,
)

from .data import (
    as_float,
    column_kind,
    fingerprint,
    level_text,
    load_frame,
    looks_like_file,
    settle_dtype,
)
from .roles import check_roles
from .row_filter import blame_conditions, choose_rows
from .session import session_id, toolkit_version

_BINS = 12
_LEVELS = 12
#: Histograms are drawn from at most this many rows; all counts are exact.
_SAMPLE = 20_000


class Answer:
    """An answer that displays as JSON."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"application/json": self.content, "text/plain": json.dumps(self.content)}

    def __repr__(self) -> str:
        return json.dumps(self.content)


def ask(what: str, request_json: str = "{}") -> Answer:
    """Answer a question about the kernel or about data in it.

    Args:
        what: `kernel` for a `KernelInfo`; `data` for a `DataProfile`.
        request_json: For `data`: `source` (a variable's name, or a csv/parquet path or URL),
            and optionally `treatment`, `treated`, `outcome`, `confounders`,
            `placebo_outcomes`, `cluster`, `weights`, `keep` (conditions on rows), and `names`,
            variables our cells would like to assign.

    Returns:
        The answer; bad input comes back as its `problems`, or as `{"error": …}` when the
        question itself is malformed.
    """
    try:
        request = json.loads(request_json or "{}")
        if not isinstance(request, dict):
            raise ValueError("the request is not a JSON object")
        if what == "kernel":
            return Answer(kernel_info().model_dump(mode="json"))
        if what == "data":
            return Answer(data_profile(request).model_dump(mode="json"))
        raise ValueError(f"unknown question {what!r}; known: kernel, data")
    except (ValueError, TypeError) as error:
        return Answer({"error": str(error)})


def user_namespace() -> Mapping[str, Any]:
    """The user's variables: IPython's, or those of `__main__`."""
    try:
        from IPython import get_ipython

        shell = get_ipython()
        if shell is not None:
            return dict(shell.user_ns)
    except ImportError:
        pass
    import __main__

    return dict(vars(__main__))


def kernel_info() -> KernelInfo:
    """What the kernel says about itself: session, versions, DataFrames."""
    frames = [
        FrameInfo(name=name, rows=len(value), columns=value.shape[1])
        for name, value in user_namespace().items()
        if isinstance(value, pd.DataFrame) and not name.startswith("_")
    ]
    return KernelInfo(
        session=session_id(),
        toolkit_version=toolkit_version(),
        python=platform.python_version(),
        frames=frames,
    )


def data_profile(request: Mapping[str, Any]) -> DataProfile:
    """Profile of the data a plan names, with what is wrong with its roles."""
    source = str(request.get("source") or "")
    namespace = user_namespace()
    taken = _taken_names(request.get("names") or [], namespace)
    frame, problem = _find(source, namespace)
    if frame is None:
        return DataProfile(
            source=source,
            rows=0,
            columns=[],
            fingerprint="",
            problems=[problem] if problem else [],
            taken_names=taken,
        )
    problems = []
    given = any(
        request.get(k)
        for k in ("treatment", "outcome", "confounders", "cluster", "weights", "keep")
    )
    if given:
        kept = choose_rows(frame, request.get("keep"))
        found = check_roles(
            frame if kept.problems or kept.rows.all() else frame.loc[kept.rows],
            treatment=str(request.get("treatment") or ""),
            outcome=str(request.get("outcome") or ""),
            confounders=_names(request.get("confounders")),
            placebo_outcomes=_names(request.get("placebo_outcomes")),
            treated=request.get("treated"),
            weights=str(request.get("weights") or "") or None,
            cluster=str(request.get("cluster") or "") or None,
        ).problems
        blame_conditions(found, kept)
        problems = [*kept.problems, *found]
    return DataProfile(
        source=source,
        rows=len(frame),
        columns=[
            profile_column(str(name), frame.iloc[:, i]) for i, name in enumerate(frame.columns)
        ],
        fingerprint=fingerprint(frame),
        problems=problems,
        taken_names=taken,
    )


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(v) for v in value]


def _taken_names(names: Any, namespace: Mapping[str, Any]) -> list[str]:
    """The names the user has given to something that is not a study of ours."""
    from .study import Study

    return [n for n in _names(names) if n in namespace and not isinstance(namespace[n], Study)]


def _find(source: str, namespace: Mapping[str, Any]) -> tuple[pd.DataFrame | None, Problem | None]:
    if source.isidentifier():
        value = namespace.get(source)
        if isinstance(value, pd.DataFrame):
            return value, None
        if source in namespace:
            return None, Problem(
                code="data_not_frame",
                field="data",
                value=source,
                message=f"`{source}` is a {type(value).__name__}, not a DataFrame.",
                fix="Turn it into a DataFrame, for example `pd.DataFrame(...)`.",
            )
        frames = [k for k, v in namespace.items() if isinstance(v, pd.DataFrame) and k[0] != "_"]
        return None, Problem(
            code="data_missing",
            field="data",
            value=source,
            message=f"The kernel has no DataFrame named `{source}`.",
            fix=f"DataFrames there are: {', '.join(frames[:12])}."
            if frames
            else "Run the cell that loads the data, or give a csv or parquet path.",
        )
    if not looks_like_file(source):
        return None, Problem(
            code="data_missing",
            field="data",
            value=source[:200],
            message=f"`{source[:200]}` is neither the name of a DataFrame nor a csv or parquet "
            "file."
            if source
            else "No data is named.",
            fix="Choose a DataFrame of the kernel, or give a path or URL.",
        )
    try:
        return load_frame(source), None
    except ContractError as error:
        return None, error.problems[0]


def profile_column(name: str, column: pd.Series) -> ColumnProfile:
    """Kind, missing share, levels and a small histogram of one column.

    Args:
        name: The column's name.
        column: Its values; nothing of them leaves but counts and levels.
    """
    kind = column_kind(column)
    n_missing = int(column.isna().sum())
    n = len(column)
    profile = ColumnProfile(
        name=name,
        dtype=str(column.dtype),
        kind=kind,
        n_missing=n_missing,
        missing_share=n_missing / n if n else 0.0,
        n_unique=0,
    )
    if kind == "other" or n == n_missing:
        return profile
    settled = settle_dtype(column)
    if kind in ("integer", "number", "datetime"):
        values = as_float(settled)
        values = values[np.isfinite(values)]
        profile.n_unique = len(pd.unique(values))
        if not len(values):
            return profile
        low, high = float(values.min()), float(values.max())
        profile.minimum, profile.maximum = low, high
        step = max(1, len(values) // _SAMPLE)
        counts, _ = np.histogram(values[::step], _BINS, (low, high if high > low else low + 1.0))
        profile.histogram = [int(c) for c in counts]
        if profile.n_unique > _LEVELS or kind == "datetime":
            return profile
    try:
        counted = settled.dropna().value_counts()
    except TypeError:
        return profile
    counted = counted[counted > 0]
    profile.n_unique = len(counted)
    top = sorted(
        counted.iloc[: 4 * _LEVELS].items(), key=lambda item: (-item[1], level_text(item[0]))
    )
    profile.levels = [LevelCount(level=level_text(k)[:200], count=int(v)) for k, v in top[:_LEVELS]]
    return profile
