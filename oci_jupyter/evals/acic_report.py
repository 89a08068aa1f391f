"""What the rows of an evaluation say: error, coverage, width and cost, as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from ..contract import ContractError
from .methods import LABELS

_PUBLISHED = ["method", "setting", "rep", "estimate", "ci_lower", "ci_upper"]
_TIERS = ("pass", "warn", "fail")


def accuracy(rows: pd.DataFrame) -> dict[str, float]:
    """Error and intervals of some rows.

    Args:
        rows: Columns estimate, truth, ci_lower, ci_upper and, where known, pop_ci_lower,
            pop_ci_upper and sd_y; rows without an estimate are counted as refused.

    Returns:
        n, refused, bias, rmse (raw units), rmse_sd (in standard deviations of the outcome),
        coverage and width of the interval for the sample, and of that for the population.
    """
    answered = rows[rows["estimate"].notna()]
    if answered.empty:
        names = ["bias", "rmse", "rmse_sd", "coverage", "width", "pop_coverage", "pop_width"]
        return {"n": 0, "refused": len(rows), **dict.fromkeys(names, float("nan"))}
    error = answered["estimate"] - answered["truth"]
    found = {
        "n": len(answered),
        "refused": len(rows) - len(answered),
        "bias": float(error.mean()),
        "rmse": _root_mean_square(error),
    }
    if "sd_y" in answered:
        found["rmse_sd"] = _root_mean_square(error / answered["sd_y"])
    for prefix, lower, upper in (
        ("", "ci_lower", "ci_upper"),
        ("pop_", "pop_ci_lower", "pop_ci_upper"),
    ):
        if lower in answered:
            inside = answered["truth"].between(answered[lower], answered[upper])
            found[f"{prefix}coverage"] = float(inside.mean())
            found[f"{prefix}width"] = float((answered[upper] - answered[lower]).mean())
    return found


def summarize(rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and median cost per method and estimand.

    Args:
        rows: The rows of a file of results.

    Returns:
        One row per method and estimand: `accuracy`, then seconds (wall, per data set),
        cpu_seconds and peak_mb.
    """
    parts = []
    for (method, label), group in _by(rows, ["method", "estimand"]):
        cost = {c: float(group[c].median()) for c in ("seconds", "cpu_seconds", "peak_mb")}
        parts.append({"method": method, "estimand": label, **accuracy(group), **cost})
    return pd.DataFrame(parts)


