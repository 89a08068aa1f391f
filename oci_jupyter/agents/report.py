"""The critic's report: ten parts of Markdown, verdict first, each claim with its cell.

The first part is the first screen: a verdict per estimand before any number, what weighs most,
and what would help. The parts below it are for whoever wants to know why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..contract import ModelRemarks, Plan, Verdict
from .markdown import escape, format_number, prose
from .record import IterationRecord
from .report_page import Page, open_page
from .report_parts import (
    bad_control_part,
    blind_spot_part,
    estimand_part,
    verdict_part,
    version_part,
)
from .report_tables import (
    alignment_part,
    alternative_part,
    diagnostic_part,
    ledger_part,
    target_trial_part,
)
from .report_words import LEVEL_SYMBOLS

__all__ = ["LEVEL_SYMBOLS", "PARTS", "escape", "format_number", "write_report"]

#: Titles of the parts and what writes them, in order.
PARTS: tuple[tuple[str, Callable[[Page], list[str]]], ...] = (
    ("Verdict", verdict_part),
    ("Estimand card", estimand_part),
    ("Target trial", target_trial_part),
    ("Blind spots", blind_spot_part),
    ("Bad controls", bad_control_part),
    ("Alignment", alignment_part),
    ("Diagnostics", diagnostic_part),
    ("Ideal trial and alternatives", alternative_part),
    ("Remedies and forking paths", ledger_part),
    ("Versions", version_part),
)


def write_report(
    iteration: IterationRecord,
    verdict: Verdict,
    *,
    plan: Plan | None = None,
    plan_anchor: str = "Plan",
    earlier: Sequence[IterationRecord] = (),
    remarks: ModelRemarks | None = None,
) -> str:
    """Write an iteration's report.

    Text that comes from data, plan or model is escaped: it cannot write Markdown.

    Args:
        iteration: What the report is about; the verdict's `review` has set its `stale`.
        verdict: Its verdict, remarks applied.
        plan: The plan; None when there is none that can be read.
        plan_anchor: Heading of the plan's cell, as an anchor of the notebook.
        earlier: The run's earlier iterations.
        remarks: What a language model added; None without one.

    Returns:
        Markdown.
    """
    page = open_page(
        iteration,
        verdict,
        plan=plan,
        plan_anchor=plan_anchor,
        earlier=earlier,
        remarks=remarks,
    )
    lines = [f"### {_number(iteration)} · Verdict and report", ""]
    if iteration.spec.question:
        lines += [f"*{escape(iteration.spec.question)}* → {page.links.plan}", ""]
    if verdict.stale:
        lines.append("> **Stale.** This report rests on cells that changed since:")
        lines.append(">")
        lines += [f"> - {prose(r.message)}{page.links.to([r.cell_id])}" for r in verdict.stale]
        lines.append("")
    for number, (title, write) in enumerate(PARTS, start=1):
        lines += [f"#### {number}. {title}", "", *write(page), ""]
    return "\n".join(lines).rstrip("\n")


def _number(iteration: IterationRecord) -> str:
    number = len(iteration.steps) + 1
    return str(number) if iteration.number == 1 else f"{iteration.number}.{number}"
