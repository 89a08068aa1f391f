"""The figures of the diagnostics of a two-valued treatment; their look is in `figure_look`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import EstimandName, Estimate

from .figure_look import CONTROL, INK, THIRD, TREATED, distinct, new_figure, plain
from .wording import number, percent

if TYPE_CHECKING:
    from .sensitivity import Sensitivity
    from .study_core import StudyCore

#: Columns of the love plot; more would not be read.
_LOVE_ROWS = 30


def study_figure(study: StudyCore, title: str, height: int = 340, **layout: Any) -> Any:
    """An empty figure whose caption says how many units of each arm it speaks about."""
    s = study.sample
    name = f" · {study.lineage[-1]}" if study.lineage else ""
    caption = f"n = {s.n:,} units ({s.n_treated:,} treated, {s.n - s.n_treated:,} control){name}"
    return new_figure(title, caption, height, **layout)


def outcome_figure(study: StudyCore) -> Any:
    """Distribution of the outcome in both arms, as shares of the arm."""
    import plotly.graph_objects as go

    s = study.sample
    figure = study_figure(study, f"{study.roles.outcome} by arm, before any adjustment", height=300)
    low, high = np.quantile(s.y, [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1, 31)
    clipped = np.clip(s.y, edges[0], edges[-1])
    for arm, name, color in ((1, "treated", TREATED), (0, "control", CONTROL)):
        count, _ = np.histogram(clipped[s.d == arm], edges)
        figure.add_trace(
            go.Scatter(
                x=list((edges[1:] + edges[:-1]) / 2),
                y=list(100 * count / count.sum()),
                name=f"{name} (n = {int((s.d == arm).sum()):,})",
                mode="lines",
                line={"color": color, "shape": "hvh", "dash": "solid" if arm else "dot"},
            )
        )
    figure.update_xaxes(title=plain(study.roles.outcome))
    figure.update_yaxes(title="% of the arm")
    return figure


def calibration_figure(study: StudyCore, table: pd.DataFrame) -> Any:
    """Observed shares of treated units against predicted ones, in bins of equal size."""
    import plotly.graph_objects as go

    figure = study_figure(study, "Propensity: predicted against observed, out of fold", height=320)
    figure.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="calibrated",
            line={"color": INK, "dash": "dot", "width": 1},
        )
    )
    figure.add_trace(
        go.Scatter(
            x=list(table["predicted"]),
            y=list(table["observed"]),
            mode="lines+markers",
            name=f"tenths of the units (n = {int(table['n'].sum()):,})",
            line={"color": THIRD},
            marker={"symbol": "diamond", "size": 8},
        )
    )
    figure.update_xaxes(title="mean predicted propensity", range=[-0.02, 1.02])
    figure.update_yaxes(title="share treated", range=[-0.02, 1.02])
    return figure


def overlap_figure(study: StudyCore) -> Any:
    """Propensities of the treated (up) and of the control units (down)."""
    import plotly.graph_objects as go

    s, t, e = study.sample, study.thresholds, study.propensity().raw
    figure = study_figure(study, "Propensity to be treated, by arm", barmode="relative", bargap=0)
    edges = np.linspace(0, 1, 41)
    center = (edges[1:] + edges[:-1]) / 2
    for arm, name, color, pattern in (
        (1, "treated", TREATED, ""),
        (0, "control", CONTROL, "/"),
    ):
        count, _ = np.histogram(e[s.d == arm], edges)
        share = 100 * count / max(1, count.sum())
        figure.add_trace(
            go.Bar(
                x=list(center),
                y=list(share if arm else -share),
                customdata=[int(c) for c in count],
                hovertemplate="%{x:.3f}: %{customdata:,} units<extra></extra>",
                name=name,
                marker={
                    "color": color,
                    "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": INK},
                },
            )
        )
    for low, high in ((0, t.propensity_low), (t.propensity_high, 1)):
        figure.add_vrect(x0=low, x1=high, fillcolor=INK, opacity=0.15, line_width=0)
    figure.update_xaxes(title="propensity (shaded: no counterpart)", range=[0, 1])
    ticks = [-100, -75, -50, -25, 0, 25, 50, 75, 100]
    figure.update_yaxes(
        title="% of arm (treated ↑, control ↓)",
        tickvals=ticks,
        ticktext=[str(abs(v)) for v in ticks],
    )
    return figure


def love_plot(study: StudyCore, frame: pd.DataFrame) -> Any:
    """Standardized differences before and after weighting, one row per column."""
    import plotly.graph_objects as go

    worst = frame.groupby("feature", sort=False)["smd_before"].apply(lambda v: v.abs().max())
    chosen = list(worst.sort_values(kind="stable").index[-_LOVE_ROWS:])
    title = "Differences between the arms"
    if len(worst) > len(chosen):
        title += f" (the {len(chosen)} largest of {len(worst)})"
    figure = study_figure(study, title, height=160 + 22 * len(chosen))
    labels = dict(zip(chosen, distinct(chosen), strict=True))
    first = frame[frame["feature"].isin(chosen)].drop_duplicates("feature")
    figure.add_trace(
        go.Scatter(
            x=list(first["smd_before"].abs()),
            y=[labels[f] for f in first["feature"]],
            mode="markers",
            name="before",
            marker={"symbol": "circle-open", "size": 9, "color": INK},
        )
    )
    symbols, colors = ["diamond", "square", "triangle-up"], [TREATED, CONTROL, THIRD]
    for i, (label, part) in enumerate(frame.groupby("estimand", sort=False)):
        part = part[part["feature"].isin(chosen)]
        figure.add_trace(
            go.Scatter(
                x=list(part["smd_after"].abs()),
                y=[labels[f] for f in part["feature"]],
                mode="markers",
                name=str(label),
                marker={"symbol": symbols[i % 3], "size": 8, "color": colors[i % 3]},
            )
        )
    for at, dash in ((study.thresholds.smd_warn, "dot"), (study.thresholds.smd_fail, "dash")):
        figure.add_vline(x=at, line={"color": INK, "dash": dash, "width": 1})
    figure.update_yaxes(categoryorder="array", categoryarray=[labels[f] for f in chosen])
    figure.update_xaxes(
        title="absolute standardized mean difference (SD; dotted warns, dashed fails)",
        rangemode="tozero",
    )
    return figure


def effects_figure(study: StudyCore, estimates: list[Estimate], title: str) -> Any:
    """Estimates with 95 % intervals, one row each."""
    import plotly.graph_objects as go

    figure = study_figure(study, title, height=150 + 34 * len(estimates), showlegend=False)
    rows = distinct(
        [e.method if e.role == "one_shot" else f"{e.estimand}: {e.method}" for e in estimates]
    )
    looks = {
        "main": (THIRD, "diamond"),
        "placebo": (THIRD, "diamond"),
        "second_opinion": (CONTROL, "square"),
        "one_shot": (INK, "x"),
    }
    figure.add_vline(x=0, line={"color": INK, "dash": "dash", "width": 1})
    for row, e in zip(rows, estimates, strict=True):
        color, symbol = looks[e.role]
        figure.add_trace(
            go.Scatter(
                x=[e.estimate],
                y=[row],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [e.ci_upper - e.estimate],
                    "arrayminus": [e.estimate - e.ci_lower],
                    "color": color,
                },
                mode="markers",
                marker={"color": color, "symbol": symbol, "size": 10},
                hovertemplate=f"{number(e.estimate)} (n = {e.n:,})<extra></extra>",
            )
        )
    figure.update_yaxes(autorange="reversed")
    outcome = estimates[0].outcome if estimates else study.roles.outcome
    figure.update_xaxes(title=f"effect with 95 % interval, in units of {plain(outcome)}")
    return figure


def contour_figure(study: StudyCore, found: dict[EstimandName, Sensitivity]) -> Any:
    """Estimate that is left under confounding of each strength, with benchmarks.

    One estimand is shown; buttons switch to the others.
    """
    import plotly.graph_objects as go

    from .sensitivity import strength

    figure = study_figure(study, "What a hidden confounder leaves", height=430, showlegend=False)
    names = list(found)
    per_name: list[int] = []
    for i, name in enumerate(names):
        s = found[name]
        reach = max([2 * s.rv, 0.05, *[1.3 * max(b.cf_y, b.cf_d) for b in s.benchmarks]])
        grid = np.linspace(0, min(0.95, reach), 25)
        estimate = s.effect.estimate
        toward_zero = np.sign(estimate) if estimate else 1.0
        left = estimate - toward_zero * s.max_bias * strength(grid[None, :], grid[:, None])
        z = [[float(f"{v:.4g}") for v in row] for row in left]
        ticks = [round(100 * float(v), 3) for v in grid]
        before = len(figure.data)
        figure.add_trace(
            go.Contour(
                x=ticks,
                y=ticks,
                z=z,
                contours={"coloring": "lines", "showlabels": True},
                line={"width": 1},
                colorscale=[[0, CONTROL], [1, CONTROL]],
                showscale=False,
                visible=i == 0,
                hovertemplate="outcome %{x:.1f} %, treatment %{y:.1f} %: %{z:,.3g}<extra></extra>",
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
                visible=i == 0,
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[100 * b.cf_y for b in s.benchmarks],
                y=[100 * b.cf_d for b in s.benchmarks],
                text=[plain(b.column) for b in s.benchmarks],
                mode="markers+text",
                textposition="top center",
                marker={"symbol": "diamond", "size": 10, "color": THIRD},
                visible=i == 0,
                hovertemplate="as strong as %{text}<extra></extra>",
            )
        )
        per_name.append(len(figure.data) - before)
    total = sum(per_name)
    buttons = []
    for i, name in enumerate(names):
        start = sum(per_name[:i])
        shown = [start <= j < start + per_name[i] for j in range(total)]
        text = f"{study.label(name)} (robustness value {percent(found[name].rv)})"
        buttons.append({"label": text, "method": "update", "args": [{"visible": shown}]})
    if len(names) > 1:
        figure.update_layout(
            updatemenus=[
                {"buttons": buttons, "x": 1, "xanchor": "right", "y": 1.15, "type": "dropdown"}
            ]
        )
    figure.update_xaxes(title="strength with the outcome, % (dashed: nothing is left)")
    figure.update_yaxes(title="strength with the treatment, %")
    return figure
