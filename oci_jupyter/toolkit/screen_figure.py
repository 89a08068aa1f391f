"""The figure of the screen: what columns outside the plan have to do with treatment and outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .figure_look import CONTROL, TREATED, plain
from .figures import study_figure

if TYPE_CHECKING:
    from .study_core import StudyCore

#: Columns that are named in the figure.
_NAMED = 8


def screen_figure(study: StudyCore, frame: pd.DataFrame) -> Any:
    """Share of treatment against share of outcome, beyond the confounders, per column.

    Args:
        study: The study.
        frame: The screen's tidy frame.

    Returns:
        A plotly figure, or None where no column lies outside the plan.
    """
    import plotly.graph_objects as go

    shown = frame[frame["r2_treatment"].notna()].reset_index(drop=True)
    if not len(shown):
        return None
    figure = study_figure(study, "Columns that nothing adjusts for, beyond the confounders")
    spots = shown["looks"] == "blind spot"
    for flag, name, color, symbol in (
        (True, "blind spot", TREATED, "diamond"),
        (False, "other", CONTROL, "circle"),
    ):
        part = shown[spots == flag]
        if not len(part):
            continue
        labels = [
            plain(c, 30) if i < _NAMED else ""
            for i, c in zip(part.index, part["column"], strict=True)
        ]
        figure.add_trace(
            go.Scatter(
                x=[100 * v for v in part["r2_treatment"]],
                y=[100 * v for v in part["r2_outcome"]],
                text=labels,
                customdata=[plain(c) for c in part["column"]],
                mode="markers+text",
                textposition="top center",
                name=f"{name} ({len(part)})",
                marker={"color": color, "symbol": symbol, "size": 10},
                hovertemplate="%{customdata}: %{x:.2f} %, %{y:.2f} %<extra></extra>",
            )
        )
    figure.update_xaxes(title="% of what is left of the treatment", rangemode="tozero")
    figure.update_yaxes(title="% of what is left of the outcome", rangemode="tozero")
    return figure
