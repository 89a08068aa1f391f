"""Bad controls: columns of the plan that look like consequences, leaks or instruments.

The screening-off test orients by conditional independence, as the PC algorithm does: what
precedes the treatment and goes with the other confounders keeps going with them once the
treatment is known, while a mere consequence of the treatment no longer does (and a consequence
of treatment and outcome no longer once both are known). It finds consequences that the
confounders reach through the treatment only; names and dates are read for the others.

Source: Spirtes, Glymour and Scheines (2000), *Causation, Prediction, and Search*, chapter 5;
Cinelli, Forney and Pearl (2022), "A crash course in good and bad controls".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from oci_jupyter.contract import Finding

from .screen_blind_spots import score_test
from .screen_data import Column, Screened, orthonormal
from .screen_leaks import treatment_leak
from .screen_words import later_by_name, says_settled
from .wording import number, percent

#: The other confounders must explain this much of a column for their silence to tell.
_LEAST_R2 = 0.015
#: The same of what they tell of the treatment, which is one number.
_LEAST_INDEX_R2 = 0.006
#: p-value from which they are taken to tell nothing more, and share of R² they may keep.
_SILENT_P, _SILENT_SHARE = 0.01, 0.15
#: Standardized difference between the arms that a consequence shows at least.
_LEAST_SMD = 0.25
#: A confounder that goes with the outcome like this is the outcome in other clothes.
_SAME = 0.95

Consequence = Literal["outcome", "treatment", "both"]


@dataclass(frozen=True)
class Gain:
    """What some columns explain of a column, beyond others.

    Attributes:
        r2: Adjusted share of the column's variance.
        p: p-value of the F-test.
    """

    r2: float
    p: float


def gain(target: np.ndarray, block: np.ndarray, given: np.ndarray | None = None) -> Gain:
    """Adjusted R² that a block adds for a target, given others, with its F-test.

    Args:
        target: Shape (m,).
        block: Shape (m, k).
        given: Shape (m, q) or None; the intercept is always given.
    """
    from scipy.stats import f as f_distribution

    m = len(target)
    start = np.ones((m, 1)) if given is None else np.column_stack([np.ones(m), given])
    base = orthonormal(start)
    r = target - base @ (base.T @ target)
    Q = orthonormal(block - base @ (base.T @ block))
    q, k = base.shape[1], Q.shape[1]
    total = float(((target - target.mean()) ** 2).sum())
    before = float(r @ r)
    if not k or total <= 0 or before <= 1e-12 * total or m <= q + k + 2:
        return Gain(0.0, 1.0)
    after = max(before - float(((Q.T @ r) ** 2).sum()), 1e-12 * total)
    adjusted = (before / (m - q) - after / (m - q - k)) * (m - 1) / total
    statistic = (before - after) / k / (after / (m - q - k))
    return Gain(adjusted, float(f_distribution.sf(statistic, k, m - q - k)))


def consequence_of(
    data: Screened, column: Column, leaks: frozenset[str] = frozenset()
) -> tuple[Consequence, Gain] | None:
    """What screens the other confounders off a column: treatment, outcome, both; or nothing.

    Args:
        data: Rows under the screen.
        column: The column in question.
        leaks: Confounders that give treatment or outcome away; they count as no others.
    """
    M = _one_number(data, column)
    if M is None:
        return None
    others = data.others(column.name, leaks)
    if not others.shape[1]:
        return None
    others = _compact(others, data.m)
    d, y = data.d, data.y
    y_terms = np.column_stack([y, np.minimum(y, np.median(y)), (y == _mode(y)).astype(float)])
    both = np.column_stack([d, y_terms, d * y])
    alone = gain(M, others)
    smd = abs(float(M[d == 1].mean() - M[d == 0].mean())) / (M.std() or 1.0)
    if smd >= _LEAST_SMD and _reached_through(M, others, d):
        return "treatment", gain(M, d[:, None])
    if alone.r2 < _LEAST_R2 or alone.p > 1e-6:
        return None
    by_y = gain(M, y_terms)
    if by_y.r2 >= 0.6 and _silent(alone, gain(M, np.column_stack([others, d]), y_terms)):
        return "outcome", by_y
    if smd >= _LEAST_SMD and _silent(alone, gain(M, others, d[:, None])):
        return "treatment", gain(M, d[:, None])
    by_both = gain(M, both)
    if (
        smd >= 0.15
        and by_both.r2 >= 0.1
        and gain(M, d[:, None], y_terms).p < 1e-4
        and gain(M, y_terms, d[:, None]).r2 >= 0.03
        and _silent(alone, gain(M, others, both))
    ):
        return "both", by_both
    return None


def _reached_through(M: np.ndarray, others: np.ndarray, d: np.ndarray) -> bool:
    """Whether the others tell of a column by what they tell of the treatment, and only so.

    What they tell of the treatment is one number, so that this finds what a test of them all
    has no power for. It is predicted in one half of the rows from the other: their own
    treatments must not be in it.
    """
    index = np.empty(len(d))
    A = np.column_stack([np.ones(len(d)), others])
    for test in (0, 1):
        train = A[1 - test :: 2]
        beta = np.linalg.lstsq(train, d[1 - test :: 2], rcond=None)[0]
        index[test::2] = A[test::2] @ beta
    h = index[:, None]
    alone, given = gain(M, h), gain(M, h, d[:, None])
    return (
        alone.r2 >= _LEAST_INDEX_R2
        and alone.p < 1e-5
        and given.r2 <= _SILENT_SHARE * alone.r2
        and given.p > _SILENT_P
        and gain(M, others, d[:, None]).p > _SILENT_P
    )


def _silent(alone: Gain, given: Gain) -> bool:
    """They told much, and tell nothing any more."""
    return given.r2 <= _SILENT_SHARE * alone.r2 and (
        given.p > _SILENT_P or given.r2 < 0.03 * alone.r2
    )


def _mode(y: np.ndarray) -> float:
    values, counts = np.unique(y, return_counts=True)
    return float(values[np.argmax(counts)])


def _compact(X: np.ndarray, m: int) -> np.ndarray:
    """Many columns cost the F-test its power: those of the greatest variance stand for all."""
    limit = max(3, min(60, m // 20))
    if X.shape[1] <= limit:
        return X
    scale = X.std(axis=0)
    Z = (X - X.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(Z.T @ Z)
    return np.asarray(Z @ vectors[:, np.argsort(-values)[:limit]])


def _one_number(data: Screened, column: Column) -> np.ndarray | None:
    """A column as one number per row; a category by its level that tells most of treatment."""
    F = column.features
    if not F.shape[1]:
        return None
    if column.numbers is not None:
        return np.asarray(F[:, 0])
    told = [abs(np.corrcoef(f, data.d)[0, 1]) for f in F.T]
    return np.asarray(F[:, int(np.argmax(told))])


def screen_planned(data: Screened) -> list[Finding]:
    """Findings about confounders in the plan and placebo outcomes."""
    found: list[Finding] = []
    roles = data.study.roles
    leaks: set[str] = set()
    for column in data.planned():
        leak = treatment_leak(data, column)
        if leak is not None:
            found.append(leak)
        if leak is not None or same_as_outcome(data, column) is not None:
            leaks.add(column.name)
    out = frozenset(leaks)
    for column in data.planned():
        name = column.name
        if any(name in f.columns for f in found):
            continue
        same = same_as_outcome(data, column)
        why = later_by_name(name, roles.treatment, roles.outcome)
        kind = consequence_of(data, column, out)
        if same is not None or (kind is not None and kind[0] == "outcome"):
            found.append(_outcome_leak(data, column, same, kind[1] if kind else None))
        elif kind is not None:
            found.append(_consequence(data, column, kind, why, out))
        elif why:
            found.append(_by_name(column, why))
    named = {c for f in found for c in f.columns}
    found += [
        f
        for c in data.planned()
        if c.name not in named
        for f in [_instrument(data, c, out)]
        if f is not None
    ]
    named = {c for f in found for c in f.columns}
    return found + _outstanding(data, named, out)


def _outstanding(data: Screened, named: set[str], leaks: frozenset[str]) -> list[Finding]:
    """A confounder in which the arms differ far more than in any other: worth a question."""
    size = {c.name: abs(_adjusted(data, c, leaks)) for c in data.planned()}
    order = sorted(size, key=lambda c: (-size[c], c))
    if len(order) < 3 or order[0] in named or size[order[0]] < max(0.6, 2.5 * size[order[1]]):
        return []
    name = order[0]
    if says_settled(name):
        return []
    return [
        Finding(
            code="post_treatment_suspected",
            severity="note",
            title=f"Was `{name}` settled before the treatment?",
            text=f"Given the others, the arms differ by {number(size[name])} SD in `{name}`, and "
            f"by no more than {number(size[order[1]])} SD in any other confounder. It may have "
            "decided who was treated, or be a consequence of it; data cannot tell which.",
            fix=f"Say when `{name}` was measured; if after the treatment, take it out.",
            columns=[name],
        )
    ]


def _adjusted(data: Screened, column: Column, leaks: frozenset[str]) -> float:
    """Difference between the arms in a column given the others, in its SD."""
    M = _one_number(data, column)
    if M is None:
        return 0.0
    base = orthonormal(
        np.column_stack([np.ones(data.m), _compact(data.others(column.name, leaks), data.m)])
    )
    r_d, r_m = (v - base @ (base.T @ v) for v in (data.d, M))
    power = float(r_d @ r_d)
    return float(r_d @ r_m) / power if power > 1e-9 * data.m else 0.0


def _difference(data: Screened, column: Column) -> float:
    M = _one_number(data, column)
    if M is None:
        return 0.0
    a, b = M[data.d == 1], M[data.d == 0]
    pooled = np.sqrt((a.var() + b.var()) / 2)
    return float((a.mean() - b.mean()) / pooled) if pooled > 0 else float("inf")


def _by_name(column: Column, why: str) -> Finding:
    return Finding(
        code="post_treatment_suspected",
        severity="concern",
        title=f"Confounder `{column.name}` may come after the treatment",
        text=f"`{column.name}` is adjusted for, but {why}. What the treatment changed must not be "
        "held fixed: part of the effect would be taken away, or an effect made up.",
        fix=f"Say when `{column.name}` was measured; if after the treatment, take it out of the "
        "confounders, or use its value from before.",
        columns=[column.name],
    )


def _consequence(
    data: Screened,
    column: Column,
    told: tuple[Consequence, Gain],
    why: str,
    leaks: frozenset[str],
) -> Finding:
    kind, by = told
    roles, name = data.study.roles, column.name
    named = f" Also, {why}." if why else ""
    smd = abs(_difference(data, column))
    if kind == "both":
        return Finding(
            code="collider_suspected",
            severity="concern",
            title=f"Confounder `{name}` looks like a consequence of treatment and outcome",
            text=f"The other confounders tell of `{name}` only through `{roles.treatment}` and "
            f"`{roles.outcome}`, which explain {percent(by.r2)} of it: a cause of both would go "
            f"with the others directly. Adjusting for a common consequence makes up an effect."
            f"{named}",
            fix=f"Take `{name}` out of the confounders unless it was settled before the treatment.",
            columns=[name],
        )
    others = np.column_stack([data.d, _compact(data.others(name, leaks), data.m)])
    mediator = gain(data.y, column.features, others).p < 0.01
    return Finding(
        code="mediator_suspected" if mediator else "post_treatment_suspected",
        severity="concern",
        title=f"Confounder `{name}` looks like a consequence of the treatment",
        text=f"The arms differ by {number(smd)} SD in `{name}`, and the other confounders tell of "
        f"it only through `{roles.treatment}`: a cause of treatment would go with them directly. "
        f"Adjusting for a consequence takes part of the effect away.{named}",
        fix=f"Take `{name}` out of the confounders unless it was settled before the treatment; "
        "for an effect that does not run through it, use a mediation analysis.",
        columns=[name],
    )


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation, missing values left out."""
    from scipy.stats import rankdata

    known = ~np.isnan(a) & ~np.isnan(b)
    if known.sum() < 20:
        return 0.0
    x, z = rankdata(a[known]), rankdata(b[known])
    return float(np.corrcoef(x, z)[0, 1]) if x.std() > 0 and z.std() > 0 else 0.0


