"""The loop reads plans and comments: nothing runs before the principal agrees."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_host import FakeHost
from plan_data import LALONDE, ScriptedModel
from test_loop import PLAN, STEPS, Bench, run

from oci_jupyter.agents.language_model import ModelFailure
from oci_jupyter.contract import ContractError, Plan, Problem, dump_plan, parse_plan

FREE = "Does treat raise re78? Control for age, educ, re74 and re75. Placebo: re75."


def host(*frames: str) -> FakeHost:
    made = FakeHost()
    columns = [c.model_dump(mode="json") for c in LALONDE.columns]
    made.frames = [{"name": f, "rows": 614, "columns": 10} for f in frames]
    made.columns = dict.fromkeys(frames, columns)
    return made


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, host("df"))


def reading(bench: Bench):
    found = bench.loop.state.reading
    assert found is not None
    return found


def acts(bench: Bench) -> list[tuple[str, str]]:
    return [(e.who, e.what) for e in bench.journal.entries()]


# --- plans ----------------------------------------------------------------------------------------


def test_a_text_becomes_a_plan_that_runs(bench: Bench) -> None:
    async def story() -> None:
        await bench.loop.read_plan(FREE)
        found = reading(bench)
        assert found.complete
        assert found.plan.data == "df"
        assert bench.loop.state.phase == "idle"
        assert bench.host.insertions == 0
        await bench.loop.run(dump_plan(found.plan, fenced=True), "plan")

    run(story())
    assert bench.loop.state.phase == "finished"
    assert bench.loop.state.iterations[0].spec.confounders == ["age", "educ", "re74", "re75"]
    assert acts(bench)[:2] == [("principal", "read_plan"), ("actor", "read_plan")]
    assert "drafting" in bench.phases


def test_the_frame_named_in_the_text_is_taken(tmp_path: Path) -> None:
    bench = Bench(tmp_path, host("df", "wages"))
    run(bench.loop.read_plan(FREE + " The data is wages."))
    assert reading(bench).plan.data == "wages"
    assert reading(bench).complete


def test_several_frames_are_a_question_and_the_answer_reads_the_text(tmp_path: Path) -> None:
    bench = Bench(tmp_path, host("df", "wages"))

    async def story() -> None:
        await bench.loop.read_plan(FREE)
        question = reading(bench).questions[0]
        assert (question.field, question.choices) == ("data", ["df", "wages"])
        assert reading(bench).plan.treatment == ""
        await bench.loop.answer_reading({question.question_id: "wages"})

    run(story())
    assert reading(bench).complete
    assert (reading(bench).plan.data, reading(bench).plan.treatment) == ("wages", "treat")


def test_data_that_is_not_there_is_refused_and_asked_about(bench: Bench) -> None:
    run(bench.loop.read_plan(FREE, "people.csv"))
    assert [q.field for q in reading(bench).questions] == ["data"]
    assert reading(bench).problems[0].code == "data_empty"
    assert not reading(bench).complete


def test_the_kernel_judges_the_roles(bench: Bench) -> None:
    fault = Problem(code="outcome_constant", message="It is 1 in every row.", field="outcome")
    bench.host.problems = [fault]

    async def story() -> None:
        await bench.loop.read_plan(FREE)
        assert fault in reading(bench).problems
        assert [q.field for q in reading(bench).questions] == ["outcome"]
        bench.host.problems = []
        await bench.loop.answer_reading({"plan-outcome": "re74"})

    run(story())
    # re74 was a confounder: the principal's answer is held to the same tests.
    assert {p.code for p in reading(bench).problems} == {"outcome_in_confounders"}
    assert bench.host.probes[-1]["outcome"] == "re74"


def test_a_plan_with_a_head_is_taken_at_its_word(bench: Bench) -> None:
    run(bench.loop.read_plan(PLAN))
    assert reading(bench).complete
    assert reading(bench).plan == parse_plan(PLAN)
    with pytest.raises(ContractError, match="not valid YAML"):
        run(bench.loop.read_plan("---\na: [\n---\n"))


def test_readings_are_dismissed_and_bad_answers_change_nothing(bench: Bench) -> None:
    async def story() -> None:
        await bench.loop.read_plan("treat → re78")
        before = reading(bench)
        with pytest.raises(ContractError, match="no column `iq`"):
            await bench.loop.answer_reading({"plan-confounders": "iq"})
        assert reading(bench) == before
        bench.loop.dismiss_reading()
        assert bench.loop.state.reading is None
        with pytest.raises(ContractError, match="No plan is being read"):
            await bench.loop.answer_reading({"plan-confounders": "age"})

    run(story())


def test_a_stopped_reading_leaves_none_and_cancels_the_model(tmp_path: Path) -> None:
    bench = Bench(tmp_path, host("df"))
    model = ScriptedModel({})

    class Slow(ScriptedModel):
        async def ask(self, task, values, schema, *, on_text=None):
            await bench.loop.stop()
            raise ModelFailure("canceled", "Stopped.")

        def cancel(self) -> None:
            model.canceled += 1

    bench.loop.model = Slow({})
    run(bench.loop.read_plan(FREE))
    assert bench.loop.state.reading is None
    assert model.canceled == 1
    assert bench.loop.state.phase == "idle"


def test_a_model_has_its_part_in_the_journal(bench: Bench) -> None:
    bench.loop.model = ScriptedModel({"treatment": "treat", "outcome": "re78"})
    run(bench.loop.read_plan("Was it worth it?"))
    assert reading(bench).by == "model"
    assert ("model", "read_plan") in acts(bench)


def test_nothing_is_read_while_a_run_is_in_progress(bench: Bench) -> None:
    async def story() -> None:
        task = asyncio.create_task(bench.loop.run(PLAN, "plan", "ask"))
        await bench.until_question()
        for call in (
            bench.loop.read_plan(FREE),
            bench.loop.propose("balance", 1, "drop people over 55"),
        ):
            with pytest.raises(ContractError, match="in progress"):
                await call
        await bench.loop.stop()
        await task

    run(story())


# --- comments -------------------------------------------------------------------------------------


async def proposed(bench: Bench, comment: str):
    if bench.loop.state.phase == "idle":
        await bench.loop.run(PLAN, "plan")
    await bench.loop.propose("balance", 1, comment)
    found = bench.loop.state.proposal
    assert found is not None
    return found


def test_a_comment_becomes_the_next_iteration_once_it_is_agreed_to(bench: Bench) -> None:
    async def story() -> None:
        found = await proposed(bench, "drop people over 55")
        cells = len(bench.host.cells)
        assert [(c.field, c.after) for c in found.changes] == [("keep", "age <= 55")]
        assert (found.step_id, found.iteration) == ("balance", 1)
        assert bench.loop.state.phase == "finished"
        assert len(bench.host.cells) == cells
        await bench.loop.apply_proposal(found.proposal_id)

    run(story())
    state = bench.loop.state
    assert state.phase == "finished"
    assert state.proposal is None
    second = state.iterations[1]
    assert second.label == "“drop people over 55”"
    assert [s.step_id for s in second.steps] == STEPS
    assert [str(k) for k in second.spec.keep] == ["age <= 55"]
    assert bench.host.probes[-1]["keep"] == ["age <= 55"]
    assert ("actor", "propose") in acts(bench)
    assert ("principal", "apply_proposal") in acts(bench)
    assert all(s.superseded_by == 2 for s in state.iterations[0].steps)


def test_iterations_made_by_comments_come_back_after_a_reload(bench: Bench, tmp_path: Path) -> None:
    async def story() -> None:
        for comment in ("control for black", "trim at 0.1"):
            found = await proposed(bench, comment)
            await bench.loop.apply_proposal(found.proposal_id)

    run(story())
    assert bench.loop.state.iterations[2].steps[0].step_id == "trim"
    again = Bench(tmp_path / "again", bench.host)
    again.loop.restore(bench.host.cells, bench.host.session)
    before, after = bench.loop.state, again.loop.state
    assert [i.label for i in after.iterations] == [i.label for i in before.iterations]
    assert [i.label for i in after.iterations][1:] == [
        "“control for black”",
        "trimmed to [0.1, 0.9]",
    ]
    for old, new in zip(before.iterations, after.iterations, strict=True):
        assert [s.cell_id for s in new.steps] == [s.cell_id for s in old.steps]
        assert new.spec == old.spec
    assert after.phase == "finished"


def test_what_cannot_be_had_is_shown_and_cannot_be_applied(bench: Bench) -> None:
    async def story() -> None:
        found = await proposed(bench, "control for motivation")
        assert found.spec is None
        assert found.problems[0].code == "column_missing"
        with pytest.raises(ContractError, match="motivation"):
            await bench.loop.apply_proposal(found.proposal_id)
        bench.loop.dismiss_proposal()
        assert bench.loop.state.proposal is None
        with pytest.raises(ContractError, match="no longer on offer"):
            await bench.loop.apply_proposal(found.proposal_id)

    run(story())
    assert len(bench.loop.state.iterations) == 1


def test_a_proposal_of_an_earlier_iteration_is_void(bench: Bench) -> None:
    async def story() -> None:
        found = await proposed(bench, "drop people over 55")
        await bench.loop.run(PLAN, "plan")
        with pytest.raises(ContractError, match="gone on since"):
            await bench.loop.apply_proposal(found.proposal_id)

    run(story())


def test_a_plan_fills_all_fields_of_the_spec(bench: Bench) -> None:
    plan = Plan(
        data="df",
        treatment="treat",
        outcome="re78",
        confounders=["age"],
        cluster="educ",
        weights="re74",
        keep=["age <= 55"],
        eligibility="men",
        time_zero="1976",
        follow_up="two years",
        threats="ability",
        model_sees="levels",
        tools=["doubleml"],
    )
    run(bench.loop.run(dump_plan(plan), "plan"))
    spec = bench.loop.state.iterations[0].spec
    assert [str(k) for k in spec.keep] == ["age <= 55"]
    for name in ("cluster", "weights", "eligibility", "time_zero", "follow_up", "threats"):
        assert getattr(spec, name) == getattr(plan, name)
    assert spec.model_sees == "levels"
    assert any("no second opinion" in a for a in spec.assumptions)
    request = bench.host.probes[-1]
    assert (request["cluster"], request["weights"]) == ("educ", "re74")


def test_remedies_taken_are_reported_in_the_spec(bench: Bench) -> None:
    bench.host.grades["overlap_share_outside:ATE"] = "fail"

    async def story() -> None:
        await bench.loop.run(PLAN, "plan")
        await bench.loop.apply_remedy("trim:fixed")
        found = await proposed(bench, "seed 11")
        await bench.loop.apply_proposal(found.proposal_id)

    run(story())
    taken = bench.loop.state.iterations[1].spec.assumptions
    assert any(a.startswith("Remedy taken: ") for a in taken)
    third = bench.loop.state.iterations[2].spec
    assert third.trim is None
    assert any(
        "trimming: propensity within [0.1, 0.9] → no trimming" in a for a in third.assumptions
    )


def test_the_critic_cannot_be_asked_without_a_model(bench: Bench) -> None:
    async def story() -> None:
        await bench.loop.run(PLAN, "plan")
        with pytest.raises(ContractError, match="model is off"):
            await bench.loop.ask_critic()

    run(story())
