"""Figures of effects in groups; the look is that of `figures`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .figure_look import CONTROL, INK, THIRD, TREATED, distinct, plain
from .figures import study_figure
from .wording import number

if TYPE_CHECKING:
    from .study_core import StudyCore

_HALF = 1.959963984540054
_LOOKS = {
    "all": (THIRD, "diamond", "all units"),
    "predicted": (TREATED, "circle", "by predicted effect"),
    "by": (CONTROL, "square", "by column"),
}
#: More groups would not be read.
_MOST = 40


def groups_figure(study: StudyCore, frame: pd.DataFrame) -> Any:
    """Effects in groups with 95 % intervals; the dashed line is the average effect.

    Args:
        study: The study.
        frame: Columns section (`all`, `predicted`, `by`), group, n, estimate, stderr.

    Returns:
        A plotly figure.
    """
    import plotly.graph_objects as go

    shown = frame[frame["section"].isin(list(_LOOKS))].head(_MOST)
    figure = study_figure(study, "For whom is the effect larger?", height=170 + 30 * len(shown))
    labels = distinct([str(g) for g in shown["group"]])
    shown = shown.assign(label=labels)
    average = float(shown.loc[shown["section"] == "all", "estimate"].iloc[0])
    figure.add_vline(x=average, line={"color": THIRD, "dash": "dash", "width": 1})
    figure.add_vline(x=0, line={"color": INK, "dash": "dot", "width": 1})
    for section, part in shown.groupby("section", sort=False):
        color, symbol, name = _LOOKS[str(section)]
        figure.add_trace(
            go.Scatter(
                x=list(part["estimate"]),
                y=list(part["label"]),
                error_x={
                    "type": "data",
                    "array": [_HALF * v for v in part["stderr"]],
                    "color": color,
                },
                mode="markers",
                name=name,
                marker={"color": color, "symbol": symbol, "size": 9},
                text=[
                    f"{number(v)} (n = {int(n):,})"
                    for v, n in zip(part["estimate"], part["n"], strict=True)
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure.update_yaxes(
        categoryorder="array", categoryarray=labels, autorange="reversed", type="category"
    )
    figure.update_xaxes(
        title=f"effect on {plain(study.roles.outcome)} with 95 % interval "
        "(dashed: average, dotted: none)"
    )
    return figure
