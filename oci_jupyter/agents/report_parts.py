"""The report's parts in sentences: verdict, estimand card, blind spots, bad controls, versions."""

from __future__ import annotations

import sys

from ..contract import Remedy, json_hash
from .markdown import escape, format_number, interval, listing, prose, table
from .report_page import SEVERITY_SYMBOLS, Page
from .report_words import LEVEL_SYMBOLS, contrast, difference_from_ate, scale
from .wording import LEVEL_WORDS

#: Findings on the first screen; the parts hold the rest.
_GRAVEST = 4
#: Which result a remedy answers to.
_REMEDY_SHOWN = {
    "trim": ("overlap",),
    "switch_estimand": ("overlap", "balance"),
    "richer_learner": ("balance",),
    "add_confounders": ("placebo", "sensitivity", "screen"),
}
#: Sentences of a study's notes that say who is in it.
_FLOW = ("Participant flow", "Trimming set aside", "Set aside against kept")


def verdict_part(page: Page) -> list[str]:
    """1. Verdict: per estimand one line, before any number; then what weighs and what helps."""
    verdict, links = page.verdict, page.links
    lines = [f"**{escape(verdict.summary)}**", ""]
    for graded in verdict.estimands:
        lines.append(
            f"- {LEVEL_SYMBOLS[graded.level]} **{escape(graded.estimand)}: "
            f"{LEVEL_WORDS[graded.level].lower()}.** {prose(graded.reason)}"
            f"{links.to(graded.reason_evidence or page.cells('estimate'))}"
        )
        if graded.lowered:
            name = escape(page.remarks.model) if page.remarks is not None else "unnamed"
            lines.append(
                f"  - Lowered by the language model ({name}): {escape(graded.lowered)}"
                f"{links.to(graded.reason_evidence or page.cells('estimate'))}"
            )
    rows = []
    for graded in verdict.estimands:
        if graded.estimate is None or graded.ci_lower is None or graded.ci_upper is None:
            continue
        rows.append(
            [
                escape(graded.estimand),
                format_number(graded.estimate, graded.stderr),
                interval(graded.ci_lower, graded.ci_upper, graded.stderr),
                escape(graded.population),
                page.shown_in("estimate"),
            ]
        )
    if rows:
        head = ["estimand", "estimate", "95 % interval", "speaks about", "shown in"]
        lines += ["", table(head, rows, right=[1])]
    grave = [f for f in verdict.findings if f.severity != "note"]
    if grave:
        lines += ["", "**What weighs most**", ""]
        for finding in grave[:_GRAVEST]:
            lines.append(
                f"- {SEVERITY_SYMBOLS[finding.severity]} {prose(finding.title.rstrip('.'))}."
                f"{links.to(finding.evidence)}"
            )
        if len(grave) > _GRAVEST:
            more = len(grave) - _GRAVEST
            lines.append(
                f"- {more} more in the parts below.{links.to(c for f in grave for c in f.evidence)}"
            )
    lines += ["", "**What would help**", ""]
    lines += [remedy_line(page, r) for r in verdict.remedies]
    if page.alternatives.abstain:
        lines.append(
            f"- **Experiment instead.** {prose(page.alternatives.abstain)}"
            f"{links.to(page.alternatives.evidence)}"
        )
    elif not verdict.remedies:
        lines.append(
            "- No remedy of the playbook applies; other designs are in part 8."
            f"{links.to(page.alternatives.evidence)}"
        )
    return lines


def remedy_line(page: Page, remedy: Remedy) -> str:
    """A remedy, whom the answer then speaks about, and the finding it answers to."""
    label = escape(remedy.label.rstrip("…"))
    return (
        f"- **{label}.** {prose(remedy.effect_on_estimand)} {prose(remedy.why)}"
        f" → {page.shown_in(*_REMEDY_SHOWN[remedy.kind])}"
    )


def estimand_part(page: Page) -> list[str]:
    """2. Estimand card: whom each answer is about, what it compares, how it is not the ATE."""
    spec, study = page.spec, page.study
    binary = any(bool(r.params.get("outcome_binary")) for r in page.of_kind("study"))
    lines = [
        f"- Contrast: {prose(contrast(spec, study))}. Scale: {prose(scale(spec, binary))}."
        f" → {page.shown_in('study')}"
    ]
    for graded in page.verdict.estimands:
        about = graded.population or "nobody yet: it was not estimated"
        lines.append(
            f"- **{escape(graded.estimand)}** speaks about {escape(about)}. "
            f"{escape(difference_from_ate(graded.estimand, spec, study))}"
            f" → {page.shown_in('estimate', 'study')}"
        )
    if study is not None:
        gone = study.n_source - study.n
        share = f" ({100 * gone / study.n_source:.1f} %)" if study.n_source else ""
        kept = f"{study.n:,} of {study.n_source:,} rows are analyzed"
        dropped = f"{gone:,}{share} are not" if gone else "nobody was dropped"
        lines.append(f"- Who was dropped: {kept}; {dropped}. → {page.shown_in('study')}")
    for cell, result in page.results:
        if result.kind == "study":
            for note in result.notes:
                if note.startswith(_FLOW):
                    lines.append(f"- {prose(note)}{page.links.to([cell])}")
    other = [e for r in page.of_kind("estimate") for e in r.estimates]
    second = [e for e in other if e.role == "second_opinion"]
    if second:
        said = "; ".join(
            f"{escape(e.estimand)} {format_number(e.estimate, e.stderr)} "
            f"({interval(e.ci_lower, e.ci_upper, e.stderr)}), {escape(e.method)}"
            for e in second
        )
        lines.append(f"- A second opinion says: {said}. → {page.shown_in('estimate')}")
    hasty = [e for e in other if e.role == "one_shot"]
    if hasty:
        said = "; ".join(f"{escape(e.method)} {format_number(e.estimate, e.stderr)}" for e in hasty)
        lines.append(
            f"- What a one-shot answer would have said: {said}. → {page.shown_in('estimate')}"
        )
    return lines