def by_tier(rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracy per method, estimand and verdict tier: does the verdict know?

    Args:
        rows: The rows of a file of results.
    """
    parts = []
    for (method, label, tier), group in _by(rows, ["method", "estimand", "tier"]):
        parts.append({"method": method, "estimand": label, "tier": tier, **accuracy(group)})
    return pd.DataFrame(parts)


def read_published(path: Path) -> pd.DataFrame:
    """Stored answers of published methods.

    They aim at the effect realized in the treated of the sample, outcome noise included
    (SATT). Where `truth_rep1.csv` beside the file has it, they are measured against it.

    Args:
        path: File with the columns method, setting, rep, estimate, ci_lower, ci_upper.

    Returns:
        These columns, and `truth` (SATT) where it is known.

    Raises:
        ContractError: `columns_missing`.
    """
    published = pd.read_csv(path)
    missing = [c for c in _PUBLISHED if c not in published.columns]
    if missing:
        raise ContractError.of(
            "columns_missing",
            f"The published answers lack the columns {', '.join(missing)}.",
            f"They must have {', '.join(_PUBLISHED)}.",
            field="data",
            value=", ".join(missing),
        )
    published = published[_PUBLISHED]
    beside = path.with_name("truth_rep1.csv")
    keys = ["setting", "rep"]
    truth = pd.read_csv(beside) if beside.is_file() else pd.DataFrame()
    if not {*keys, "satt"} <= set(truth.columns):
        return published
    return published.merge(truth[[*keys, "satt"]].rename(columns={"satt": "truth"}), on=keys)


def paired(rows: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Each method against each published one, on the data sets both answered.

    Args:
        rows: The rows of a file of results; the ATT is compared.
        published: From `read_published`.

    Returns:
        Per pair: n, both RMSEs, coverages and widths, and `closer`, the share of data sets on
        which the method is closer to the truth than the published one (ties count half).
    """
    att = rows[(rows["estimand"] == "ATT") & rows["estimate"].notna()]
    theirs = published.rename(columns={"method": "published", "truth": "truth_theirs"})
    parts = []
    for method, own in att.groupby("method", sort=False):
        both = own.merge(theirs, on=["setting", "rep"], suffixes=("", "_theirs"))
        for name, pair in both.groupby("published"):
            pair = pair[pair["estimate_theirs"].notna()]
            if pair.empty:
                continue
            own_truth = "truth_theirs" if "truth_theirs" in pair else "truth"
            other = pair[["sd_y"]].assign(
                truth=pair[own_truth],
                **{c: pair[f"{c}_theirs"] for c in ("estimate", "ci_lower", "ci_upper")},
            )
            ours, them = accuracy(pair), accuracy(other)
            gap = (pair["estimate"] - pair["truth"]).abs() - (
                other["estimate"] - other["truth"]
            ).abs()
            parts.append(
                {
                    "method": method,
                    "published": name,
                    "n": ours["n"],
                    **{c: ours[c] for c in ("rmse", "coverage", "width")},
                    **{f"{c}_theirs": them[c] for c in ("rmse", "rmse_sd", "coverage", "width")},
                    "closer": float((gap < 0).mean() + 0.5 * (gap == 0).mean()),
                }
            )
    if not parts:
        return pd.DataFrame()
    return pd.DataFrame(parts).sort_values(["method", "rmse_theirs"], ignore_index=True)


def acic_report(rows: pd.DataFrame, published: pd.DataFrame | None, source: str) -> str:
    """The report as Markdown.

    Args:
        rows: The rows of a file of results.
        published: From `read_published`, if there are any.
        source: What the data are, without a path.
    """
    count = rows.drop_duplicates(["setting", "rep"]).shape[0]
    lines = [
        f"# Known answers: {source}, {count} data set{'' if count == 1 else 's'}",
        "",
        "RMSE, bias and width in units of the outcome; RMSE/sd in its standard deviations.",
        "Coverage of 95 % intervals: for the sample at hand, and (pop.) for the population it "
        "was drawn from; the truth is the sample's. Seconds, CPU seconds and peak memory are "
        "medians of whole analyses, all estimands and diagnostics together.",
        "",
        _table(
            summarize(rows),
            {
                "method": "method",
                "estimand": "estimand",
                "n": "n",
                "refused": "refused",
                "bias": "bias",
                "rmse": "RMSE",
                "rmse_sd": "RMSE/sd",
                "coverage": "coverage",
                "width": "width",
                "pop_coverage": "pop. coverage",
                "pop_width": "pop. width",
                "seconds": "s",
                "cpu_seconds": "CPU-s",
                "peak_mb": "peak MB",
            },
        ),
        "",
        "## By verdict tier",
        "",
        _table(
            by_tier(rows),
            {
                "method": "method",
                "estimand": "estimand",
                "tier": "tier",
                "n": "n",
                "refused": "refused",
                "rmse": "RMSE",
                "coverage": "coverage",
                "width": "width",
            },
        ),
    ]
    pairs = paired(rows, published) if published is not None else pd.DataFrame()
    if len(pairs):
        lines += [
            "",
            "## ATT against published methods, on the same data sets",
            "",
            "Published methods aimed at the effect realized in the sample, outcome noise included, "
            + (
                "and are measured against it."
                if published is not None and "truth" in published
                else "but are measured against the noise-free one: their coverage is understated."
            ),
            "",
            _table(
                pairs,
                {
                    "method": "method",
                    "published": "published",
                    "n": "n",
                    "rmse": "RMSE",
                    "rmse_theirs": "published RMSE",
                    "coverage": "coverage",
                    "coverage_theirs": "published coverage",
                    "width": "width",
                    "width_theirs": "published width",
                    "closer": "method closer",
                },
            ),
        ]
    return "\n".join(lines)


def _by(rows: pd.DataFrame, keys: list[str]) -> list[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Groups in the order of the file, estimands and tiers in theirs."""
    ranks: dict[str, Any] = {"estimand": LABELS, "tier": _TIERS}
    ranks["method"] = tuple(dict.fromkeys(rows["method"]))
    groups = [(tuple(k), g) for k, g in rows.groupby(keys, sort=False)]
    return sorted(
        groups, key=lambda g: [ranks[k].index(v) for k, v in zip(keys, g[0], strict=True)]
    )


def _root_mean_square(values: pd.Series) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _table(frame: pd.DataFrame, columns: dict[str, str]) -> str:
    shares = ("coverage", "closer")
    lines = [
        "| " + " | ".join(columns.values()) + " |",
        "|" + "|".join(" ---: " if is_numeric_dtype(frame[c]) else " --- " for c in columns) + "|",
    ]
    for row in frame.to_dict("records"):
        cells = []
        for column in columns:
            value = row[column]
            if isinstance(value, str):
                cells.append(value)
            elif pd.isna(value):
                cells.append("–")
            elif any(s in column for s in shares):
                cells.append(f"{100 * value:.1f} %")
            elif column in ("n", "refused", "peak_mb"):
                cells.append(f"{value:.0f}")
            elif column in ("seconds", "cpu_seconds"):
                cells.append(f"{value:.1f}")
            else:
                cells.append(f"{value:.3f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
