"""Coverage against error, every method a labelled point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .acic_report import paired, summarize

_INK, _GRID = "#808080", "rgba(128,128,128,.25)"
#: Name, color (Okabe and Ito), symbol, size and size of the label, px; ours drawn last, on top.
_GROUPS: dict[str, tuple[str, str, str, int, int]] = {
    "published": ("published methods", "#56B4E9", "circle", 8, 10),
    "reference": ("the field's pipeline, run here", "#009E73", "square", 12, 13),
    "ours": ("this toolkit", "#D55E00", "diamond", 15, 13),
}
#: Where a label may be: offset of its center in half widths and half heights.
_PLACES: dict[str, tuple[float, float]] = {
    "top center": (0, 1),
    "bottom center": (0, -1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, 1),
    "bottom left": (-1, -1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
}
#: Size of the plot that labels are laid out for, px, and of the room around a point.
_WIDTH, _HEIGHT, _ROOM = 900, 450, 7


def write_figure(rows: pd.DataFrame, published: pd.DataFrame | None, path: Path) -> None:
    """Coverage against RMSE as an HTML file.

    Args:
        rows: The rows of a file of results.
        published: Stored answers for the ATT; with them the figure is about the ATT only.
        path: Where to write.
    """
    import plotly.graph_objects as go

    own = summarize(rows)
    pairs = paired(rows, published) if published is not None else pd.DataFrame()
    own = own[own["n"] > 0]
    if len(pairs):
        own = own[own["estimand"] == "ATT"]
    label = own["method"] + ("" if len(pairs) else " · " + own["estimand"])
    group = np.where(own["method"] == "reference", "reference", "ours")
    points = own[["rmse", "coverage"]].assign(label=label, group=group)
    if len(pairs):
        other = pairs.drop_duplicates("published")
        theirs = pd.DataFrame(
            {
                "rmse": other["rmse_theirs"],
                "coverage": other["coverage_theirs"],
                "label": other["published"],
                "group": "published",
            }
        )
        # Ours first: the first labels have the free choice of places.
        points = pd.concat([points, theirs], ignore_index=True)
    low, high = float(points["rmse"].min()), float(points["rmse"].max())
    points["place"] = label_places(
        ((np.log(points["rmse"] / low)) / (np.log(high / low) or 1.0)).tolist(),
        points["coverage"].tolist(),
        points["label"].tolist(),
        [_GROUPS[g][4] for g in points["group"]],
    )
    figure = go.Figure()
    for key in _GROUPS:
        part = points[points["group"] == key]
        if len(part):
            figure.add_trace(_trace(key, part))
    figure.add_hline(y=0.95, line={"color": _INK, "dash": "dash", "width": 1})
    axis = {"gridcolor": _GRID, "linecolor": _INK, "zeroline": False, "color": _INK}
    what = "the ATT" if len(pairs) else "each estimand"
    figure.update_layout(
        title={"text": f"Error and coverage for {what}; the dashed line is 95 %", "x": 0.02},
        xaxis={
            **axis,
            "title": {"text": "RMSE, units of the outcome (log scale)"},
            "type": "log",
            "tickvals": [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
            "dtick": "D2",
            # Room for the labels of the outermost points.
            "range": [np.log10(low) - 0.12, np.log10(high) + 0.12],
        },
        yaxis={
            **axis,
            "title": {"text": "coverage of 95 % intervals"},
            "tickformat": ".0%",
            "range": [-0.05, 1.08],
        },
        font={"color": _INK, "size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": -0.22},
        template=None,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.write_html(path, include_plotlyjs="cdn")


def label_places(
    x: Sequence[float], y: Sequence[float], labels: Sequence[str], sizes: Sequence[int]
) -> list[str]:
    """Text positions, one after another each where it covers the least.

    Args:
        x: Position along the axis, 0 to 1.
        y: Position up the axis, 0 to 1.
        labels: The texts.
        sizes: Their font sizes, px.

    Returns:
        Plotly's `textposition` for each.
    """
    centers = [(a * _WIDTH, b * _HEIGHT) for a, b in zip(x, y, strict=True)]
    taken: list[tuple[float, float, float, float]] = [(a, b, _ROOM, _ROOM) for a, b in centers]
    chosen = []
    for i, (a, b) in enumerate(centers):
        half_width, half_height = 0.3 * sizes[i] * len(labels[i]), 0.6 * sizes[i]
        best, least, box = "", np.inf, taken[i]
        for place, (right, up) in _PLACES.items():
            here = (
                a + right * (half_width + _ROOM),
                b + up * (half_height + _ROOM),
                half_width,
                half_height,
            )
            covered = sum(_shared(here, t) for j, t in enumerate(taken) if j != i)
            if covered < least:
                best, least, box = place, covered, here
        chosen.append(best)
        taken.append(box)
    return chosen


def _shared(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Area that two boxes share; a box is center x, center y, half width, half height."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0] - one[2], other[0] - other[2])
    up = min(one[1] + one[3], other[1] + other[3]) - max(one[1] - one[3], other[1] - other[3])
    return max(across, 0.0) * max(up, 0.0)


def _trace(key: str, points: pd.DataFrame) -> Any:
    import plotly.graph_objects as go

    name, color, symbol, size, text_size = _GROUPS[key]
    return go.Scatter(
        x=points["rmse"].tolist(),
        y=points["coverage"].tolist(),
        text=points["label"].tolist(),
        textposition=points["place"].tolist(),
        textfont={"size": text_size},
        name=name,
        mode="markers+text",
        marker={
            "color": color,
            "symbol": symbol,
            "size": size,
            "line": {"color": _INK, "width": 1},
        },
        hovertemplate="%{text}<br>RMSE %{x:.3f}<br>coverage %{y:.1%}<extra></extra>",
    )