def blind_spot_part(page: Page) -> list[str]:
    """4. Blind spots: confounders that the plan does not mention."""
    shown = [f for f in page.findings(4) if f.code != "usual_suspect_missing"]
    lines = page.finding_lines(shown)
    if not any(f.code == "blind_spot" and f.source == "rules" for f in shown):
        lines.append(_screened(page, "No column outside the plan goes with both treatment and "
                               "outcome beyond what the confounders explain."))  # fmt: skip
    rows = []
    for cover in page.covers:
        by = ", ".join(f"`{c}`" for c in cover.columns[:6]) or cover.words
        state = f"✓ {prose(by)}" if cover.covered else "· not covered"
        if cover.unused:
            state += f"; unused: {prose(', '.join(f'`{c}`' for c in cover.unused[:6]))}"
        why = "" if cover.covered else f"{cover.suspect.why} {cover.suspect.fix}"
        where = page.shown_in("screen") if cover.unused else page.links.plan
        rows.append([cover.suspect.role, state, escape(why), where])
    lines += ["", "The usual suspects, by the names of the columns and the plan's words:", ""]
    head = ["suspect", "covered by", "why it matters, and how to get or bound it", "shown in"]
    lines.append(table(head, rows))
    return [*lines, *page.model_lines("blind_spots")]


def bad_control_part(page: Page) -> list[str]:
    """5. Bad controls: planned columns that the treatment may have moved, or that leak."""
    shown = page.findings(5)
    lines = page.finding_lines(shown)
    if all(f.source == "model" for f in shown):
        names = listing(f"`{c}`" for c in page.spec.confounders)
        lines.append(
            _screened(
                page,
                f"None of the planned confounders ({names}) looks post-treatment, like an "
                "instrument, or like a leak of treatment or outcome.",
            )
        )
    return [*lines, *page.model_lines("bad_controls")]


def _screened(page: Page, clean: str) -> str:
    """That the screen found nothing, or that there is no screen to say so."""
    if page.cells("screen"):
        return f"- {prose(clean)} → {page.shown_in('screen')}"
    step = page.step("screen")
    where = page.links.of([step.cell_id] if step is not None else page.cells("study"))
    return f"- Roles and data were not screened, so nothing is known here. → {where}"


def version_part(page: Page) -> list[str]:
    """10. Versions, seeds, hash of the data, model and prompts."""
    spec, study = page.spec, page.study
    kits = sorted({r.toolkit_version for _, r in page.results})
    processes = len({r.session for _, r in page.results})
    here = page.links.of(page.cells("study") or page.cells("estimate"))
    plan = page.links.plan
    fingerprint = study.fingerprint if study is not None else "unknown"
    kits_words = listing(kits)
    if len(kits) > 1:
        kits_words += " (results of different versions)"
    rows = [
        ["oci-jupyter, agents", escape(_own_version()), here],
        ["oci-jupyter, toolkit in the kernel", escape(kits_words), here],
        ["kernel processes", str(processes), here],
        ["seed, folds, learner", f"{spec.seed}, {spec.folds}, {spec.learner}", here],
        ["hash of the data", escape(spec.data_fingerprint or "unknown"), here],
        ["hash of the study", escape(fingerprint), here],
        ["hash of the spec", json_hash(spec.model_dump(mode="json"))[:16], plan],
        ["tools permitted", escape(listing(spec.tools)), plan],
    ]
    remarks = page.remarks
    if remarks is None:
        rows.append(["language model", "none: rules only", plan])
    else:
        prompts = listing(f"{name} {version}" for name, version in sorted(remarks.prompts.items()))
        rows.append(["language model", escape(remarks.model or "unnamed"), plan])
        rows.append(["prompts", escape(prompts), plan])
        if remarks.struck:
            n = len(remarks.struck)
            rows.append(
                [
                    "sentences of the model left out",
                    f"{n}: a number in {'it' if n == 1 else 'each'} is not in the results",
                    here,
                ]
            )
        rows += [["problem with the model", escape(p[:300]), plan] for p in remarks.problems[:4]]
    lines = [table(["what", "which", "shown in"], rows)]
    if spec.assumptions:
        lines += ["", "Taken for granted:", ""]
        lines += [f"- {prose(a)} → {plan}" for a in spec.assumptions]
    return lines


def _own_version() -> str:
    # Not imported by name: the package's front also knows the server, which is above us.
    return str(getattr(sys.modules["oci_jupyter"], "__version__", "unknown"))