def same_as_outcome(data: Screened, column: Column) -> float | None:
    """How closely a column follows the outcome, where that is too close; else None."""
    rho = 0.0 if column.numbers is None else abs(rank_correlation(column.numbers, data.y))
    explained = gain(data.y, column.features).r2 if column.features.shape[1] else 0.0
    close = max(rho, explained)
    return close if close > _SAME else None


def _outcome_leak(data: Screened, column: Column, same: float | None, by: Gain | None) -> Finding:
    y, name = data.study.roles.outcome, column.name
    if same is not None:
        text = f"`{name}` follows `{y}` almost perfectly ({number(same)} of 1)."
        serious = True
    else:
        share = by.r2 if by else 0.0
        serious = share > 0.6
        text = f"`{y}` explains {percent(share)} of `{name}`, and given `{y}` neither treatment "
        text += "nor the other confounders tell anything more of it."
    return Finding(
        code="outcome_leak",
        severity="serious" if serious else "concern",
        title=f"Confounder `{name}` looks like the outcome itself",
        text=f"{text} Adjusting for the outcome, or a consequence of it, explains the effect away.",
        fix=f"Take `{name}` out of the confounders; if it is the outcome measured before the "
        "treatment, check that it was not filled in from the later one.",
        columns=[name],
    )


