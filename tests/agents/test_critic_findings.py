"""What the critic finds by itself, what a finding does to a verdict, and what a model may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_iteration import attempt, codes, found, made, plan, ran, review, step

from oci_jupyter.agents.critic import apply_remarks
from oci_jupyter.contract import (
    LEVELS,
    Estimate,
    Finding,
    Lowering,
    ModelRemarks,
    Table,
    Trim,
    Verdict,
)

NOTES = {"usual_suspect_missing", "plan_threat_open"}


def finding(severity: str = "concern", code: str = "blind_spot", **more: object) -> Finding:
    return Finding.model_validate(
        {"code": code, "severity": severity, "title": "re74 is left out", "text": "It is.", **more}
    )


def levels(verdict: Verdict) -> dict[str, str]:
    return {v.estimand: v.level for v in verdict.estimands}


def test_a_clean_analysis_has_notes_only_and_is_satisfactory() -> None:
    verdict = review(made(), plan=plan())
    assert set(codes(verdict)) <= NOTES
    assert levels(verdict) == {"ATE": "satisfactory", "ATT": "satisfactory"}


# --- findings of the screen -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("note", "satisfactory"),
        ("concern", "satisfactory_with_caveats"),
        ("serious", "not_satisfactory"),
    ],
)
def test_a_finding_of_the_screen_caps_by_its_severity(severity: str, level: str) -> None:
    record = made(findings=[finding(severity)])
    verdict = review(record, plan=plan())
    assert verdict.overall == level
    taken = found(verdict, "blind_spot")
    assert taken.evidence == [step(record, "screen").cell_id]
    if severity == "serious":
        assert verdict.estimands[0].reason == "re74 is left out."


def test_a_finding_about_one_estimand_leaves_the_others() -> None:
    verdict = review(made(findings=[finding("serious", estimand="ATE")]), plan=plan())
    assert levels(verdict) == {"ATE": "not_satisfactory", "ATT": "satisfactory"}


def test_a_failed_design_check_is_the_reason_before_a_serious_finding() -> None:
    record = made({"overlap_share_outside": "fail"}, findings=[finding("serious")])
    assert review(record).estimands[0].reason == "overlap_share_outside is fail"


def test_a_finding_of_a_rejected_screen_does_not_count_and_its_absence_is_a_caveat() -> None:
    record = made(findings=[finding("serious")])
    step(record, "screen").metadata.state = "rejected"
    verdict = review(record, plan=plan())
    assert "blind_spot" not in codes(verdict)
    assert found(verdict, "step_rejected").severity == "concern"
    assert verdict.overall == "satisfactory_with_caveats"
    assert "not screened" in verdict.estimands[0].reason


def test_findings_come_by_gravity() -> None:
    record = made(
        findings=[finding("note"), finding("serious", code="outcome_leak"), finding("concern")]
    )
    severities = [f.severity for f in review(record, plan=plan()).findings]
    assert severities == sorted(severities, key=["serious", "concern", "note"].index)


def test_a_blind_spot_offers_its_columns_as_confounders() -> None:
    verdict = review(made(findings=[finding(columns=["income_1973"])]), plan=plan())
    remedy = next(r for r in verdict.remedies if r.kind == "add_confounders")
    assert "income_1973" in remedy.why
    assert all(remedy.id in v.remedies for v in verdict.estimands)


# --- plan, spec, execution --------------------------------------------------------------------


def test_a_planned_confounder_that_the_spec_drops_is_serious() -> None:
    record = made(confounders=["age", "educ", "re75"])
    verdict = review(record, plan=plan())
    dropped = found(verdict, "spec_differs_from_plan")
    assert dropped.severity == "serious"
    assert dropped.columns == ["re74"]
    assert verdict.overall == "not_satisfactory"


def test_a_comment_explains_a_dropped_confounder() -> None:
    first = made()
    record = made(confounders=["age", "educ", "re75"], comment="leave out re74", iteration=2)
    assert "spec_differs_from_plan" not in codes(review(record, plan=plan(), earlier=[first]))


def test_a_comment_does_not_explain_what_was_dropped_before_it() -> None:
    first = made(confounders=["age", "educ", "re75"])
    record = made(confounders=["age", "educ", "re75"], comment="use seed 8", seed=8, iteration=2)
    verdict = review(record, plan=plan(), earlier=[first])
    assert found(verdict, "spec_differs_from_plan").columns == ["re74"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("seed", 99, "seed 99 instead of 7"),
        ("placebo_outcomes", [], "placebo outcomes without re75"),
        ("estimands", ["ATT"], "estimands without ATE"),
        ("treated", 0, "level that counts as treated 0 instead of 1"),
        ("tools", ["doubleml"], "tools without econml"),
        ("trim", Trim(low=0.1, high=0.9), "trimming [0.1, 0.9], which the plan does not ask"),
        ("thresholds", {"smd_fail": 0.5}, "thresholds smd_fail 0.5, which the plan does not ask"),
    ],
)
def test_a_spec_that_is_not_the_plan_is_a_concern(field: str, value: object, words: str) -> None:
    verdict = review(made(**{field: value}), plan=plan(treated=1))
    if field != "treated":
        verdict = review(made(**{"treated": 1, field: value}), plan=plan(treated=1))
    concern = found(verdict, "spec_differs_from_plan")
    assert concern.severity == "concern"
    assert words in concern.text


def test_a_remedy_explains_what_it_is_there_to_change_and_nothing_else() -> None:
    remedied = {"trim": Trim(low=0.1, high=0.9), "remedy": "trim:fixed", "iteration": 2}
    fine = made(remedy_kind="trim", parent_study="study", **remedied)
    assert "spec_differs_from_plan" not in codes(review(fine, plan=plan(), earlier=[made()]))
    other = made(remedy_kind="trim", parent_study="study", seed=8, **remedied)
    assert (
        "seed 8"
        in found(review(other, plan=plan(), earlier=[made()]), "spec_differs_from_plan").text
    )


def test_a_plan_changed_after_a_replaced_iteration_is_a_note() -> None:
    record = made()
    record.steps[0].metadata.superseded_by = 2
    verdict = review(record, plan=plan(confounders=["age", "educ", "re74", "re75", "black"]))
    assert found(verdict, "spec_differs_from_plan").severity == "note"


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ({"seed": 99}, "seed 99 instead of 7"),
        ({"n_source": 15000}, "rows of the data 15,000 instead of 16,177"),
        ({"confounders": ["age", "educ"]}, "confounders without re74, re75"),
        ({"thresholds": {"propensity_low": 0.01}}, "thresholds propensity_low 0.01"),
        ({"keep": ["age <= 55"]}, "conditions on rows with age <= 55 in addition"),
        ({"treated": False}, "level that counts as treated False instead of 1"),
    ],
)
def test_a_run_that_is_not_the_spec_is_a_concern(study: dict[str, object], words: str) -> None:
    verdict = review(made(study=study, treated=1), plan=plan(treated=1))
    concern = found(verdict, "run_differs_from_spec")
    assert concern.severity == "concern"
    assert words in concern.text
    assert verdict.overall == "satisfactory_with_caveats"


@pytest.mark.parametrize("level", [1, 1.0, True, "1"])
def test_a_level_is_the_same_however_it_is_typed(level: object) -> None:
    assert set(codes(review(made(study={"treated": level}, treated=1), plan=plan()))) <= NOTES | {
        "spec_differs_from_plan"
    }
    assert "run_differs_from_spec" not in codes(review(made(study={"treated": level}, treated=1)))


@pytest.mark.parametrize(
    ("old", "new", "study", "words"),
    [
        ("seed=7", "seed=99", {"seed": 99}, "seed 99 instead of 7"),
        ("oci.Study(df", "oci.Study(df[df.age < 50]", {"n_source": 15000}, "15,000"),
        ("seed=7", "thresholds={'propensity_low': 0.01}, seed=7",
         {"thresholds": {"propensity_low": 0.01}}, "propensity_low 0.01"),
    ],
)  # fmt: skip
def test_an_edit_that_changes_the_analysis_is_a_concern_that_says_how(
    old: str, new: str, study: dict[str, object], words: str
) -> None:
    record = made(study=study)
    edited = record.steps[0]
    assert edited.result is not None
    assert old in edited.draft.code.source
    ran(edited, edited.result, edited.draft.code.source.replace(old, new))
    verdict = review(record, plan=plan())
    concern = found(verdict, "cell_edited")
    assert concern.severity == "concern"
    assert words in concern.text
    assert "in: " in concern.text
    assert concern.evidence == [edited.cell_id]
    # The cells below belong to the edited study: that is one concern, not two.
    assert "run_differs_from_spec" not in codes(verdict)


def test_an_edit_that_changes_nothing_is_a_note() -> None:
    record = made()
    edited = step(record, "overlap")
    assert edited.result is not None
    ran(edited, edited.result, edited.draft.code.source + "\n# my note")
    verdict = review(record, plan=plan())
    assert found(verdict, "cell_edited").severity == "note"
    assert verdict.overall == "satisfactory"


def test_other_data_handed_to_the_study_is_another_analysis_though_as_many_rows() -> None:
    record = made()
    edited = record.steps[0]
    assert edited.result is not None
    source = edited.draft.code.source
    ran(edited, edited.result, source.replace("oci.Study(df,", "oci.Study(df.assign(re78=0),"))
    concern = found(review(record, plan=plan()), "cell_edited")
    assert concern.severity == "concern"
    assert "other data than df" in concern.text


def test_a_placebo_on_something_else_is_another_analysis() -> None:
    record = made()
    edited = step(record, "placebo")
    assert edited.result is not None
    result = edited.result.model_copy(update={"params": {"outcome": "hair"}})
    ran(edited, result, edited.draft.code.source.replace("re75", "hair"))
    assert "placebo on hair" in found(review(record, plan=plan()), "cell_edited").text


def test_an_overlap_cell_with_bounds_of_its_own_is_another_analysis() -> None:
    record = made()
    edited = step(record, "overlap")
    assert edited.result is not None
    result = edited.result.model_copy(update={"params": {"low": 0.01, "high": 0.99}})
    ran(edited, result, edited.draft.code.source.replace("()", "(0.01, 0.99)"))
    assert "low propensity bound 0.01 instead of 0.1" in found(review(record), "cell_edited").text


def test_a_tool_that_the_plan_does_not_permit_is_a_concern() -> None:
    record = made(tools=["doubleml"])
    estimate = step(record, "estimate").result
    assert estimate is not None
    other = estimate.estimates[0].model_copy(update={"role": "second_opinion"})
    estimate.estimates = [*estimate.estimates, other]
    verdict = review(record, plan=plan(tools=["doubleml"]))
    assert "econml" in found(verdict, "run_differs_from_spec").text


@pytest.mark.parametrize(
    ("kind", "severity"), [("placebo", "concern"), ("screen", "concern"), ("summary", "note")]
)
def test_what_was_rejected_deleted_or_never_run_is_named(kind: str, severity: str) -> None:
    rejected, deleted = made(), made()
    step(rejected, kind).metadata.state = "rejected"
    step(rejected, kind).metadata.comment = "re75 is after treatment"
    step(deleted, kind).deleted = True
    verdict = review(rejected)
    assert found(verdict, "step_rejected").severity == severity
    assert "re75 is after treatment" in found(verdict, "step_rejected").text
    assert "was deleted" in found(review(deleted), "step_missing").text
    assert "never run" in found(review(made(leave_out=[kind])), "step_missing").text


def test_results_older_than_their_cell_are_a_concern() -> None:
    record = made()
    step(record, "estimate").source += "\n# changed"
    verdict = review(record, plan=plan())
    older = found(verdict, "results_older")
    assert older.severity == "concern"
    assert older.evidence == [step(record, "estimate").cell_id]
    assert verdict.stale


def test_a_broken_plan_is_no_concern_about_the_spec() -> None:
    assert "spec_differs_from_plan" not in codes(review(made(seed=9), plan=None))


# --- forking paths ----------------------------------------------------------------------------


def test_one_specification_is_no_forking_path() -> None:
    verdict = review(made(attempts=[attempt(), attempt(estimand="ATE")]), plan=plan())
    assert "many_specifications" not in codes(verdict)


def test_iterations_on_show_are_a_note() -> None:
    trimmed = made(
        remedy_kind="trim",
        parent_study="study",
        trim=Trim(low=0.1, high=0.9),
        remedy="trim:fixed",
        iteration=2,
        label="trimmed to [0.1, 0.9]",
        attempts=[attempt(), attempt(trim="[0.1, 0.9]", estimand="trimmed ATT [0.1, 0.9]")],
    )
    verdict = review(trimmed, plan=plan(), earlier=[made()])
    assert found(verdict, "many_specifications").severity == "note"
    assert verdict.overall == "satisfactory"


def test_ten_specifications_with_one_shown_are_a_concern_that_counts_them() -> None:
    tried = [
        attempt(confounders=["age"] if i % 2 else ["educ"], seed=i, estimate=e, ci_lower=e - 900,
                ci_upper=e + 900)
        for i, e in enumerate([-1500, -700, 200, 900, 1200, -300, 400, 2100, 100], start=10)
    ]  # fmt: skip
    verdict = review(made(attempts=[attempt(), *tried]), plan=plan())
    concern = found(verdict, "many_specifications")
    assert concern.severity == "concern"
    assert concern.title == "10 specifications tried, 9 of them not shown"
    assert "the sign differs (7 of 10 above zero)" in concern.text
    assert "3 of 10 intervals exclude zero" in concern.text
    assert verdict.overall == "satisfactory_with_caveats"


# --- blind spots by role, threats -------------------------------------------------------------


def suspects(verdict: Verdict) -> set[str]:
    return {
        f.title.rpartition(": ")[2] for f in verdict.findings if f.code == "usual_suspect_missing"
    }


def test_a_left_out_prior_outcome_is_a_usual_suspect() -> None:
    fields = {"confounders": ["age", "educ"], "placebo_outcomes": []}
    assert "prior outcome" in suspects(review(made(**fields), plan=plan(**fields)))
    assert "prior outcome" not in suspects(review(made(), plan=plan()))


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("prior_treat", "prior exposure"),
        ("entry_year", "calendar time"),
        ("tenure_months", "tenure"),
        ("eligible", "eligibility"),
        ("attrition", "selection into the sample"),
    ],
)
def test_a_column_covers_the_suspect_that_its_name_tells(column: str, role: str) -> None:
    fields = {"confounders": ["age", column]}
    assert role in suspects(review(made(), plan=plan()))
    assert role not in suspects(review(made(**fields), plan=plan(**fields)))


def test_an_unused_column_is_named_by_its_role() -> None:
    fields = {"confounders": ["age"], "placebo_outcomes": []}
    record = made(**fields)
    screen = step(record, "screen").result
    assert screen is not None
    screen.table = Table(
        columns=["column", "in the plan"],
        rows=[["age", "confounder"], ["re74", "not in the plan"], ["noise", "not in the plan"]],
    )
    verdict = review(record, plan=plan(**fields))
    assert found(verdict, "usual_suspect_missing").columns == ["re74"]


def test_the_plans_words_cover_a_suspect() -> None:
    written = plan(text="New users only: nobody had ever been treated before.")
    assert "prior exposure" not in suspects(review(made(), plan=written))


def test_a_threat_is_answered_by_what_speaks_to_it() -> None:
    verdict = review(made(), plan=plan(threats="They had lost earnings before enrolling."))
    note = found(verdict, "plan_threat_open")
    assert note.severity == "note"
    assert "`re74`, `re75`" in note.text
    assert len(note.evidence) == 2


def test_a_failed_placebo_is_hidden_confounding_for_its_estimand() -> None:
    verdict = review(made({"placebo:ATT": "fail"}), plan=plan())
    assert found(verdict, "hidden_confounding").estimand == "ATT"
    assert levels(verdict) == {"ATE": "satisfactory", "ATT": "satisfactory_with_caveats"}
    both = [f for f in review(made({"placebo": "fail"})).findings if f.code == "hidden_confounding"]
    assert [f.estimand for f in both] == [None]


@pytest.mark.parametrize(("p_value", "severity"), [(0.02, "concern"), (0.03, "note")])
def test_of_many_placebo_tests_one_may_fail_by_chance(p_value: float, severity: str) -> None:
    record = made({"placebo:ATT": "fail"})
    result = next(s.result for s in record.steps if s.draft.kind == "placebo")
    assert result is not None
    result.estimates = [
        Estimate(
            estimand=label,
            method="AIPW",
            role="placebo",
            estimate=1.0,
            stderr=1.0,
            ci_lower=-1.0,
            ci_upper=3.0,
            p_value=p,
            population="all",
            n=100,
            outcome="re75",
        )
        for label, p in (("ATE", 0.6), ("ATT", p_value))
    ]
    verdict = review(record, plan=plan())
    assert found(verdict, "hidden_confounding").severity == severity
    assert levels(verdict)["ATT"] == "satisfactory_with_caveats"


# --- the language model can only lower --------------------------------------------------------

words = st.text(max_size=40)
label = st.sampled_from(["ATE", "ATT", "trimmed ATT [0.1, 0.9]", ""])
concerns = st.builds(
    Finding,
    code=words,
    severity=st.sampled_from(["note", "concern", "serious"]),
    title=words,
    text=words,
    estimand=st.one_of(st.none(), label),
    evidence=st.lists(st.sampled_from(["oci-ab12-1-overlap", "elsewhere", ""]), max_size=3),
    source=st.sampled_from(["rules", "model"]),
)
lowerings = st.builds(Lowering, estimand=label, level=st.sampled_from(LEVELS), reason=words)
remarks = st.builds(
    ModelRemarks,
    model=words,
    prose=st.dictionaries(st.sampled_from(["target_trial", "blind_spots"]), words),
    concerns=st.lists(concerns, max_size=4),
    lowerings=st.lists(lowerings, max_size=4),
)
grades = st.dictionaries(
    st.sampled_from(["overlap_share_outside:ATE", "balance_max_smd", "placebo:ATT"]),
    st.sampled_from(["pass", "warn", "fail"]),
)


@given(grades, remarks)
def test_no_remark_makes_a_verdict_better(graded: dict[str, str], said: ModelRemarks) -> None:
    record = made(graded)
    before = review(record, plan=plan())
    after = review(record, plan=plan(), remarks=said)
    known = {e.cell_id for e in before.evidence}
    for one, other in zip(before.estimands, after.estimands, strict=True):
        assert LEVELS.index(other.level) >= LEVELS.index(one.level)
        assert (other.level != one.level) == bool(other.lowered)
        numbers = {"estimand", "estimate", "stderr", "ci_lower", "ci_upper", "population", "n"}
        assert other.model_dump(include=numbers | {"checks", "remedies", "reason"}) == (
            one.model_dump(include=numbers | {"checks", "remedies", "reason"})
        )
    assert LEVELS.index(after.overall) >= LEVELS.index(before.overall)
    assert [f for f in after.findings if f.source == "rules"] == before.findings
    for concern in after.findings:
        if concern.source == "model":
            assert concern.severity in ("note", "concern")
            assert set(concern.evidence) <= known
    assert apply_remarks(after, said) == after


def test_a_lowering_needs_a_reason_and_an_estimand_that_exists() -> None:
    verdict = review(made(), plan=plan())
    said = ModelRemarks(
        model="m",
        lowerings=[
            Lowering(estimand="ATE", level="not_satisfactory", reason="  "),
            Lowering(estimand="ATC", level="not_satisfactory", reason="because"),
            Lowering(estimand="ATT", level="abstain", reason="dropouts"),
        ],
    )
    after = apply_remarks(verdict, said)
    assert levels(after) == {"ATE": "satisfactory", "ATT": "abstain"}
    assert after.estimands[1].lowered == "dropouts"
    assert after.summary != verdict.summary
