"""The figures of a study of several levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .figure_look import (
    COLORS,
    INK,
    SYMBOLS,
    THIRD,
    distinct,
    new_figure,
    plain,
    rows_with_intervals,
)

if TYPE_CHECKING:
    from .level_study import LevelStudy

#: Rows of the love plot; more would not be read.
_LOVE_ROWS = 30
_DASHES = ["solid", "dot", "dash", "longdash", "dashdot"]


def _caption(study: LevelStudy) -> str:
    counts = ", ".join(
        f"{c:,} at {level}" for level, c in zip(study.levels, study.counts, strict=True)
    )
    return f"n = {study.sample.n:,} units ({counts})"


def outcome_figure(study: LevelStudy) -> Any:
    """Distribution of the outcome by level, as shares of the level."""
    import plotly.graph_objects as go

    s = study.sample
    title = f"{study.roles.outcome} by level, before any adjustment"
    figure = new_figure(title, _caption(study), height=320)
    low, high = np.quantile(s.y, [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1, 31)
    clipped = np.clip(s.y, edges[0], edges[-1])
    for k, name in enumerate(distinct(study.levels)):
        count, _ = np.histogram(clipped[s.t == k], edges)
        figure.add_trace(
            go.Scatter(
                x=list((edges[1:] + edges[:-1]) / 2),
                y=list(100 * count / max(1, count.sum())),
                name=name,
                mode="lines",
                line={
                    "color": COLORS[k % len(COLORS)],
                    "shape": "hvh",
                    "dash": _DASHES[k % len(_DASHES)],
                },
            )
        )
    figure.update_xaxes(title=plain(study.roles.outcome))
    figure.update_yaxes(title="% of the level")
    return figure


def overlap_figure(study: LevelStudy, limit: float) -> Any:
    """Box plots: propensity of each level, among those who got it and those who did not."""
    import plotly.graph_objects as go

    s, e = study.sample, study.propensities()
    title = "Generalized propensity of each level (dashed: out of reach below)"
    figure = new_figure(title, _caption(study), height=380, boxmode="group")
    names = distinct(study.levels)
    for got, name, color in ((True, "got the level", THIRD), (False, "got another", INK)):
        x: list[str] = []
        quartiles = []
        for k, level in enumerate(names):
            values = e[(s.t == k) == got, k]
            quartiles.append(np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]))
            x.append(level)
        q = np.array(quartiles)
        # Precomputed quantiles: every unit in the figure would weigh megabytes.
        figure.add_trace(
            go.Box(
                x=x,
                lowerfence=list(q[:, 0]),
                q1=list(q[:, 1]),
                median=list(q[:, 2]),
                q3=list(q[:, 3]),
                upperfence=list(q[:, 4]),
                name=name,
                marker={"color": color},
            )
        )
    figure.add_hline(y=limit, line={"color": INK, "dash": "dash", "width": 1})
    figure.update_yaxes(title="propensity (whiskers: 5 % to 95 %)", rangemode="tozero")
    figure.update_xaxes(type="category", title=plain(study.roles.treatment))
    return figure


def love_plot(study: LevelStudy, frame: pd.DataFrame) -> Any:
    """Largest difference between two levels, before and after weighting, per column."""
    import plotly.graph_objects as go

    first = frame[frame["level"] == study.levels[0]]
    chosen = first.loc[first["pair_before"].sort_values(kind="stable").index[-_LOVE_ROWS:]]
    title = "Largest difference between any two levels"
    if len(first) > len(chosen):
        title += f" (the {len(chosen)} largest of {len(first)})"
    figure = new_figure(title, _caption(study), height=160 + 22 * len(chosen))
    labels = distinct([str(f) for f in chosen["feature"]])
    looks = (
        ("before", "pair_before", INK, "circle-open"),
        ("after", "pair_after", THIRD, "diamond"),
    )
    for name, column, color, symbol in looks:
        figure.add_trace(
            go.Scatter(
                x=list(chosen[column]),
                y=labels,
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 9, "color": color},
            )
        )
    for at, dash in ((study.thresholds.smd_warn, "dot"), (study.thresholds.smd_fail, "dash")):
        figure.add_vline(x=at, line={"color": INK, "dash": dash, "width": 1})
    figure.update_yaxes(categoryorder="array", categoryarray=labels)
    figure.update_xaxes(
        title="absolute standardized difference (SD; dotted warns, dashed fails)",
        rangemode="tozero",
    )
    return figure


def estimate_figure(study: LevelStudy, frame: pd.DataFrame) -> Any:
    """Average potential outcomes with 95 % intervals, beside the naive means."""
    import plotly.graph_objects as go

    part = frame[frame["kind"] == "potential outcome"]
    title = f"Mean {study.roles.outcome} had every unit got that level"
    figure = new_figure(title, _caption(study), height=180 + 40 * len(part))
    rows = [
        row | {"label": row["level"], "color": THIRD, "symbol": SYMBOLS[0]}
        for row in part.to_dict("records")
    ]
    rows_with_intervals(figure, rows)
    figure.add_trace(
        go.Scatter(
            x=list(part["naive"]),
            y=distinct([str(v) for v in part["level"]]),
            mode="markers",
            name="naive mean",
            marker={"symbol": "x", "size": 9, "color": INK},
            showlegend=True,
        )
    )
    figure.update_layout(showlegend=True)
    for trace in figure.data[:-1]:
        trace.showlegend = False
    figure.update_yaxes(type="category", title=plain(study.roles.treatment))
    figure.update_xaxes(title=f"{plain(study.roles.outcome)}, with 95 % interval")
    return figure


def contrast_figure(study: LevelStudy, frame: pd.DataFrame, outcome: str) -> Any:
    """Contrasts to the reference with 95 % intervals."""
    title = f"Contrasts on {outcome}, which treatment cannot have changed"
    figure = new_figure(title, _caption(study), height=150 + 34 * len(frame))
    figure.add_vline(x=0, line={"color": INK, "dash": "dash", "width": 1})
    rows_with_intervals(
        figure,
        [
            row | {"label": row["estimand"], "color": THIRD, "symbol": SYMBOLS[0]}
            for row in frame.to_dict("records")
        ],
    )
    figure.update_xaxes(title=f"contrast with 95 % interval, in units of {plain(outcome)}")
    return figure
