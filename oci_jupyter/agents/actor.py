"""The rules actor: plan → spec → steps, and remedies as changes of spec.

It asks the kernel's profile of the data, never the data. What it fills in or takes for
granted is written down in `Spec.assumptions`; what it cannot use is refused with the
field, the value and the fix.
"""

from __future__ import annotations

from typing import Literal

from ..contract import (
    LEAN_ROWS,
    ContractError,
    DataProfile,
    Plan,
    Problem,
    Remedy,
    Spec,
    SpecChange,
    parse_condition,
)

#: Libraries a plan may allow, and what each would be used for.
KNOWN_TOOLS = {
    "doubleml": "estimates and sensitivity analysis",
    "econml": "second opinion",
}
_REMEDY, _CHANGED = "Remedy taken: ", "Changed on the principal's comment: "
_STUDY_NAMES = ("study", "oci_study", "oci_jupyter_study")


def needed_names() -> list[str]:
    """Kernel variables the cells would like to assign; the probe says which are taken."""
    return list(_STUDY_NAMES)


def plan_problems(plan: Plan) -> list[Problem]:
    """What is wrong with a plan before any data are looked at."""
    words = {
        "data": "Name a DataFrame of the kernel, or a csv or parquet file.",
        "treatment": "Name the column that says who was treated.",
        "outcome": "Name the column whose change is in question.",
        "confounders": "Name the columns that may have driven both treatment and outcome.",
    }
    problems = [
        Problem(
            code="plan_missing_field",
            field=name,
            message=f"The plan does not say what its `{name}` is.",
            fix=words[name],
        )
        for name in plan.missing
    ]
    problems += [
        Problem(
            code="tool_unknown",
            field="tools",
            value=tool,
            message=f"The plan allows a tool that is not known here: `{tool}`.",
            fix=f"Known tools: {', '.join(KNOWN_TOOLS)}.",
        )
        for tool in plan.tools
        if tool not in KNOWN_TOOLS
    ]
    if "doubleml" not in plan.tools:
        problems.append(
            Problem(
                code="tool_needed",
                field="tools",
                value=", ".join(plan.tools),
                message="The plan does not allow `doubleml`, which computes the estimates.",
                fix="Add `doubleml` to `tools`.",
            )
        )
    return problems


def draft(plan: Plan, profile: DataProfile, *, iteration: int = 1) -> Spec:
    """Refine a plan into a spec.

    Args:
        plan: A plan without `plan_problems`.
        profile: What the kernel says about the plan's data and roles.
        iteration: Number of the iteration the spec is for.

    Raises:
        ContractError: With every problem that keeps the plan from being carried out.
    """
    errors = [p for p in (*plan_problems(plan), *profile.problems) if p.severity == "error"]
    if errors:
        raise ContractError(errors)
    assumptions = _assumptions(plan, profile)
    if not plan.question:
        assumptions.append(
            f"The question is taken to be: what is the effect of {plan.treatment} "
            f"on {plan.outcome}?"
        )
    learner: Literal["stack", "lean"] = "stack" if profile.rows <= LEAN_ROWS else "lean"
    if learner == "lean":
        assumptions.append(
            f"The data has more than {LEAN_ROWS:,} rows, so the models are the lean ones (boosting "
            "alone)."
        )
    name = next((n for n in _STUDY_NAMES if n not in profile.taken_names), _STUDY_NAMES[-1])
    return Spec(
        iteration=iteration,
        question=plan.question or f"Effect of {plan.treatment} on {plan.outcome}",
        design=plan.design,
        data=plan.data,
        data_fingerprint=profile.fingerprint,
        rows=profile.rows,
        treatment=plan.treatment,
        treated=plan.treated,
        outcome=plan.outcome,
        confounders=plan.confounders,
        placebo_outcomes=plan.placebo_outcomes,
        cluster=plan.cluster,
        weights=plan.weights,
        keep=[parse_condition(condition) for condition in plan.keep],
        eligibility=plan.eligibility,
        time_zero=plan.time_zero,
        follow_up=plan.follow_up,
        threats=plan.threats,
        model_sees=plan.model_sees,
        estimands=list(dict.fromkeys(plan.estimands)),
        learner=learner,
        seed=plan.seed,
        tools=plan.tools,
        study_name=_iteration_name(name, iteration),
        assumptions=assumptions,
    )


