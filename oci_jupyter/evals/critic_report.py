"""What the rows of the critic's evaluation say, as Markdown tables."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..agents.critic import LEVEL_WORDS
from ..contract import LEVELS
from .planted import Fault

#: Checks whose failure calls a clean twin's design in question.
_ALARMS = ("overlap_share_outside", "balance_max_smd", "placebo")


def findings_of(row: pd.Series) -> dict[str, str]:
    """Codes of an analysis's findings by rules, with the severity of each."""
    pairs = (item.rpartition(":") for item in str(row["findings"]).split(";") if item)
    order = {"note": 0, "concern": 1, "serious": 2}
    found: dict[str, str] = {}
    for code, _, severity in pairs:
        if order[severity] >= order.get(found.get(code, "note"), 0):
            found[code] = severity
    return found


def failing_of(row: pd.Series) -> set[str]:
    """Names of an analysis's failing checks."""
    return {name for name in str(row["failing"]).split(";") if name}


def named(row: pd.Series, fault: Fault) -> bool:
    """Whether rules name the fault: a finding with one of its codes, or one of its checks fails.

    Notes do not count: they change no verdict, and sound analyses have them too.
    """
    return bool(set(alarms(row)) & set(fault.codes) or failing_of(row) & set(fault.checks))


def named_by_model(row: pd.Series, fault: Fault) -> bool:
    """Whether a model's own concern has one of the fault's codes, columns or words."""
    words = [re.compile(rf"(?<!\w){re.escape(c)}(?!\w)") for c in fault.columns]
    words += [re.compile(fault.words, re.IGNORECASE)] if fault.words else []
    return any(
        any(concern.startswith(f"[{code}]") for code in fault.codes)
        or any(word.search(concern) for word in words)
        for concern in json.loads(row["concerns"] or "[]")
    )


def alarms(row: pd.Series) -> list[str]:
    """Codes of concerns and serious findings by rules."""
    return [code for code, severity in findings_of(row).items() if severity != "note"]