def _instrument(data: Screened, column: Column, leaks: frozenset[str]) -> Finding | None:
    """A confounder that moves the treatment much and the outcome not at all."""
    others = data.others(column.name, leaks)
    if not others.shape[1] or not column.features.shape[1] or data.m < 400:
        return None
    others = _compact(others, data.m)
    by_d = gain(data.d, column.features, others)
    left = 1 - max(gain(data.d, others).r2, 0.0)
    if by_d.r2 / left < 0.08:
        return None
    base = orthonormal(np.column_stack([np.ones(data.m), others, data.d, data.d[:, None] * others]))
    r = data.y - base @ (base.T @ data.y)
    Z = column.features - base @ (base.T @ column.features)
    p, r2 = score_test(Z, r, base.shape[1])
    if p < 0.05 or r2 > 0.005:
        return None
    name, roles = column.name, data.study.roles
    return Finding(
        code="instrument_suspected",
        severity="concern",
        title=f"Confounder `{name}` looks like an instrument",
        text=f"Beyond the others, `{name}` explains {percent(by_d.r2 / left)} of "
        f"`{roles.treatment}` and nothing of `{roles.outcome}` (p = {p:.2f}). Adjusting for what "
        "moves the treatment only widens intervals and makes hidden confounding worse.",
        fix=f"Unless you know that `{name}` affects `{roles.outcome}`, take it out of the "
        "confounders, and consider it as an instrument.",
        columns=[name],
    )
