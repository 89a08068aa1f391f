"""The report's parts in tables: target trial, alignment, diagnostics, alternatives, ledger."""

from __future__ import annotations

from ..contract import GradedCheck
from .alignment import Agreement
from .markdown import escape, format_number, interval, prose, table
from .report_page import Page
from .report_words import DIAGNOSTICS, GRADE_WORDS, contrast, estimate_words
from .sample_size import ALPHA, POWER
from .study_fields import FIELDS
from .wording import LEVEL_WORDS

_AGREEMENT: dict[Agreement, str] = {
    "agrees": "✓ agrees",
    "explained": "✓ explained",
    "differs": "⚠ differs",
    "unknown": "–",
}
_EMPTY = {"", "none", "defaults"}


def target_trial_part(page: Page) -> list[str]:
    """3. Target trial: the ideal trial, this analysis, and the gap between them.

    Source: the TARGET statement (Cashin et al. 2025), items of the target trial's protocol.
    """
    spec, study = page.spec, page.study
    plan, here = page.links.plan, page.shown_in("study")
    known = {f.code for f in page.verdict.findings if f.source == "rules"}
    rows_words = f"{study.n:,} of {study.n_source:,} rows" if study is not None else "not run"
    conditions = ", ".join(f"`{c}`" for c in spec.keep)
    treated = "" if study is None else f"{study.n_treated:,} treated, {study.n_control:,} not"
    placebo = "; ".join(r.headline for r in page.of_kind("placebo"))
    strength = "; ".join(r.headline for r in page.of_kind("sensitivity"))
    untested = "nothing tests what the confounders leave"
    gap = f"placebo: {placebo}. {strength}" if placebo else (strength or untested)
    timed = sorted({"immortal_time", "treatment_after_outcome", "treatment_time_varies"} & known)
    clock = {
        "immortal_time": "time before treatment is counted as treated",
        "treatment_after_outcome": "treatment comes after the outcome",
        "treatment_time_varies": "treatment begins at different times",
    }
    rows = [
        [
            "Eligibility",
            prose(spec.eligibility) or "stated before anyone is enrolled",
            f"{rows_words}{f', where {prose(conditions)}' if conditions else ''}",
            "none stated in words"
            if spec.eligibility and spec.keep
            else "no condition on rows puts the words into effect"
            if spec.eligibility
            else "the plan does not say who could have been treated",
            f"{plan}, {here}",
        ],
        [
            "Treatment strategies",
            prose(f"give `{spec.treatment}`, or the usual alternative, from time zero on"),
            f"{prose(contrast(spec, study))}{f' ({treated})' if treated else ''}",
            "as observed: versions of the treatment and how far it was kept to are not known",
            f"{plan}, {here}",
        ],
        [
            "Assignment",
            "by lot, concealed",
            f"not random; taken as random given {len(spec.confounders)} confounders",
            prose(gap),
            page.shown_in("placebo", "sensitivity"),
        ],
        [
            "Time zero",
            "eligibility, assignment and start of follow-up coincide",
            prose(spec.time_zero) or "not stated",
            "; ".join(clock[c] for c in timed)
            or ("none found in the data" if spec.time_zero else "it cannot be checked"),
            page.links.of(c for f in page.verdict.findings if f.code in timed for c in f.evidence)
            if timed
            else plan,
        ],
        [
            "Follow-up",
            "the same length in both arms, nobody lost",
            prose(spec.follow_up) or "not stated",
            "the missing outcomes differ between the arms"
            if "outcome_missing_differs" in known
            else "who was lost is not known beyond the rows dropped",
            f"{plan}, {here}",
        ],
        [
            "Outcome",
            prose(f"`{spec.outcome}`, measured the same way, blind to assignment"),
            prose(f"`{spec.outcome}` as recorded"),
            "a planned column leaks it" if "outcome_leak" in known else "not blind",
            here,
        ],
        [
            "Contrast",
            "difference of means as assigned (intention to treat)",
            escape(", ".join(spec.labels)),
            escape(
                f"speaks of propensities {spec.trim.label} only"
                if spec.trim is not None
                else "what was received, not what was assigned"
            ),
            page.shown_in("estimate"),
        ],
    ]
    lines = [table(["item", "ideal trial", "this analysis", "gap", "shown in"], rows)]
    faults = page.finding_lines(page.findings(3))
    if faults:
        lines += ["", "Faults of data and timing:", "", *faults]
    return [*lines, *page.model_lines("target_trial")]


def alignment_part(page: Page) -> list[str]:
    """6. Alignment: plan, spec and execution side by side, and how the cells stand."""
    rows, unused = [], []
    for row in page.alignment.rows:
        values = (row.plan, row.spec, row.run)
        if row.agreement != "differs" and not row.why and set(values) <= _EMPTY:
            unused.append(FIELDS[row.name])
            continue
        where = page.links.of(row.evidence) if row.evidence else page.links.plan
        why = f": {prose(row.why)}" if row.why else ""
        rows.append(
            [
                FIELDS[row.name],
                *(escape(v) for v in values),
                f"{_AGREEMENT[row.agreement]}{why}",
                where,
            ]
        )
    lines = [table(["item", "plan", "spec", "run", "agrees?", "shown in"], rows)]
    notes = []
    if page.plan is None:
        notes.append(f"- The plan's cell could not be read. → {page.links.plan}")
    if unused:
        names = ", ".join(unused)
        notes.append(f"- Left at nothing in all three: {names}. → {page.shown_in('study')}")
    notes += page.finding_lines(page.findings(6))
    if all(f.source == "model" for f in page.findings(6)):
        notes.append(
            "- Every step ran as composed and its result belongs to the study on show. → "
            f"{page.shown_in('study')}"
        )
    return [*lines, "", *notes]


