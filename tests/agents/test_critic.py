"""The critic's rules: what blocks, what caps, and that nothing can raise a verdict."""

from __future__ import annotations

import pytest
from fake_host import canned
from hypothesis import given
from hypothesis import strategies as st

from oci_jupyter.agents import actor, critic
from oci_jupyter.agents.record import IterationRecord, new_iteration
from oci_jupyter.agents.report import escape, format_number, write_report
from oci_jupyter.contract import ContractError, DataProfile, Plan, Problem, Spec, source_hash

CHECKS = ["overlap_share_outside", "balance_max_smd", "placebo", "robustness_value"]
RANK = {"satisfactory": 0, "satisfactory_with_caveats": 1, "not_satisfactory": 2, "abstain": 3}


def iteration(grades: dict[str, str], leave_out: str = "", **spec: object) -> IterationRecord:
    fields: dict[str, object] = {
        "data": "df",
        "treatment": "treat",
        "outcome": "re78",
        "confounders": ["age"],
        "placebo_outcomes": ["re75"],
        "estimands": ["ATE", "ATT"],
    }
    record = new_iteration(Spec.model_validate(fields | spec), "ab12", "", "")
    for step in record.steps:
        if step.draft.kind == leave_out:
            continue
        step.inserted = True
        step.source = step.draft.code.source
        step.metadata.state = "done"
        step.metadata.run_sha256 = source_hash(step.source)
        step.result = canned(step.draft.step_id, record.spec.labels, grades)
    return record


def level(record: IterationRecord, estimand: str = "ATT") -> str:
    verdict = critic.review(record, "kernel-1")
    return next(v.level for v in verdict.estimands if v.estimand == estimand)


def test_all_passed_is_satisfactory() -> None:
    assert level(iteration({})) == "satisfactory"


@pytest.mark.parametrize("name", ["overlap_share_outside", "balance_max_smd"])
def test_a_failed_design_check_blocks_that_estimand_only(name: str) -> None:
    record = iteration({f"{name}:ATE": "fail"})
    assert level(record, "ATE") == "not_satisfactory"
    assert level(record, "ATT") == "satisfactory"


@pytest.mark.parametrize("name", CHECKS)
def test_a_warning_caps(name: str) -> None:
    assert level(iteration({name: "warn"})) == "satisfactory_with_caveats"


@pytest.mark.parametrize("name", ["placebo", "robustness_value"])
def test_other_failures_cap(name: str) -> None:
    assert level(iteration({name: "fail"})) == "satisfactory_with_caveats"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overlap", "abstain"),
        ("balance", "abstain"),
        ("estimate", "abstain"),
        ("placebo", "satisfactory_with_caveats"),
        ("sensitivity", "satisfactory_with_caveats"),
    ],
)
def test_what_is_missing_is_never_taken_as_passed(kind: str, expected: str) -> None:
    assert level(iteration({}, leave_out=kind)) == expected


def test_without_a_placebo_outcome_the_verdict_is_capped() -> None:
    assert level(iteration({}, placebo_outcomes=[])) == "satisfactory_with_caveats"


grade = st.sampled_from(["pass", "warn", "fail", "not_applicable"])


@given(st.dictionaries(st.sampled_from(CHECKS), grade), st.sampled_from(CHECKS))
def test_a_worse_check_never_makes_a_better_verdict(grades: dict[str, str], name: str) -> None:
    before = level(iteration(grades))
    after = level(iteration(grades | {name: "fail"}))
    assert RANK[after] >= RANK[before]


@given(st.dictionaries(st.sampled_from(CHECKS), grade))
def test_stale_evidence_is_never_satisfactory(grades: dict[str, str]) -> None:
    record = iteration(grades)
    record.steps[0].source += "# edited"
    verdict = critic.review(record, "kernel-1")
    assert verdict.stale
    assert all(v.level != "satisfactory" for v in verdict.estimands)


