"""The object a diagnostic returns: it displays itself to people and to the critic.

Displaying emits two outputs. The first carries the result as JSON under our MIME type with
an HTML table and plain text beside it; the second, if there is a figure, the live plot.
JupyterLab shows both, nbconvert the table, a reader of the notebook file the text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import (
    RESULT_MIME,
    Check,
    Estimate,
    Finding,
    Result,
    Table,
    TrimOption,
)

from .result_html import result_html, result_text
from .session import session_id, toolkit_version

if TYPE_CHECKING:
    from .study_core import StudyCore

PLOTLY_MIME = "application/vnd.plotly.v1+json"


class ResultView:
    """What a step found.

    Attributes:
        result: The contract's `Result`.
        frame: Tidy DataFrame with the unrounded figures.
    """

    def __init__(
        self,
        result: Result,
        frame: pd.DataFrame,
        draw: Callable[[], Any] | None = None,
    ) -> None:
        self.result = result
        self.frame = frame
        self._draw = draw
        self._figure: Any = None

    @property
    def checks(self) -> list[Check]:
        """The graded findings."""
        return self.result.checks

    @property
    def figure(self) -> Any:
        """The plotly figure, drawn on first use; None where a figure adds nothing."""
        if self._figure is None and self._draw is not None:
            self._figure = self._draw()
        return self._figure

    def to_dict(self) -> dict[str, Any]:
        """The contract's `Result` as JSON-able values (no NaN, no infinity)."""
        return self.result.model_dump(mode="json")

    def __repr__(self) -> str:
        return result_text(self.result)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return result_html(self.result)

    def bundles(self) -> list[dict[str, Any]]:
        """The MIME bundles that displaying emits, in order."""
        first = {
            RESULT_MIME: self.to_dict(),
            "text/html": self._repr_html_(),
            "text/plain": repr(self),
        }
        if self.figure is None:
            return [first]
        plot = json.loads(self.figure.to_json())
        return [first, {PLOTLY_MIME: plot, "text/plain": f"[figure: {self.result.title}]"}]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for bundle in self.bundles():
            display(bundle, raw=True)


def finite(value: Any) -> Any:
    """A scalar as the contract wants it: plain Python, NaN and infinity as None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is pd.NA or value is pd.NaT:
        return None
    return value


def make_view(
    study: StudyCore,
    *,
    kind: Any,
    title: str,
    headline: str,
    frame: pd.DataFrame,
    table: pd.DataFrame,
    seconds: float,
    params: dict[str, Any] | None = None,
    checks: Sequence[Check] = (),
    estimates: Sequence[Estimate] = (),
    trim_options: Sequence[TrimOption] = (),
    strongest: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    notes: Sequence[str] = (),
    draw: Callable[[], Any] | None = None,
) -> ResultView:
    """Assemble what a diagnostic found.

    Args:
        study: The study it speaks of.
        kind: The contract's `ResultKind`.
        title: Names the diagnostic.
        headline: The finding in a few words.
        frame: Tidy and unrounded.
        table: The same for reading: few columns, rounded.
        seconds: Wall time, s.
        params: Arguments worth keeping.
        checks: Graded findings.
        estimates: Estimated effects.
        trim_options: What trimming would leave.
        strongest: Strongest observed confounders first.
        findings: Concerns about data and roles.
        notes: Sentences worth reading.
        draw: Makes the plotly figure.
    """
    rows = [[finite(v) for v in row] for row in table.itertuples(index=False, name=None)]
    result = Result(
        kind=kind,
        title=title,
        headline=headline,
        study=study.info(),
        params=params or {},
        checks=list(checks),
        estimates=list(estimates),
        table=Table(columns=[str(c) for c in table.columns], rows=rows),
        trim_options=list(trim_options),
        strongest=list(strongest),
        findings=list(findings),
        notes=list(notes),
        toolkit_version=toolkit_version(),
        session=session_id(),
        seconds=round(seconds, 3),
    )
    return ResultView(result, frame, draw)
