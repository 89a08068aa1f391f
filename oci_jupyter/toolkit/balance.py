"""Balance: are the arms alike in every confounder once weighted?

All columns of the design count: numbers, levels of categoricals, missingness indicators.
The denominator of a standardized mean difference is fixed before weighting (pooled SD of
the arms; SD of the treated for the ATT), so that weighting cannot change it (Austin and
Stuart 2015, "Moving towards best practice when using inverse probability of treatment
weighting", Statistics in Medicine 34).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from oci_jupyter.contract import Check, EstimandName, Grade

from . import figures
from .encode import Design, Feature
from .result_view import ResultView, make_view
from .weights import effective_size
from .wording import number

if TYPE_CHECKING:
    from .study_core import StudyCore

#: Effective units per arm below which the normal interval is doubtful, and hopeless.
ESS_WARN = 50
ESS_FAIL = 20
_BLOCK = 16
#: Kolmogorov–Smirnov distances are computed on at most so many random rows.
KS_ROWS = 50_000
#: Products are compared of this many columns, the strongest.
PRODUCTS = 8


def weighted_moments(X: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and variance of each column, by two BLAS products.

    Args:
        X: Shape (n, p).
        w: Weights, shape (n,).

    Returns:
        Mean and variance (of the weighted distribution), shape (p,) each.
    """
    share = w / w.sum()
    mean, variance = np.empty(X.shape[1]), np.empty(X.shape[1])
    for at in range(0, X.shape[1], _BLOCK):  # blocks bound the memory of the centered copy
        block = X[:, at : at + _BLOCK]
        center = block.mean(axis=0)
        gap = share @ block - center
        square = share @ ((block - center) ** 2)
        mean[at : at + _BLOCK] = gap + center
        variance[at : at + _BLOCK] = np.maximum(square - gap**2, 0.0)
    return mean, variance


def ks_distance(x: np.ndarray, d: np.ndarray, w: np.ndarray, order: np.ndarray) -> float:
    """Largest distance between the weighted distribution functions of the two arms.

    Args:
        x: One column, shape (n,).
        d: Treatment 0/1, shape (n,).
        w: Weights, shape (n,).
        order: `argsort` of the column.
    """
    sorted_x, sorted_d, sorted_w = x[order], d[order], w[order]
    treated = np.cumsum(sorted_w * sorted_d)
    control = np.cumsum(sorted_w * (1 - sorted_d))
    gap = np.abs(treated / treated[-1] - control / control[-1])
    last_of_tie = np.append(sorted_x[1:] != sorted_x[:-1], True)
    return float(gap[last_of_tie].max())


def second_moments(study: StudyCore) -> Design:
    """The design with squares of its numbers and products of the columns that matter most."""
    design = study.sample.design
    X, features = design.matrix, design.features
    strength = study.propensity().importance + study.outcome_means().importance
    top = sorted(np.argsort(-strength, kind="stable")[:PRODUCTS].tolist())
    blocks, names = [X], list(features)
    for j, f in enumerate(features):
        if f.kind == "number" and len(np.unique(X[:1000, j])) > 2:
            centered = X[:, j] - X[:, j].mean()
            blocks.append((centered**2)[:, None])
            names.append(Feature(f"{f.label}², centered", f.source, "number"))
    for at, i in enumerate(top):
        for j in top[:at]:
            product = (X[:, i] - X[:, i].mean()) * (X[:, j] - X[:, j].mean())
            blocks.append(product[:, None])
            label = f"{features[j].label} × {features[i].label}"
            names.append(Feature(label, features[i].source, "number"))
    return Design(np.asfortranarray(np.hstack(blocks)), names)


