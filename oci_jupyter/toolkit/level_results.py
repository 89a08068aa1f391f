"""What a study of several levels shows: its units, overlap, estimates and placebos."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, Estimate, Grade

from . import level_figures
from .data import settle_dtype
from .description import _describe as describe_column
from .design_core import DETECTABLE
from .design_words import assumptions, out_of_reach, share_grade
from .level_checks import MIN_LEVEL
from .levels import ci, least_propensity, overlap_tilt
from .result_view import ResultView
from .weights import effective_size
from .wording import interval, number, p_text, percent

if TYPE_CHECKING:
    from .level_study import LevelStudy

_METHOD = "doubly robust (DoubleML APOS)"


def describe_result(study: LevelStudy) -> ResultView:
    """See `LevelStudy.describe`."""
    started = time.perf_counter()
    s, roles = study.sample, study.roles
    names = [str(c) for c in study.data.columns]
    parts = [(roles.outcome, "outcome"), *[(c, "confounder") for c in roles.confounders]]
    parts += [(c, "placebo outcome") for c in roles.placebo_outcomes]
    counts = study.counts
    rows: list[dict[str, Any]] = []
    for column, role in parts:
        values = settle_dtype(study.data.iloc[s.position, names.index(column)])
        row: dict[str, Any] = {
            "column": column,
            "role": role,
            "missing": int(values.isna().sum()),
        }
        for k, level in enumerate(study.levels):
            row[f"{level} (n = {counts[k]:,})"] = describe_column(values[s.t == k])
        rows.append(row)
    frame = pd.DataFrame(rows)
    listed = ", ".join(f"{t} ({c:,})" for t, c in zip(study.levels, counts, strict=True))
    notes = [
        "Participant flow: " + " → ".join(f"{n:,} {what}" for what, n in s.flow) + ".",
        f"Levels of `{roles.treatment}`: {listed}; compared with {study.levels[study.reference]}.",
        *[str(p) for p in roles.problems if p.severity == "warning"],
        *assumptions("which level a unit got", "every unit could have got every level"),
    ]
    return study._view(
        kind="study",
        title="Data and roles",
        headline=f"{s.n:,} units in {len(study.levels)} levels of {roles.treatment}",
        frame=frame,
        table=frame,
        notes=notes,
        params={"flow": [f"{what}: {n}" for what, n in s.flow], "levels": study.levels},
        seconds=time.perf_counter() - started,
        draw=lambda: level_figures.outcome_figure(study),
    )


def overlap_result(study: LevelStudy) -> ResultView:
    """See `LevelStudy.overlap`."""
    started = time.perf_counter()
    t, s, e = study.thresholds, study.sample, study.propensities()
    limit = least_propensity(t.propensity_low, len(study.levels))
    out = e < limit
    checks: list[Check] = []
    rows: list[dict[str, Any]] = []
    for k, level in enumerate(study.levels):
        share, mine = float(out[:, k].mean()), s.t == k
        checks.append(_reach_check(study, study.apo_label(k), share, f"level {level}", limit))
        rows.append(
            {
                "level": level,
                "n": int(mine.sum()),
                "share_outside": share,
                "n_outside": int(out[:, k].sum()),
                "smallest": float(e[:, k].min()),
                "median_own": float(np.median(e[mine, k])),
                "n_clipped": int((mine & (e[:, k] < t.clip)).sum()),
                "ess": effective_size(1 / np.maximum(e[mine, k], t.clip)),
            }
        )
    anywhere = out.any(axis=1)
    checks.append(_reach_check(study, None, float(anywhere.mean()), "some level", limit))
    frame = pd.DataFrame(rows)
    clipped = int(frame["n_clipped"].sum())
    checks.append(
        Check(
            name="propensity_clipped",
            title="propensities clipped",
            grade="warn" if clipped > t.outside_warn * s.n else "pass",
            value=float(clipped),
            display=f"{clipped:,} of {s.n:,}",
            target=f"at most {percent(t.outside_warn)}",
            reason=f"{clipped:,} units had a propensity below {t.clip:g} for the level they got"
            + ("; it was set to that limit, at the price of some bias." if clipped else "."),
        )
    )
    tilt = overlap_tilt(e)
    notes = [
        f"Out of reach means a generalized propensity below {limit:.3g}: a fifth of an even "
        f"share among {len(study.levels)} levels at the default limit (Yoshida et al. 2019).",
        f"A population weighted toward units within reach of all levels (generalized overlap "
        f"weights, Li and Li 2019) would count as {number(effective_size(tilt))} of "
        f"{s.n:,} units.",
    ]
    for k, level in enumerate(study.levels):
        if out[:, k].mean() > t.outside_warn:
            notes += out_of_reach(s.design, out[:, k], f"level {level}")
    worst = max(rows, key=lambda r: r["share_outside"])
    return study._view(
        kind="overlap",
        title="Overlap",
        headline=f"{percent(worst['share_outside'])} had hardly any chance of {worst['level']}, "
        f"{percent(float(anywhere.mean()))} of some level",
        frame=frame,
        table=pd.DataFrame(
            {
                "level": frame["level"],
                "units": frame["n"],
                "out of reach": [percent(v) for v in frame["share_outside"]],
                "units out of reach": frame["n_outside"],
                "smallest propensity": frame["smallest"],
                "effective units": [round(v, 1) for v in frame["ess"]],
            }
        ),
        checks=checks,
        notes=notes,
        params={"low": limit},
        seconds=time.perf_counter() - started,
        draw=lambda: level_figures.overlap_figure(study, limit),
    )


def _reach_check(
    study: LevelStudy, estimand: str | None, share: float, what: str, limit: float
) -> Check:
    t = study.thresholds
    grade = share_grade(share, t.outside_warn, t.outside_fail)
    consequence = {
        "pass": "few enough to carry the comparison",
        "warn": "the estimate leans on the models there",
        "fail": "for them the answer is extrapolation",
    }[grade]
    return Check(
        name="overlap_share_outside",
        title=f"share of units for whom {what} was out of reach",
        grade=grade,
        estimand=estimand,
        value=share,
        display=percent(share),
        target=f"at most {percent(t.outside_warn)}; above {percent(t.outside_fail)} fails",
        reason=f"{percent(share)} of the units had a chance below {limit:.3g} of {what}: "
        f"{consequence}.",
    )


def estimate_result(study: LevelStudy) -> ResultView:
    """See `LevelStudy.estimate`."""
    started = time.perf_counter()
    s, found, r = study.sample, study.effects(), study.reference
    outcome, everyone = study.roles.outcome, f"all {s.n:,} units"
    rows: list[dict[str, Any]] = []
    estimates: list[Estimate] = []
    means = [float(s.y[s.t == k].mean()) for k in range(len(study.levels))]
    square = [float(s.y[s.t == k].var(ddof=1) / (s.t == k).sum()) for k in range(len(means))]

    def add(kind: str, k: int, label: str, values: tuple[float, ...], naive: float) -> None:
        estimate, stderr, p, p_holm = values
        lower, upper = ci(estimate, stderr)
        rows.append(
            {
                "kind": kind,
                "level": study.levels[k],
                "estimand": label,
                "estimate": estimate,
                "stderr": stderr,
                "ci_lower": lower,
                "ci_upper": upper,
                "p_value": p,
                "p_holm": p_holm,
                "naive": naive,
            }
        )
        common: dict[str, Any] = {"population": everyone, "outcome": outcome}
        estimates.append(
            Estimate(
                estimand=label,
                method=_METHOD,
                role="main",
                estimate=estimate,
                stderr=stderr,
                ci_lower=lower,
                ci_upper=upper,
                p_value=None if np.isnan(p) else p,
                n=s.n,
                **common,
            )
        )
        if kind == "contrast":
            stderr = float(np.sqrt(square[k] + square[r]))
            lower, upper = ci(naive, stderr)
            estimates.append(
                Estimate(
                    estimand=label,
                    method=f"naive difference {label}",
                    role="one_shot",
                    estimate=naive,
                    stderr=stderr,
                    ci_lower=lower,
                    ci_upper=upper,
                    n=int(study.counts[[k, r]].sum()),
                    **common,
                )
            )

    nan = float("nan")
    for k in range(len(study.levels)):
        values = (float(found.apo[k]), float(found.apo_stderr[k]), nan, nan)
        add("potential outcome", k, study.apo_label(k), values, means[k])
    for k in study.others:
        values = (
            float(found.contrast[k]),
            float(found.contrast_stderr[k]),
            float(found.p_value[k]),
            float(found.p_holm[k]),
        )
        add("contrast", k, study.contrast_label(k), values, means[k] - means[r])
    frame = pd.DataFrame(rows)
    contrasts = frame[frame["kind"] == "contrast"]
    notes = [
        f"APO is the mean of {outcome} had every unit got that level; contrasts are to "
        f"{study.levels[r]}.",
        f"“Holm” adjusts p for the {len(contrasts)} comparisons; the intervals are not adjusted.",
        "“Naive” is the plain mean, or difference of means, of those who got the level: no "
        "check of overlap, balance or remaining confounding stands behind it.",
    ]
    return study._view(
        kind="estimate",
        title="Estimates",
        headline="; ".join(
            f"{a} {number(b)} {interval(c, d)}"
            for a, b, c, d in contrasts[
                ["estimand", "estimate", "ci_lower", "ci_upper"]
            ].itertuples(index=False, name=None)
        ),
        frame=frame,
        table=_estimate_table(frame, outcome),
        estimates=estimates,
        notes=notes,
        params={"reference": study.levels[r]},
        seconds=time.perf_counter() - started,
        draw=lambda: level_figures.estimate_figure(study, frame),
    )


def _estimate_table(frame: pd.DataFrame, outcome: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "estimand": frame["estimand"],
            outcome: frame["estimate"],
            "SE": frame["stderr"],
            "95 % CI": [
                interval(a, b) for a, b in zip(frame["ci_lower"], frame["ci_upper"], strict=True)
            ],
            "p": ["–" if pd.isna(p) else p_text(p) for p in frame["p_value"]],
            "p (Holm)": ["–" if pd.isna(p) else p_text(p) for p in frame["p_holm"]],
            "naive": frame["naive"],
        }
    )


def placebo_result(study: LevelStudy, outcome: str) -> ResultView:
    """See `LevelStudy.placebo`."""
    started = time.perf_counter()
    s, t = study.sample, study.thresholds
    values = s.placebos[outcome]
    known = ~np.isnan(values)
    few = [
        study.levels[k] for k in range(len(study.levels)) if (known & (s.t == k)).sum() < MIN_LEVEL
    ]
    columns = ["estimand", "estimate", "stderr", "ci_lower", "ci_upper", "p_value", "p_holm"]
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    estimates: list[Estimate] = []
    unusable = f"is known for fewer than {MIN_LEVEL} units of {', '.join(few)}" if few else ""
    if few:
        checks.append(
            Check(
                name="placebo",
                title=f"contrasts on {outcome}",
                grade="not_applicable",
                reason=f"`{outcome}` {unusable}, so it tests nothing.",
            )
        )
    found = None if few else study.effects(outcome)
    for k in study.others if found is not None else []:
        assert found is not None
        estimate, stderr = float(found.contrast[k]), float(found.contrast_stderr[k])
        p, p_holm = float(found.p_value[k]), float(found.p_holm[k])
        lower, upper = ci(estimate, stderr)
        label = study.contrast_label(k)
        rows.append(
            dict(zip(columns, (label, estimate, stderr, lower, upper, p, p_holm), strict=True))
        )
        grade: Grade = "fail" if p_holm < t.placebo_p else "pass"
        power = (
            f"the smallest contrast it would find four times in five is "
            f"{number(DETECTABLE * stderr)}"
        )
        reason = f"No contrast on `{outcome}` is found, as it should be; {power}."
        if grade == "fail":
            reason = (
                f"There is a contrast of {number(estimate)} on `{outcome}`, which the treatment "
                f"cannot have changed: a sign of confounding that remains ({power})."
            )
        checks.append(
            Check(
                name="placebo",
                title=f"contrast on {outcome}",
                grade=grade,
                estimand=label,
                value=estimate,
                display=f"{number(estimate)} {interval(lower, upper)}, Holm {p_text(p_holm)}",
                target=f"none (Holm p ≥ {t.placebo_p:g})",
                reason=reason,
            )
        )
        estimates.append(
            Estimate(
                estimand=label,
                method=_METHOD,
                role="placebo",
                estimate=estimate,
                stderr=stderr,
                ci_lower=lower,
                ci_upper=upper,
                p_value=p,
                population=f"all {int(known.sum()):,} units whose {outcome} is known",
                n=int(known.sum()),
                outcome=outcome,
            )
        )
    frame = pd.DataFrame(rows, columns=columns)
    notes = [
        f"`{outcome}` is taken out of the confounders for this."
        if study._without(outcome)
        else f"`{outcome}` is not among the confounders."
    ]
    if (~known).any():
        notes.append(f"`{outcome}` is missing for {int((~known).sum()):,} units.")
    failed = [c for c in checks if c.grade == "fail"]
    headline = f"`{outcome}` {unusable}"
    if not few:
        headline = (
            f"{len(failed)} of {len(checks)} contrasts where none can be"
            if failed
            else "no contrast where none can be"
        )
    return study._view(
        kind="placebo",
        title=f"Placebo on {outcome}",
        headline=headline,
        frame=frame,
        table=_estimate_table(frame.assign(naive=np.nan), "contrast").drop(columns="naive"),
        checks=checks,
        estimates=estimates,
        notes=notes,
        params={"outcome": outcome},
        seconds=time.perf_counter() - started,
        draw=None if few else lambda: level_figures.contrast_figure(study, frame, outcome),
    )
