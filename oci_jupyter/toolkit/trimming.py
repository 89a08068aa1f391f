"""Trimming: which range of propensities to keep, and what would be left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from oci_jupyter.contract import ContractError, Problem, Trim, TrimOption

if TYPE_CHECKING:
    from .study_core import StudyCore

#: The fixed range everybody offers first.
FIXED = (0.1, 0.9)


def crump_threshold(propensity: np.ndarray) -> float:
    """The α for which keeping propensities in [α, 1 − α] has the least asymptotic variance.

    With k(x) = 1 / (e(x)(1 − e(x))), the set {x : k(x) ≤ γ} minimizes E[k | kept] / P(kept);
    its γ solves γ = 2·E[k | k ≤ γ], and α = ½ − √(¼ − 1/γ). Nothing is trimmed (α = 0) when
    the largest k is at most twice the mean of k.

    Args:
        propensity: Probabilities strictly between 0 and 1, shape (n,).

    Returns:
        α, from 0 up to below ½.

    Source: Crump, Hotz, Imbens and Mitnik (2009), "Dealing with limited overlap in
    estimation of average treatment effects", Biometrika 96(1), corollary 1.
    """
    e = np.clip(np.asarray(propensity, dtype=float), 1e-9, 1 - 1e-9)
    k = np.sort(1 / (e * (1 - e)))
    if k[-1] <= 2 * k.mean():
        return 0.0
    count = np.arange(1, len(k) + 1)
    best = int(np.argmin(np.cumsum(k) / count**2))
    gamma = 2 * k[: best + 1].mean()
    return float(0.5 - np.sqrt(max(0.0, 0.25 - 1 / gamma)))


def trim_options(study: StudyCore) -> list[TrimOption]:
    """What the fixed and the optimal range would keep; empty for a trimmed study."""
    if study.trim_rule is not None:
        return []
    e, d = study.propensity().raw, study.sample.d
    alpha = crump_threshold(e)
    ranges: list[tuple[Literal["fixed", "crump"], float, float]] = [("fixed", *FIXED)]
    if alpha > 0:
        ranges.append(("crump", alpha, 1 - alpha))
    options = []
    for rule, low, high in ranges:
        kept = (e >= low) & (e <= high)
        options.append(
            TrimOption(
                rule=rule,
                low=low,
                high=high,
                n_kept=int(kept.sum()),
                n_total=len(e),
                n_treated_kept=int(d[kept].sum()),
            )
        )
    return options


def choose_trim(study: StudyCore, low: float | str, high: float | None) -> Trim:
    """The rule that `Study.trim` was asked for.

    Args:
        study: An untrimmed study.
        low: Lower end, `"crump"` or `"percentile"`.
        high: Upper end, 1 − low by default; not used with a rule's name.

    Raises:
        ContractError: `trim_twice`, `trim_range` or `trim_nothing`.
    """
    if study.trim_rule is not None:
        raise _error(
            "trim_twice",
            study.trim_rule.label,
            f"This study is trimmed to {study.trim_rule.label} already.",
            "Trim the study it came from (`study.parent`), so that its estimands keep one name.",
        )
    if isinstance(low, str):
        if low == "percentile":
            return _percentile_range(study.propensity().raw, study.sample.d)
        if low != "crump":
            raise _error(
                "trim_range",
                low,
                f"{low!r} is not a trimming rule.",
                'Use `trim("crump")` or `trim("percentile")`.',
            )
        alpha = crump_threshold(study.propensity().raw)
        if alpha <= 0:
            raise _error(
                "trim_nothing",
                "0",
                "No unit has to be trimmed: dropping any would raise the variance.",
                "Keep the study as it is.",
            )
        return Trim(rule="crump", low=alpha, high=1 - alpha)
    high = 1 - low if high is None else high
    if not (0 < low < 0.5 < high < 1):
        raise _error(
            "trim_range",
            f"[{low}, {high}]",
            f"[{low}, {high}] is not a range of propensities around one half.",
            "Choose 0 < low < 0.5 < high < 1, for example `trim(0.1, 0.9)`.",
        )
    return Trim(rule="fixed", low=float(low), high=float(high))


def _percentile_range(e: np.ndarray, d: np.ndarray) -> Trim:
    """From the treated's 5th percentile to the control units' 95th.

    Source: Stürmer, Rothman, Avorn and Glynn (2010), American Journal of Epidemiology 172.
    """
    low, high = float(np.quantile(e[d == 1], 0.05)), float(np.quantile(e[d == 0], 0.95))
    if not (0 < low < 0.5 < high < 1):
        raise _error(
            "trim_range",
            f"[{low:.3g}, {high:.3g}]",
            f"The percentiles give [{low:.3g}, {high:.3g}], which is no range around one half.",
            "Choose a range, for example `trim(0.1, 0.9)`.",
        )
    return Trim(rule="percentile", low=low, high=high)


def _error(code: str, value: str, message: str, fix: str) -> ContractError:
    return ContractError([Problem(code=code, field="trim", value=value, message=message, fix=fix)])