def diagnostic_part(page: Page) -> list[str]:
    """7. Diagnostics: estimand × diagnostic × target × actual × grade."""
    seen = set()
    found: list[tuple[str, GradedCheck]] = []
    for graded in page.verdict.estimands:
        for check in graded.checks:
            key = (check.estimand, check.name, check.title, tuple(check.evidence))
            if key not in seen:
                seen.add(key)
                found.append((check.estimand or "all", check))
    order = list(DIAGNOSTICS)

    def place(entry: tuple[str, GradedCheck]) -> tuple[int, int]:
        label, check = entry
        labels = page.spec.labels
        return (
            labels.index(label) if label in labels else len(labels),
            order.index(check.name) if check.name in order else len(order),
        )

    rows = []
    for label, check in sorted(found, key=place):
        actual = check.display or ("–" if check.value is None else format_number(check.value))
        group = DIAGNOSTICS.get(check.name)
        rows.append(
            [
                escape(label),
                f"{group}: {prose(check.title)}" if group else prose(check.title),
                escape(check.target),
                escape(actual),
                GRADE_WORDS[check.grade],
                page.links.of(check.evidence),
            ]
        )
    if not rows:
        return [f"- No diagnostic has run. → {page.links.plan}"]
    return [table(["estimand", "diagnostic", "target", "actual", "grade", "shown in"], rows)]


def alternative_part(page: Page) -> list[str]:
    """8. Ideal trial and alternatives, with the units that each needs."""
    found = page.alternatives
    where = page.links.of(found.evidence)
    lines = [f"{prose(found.trial)} → {page.links.plan}, {where}", ""]
    if found.basis is not None and found.basis.estimate is not None:
        basis = found.basis
        known = found.needs is not None and found.needs.standardized is not None
        size = (
            f"for the {escape(basis.estimand)} found, "
            f"{estimate_words(basis.estimate, basis.ci_lower, basis.ci_upper, basis.stderr)}"
        )
        if known and found.needs is not None:
            spread = found.needs.sd
            said = f", standard deviation {format_number(spread)} among controls" if spread else ""
            lines.append(
                f"- Units per arm are {size}{said}; two-sided test at {100 * ALPHA:.0f} %, "
                f"power {100 * POWER:.0f} %. → {where}"
            )
        else:
            lines.append(
                f"- How many units {size} would need is not known: the results do not say how "
                f"much the outcome varies. → {where}"
            )
        low, high = basis.ci_lower, basis.ci_upper
        if low is not None and high is not None and low <= 0 <= high:
            lines.append(
                "- The interval includes zero, so plan an experiment for the smallest effect that "
                f"matters rather than for this one. → {where}"
            )
    rows = [
        [
            escape(s.name),
            prose(s.how),
            escape(s.answers),
            f"{s.units:,}" if s.units is not None else "–",
            prose(s.note),
            where,
        ]
        for s in found.strategies
    ]
    head = ["design", "how, here", "answers for", "units per arm", "given", "shown in"]
    lines += ["", table(head, rows, right=[3])]
    if found.abstain:
        lines += ["", f"- **Abstain; experiment instead.** {prose(found.abstain)} → {where}"]
    return [*lines, *page.model_lines("alternatives")]


def ledger_part(page: Page) -> list[str]:
    """9. Remedies and forking paths: what was tried, what is left, what each said."""
    lines = []
    for record in [*page.earlier, page.iteration]:
        cells = [s.cell_id for s in record.steps if s.inserted and not s.deleted][:1]
        why = record.label or "as planned"
        if record.spec.comment:
            why += f", “{record.spec.comment}”"
        verdict = page.verdict if record is page.iteration else record.verdict
        said = (
            "; ".join(f"{v.estimand} {LEVEL_WORDS[v.level].lower()}" for v in verdict.estimands)
            if verdict is not None
            else "not graded"
        )
        lines.append(
            f"- Iteration {record.number}, {prose(why)}: {escape(said)}.{page.links.to(cells)}"
        )
    left = "; ".join(escape(r.label.rstrip("…")) for r in page.verdict.remedies)
    said = (
        f"Remedies left (part 1 says whom each speaks about): {left}."
        if left
        else ("No remedy of the playbook is left.")
    )
    lines.append(f"- {said} → {page.shown_in('overlap', 'study')}")
    rows = []
    for path in page.ledger.paths:
        said = "; ".join(
            f"{escape(s.estimand)} {format_number(s.estimate, s.ci_upper - s.ci_lower)} "
            f"({interval(s.ci_lower, s.ci_upper, s.ci_upper - s.ci_lower)})"
            for s in path.said
        )
        shown = "this report" if path.current else "no" if path.iteration is None else "yes"
        rows.append([prose(path.label), said, shown, page.links.of(path.evidence)])
    if rows:
        lines += ["", table(["specification", "what it said", "shown", "shown in"], rows)]
    else:
        lines.append(f"- Nothing has been estimated. → {page.links.plan}")
    notes = page.finding_lines(page.findings(9))
    notes += [
        f"- “{escape(title)}” was rejected; its finding is left out. → {page.links.of([cell])}"
        for title, cell in page.ledger.rejected
    ]
    return [*lines, "", *notes] if notes else lines