def analyses(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per analysis: what does not differ between its estimands."""
    return rows.drop_duplicates(["case", "seed"]).set_index(["case", "seed"], drop=False)


def rates(rows: pd.DataFrame, faults: Sequence[Fault]) -> pd.DataFrame:
    """Detection and false alarms by fault.

    Args:
        rows: Rows of the file of results.
        faults: Which faults.

    Returns:
        One row per fault: `n` analyses with it; the shares of them in which rules `named` it, the
        verdict was `lowered`, the `model` named it, and rules did not (`model_only`); of its clean
        twins `twins`, the shares with any `alarm`, with a verdict below satisfactory (`doubt`), and
        of which the model says the same (`model_twin`).
    """
    one = analyses(rows)
    parts = []
    for fault in faults:
        with_it = one[one["case"] == fault.case(True)]
        clean = one[one["case"] == fault.case(False)]
        rules = _share(with_it, lambda row, f=fault: named(row, f))
        parts.append(
            {
                "fault": fault.name,
                "title": fault.title,
                "detectable": fault.detectable,
                "n": len(with_it),
                "named": rules,
                "lowered": _share(with_it, lambda row: row["overall"] != "satisfactory"),
                "model": _share(with_it, lambda row, f=fault: named_by_model(row, f)),
                "model_only": _share(
                    with_it, lambda row, f=fault: named_by_model(row, f) and not named(row, f)
                ),
                "twins": len(clean),
                "alarm": _share(clean, lambda row: bool(alarms(row))),
                "doubt": _share(clean, lambda row: row["overall"] != "satisfactory"),
                "model_twin": _share(clean, lambda row, f=fault: named_by_model(row, f)),
            }
        )
    return pd.DataFrame(parts)


def _share(rows: pd.DataFrame, holds: Any) -> float:
    return float(np.mean([bool(holds(row)) for _, row in rows.iterrows()])) if len(rows) else np.nan


def false_alarms(rows: pd.DataFrame) -> pd.DataFrame:
    """What rings on clean twins: one row per code of a finding or failing check, by frequency."""
    clean = analyses(rows[rows["case"].str.startswith("clean:")])
    counts: dict[tuple[str, str], list[str]] = {}
    for _, row in clean.iterrows():
        where = f"{row['case'].removeprefix('clean:')} {row['seed']}"
        for code in alarms(row):
            counts.setdefault((code, "finding"), []).append(where)
        for name in failing_of(row) & set(_ALARMS):
            counts.setdefault((name, "failing check"), []).append(where)
    parts = [
        {
            "what": what,
            "kind": kind,
            "analyses": len(where),
            "share": len(where) / len(clean),
            "where": ", ".join(where[:4]) + (", …" if len(where) > 4 else ""),
        }
        for (what, kind), where in counts.items()
    ]
    columns = ["what", "kind", "analyses", "share", "where"]
    return pd.DataFrame(parts, columns=columns).sort_values(
        ["analyses", "what"], ascending=[False, True], ignore_index=True
    )


def confusion(rows: pd.DataFrame) -> pd.DataFrame:
    """Verdict against truth: do intervals of a level cover, and how far off are the estimates?

    Args:
        rows: Rows of the file of results, one per estimand.

    Returns:
        One row per level and kind of analysis (faulty, clean): number of estimates, share whose
        interval covers, median of |error| / standard error, share of it above 3.
    """
    answered = rows[rows["estimate"].notna() & rows["truth"].notna()]
    error = (answered["estimate"] - answered["truth"]).abs() / answered["stderr"]
    covers = answered["truth"].between(answered["ci_lower"], answered["ci_upper"])
    clean = answered["case"].str.startswith("clean:")
    parts = []
    for level in LEVELS:
        for kind, mask in (("clean", clean), ("faulty", ~clean)):
            at = mask & (answered["level"] == level)
            if at.any():
                parts.append(
                    {
                        "level": level,
                        "kind": kind,
                        "estimates": int(at.sum()),
                        "covered": float(covers[at].mean()),
                        "error": float(error[at].median()),
                        "far": float((error[at] > 3).mean()),
                    }
                )
    return pd.DataFrame(parts)


def critic_report(
    rows: pd.DataFrame, faults: Sequence[Fault], computed: int = 0, wall: float = 0.0
) -> str:
    """The tables.

    Args:
        rows: Rows of the file of results of one model.
        faults: Which faults were asked for.
        computed: Analyses computed just now.
        wall: Seconds that took.
    """
    names = {fault.case(planted) for fault in faults for planted in (True, False)}
    rows = rows[rows["case"].isin(names)]
    model = next(iter(rows["model"]), "")
    found = rates(rows, faults)
    found = found[(found["n"] > 0) | (found["twins"] > 0)]
    parts = [_headline(rows, found), _fault_table(found, bool(model))]
    rung = false_alarms(rows)
    if len(rung):
        lines = ["| what rings on clean twins | kind | analyses | share | fault and seed |"]
        lines.append("| --- | --- | ---: | ---: | --- |")
        lines += [
            f"| {r['what']} | {r['kind']} | {r['analyses']} | {_percent(r['share'])} "
            f"| {r['where']} |"
            for r in rung.to_dict("records")
        ]
        parts.append("\n".join(lines))
    parts.append(_confusion_table(confusion(rows)))
    if model:
        parts.append(_model_words(rows, model))
    if computed:
        cost = analyses(rows)["cpu_seconds"]
        parts.append(
            f"{len(cost)} analyses, {cost.sum() / 60:.1f} CPU minutes (median {cost.median():.1f} "
            f"s); {computed} of them just now, in {wall / 60:.1f} minutes."
        )
    return "\n\n".join(parts)


def _headline(rows: pd.DataFrame, found: pd.DataFrame) -> str:
    """Rates over all analyses, faults of both kinds apart."""

    def over(part: pd.DataFrame) -> str:
        count, total = float((part["named"] * part["n"]).sum()), int(part["n"].sum())
        return f"{round(count)} of {total} ({_percent(count / total)})" if total else "none"

    clean = analyses(rows[rows["case"].str.startswith("clean:")])
    rang = sum(bool(alarms(row)) for _, row in clean.iterrows())
    doubted = int((clean["overall"] != "satisfactory").sum())
    able = found[found["detectable"]]
    return "\n".join(
        [
            f"- detectable faults named by rules: {over(able)}",
            f"- faults that rules cannot name on principle: {over(found[~found['detectable']])}",
            f"- clean twins with a false alarm: {rang} of {len(clean)}"
            + (f" ({_percent(rang / len(clean))})" if len(clean) else ""),
            f"- clean twins graded below satisfactory: {doubted} of {len(clean)}"
            + (f" ({_percent(doubted / len(clean))})" if len(clean) else ""),
        ]
    )


def _fault_table(found: pd.DataFrame, model: bool) -> str:
    head = "| fault | detectable | n | named | verdict lowered |"
    line = "| --- | :---: | ---: | ---: | ---: |"
    if model:
        head, line = (
            f"{head} by the model | by it alone | of the twin too |",
            f"{line} ---: | ---: | ---: |",
        )
    lines = [f"{head} twins | false alarm | graded lower |", f"{line} ---: | ---: | ---: |"]
    for r in found.to_dict("records"):
        cells = [
            r["title"],
            "yes" if r["detectable"] else "no",
            str(r["n"]),
            _percent(r["named"]),
            _percent(r["lowered"]),
        ]
        if model:
            cells += [_percent(r[c]) for c in ("model", "model_only", "model_twin")]
        cells += [str(r["twins"]), _percent(r["alarm"]), _percent(r["doubt"])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _confusion_table(table: pd.DataFrame) -> str:
    lines = [
        "| verdict | analyses | estimates | interval covers | median error / SE | beyond 3 SE |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for r in table.to_dict("records"):
        lines.append(
            f"| {LEVEL_WORDS[r['level']]} | {r['kind']} | {r['estimates']} "
            f"| {_percent(r['covered'])} | {r['error']:.1f} | {_percent(r['far'])} |"
        )
    return "\n".join(lines)


def _model_words(rows: pd.DataFrame, model: str) -> str:
    """What the model added to clean twins, where nothing was to be added."""
    clean = analyses(rows[rows["case"].str.startswith("clean:")])
    if clean.empty:
        return f"Model: {model}."
    concerns = [len(json.loads(text or "[]")) for text in clean["concerns"]]
    lowered = rows[rows["case"].str.startswith("clean:")]["lowered"].astype(str).str.len() > 0
    return (
        f"Model: {model}. On clean twins it raised {np.mean(concerns):.1f} concerns each, and "
        f"lowered {_percent(float(lowered.mean()))} of the verdicts."
    )


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.0f} %"
