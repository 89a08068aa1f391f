"""What the parts of a report draw on, worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..contract import Finding, ModelRemarks, Plan, Result, Spec, StudyInfo, Verdict
from .alignment import Alignment, align
from .alternatives import Alternatives, consider
from .blind_spots import Coverage, coverage
from .evidence import results_hash
from .findings import PART_OF
from .ledger import Ledger, keep_ledger
from .markdown import Links, escape, prose
from .record import IterationRecord, StepRecord
from .study_fields import with_words

SEVERITY_SYMBOLS = {"serious": "✖", "concern": "⚠", "note": "·"}


@dataclass
class Page:
    """One iteration's report in the making.

    Attributes:
        iteration: What it is about.
        spec: Its spec, with the plan's words.
        verdict: Its verdict.
        plan: The plan; None when there is none that can be read.
        earlier: The run's earlier iterations.
        remarks: What a language model added, None without one.
        links: Links to cells.
        results: Cell id and result of each step that counts.
        covers: The usual suspects.
        alignment: The three-way diff.
        ledger: The specifications tried.
        alternatives: Ideal trial and other designs.
        outdated: The model's words are about other results than these.
    """

    iteration: IterationRecord
    spec: Spec
    verdict: Verdict
    plan: Plan | None
    earlier: Sequence[IterationRecord]
    remarks: ModelRemarks | None
    links: Links
    results: list[tuple[str, Result]]
    covers: list[Coverage]
    alignment: Alignment
    ledger: Ledger
    alternatives: Alternatives
    outdated: bool = False

    def cells(self, *kinds: str) -> list[str]:
        """Cells whose result is of one of these kinds and counts."""
        return [cell for cell, result in self.results if result.kind in kinds]

    def of_kind(self, kind: str) -> list[Result]:
        """Results of a kind that count."""
        return [result for _, result in self.results if result.kind == kind]

    def step(self, kind: str) -> StepRecord | None:
        """The first step of a kind, whether it ran or not."""
        return next((s for s in self.iteration.steps if s.draft.kind == kind), None)

    @property
    def study(self) -> StudyInfo | None:
        """Which study the results belong to."""
        return self.results[0][1].study if self.results else None

    def shown_in(self, *kinds: str) -> str:
        """Links to the cells of some kinds; to the plan when there are none."""
        return self.links.of(self.cells(*kinds))

    def findings(self, part: int, *severities: str) -> list[Finding]:
        """Findings that a part shows, the gravest first."""
        return [
            f
            for f in self.verdict.findings
            if PART_OF.get(f.code, 4) == part and (not severities or f.severity in severities)
        ]

    def finding_lines(self, findings: Iterable[Finding]) -> list[str]:
        """Findings as bullets: what, with its numbers, what to do, and where it shows."""
        lines = []
        for finding in findings:
            own = " *(language model)*" if finding.source == "model" else ""
            about = f" ({escape(finding.estimand)})" if finding.estimand else ""
            if finding.estimand and finding.estimand in finding.title:
                about = ""
            fix = f" *{prose(finding.fix)}*" if finding.fix else ""
            title = finding.title.rstrip(".")
            lines.append(
                f"- {SEVERITY_SYMBOLS[finding.severity]} **{prose(title)}.**{about}{own} "
                f"{prose(finding.text)}{fix}{self.links.to(finding.evidence)}"
            )
        return lines

    def model_lines(self, part: str) -> list[str]:
        """The language model's text for a part, set apart and inert; nothing without one."""
        if self.remarks is None:
            return []
        text = self.remarks.prose.get(part, "").strip()
        if not text:
            return []
        name = escape(self.remarks.model) or "unnamed"
        head = f"> **Language model ({name}), not checked beyond its numbers.**"
        if self.outdated:
            return ["", f"{head} Its text is about earlier results and is left out.", ""]
        lines = ["", head]
        for paragraph in text.replace("\r", "\n").split("\n\n"):
            if paragraph.strip():
                lines += [">", f"> {escape(paragraph)}"]
        return [*lines, ""]


def open_page(
    iteration: IterationRecord,
    verdict: Verdict,
    *,
    plan: Plan | None,
    plan_anchor: str,
    earlier: Sequence[IterationRecord],
    remarks: ModelRemarks | None,
) -> Page:
    """Work out what the parts need; arguments as for `write_report`."""
    results = iteration.counted
    spec = with_words(iteration.spec, plan)
    covers = coverage(spec, plan, [r for _, r in results])
    words = plan.text if plan is not None else ""
    told = remarks.results_sha256 if remarks is not None else ""
    return Page(
        iteration=iteration,
        spec=spec,
        verdict=verdict,
        plan=plan,
        earlier=earlier,
        remarks=remarks,
        links=Links([*earlier, iteration], plan_anchor),
        results=results,
        covers=covers,
        alignment=align(iteration, plan, earlier),
        ledger=keep_ledger(iteration, earlier),
        alternatives=consider(spec, verdict, results, covers, words),
        outdated=bool(told) and told != results_hash(iteration),
    )