def _assumptions(roles: Plan | Spec, profile: DataProfile) -> list[str]:
    """What is taken for granted about the data whatever the way to the spec."""
    found = [str(p) for p in profile.problems]
    if not roles.placebo_outcomes:
        found.append(
            "No placebo outcome is named, so confounding that remains cannot be tested; "
            "no estimate can be graded better than with caveats."
        )
    if "econml" not in roles.tools:
        found.append("The plan does not permit `econml`, so there is no second opinion.")
    return found


def revise(changed: Spec, base: Spec, comment: str) -> Spec:
    """The next iteration's spec after a comment.

    A changed study begins anew. Only where nothing but the trimming, the estimands of a trimmed
    study or its models change does it go on from the study at hand, as after a remedy.

    Args:
        changed: `base` with the comment's edits made.
        base: Spec of the iteration at hand.
        comment: The principal's words.

    Raises:
        ContractError: Trimming and other changes were asked for in one breath.
    """
    different = {n for n in Spec.model_fields if getattr(changed, n) != getattr(base, n)}
    new = changed.model_copy(deep=True)
    kind = ""
    if "trim" in different and new.trim is not None:
        others = different - {"trim", "estimands"}
        if others:
            raise ContractError.of(
                "trim_alone",
                "Trimming goes on from the study at hand, and the comment also changes that study "
                f"({', '.join(sorted(others))}).",
                "Make the other changes first, then trim.",
                field="trim",
            )
        kind = "trim"
        # Overlap weights already set aside what trimming would, as with the remedy.
        new.estimands = [e for e in new.estimands if e != "ATO"] or ["ATE"]
    elif base.trim is not None and "trim" not in different:
        kind = {
            frozenset({"estimands"}): "switch_estimand",
            frozenset({"learner"}): "richer_learner",
        }.get(frozenset(different), "")
        if not kind:
            new.trim = None  # It was of a study that no longer is the one asked for.
    return Spec.model_validate(
        new.model_dump()
        | {
            "iteration": base.iteration + 1,
            "parent_study": base.study_name if kind else None,
            "study_name": _iteration_name(_base_name(base), base.iteration + 1),
            "remedy": f"{kind}:comment" if kind else None,
            "comment": comment,
        }
    )


def revised_assumptions(
    spec: Spec, base: Spec, profile: DataProfile, changes: list[SpecChange]
) -> list[str]:
    """What the actor took for granted in a revised spec, and what the comment changed."""
    kept = [a for a in base.assumptions if a.startswith((_REMEDY, _CHANGED))]
    changed = [f"{_CHANGED}{c.label.lower()}: {c.before} → {c.after}." for c in changes]
    return [*_assumptions(spec, profile), *kept, *changed]


def apply(remedy: Remedy, spec: Spec) -> Spec:
    """The next iteration's spec: `spec` with one remedy applied and nothing else changed.

    Raises:
        ContractError: The remedy needs something that only the principal can name.
    """
    if remedy.needs_input:
        raise ContractError.of(
            "remedy_needs_input",
            f"“{remedy.label}” needs you to say which columns.",
            "Add them to the plan's confounders and run the plan again.",
            field="confounders",
            value=remedy.label,
        )
    iteration = spec.iteration + 1
    changed = spec.model_copy(
        deep=True,
        update={
            "iteration": iteration,
            "parent_study": spec.study_name,
            "study_name": _iteration_name(_base_name(spec), iteration),
            "remedy": remedy.id,
            "comment": "",
            "assumptions": [
                *spec.assumptions,
                f"{_REMEDY}{remedy.label}. {remedy.effect_on_estimand}".strip(),
            ],
        },
    )
    if remedy.trim is not None:
        changed.trim = remedy.trim
        # Overlap weights already set aside what trimming would: keep the plain contrasts.
        changed.estimands = [e for e in changed.estimands if e != "ATO"] or ["ATE"]
    if remedy.estimands is not None:
        changed.estimands = remedy.estimands
    if remedy.learner is not None:
        changed.learner = remedy.learner
    return Spec.model_validate(changed.model_dump())


def _base_name(spec: Spec) -> str:
    """The study's name without the number of its iteration."""
    return (
        spec.study_name.removesuffix(f"_{spec.iteration}")
        if spec.iteration > 1
        else spec.study_name
    )


def _iteration_name(base: str, iteration: int) -> str:
    return base if iteration == 1 else f"{base}_{iteration}"