def balance_frame(
    study: StudyCore, names: tuple[EstimandName, ...], moments: int = 1
) -> pd.DataFrame:
    """Tidy balance figures: one row per estimand and column of the design.

    Returns:
        Columns estimand, feature, source, kind, mean_treated, mean_control (both weighted),
        smd_before, smd_after, variance_ratio (None where undefined), ks, note.
    """
    design = study.sample.design if moments == 1 else second_moments(study)
    d = study.sample.d
    X, sampling = design.matrix, study.sample.weight
    one = np.ones(len(d)) if sampling is None else sampling
    arms = [d == 1, d == 0]
    before = [weighted_moments(X[rows], one[rows]) for rows in arms]
    # Unbiased variances, as in the textbooks.
    var = [v * rows.sum() / (rows.sum() - 1) for (_, v), rows in zip(before, arms, strict=True)]
    pooled = np.sqrt((var[0] + var[1]) / 2)
    # Distances of distributions need no more rows than this to two digits.
    some = np.arange(len(d))
    if len(d) > KS_ROWS:
        some = np.random.default_rng(study.seed).choice(len(d), KS_ROWS, replace=False)
    order = [
        some[np.argsort(X[some, j], kind="stable")] if f.kind == "number" else None
        for j, f in enumerate(design.features)
    ]
    parts = []
    for name in names:
        w = study.weights(name)
        after = [weighted_moments(X[rows], w[rows]) for rows in arms]
        scale, notes = pooled, [""] * X.shape[1]
        if name == "ATT":
            scale = np.where(var[0] > 0, np.sqrt(var[0]), pooled)
            notes = [
                "constant among the treated: pooled SD" if a == 0 and b > 0 else ""
                for a, b in zip(var[0], pooled, strict=True)
            ]
        safe = np.where(scale > 0, scale, 1.0)
        ratio = [
            float(a / b) if f.kind == "number" and b > 0 else None
            for a, b, f in zip(after[0][1], after[1][1], design.features, strict=True)
        ]
        mean_gap = np.abs(after[0][0] - after[1][0])
        parts.append(
            pd.DataFrame(
                {
                    "estimand": study.label(name),
                    "feature": [f.label for f in design.features],
                    "source": [f.source for f in design.features],
                    "kind": [f.kind for f in design.features],
                    "mean_treated": after[0][0],
                    "mean_control": after[1][0],
                    "smd_before": (before[0][0] - before[1][0]) / safe,
                    "smd_after": (after[0][0] - after[1][0]) / safe,
                    "variance_ratio": pd.Series(ratio, dtype=object),
                    "ks": [
                        float(mean_gap[j]) if o is None else ks_distance(X[:, j], d, w, o)
                        for j, o in enumerate(order)
                    ],
                    "note": notes,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def balance_result(
    study: StudyCore, names: tuple[EstimandName, ...], moments: int = 1
) -> ResultView:
    """See `Study.balance`."""
    started = time.perf_counter()
    frame = balance_frame(study, names, moments)
    d = study.sample.d
    checks: list[Check] = []
    for name in names:
        part = frame[frame["estimand"] == study.label(name)]
        checks.append(_smd_check(study, name, part))
        checks.append(_size_check(study, name, d, study.weights(name)))
    notes = [
        f"`{column}` {why}; it is not weighted for." for column, why in study.roles.left_out.items()
    ]
    notes += [
        f"`{f.label}` is constant among the analyzed units."
        for f, v in zip(
            study.sample.design.features, np.ptp(study.sample.design.matrix, axis=0), strict=True
        )
        if v == 0
    ]
    for name in names:
        part = frame[frame["estimand"] == study.label(name)]
        wide = part[[r is not None and not 0.5 <= r <= 2 for r in part["variance_ratio"]]]
        if len(wide):
            listed = ", ".join(wide["feature"].iloc[:4])
            notes.append(
                f"{study.label(name)}: variances differ by more than a factor of two in {listed}"
                f"{', …' if len(wide) > 4 else ''}."
            )
    table = frame.reindex(
        frame["smd_after"].abs().sort_values(ascending=False, kind="stable").index
    )
    shown = pd.DataFrame(
        {
            "estimand": table["estimand"],
            "confounder": table["feature"],
            "treated": table["mean_treated"],
            "control": table["mean_control"],
            "SMD before": table["smd_before"].round(3),
            "SMD after": table["smd_after"].round(3),
            "variance ratio": [None if v is None else round(v, 2) for v in table["variance_ratio"]],
            "KS": table["ks"].round(3),
        }
    ).head(200)
    shown["variance ratio"] = shown["variance ratio"].astype(object)
    worst = max((c for c in checks if c.name == "balance_max_smd"), key=lambda c: c.value or 0)
    return make_view(
        study,
        kind="balance",
        title="Balance",
        headline=f"largest difference {worst.display} ({worst.estimand})",
        frame=frame,
        table=shown,
        checks=checks,
        notes=notes,
        params={"estimands": [study.label(n) for n in names]},
        seconds=time.perf_counter() - started,
        draw=lambda: figures.love_plot(study, frame),
    )


def _smd_check(study: StudyCore, name: EstimandName, part: pd.DataFrame) -> Check:
    t, label = study.thresholds, study.label(name)
    title = "largest standardized difference after weighting"
    size = part["smd_after"].abs().to_numpy()
    at = int(size.argmax())
    worst, feature = float(size[at]), str(part["feature"].iloc[at])
    n_warn = int((size >= t.smd_warn).sum())
    grade: Grade = "fail" if worst >= t.smd_fail else "warn" if worst >= t.smd_warn else "pass"
    what = f"`{feature}` differs by {worst:.2f} SD between the weighted arms"
    before = float(part["smd_before"].abs().max())
    reason = {
        "pass": f"Every confounder is within {t.smd_warn:g} SD (worst before weighting: "
        f"{before:.2f}).",
        "warn": f"{what}; {n_warn} of {len(part)} columns reach {t.smd_warn:g}.",
        "fail": f"{what}, more than the {t.smd_fail:g} that weighting should leave; "
        f"{n_warn} of {len(part)} columns reach {t.smd_warn:g}.",
    }[grade]
    return Check(
        name="balance_max_smd",
        title=title,
        grade=grade,
        estimand=label,
        value=worst,
        display=f"{worst:.2f} SD in {feature}",
        target=f"below {t.smd_warn:g} SD; from {t.smd_fail:g} SD fails",
        reason=reason,
    )


def _size_check(study: StudyCore, name: EstimandName, d: np.ndarray, w: np.ndarray) -> Check:
    sizes: dict[str, Any] = {
        "treated": effective_size(w[d == 1]),
        "control": effective_size(w[d == 0]),
    }
    arm = min(sizes, key=lambda a: sizes[a])
    value = float(sizes[arm])
    grade: Grade = "fail" if value < ESS_FAIL else "warn" if value < ESS_WARN else "pass"
    n_arm = int((d == (1 if arm == "treated" else 0)).sum())
    reason = (
        f"After weighting, the {n_arm:,} {arm} units count as {number(value)}: "
        + {
            "pass": "enough for a normal interval.",
            "warn": "few units carry the answer.",
            "fail": "a handful of units carries the answer.",
        }[grade]
    )
    return Check(
        name="effective_sample_size",
        title="effective sample size of the smaller arm",
        grade=grade,
        estimand=study.label(name),
        value=value,
        display=f"{number(value)} {arm} units",
        target=f"at least {ESS_WARN}; below {ESS_FAIL} fails",
        reason=reason,
    )
