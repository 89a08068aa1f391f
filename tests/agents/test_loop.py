"""The loop on a notebook with canned results: order, consent, failure, staleness, restore."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_host import FakeHost

from oci_jupyter.agents.desk import RUN_AGAIN, RUN_STEP, SKIP_STEP, STOP_RUN
from oci_jupyter.agents.loop import Loop
from oci_jupyter.artifacts.journal import Journal
from oci_jupyter.contract import ContractError, Problem
from oci_jupyter.contract.messages import CellEvent, KernelEvent

PLAN = """---
question: Does training raise earnings?
data: df
treatment: treat
outcome: re78
confounders: [age, re75]
placebo_outcomes: [re75]
---
Text.
"""
LALONDE = {
    "overlap_share_outside:ATE": "fail",
    "placebo": "fail",
}
STEPS = [
    "data-and-roles", "screen", "overlap", "balance", "placebo-1", "estimate", "sensitivity",
    "summary",
]  # fmt: skip


class Bench:
    """A loop, its host, and every state it went through."""

    def __init__(self, tmp: Path, host: FakeHost | None = None) -> None:
        self.host = host or FakeHost(LALONDE)
        self.journal = Journal(tmp / "journal.jsonl")
        self.phases: list[str] = []
        self.changed = asyncio.Event()
        self.loop = Loop(self.host, journal=self.journal, changed=self._changed, user="ada")

    def _changed(self) -> None:
        phase = self.loop.state.phase if hasattr(self, "loop") else ""
        if not self.phases or self.phases[-1] != phase:
            self.phases.append(phase)
        self.changed.set()

    async def until_question(self):
        while self.loop.state.question is None:
            self.changed.clear()
            await self.changed.wait()
        return self.loop.state.question

    def states(self, iteration: int = -1) -> dict[str, str]:
        return {s.step_id: s.state for s in self.loop.state.iterations[iteration].steps}

    def step_cell(self, step_id: str, iteration: int = 1) -> str:
        view = self.loop.state.iterations[iteration - 1]
        return next(s.cell_id for s in view.steps if s.step_id == step_id)

    def event(self, kind: str, cell_id: str) -> CellEvent:
        cell = None if kind == "deleted" else self.host.cell(cell_id)
        return CellEvent(event=kind, cell_id=cell_id, cell=cell, kernel_epoch=self.host.session)

    def verdict(self, estimand: str, iteration: int = -1):
        view = self.loop.state.iterations[iteration]
        return next(v for v in view.verdict.estimands if v.estimand == estimand)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def run(coroutine):
    return asyncio.run(coroutine)


def test_a_run_goes_design_first_and_ends_with_a_verdict(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    state = bench.loop.state
    assert state.phase == "finished"
    assert [s.step_id for s in state.iterations[0].steps] == STEPS
    assert set(bench.states().values()) == {"done"}
    ids = [c.cell_id for c in bench.host.cells]
    assert ids[0] == "plan"
    assert ids[1].endswith("data-and-roles-h")
    assert ids[2].endswith("data-and-roles")
    assert ids[-1].endswith("report")
    assert bench.verdict("ATE").level == "not_satisfactory"
    assert bench.verdict("ATT").level == "satisfactory_with_caveats"
    assert state.iterations[0].verdict.overall == "not_satisfactory"
    assert bench.host.cells[-1].source == state.iterations[0].report


def test_a_verdict_names_its_evidence(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    verdict = bench.loop.state.iterations[0].verdict
    assert {e.step_id for e in verdict.evidence} == set(STEPS)
    assert all(
        e.source_sha256 and e.result_sha256 and e.kernel_epoch == "kernel-1"
        for e in verdict.evidence
    )
    assert bench.verdict("ATE").reason_evidence == [bench.step_cell("overlap")]


def test_plan_problems_leave_everything_as_it_was(bench: Bench) -> None:
    bench.host.problems = [
        Problem(code="column_missing", message="No column `x`.", fix="Use age.", field="treatment")
    ]
    with pytest.raises(ContractError, match="No column"):
        run(bench.loop.run(PLAN, "plan"))
    assert bench.loop.state.phase == "idle"
    assert bench.host.insertions == 0


def test_ask_mode_waits_before_each_step_and_may_skip(bench: Bench) -> None:
    async def story() -> None:
        task = asyncio.create_task(bench.loop.run(PLAN, "plan", "ask"))
        for step_id in STEPS:
            question = await bench.until_question()
            assert question.step_id == step_id
            assert bench.loop.state.phase == "asking"
            choice = SKIP_STEP if step_id == "sensitivity" else RUN_STEP
            bench.loop.answer(question.question_id, choice)
            while bench.loop.state.question is question:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
        await task

    run(story())
    assert bench.states()["sensitivity"] == "rejected"
    assert bench.loop.state.phase == "finished"
    assert any("sensitivity" in c.lower() for c in bench.verdict("ATT").caveats)


def test_stop_while_asking_keeps_what_was_done_and_resume_goes_on(bench: Bench) -> None:
    async def story() -> None:
        task = asyncio.create_task(bench.loop.run(PLAN, "plan", "ask"))
        question = await bench.until_question()
        bench.loop.answer(question.question_id, RUN_STEP)
        await asyncio.sleep(0)
        question = await bench.until_question()
        bench.loop.answer(question.question_id, STOP_RUN)
        await task
        assert bench.loop.state.phase == "stopped"
        bench.loop.record.mode = "review"
        await bench.loop.resume()

    run(story())
    assert bench.loop.state.phase == "finished"
    assert len(bench.host.runs) == len(set(bench.host.runs)) == len(STEPS)


def test_an_answer_to_no_question_is_refused(bench: Bench) -> None:
    with pytest.raises(ContractError, match="no longer open"):
        bench.loop.answer("q", "yes")


def test_a_failed_step_halts_and_can_be_mended_by_hand(bench: Bench) -> None:
    bench.host.failures["balance"] = ("ValueError", "no")
    run(bench.loop.run(PLAN, "plan"))
    state = bench.loop.state
    assert state.phase == "failed"
    assert "Balance" in state.message
    assert "ValueError: no" in state.message
    assert bench.states()["placebo-1"] == "proposed"

    bench.host.failures.clear()
    cell = bench.step_cell("balance")
    bench.host.execute_by_hand(cell)
    run(bench.loop.cell_event(bench.event("executed", cell)))
    assert bench.states()["balance"] == "done"
    run(bench.loop.resume())
    assert bench.loop.state.phase == "finished"


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("kernel_restarted", "failed"),
        ("no_kernel", "failed"),
        ("interrupted", "failed"),
        ("rejected", "failed"),
        ("no_client", "suspended"),
        ("timeout", "suspended"),
    ],
)
def test_whatever_happens_to_the_notebook_is_a_state(bench: Bench, status: str, phase: str) -> None:
    bench.host.before_run = lambda cell: status if cell.endswith("placebo-1") else None
    run(bench.loop.run(PLAN, "plan"))
    assert bench.loop.state.phase == phase
    assert bench.loop.state.message
    bench.host.before_run = None

    async def story() -> None:
        task = asyncio.create_task(bench.loop.resume())
        if phase == "suspended":
            question = await bench.until_question()
            assert question.kind == "unknown_run"
            bench.loop.answer(question.question_id, RUN_AGAIN)
        await task

    run(story())
    assert bench.loop.state.phase == "finished"


def test_the_principals_edit_between_insert_and_run_is_what_runs(bench: Bench) -> None:
    def edit(cell_id: str) -> None:
        cell = bench.host.cell(cell_id)
        if cell_id.endswith("overlap") and "# mine" not in cell.source:
            cell.source += "  # mine"

    bench.host.before_run = edit
    run(bench.loop.run(PLAN, "plan"))
    assert bench.states()["overlap"] == "edited"
    assert bench.loop.state.phase == "finished"


def test_an_edit_makes_the_verdict_stale_and_a_run_by_hand_refreshes_it(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    cell = bench.step_cell("placebo-1")
    bench.host.cell(cell).source += "\n# edited"
    run(bench.loop.cell_event(bench.event("edited", cell)))
    verdict = bench.loop.state.iterations[0].verdict
    assert [(r.what, r.cell_id) for r in verdict.stale] == [("edited", cell)]
    assert bench.states()["placebo-1"] == "stale"
    assert "Stale" in bench.host.cells[-1].source

    bench.host.grades["placebo"] = "pass"
    bench.host.execute_by_hand(cell)
    run(bench.loop.cell_event(bench.event("executed", cell)))
    assert bench.states()["placebo-1"] == "edited"
    assert not bench.loop.state.iterations[0].verdict.stale
    assert bench.verdict("ATT").level == "satisfactory"
    assert "Stale" not in bench.host.cells[-1].source


def test_rerunning_the_study_differently_makes_what_follows_stale(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    cell = bench.step_cell("data-and-roles")
    bench.host.fingerprint = "f2"
    bench.host.execute_by_hand(cell)
    run(bench.loop.cell_event(bench.event("executed", cell)))
    stale = bench.loop.state.iterations[0].verdict.stale
    assert {r.what for r in stale} == {"older_than_study"}
    assert len(stale) == len(STEPS) - 1
    assert bench.verdict("ATT").level != "satisfactory"


def test_deleting_a_diagnostic_leaves_nothing_to_grade_by(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    cell = bench.step_cell("overlap")
    run(bench.loop.cell_event(bench.event("deleted", cell)))
    assert bench.verdict("ATT").level == "abstain"
    assert bench.loop.state.iterations[0].verdict.stale[0].what == "deleted"
    run(bench.loop.cell_event(bench.event("inserted", cell)))
    assert bench.verdict("ATT").level == "satisfactory_with_caveats"


def test_a_kernel_restart_makes_everything_stale_and_resume_runs_it_again(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    bench.host.session = "kernel-2"
    run(bench.loop.kernel_event(KernelEvent(event="restarting")))
    run(bench.loop.kernel_event(KernelEvent(event="ready", kernel_epoch="kernel-2")))
    stale = bench.loop.state.iterations[0].verdict.stale
    assert {r.what for r in stale} == {"kernel_restarted"}
    run(bench.loop.resume())
    assert not bench.loop.state.iterations[0].verdict.stale
    assert len(bench.host.runs) == 2 * len(STEPS)


def test_accepting_and_rejecting(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    run(bench.loop.decide("overlap", 1, "accept", "agreed"))
    run(bench.loop.decide("placebo-1", 1, "reject", "not a placebo"))
    assert bench.states()["overlap"] == "accepted"
    assert bench.states()["placebo-1"] == "rejected"
    metadata = bench.host.cell(bench.step_cell("overlap")).metadata
    assert (metadata["state"], metadata["reviewed_by"], metadata["comment"]) == (
        "accepted",
        "ada",
        "agreed",
    )
    assert metadata["reviewed_at"].endswith("Z")
    caveats = " ".join([*bench.verdict("ATT").caveats, bench.verdict("ATT").reason])
    assert "no placebo outcome was tested" in caveats.lower()
    assert bench.verdict("ATT").level == "satisfactory_with_caveats"

    # The same result again keeps the acceptance, another one does not.
    run(bench.loop.rerun("overlap", 1))
    assert bench.states()["overlap"] == "accepted"
    bench.host.grades["overlap_share_outside:ATT"] = "warn"
    run(bench.loop.rerun("overlap", 1))
    assert bench.states()["overlap"] == "done"


def test_unknown_step_and_remedy_are_refused(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    with pytest.raises(ContractError, match="no step `nope`"):
        run(bench.loop.decide("nope", 1, "accept"))
    with pytest.raises(ContractError, match="no remedy"):
        run(bench.loop.apply_remedy("nope"))


def test_a_remedy_is_the_next_iteration_below_the_first(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    assert [r.id for r in bench.loop.state.iterations[0].verdict.remedies][:2] == [
        "trim:fixed",
        "switch_estimand:ATT",
    ]
    first = [c.cell_id for c in bench.host.cells]
    bench.host.grades = {}
    run(bench.loop.apply_remedy("trim:fixed"))
    state = bench.loop.state
    assert [c.cell_id for c in bench.host.cells][: len(first)] == first
    assert len(state.iterations) == 2
    assert state.iterations[1].spec.labels == [
        "trimmed ATE [0.1, 0.9]",
        "trimmed ATT [0.1, 0.9]",
    ]
    assert bench.verdict("trimmed ATE [0.1, 0.9]").level == "satisfactory"
    assert all(s.superseded_by == 2 for s in state.iterations[0].steps)
    code = bench.host.cell(bench.step_cell("trim", 2)).source
    assert code == 'study_2 = study.trim(0.1, 0.9, refit=True).switch(["ATE", "ATT"])\nstudy_2'


def test_running_a_changed_plan_is_another_iteration(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    run(bench.loop.run(PLAN.replace("[age, re75]", "[age, re74, re75]"), "plan"))
    state = bench.loop.state
    assert [i.label for i in state.iterations] == ["as planned", "plan revised"]
    assert state.iterations[1].spec.study_name == "study_2"


def test_the_run_is_restored_from_the_notebook_alone(bench: Bench, tmp_path: Path) -> None:
    run(bench.loop.run(PLAN, "plan"))
    run(bench.loop.decide("overlap", 1, "accept"))
    run(bench.loop.decide("balance", 1, "reject"))
    run(bench.loop.apply_remedy("trim:fixed"))
    again = Bench(tmp_path / "other", bench.host)
    again.loop.restore(run(bench.host.snapshot()), "kernel-1")
    before, after = bench.loop.state, again.loop.state
    assert after.phase == "finished"
    assert after.run_id == before.run_id
    for old, new in zip(before.iterations, after.iterations, strict=True):
        assert new.verdict == old.verdict
        assert new.spec == old.spec
        assert new.report == old.report
        for a, b in zip(old.steps, new.steps, strict=True):
            assert b.model_copy(update={"seconds": a.seconds}) == a


def test_restoring_in_another_kernel_says_so(bench: Bench, tmp_path: Path) -> None:
    run(bench.loop.run(PLAN, "plan"))
    again = Bench(tmp_path / "other", bench.host)
    again.loop.restore(run(bench.host.snapshot()), "kernel-9")
    assert {r.what for r in again.loop.state.iterations[0].verdict.stale} == {"kernel_restarted"}


def test_a_half_done_run_is_restored_as_suspended(bench: Bench, tmp_path: Path) -> None:
    bench.host.before_run = lambda cell: "no_client" if cell.endswith("estimate") else None
    run(bench.loop.run(PLAN, "plan"))
    bench.host.before_run = None
    again = Bench(tmp_path / "other", bench.host)
    again.loop.restore(run(bench.host.snapshot()), "kernel-1")
    assert again.loop.state.phase == "suspended"
    assert again.states()["estimate"] == "running"
    assert again.states()["summary"] == "proposed"


def test_garbage_in_metadata_and_outputs_is_passed_over(bench: Bench, tmp_path: Path) -> None:
    run(bench.loop.run(PLAN, "plan"))
    cells = run(bench.host.snapshot())
    cells[5].metadata = {"role": "step", "protocol": 99, "evil": True}
    cells[6].result = {"kind": "overlap", "headline": "<b>satisfactory</b>"}
    again = Bench(tmp_path / "other", bench.host)
    again.loop.restore(cells, "kernel-1")
    assert again.loop.state.run_id == bench.loop.state.run_id
    assert again.verdict("ATT").level == "abstain"


def test_stop_lets_the_running_step_end(bench: Bench) -> None:
    async def story() -> None:
        async def stop(_: str) -> None:
            await bench.loop.stop()

        bench.host.before_run = lambda c: stop(c) if c.endswith("overlap") else None
        await bench.loop.run(PLAN, "plan")

    run(story())
    assert bench.loop.state.phase == "stopped"
    assert bench.states()["overlap"] == "done"
    assert bench.states()["balance"] == "proposed"


def test_a_second_run_at_the_same_time_is_refused(bench: Bench) -> None:
    async def story() -> None:
        task = asyncio.create_task(bench.loop.run(PLAN, "plan", "ask"))
        await bench.until_question()
        with pytest.raises(ContractError, match="in progress"):
            await bench.loop.run(PLAN, "plan")
        await bench.loop.suspend()
        await task
        assert bench.loop.state.phase == "suspended"
        assert bench.loop.state.question is None

    run(story())


def test_every_act_is_in_the_journal(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    run(bench.loop.decide("overlap", 1, "accept", "yes"))
    entries = bench.journal.entries()
    assert [e.seq for e in entries] == list(range(1, len(entries) + 1))
    acts = [(e.who, e.what) for e in entries]
    assert ("principal", "run") in acts
    assert acts.count(("actor", "insert")) == 2 * len(STEPS)
    assert acts.count(("kernel", "run")) == len(STEPS)
    assert ("critic", "verdict") in acts
    accept = entries[[a for _, a in acts].index("accept")]
    assert (accept.user, accept.step_id, accept.detail["comment"]) == ("ada", "overlap", "yes")
    assert accept.source_sha256
    assert accept.result_sha256


def test_the_principals_edit_of_the_report_is_left_alone(bench: Bench) -> None:
    run(bench.loop.run(PLAN, "plan"))
    report = bench.host.cells[-1]
    report.source = "my own words"
    run(bench.loop.decide("placebo-1", 1, "reject"))
    assert bench.host.cells[-1].source == "my own words"