def test_remedies_say_whom_they_speak_about() -> None:
    verdict = critic.review(iteration({"overlap_share_outside:ATE": "fail"}), "kernel-1")
    trim = verdict.remedies[0]
    assert trim.id == "trim:fixed"
    assert "327 of 16,177 units" in trim.effect_on_estimand
    ate, att = verdict.estimands
    assert trim.id in ate.remedies
    assert att.remedies == []


def test_a_trimmed_study_is_not_offered_trimming_again() -> None:
    record = iteration({"overlap_share_outside:ATE": "fail"})
    spec = actor.apply(critic.review(record, "").remedies[0], record.spec)
    assert spec.labels == ["trimmed ATE [0.1, 0.9]", "trimmed ATT [0.1, 0.9]"]
    assert spec.parent_study == "study"
    again = iteration({"overlap_share_outside": "fail"}, trim=spec.trim)
    assert all(r.kind != "trim" for r in critic.review(again, "").remedies)


def test_a_failed_placebo_asks_for_confounders_that_only_the_principal_can_name() -> None:
    record = iteration({"placebo": "fail"})
    remedy = next(r for r in critic.review(record, "").remedies if r.kind == "add_confounders")
    assert remedy.needs_input
    with pytest.raises(ContractError, match="which columns"):
        actor.apply(remedy, record.spec)


def profile(*problems: Problem, taken: list[str] | None = None) -> DataProfile:
    return DataProfile(
        source="df", rows=100, columns=[], fingerprint="d1", problems=list(problems),
        taken_names=taken or [],
    )  # fmt: skip


PLAN = Plan(data="df", treatment="t", outcome="y", confounders=["x"], estimands=["ATT"])


def test_the_actor_says_what_it_took_for_granted() -> None:
    warning = Problem(code="levels", message="t holds 1 and 2.", severity="warning")
    spec = actor.draft(PLAN, profile(warning))
    assert any("1 and 2" in a for a in spec.assumptions)
    assert any("placebo" in a for a in spec.assumptions)
    assert spec.data_fingerprint == "d1"


def test_the_users_variables_are_not_overwritten() -> None:
    assert actor.draft(PLAN, profile(taken=["study"])).study_name == "oci_study"


def test_every_problem_of_plan_and_data_is_reported_at_once() -> None:
    plan = Plan(data="df", treatment="t", tools=["doubleml", "stata"])
    with pytest.raises(ContractError) as error:
        actor.draft(plan, profile(Problem(code="column_missing", message="No column t.")))
    assert {p.code for p in error.value.problems} == {
        "plan_missing_field",
        "tool_unknown",
        "column_missing",
    }


def test_the_report_puts_the_verdict_before_any_number() -> None:
    record = iteration({"overlap_share_outside:ATE": "fail"})
    report = write_report(record, critic.review(record, "kernel-1"))
    assert report.index("not satisfactory") < report.index("1,500")
    assert "3 · Overlap" in report
    assert "327 of 16,177" in report


def test_text_from_data_cannot_write_markdown() -> None:
    record = iteration({}, treatment="[x](http://evil) <img src=x> `a` | **b**\n# h")
    record.spec.assumptions = ["[x](http://evil) <img src=x>"]
    report = write_report(record, critic.review(record, "kernel-1"))
    assert "[x](http" not in report
    assert "<img" not in report.replace("\\<img", "")


@given(st.text())
def test_escaped_text_stays_on_its_line(text: str) -> None:
    assert "\n" not in escape(text)


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (-8498.2, None, "−8,498"),
        (0, None, "0"),
        (1.5, None, "1.50"),
        (0.04949, None, "0.0495"),
        (-42.21, 882.0, "−42"),
        (0.0001234567, 0.00001, "1.23e-04"),
    ],
)
def test_numbers_have_sensible_digits(value: float, scale: float | None, text: str) -> None:
    assert format_number(value, scale) == text
