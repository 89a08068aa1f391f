"""The figures of a study of doses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .figure_look import (
    CONTROL,
    INK,
    THIRD,
    TREATED,
    distinct,
    new_figure,
    plain,
    rows_with_intervals,
)
from .wording import percent

if TYPE_CHECKING:
    from .dose_study import DoseStudy

#: Rows of the correlation plot; more would not be read.
_ROWS = 30


def _caption(study: DoseStudy) -> str:
    s = study.sample
    text = f"n = {s.n:,} units"
    if study.spike is not None:
        text += f" ({int((s.t == study.spike).sum()):,} at {study.spike:g})"
    return text


def dose_figure(study: DoseStudy) -> Any:
    """Distribution of the dose."""
    import plotly.graph_objects as go

    t = study.sample.t
    figure = new_figure(f"Distribution of {study.roles.treatment}", _caption(study), height=300)
    values, counts = np.unique(t, return_counts=True)
    if len(values) > 40:
        counts, edges = np.histogram(t, 40)
        values = (edges[1:] + edges[:-1]) / 2
    figure.add_trace(go.Bar(x=list(values), y=[int(c) for c in counts], marker={"color": TREATED}))
    figure.update_layout(bargap=0.05)
    figure.update_xaxes(title=plain(study.roles.treatment))
    figure.update_yaxes(title="units")
    return figure


def curve_figure(study: DoseStudy, frame: pd.DataFrame) -> Any:
    """The curve with its pointwise band, the spike beside it, and the partially linear slope."""
    import plotly.graph_objects as go

    s = study.sample
    title = f"Mean {study.roles.outcome} had every unit got the dose"
    figure = new_figure(title, _caption(study), height=380)
    part, spike = frame[~frame["is_spike"]], frame[frame["is_spike"]]
    figure.add_trace(
        go.Scatter(
            x=[*part["dose"], *part["dose"][::-1]],
            y=[*part["ci_upper"], *part["ci_lower"][::-1]],
            fill="toself",
            fillcolor="rgba(0,158,115,.2)",
            line={"width": 0},
            hoverinfo="skip",
            name="95 % band, pointwise",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=list(part["dose"]),
            y=list(part["estimate"]),
            mode="lines+markers",
            line={"color": THIRD},
            name="doubly robust",
        )
    )
    if len(spike):
        row = spike.iloc[0]
        figure.add_trace(
            go.Scatter(
                x=[row["dose"]],
                y=[row["estimate"]],
                error_y={
                    "type": "data",
                    "array": [row["ci_upper"] - row["estimate"]],
                    "color": TREATED,
                },
                mode="markers",
                marker={"symbol": "diamond", "size": 10, "color": TREATED},
                name=f"at {row['dose']:g}",
            )
        )
    ends = np.array([frame["dose"].min(), frame["dose"].max()])
    line = s.y.mean() + study.slope().estimate * (ends - s.t.mean())
    figure.add_trace(
        go.Scatter(
            x=list(ends),
            y=list(line),
            mode="lines",
            line={"color": INK, "dash": "dash"},
            name="partially linear",
        )
    )
    figure.update_xaxes(title=plain(study.roles.treatment))
    figure.update_yaxes(title=plain(study.roles.outcome))
    return figure


def overlap_figure(study: DoseStudy, frame: pd.DataFrame) -> Any:
    """Share of the units out of reach of each region of doses."""
    import plotly.graph_objects as go

    figure = new_figure("Units for whom a region of doses was out of reach", _caption(study))
    figure.add_trace(
        go.Bar(
            x=distinct([str(r) for r in frame["region"]]),
            y=list(100 * frame["share_outside"]),
            customdata=list(frame["n_outside"]),
            hovertemplate="%{y:.1f} %: %{customdata:,} units<extra></extra>",
            marker={"color": CONTROL},
        )
    )
    t = study.thresholds
    for at, dash in ((t.outside_warn, "dot"), (t.outside_fail, "dash")):
        figure.add_hline(y=100 * at, line={"color": INK, "dash": dash, "width": 1})
    figure.update_yaxes(title="% of all units (dotted warns, dashed fails)", rangemode="tozero")
    return figure


def correlation_figure(study: DoseStudy, frame: pd.DataFrame) -> Any:
    """Absolute correlation of each column with the dose: before, weighted, residualized."""
    import plotly.graph_objects as go

    from .dose_diagnostics import CORR_FAIL, CORR_WARN

    order = frame["r_before"].abs().sort_values(kind="stable").index[-_ROWS:]
    chosen = frame.loc[order]
    title = f"Correlations with {study.roles.treatment}"
    if len(frame) > len(chosen):
        title += f" (the {len(chosen)} largest of {len(frame)})"
    figure = new_figure(title, _caption(study), height=160 + 22 * len(chosen))
    labels = distinct([str(f) for f in chosen["feature"]])
    for name, column, color, symbol in (
        ("before", "r_before", INK, "circle-open"),
        ("weighted", "r_after", THIRD, "diamond"),
        ("residualized", "r_residual", CONTROL, "square"),
    ):
        figure.add_trace(
            go.Scatter(
                x=list(chosen[column].abs()),
                y=labels,
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 8, "color": color},
            )
        )
    for at, dash in ((CORR_WARN, "dot"), (CORR_FAIL, "dash")):
        figure.add_vline(x=at, line={"color": INK, "dash": dash, "width": 1})
    figure.update_yaxes(categoryorder="array", categoryarray=labels)
    figure.update_xaxes(
        title="absolute correlation (dotted warns, dashed fails)", rangemode="tozero"
    )
    return figure


def slope_figure(study: DoseStudy, frame: pd.DataFrame, title: str) -> Any:
    """Slopes with 95 % intervals, one row each."""
    figure = new_figure(title, _caption(study), height=150 + 34 * len(frame))
    figure.add_vline(x=0, line={"color": INK, "dash": "dash", "width": 1})
    rows = []
    for row in frame.to_dict("records"):
        hasty = row["role"] == "one_shot"
        rows.append(
            {
                **row,
                "label": row["method"],
                "color": INK if hasty else THIRD,
                "symbol": "x" if hasty else "diamond",
            }
        )
    rows_with_intervals(figure, rows)
    outcome = plain(str(frame["outcome"].iloc[0]))
    unit = plain(study.roles.treatment)
    figure.update_xaxes(title=f"{outcome} per unit of<br>{unit}, with 95 % interval")
    return figure


def sensitivity_figure(study: DoseStudy, values: dict[str, float], benchmarks: pd.DataFrame) -> Any:
    """Slope that is left under confounding of each strength, with benchmarks."""
    import plotly.graph_objects as go

    slope = study.slope().estimate
    reach = max(2 * values["rv"], 0.05)
    if len(benchmarks):
        reach = max(reach, 1.3 * float(benchmarks[["cf_y", "cf_d"]].to_numpy().max()))
    grid = np.linspace(0, min(0.95, reach), 25)
    strength = np.sqrt(grid[None, :] * grid[:, None] / (1 - grid[:, None]))
    left = slope - (np.sign(slope) or 1.0) * values["max_bias"] * strength
    z = [[float(f"{v:.4g}") for v in row] for row in left]
    ticks = [round(100 * float(v), 3) for v in grid]
    figure = new_figure(
        "What a hidden confounder leaves of the slope",
        f"robustness value {percent(values['rv'])}",
        height=430,
        showlegend=False,
    )
    figure.add_trace(
        go.Contour(
            x=ticks,
            y=ticks,
            z=z,
            contours={"coloring": "lines", "showlabels": True},
            line={"width": 1},
            colorscale=[[0, CONTROL], [1, CONTROL]],
            showscale=False,
            hovertemplate="outcome %{x:.1f} %, dose %{y:.1f} %: %{z:,.3g}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Contour(
            x=ticks,
            y=ticks,
            z=z,
            contours={"coloring": "lines", "start": 0, "end": 0, "size": 1},
            line={"width": 3, "dash": "dash"},
            colorscale=[[0, TREATED], [1, TREATED]],
            showscale=False,
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=list(100 * benchmarks["cf_y"]),
            y=list(100 * benchmarks["cf_d"]),
            text=[plain(str(b)) for b in benchmarks["benchmark"]],
            mode="markers+text",
            textposition="top center",
            marker={"symbol": "diamond", "size": 10, "color": THIRD},
            hovertemplate="as strong as %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title="strength with the outcome, % (dashed: nothing is left)")
    figure.update_yaxes(title="strength with the dose, %")
    return figure
