"""One look for all figures, readable on light and dark pages.

Colors are those of Okabe and Ito (safe for color blindness); what they tell apart also differs
in shape or text. Backgrounds are transparent, and axes and text are a gray that has enough
contrast on white and on JupyterLab's dark theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TREATED, CONTROL, THIRD = "#E69F00", "#56B4E9", "#009E73"
INK, GRID = "#808080", "rgba(128,128,128,.25)"

#: Colors of Okabe and Ito, and symbols, for up to ten levels.
COLORS = [TREATED, CONTROL, THIRD, "#CC79A7", "#0072B2", "#D55E00", "#F0E442", INK]
SYMBOLS = ["diamond", "square", "triangle-up", "circle", "x", "cross", "star", "pentagon"]


def plain(text: str, most: int = 80) -> str:
    """Text that plotly must not read as markup, shortened."""
    flat = " ".join(text.split())
    flat = flat if len(flat) <= most else flat[: most - 1] + "…"
    if flat.startswith("$") and flat.endswith("$"):
        flat = f"{flat} "
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def distinct(labels: list[str]) -> list[str]:
    """Labels of a category axis, made different where plotly would merge equal ones."""
    seen: dict[str, int] = {}
    out = []
    for label in map(plain, labels):
        seen[label] = seen.get(label, 0) + 1
        out.append(label + "\u200b" * (seen[label] - 1))
    return out


def new_figure(title: str, caption: str, height: int = 340, **layout: Any) -> Any:
    """An empty plotly figure in the project's look.

    Args:
        title: What is shown.
        caption: Whom it speaks about, below the title.
        height: Pixels.
        **layout: More of plotly's layout.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.update_layout(
        title={
            "text": f"{plain(title)}<br><span style='font-size:.8em'>{plain(caption)}</span>",
            "font": {"size": 15},
            "x": 0.01,
            "xanchor": "left",
        },
        height=height,
        margin={"l": 10, "r": 20, "t": 70, "b": 70},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK, "size": 12},
        # At the foot: beside the caption it would run into it in a narrow notebook.
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "x": 0.5,
            "xanchor": "center",
        },
        template=None,
        **layout,
    )
    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": INK, "automargin": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def rows_with_intervals(figure: Any, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Add points with 95 % intervals, one row each.

    Args:
        figure: The figure.
        rows: Each with label, estimate, ci_lower, ci_upper, color and symbol.
    """
    import plotly.graph_objects as go

    labels = distinct([r["label"] for r in rows])
    for label, row in zip(labels, rows, strict=True):
        figure.add_trace(
            go.Scatter(
                x=[row["estimate"]],
                y=[label],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [row["ci_upper"] - row["estimate"]],
                    "arrayminus": [row["estimate"] - row["ci_lower"]],
                    "color": row["color"],
                },
                mode="markers",
                marker={"color": row["color"], "symbol": row["symbol"], "size": 10},
                hovertemplate="%{x:,.4g}<extra></extra>",
            )
        )
    # Labels such as 0 and 1 are names: plotly would take them for numbers.
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_layout(showlegend=False)
