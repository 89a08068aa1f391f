"""What the bridge relies on in JupyterLab. When one of these fails after an upgrade,
JupyterLab changed, and the bridge must follow."""

from __future__ import annotations

from lab_page import LabPage
from notebooks import DATA, STEPS, small


def run_plan(lab: LabPage, **arguments: object) -> None:
    lab.command("oci-jupyter:run", {"path": lab.path, **arguments})


def opened(lab: LabPage, **notebook: str) -> LabPage:
    lab.open(small(**notebook))
    lab.run_cell(1)
    return lab


def finished(lab: LabPage) -> LabPage:
    opened(lab)
    run_plan(lab)
    lab.until_phase("finished")
    return lab


def test_cells_are_inserted_and_run_below_the_plan(lab: LabPage) -> None:
    finished(lab)
    ids = [c["id"] for c in lab.cells()]
    assert ids[:3] == ["scratch", "data", "plan"]
    steps = [c["metadata"]["oci_jupyter"]["step_id"] for c in lab.agent_cells()]
    assert steps == STEPS
    assert ids[-1] == lab.agent_cells("report")[0]["id"]
    assert all(c["execution_count"] for c in lab.agent_cells())


def test_typing_elsewhere_goes_on_undisturbed(lab: LabPage) -> None:
    opened(lab)
    lab.js(
        "p => { p.content.activeCellIndex = 0; p.content.mode = 'edit';"
        " p.content.activeCell.editor.focus(); }"
    )
    scroll = lab.js("p => p.content.outerNode?.scrollTop ?? p.content.node.scrollTop")
    run_plan(lab)
    typed = ""
    while lab.state()["phase"] not in ("finished", "failed"):
        for letter in "# the quick brown fox ":
            lab.page.keyboard.press("Space" if letter == " " else letter)
        typed += "# the quick brown fox "
    lab.until_phase("finished")
    assert lab.cell("scratch")["source"] == typed
    assert lab.js("p => p.content.activeCellIndex") == 0
    assert lab.js("p => p.content.mode") == "edit"
    assert lab.js("p => p.content.outerNode?.scrollTop ?? p.content.node.scrollTop") == scroll


def test_undo_takes_away_one_inserted_cell_at_a_time_and_redo_brings_it_back(
    lab: LabPage,
) -> None:
    finished(lab)
    before = [c["id"] for c in lab.cells()]
    lab.select(0)
    for count in (1, 2, 3):
        lab.js("p => { p.content.model.sharedModel.undo(); }")
        assert [c["id"] for c in lab.cells()] == before[:-count]
    for _ in range(3):
        lab.js("p => { p.content.model.sharedModel.redo(); }")
    assert [c["id"] for c in lab.cells()] == before


def test_an_undone_step_makes_the_verdict_stale(lab: LabPage) -> None:
    finished(lab)
    last = lab.agent_cells()[-1]["id"]
    for _ in range(2):  # the report, then the last step
        lab.js("p => { p.content.model.sharedModel.undo(); }")
    lab.until_state(
        "(s, id) => s.iterations[0].verdict.stale.some("
        "r => r.cell_id === id && r.what === 'deleted')",
        last,
    )


def test_shift_enter_on_an_agent_cell_reaches_the_critic(lab: LabPage) -> None:
    finished(lab)
    cell = next(c for c in lab.agent_cells() if "overlap" in c["id"])
    index = lab.index_of(cell["id"])
    lab.js(
        "(p, i) => p.content.widgets[i].model.sharedModel.setSource("
        "p.content.widgets[i].model.sharedModel.getSource() + '  # mine')",
        index,
    )
    lab.until_state(
        "(s, id) => s.iterations[0].verdict.stale.some(r => r.cell_id === id)", cell["id"]
    )
    lab.run_cell(index)
    lab.until_state("s => s.iterations[0].verdict.stale.length === 0")
    steps = {s["step_id"]: s["state"] for s in lab.state()["iterations"][0]["steps"]}
    assert steps["overlap"] == "edited"
    assert lab.cell(cell["id"])["metadata"]["oci_jupyter"]["state"] == "edited"


def test_metadata_reaches_the_file_and_is_no_undo_step(lab: LabPage) -> None:
    finished(lab)
    lab.command(
        "oci-jupyter:accept-step", {"step_id": "overlap", "iteration": 1, "comment": "fine"}
    )
    lab.until_state(
        "s => s.iterations[0].steps.find(x => x.step_id === 'overlap').state === 'accepted'"
    )
    before = [c["id"] for c in lab.cells()]
    lab.js("p => { p.content.model.sharedModel.undo(); }")
    assert [c["id"] for c in lab.cells()] == before[:-1]
    lab.save()
    saved = lab.server.read(lab.path)["cells"]
    metadata = next(c["metadata"]["oci_jupyter"] for c in saved if "overlap" in c["id"] and
                    c["cell_type"] == "code")  # fmt: skip
    assert (metadata["state"], metadata["comment"]) == ("accepted", "fine")
    assert metadata["reviewed_at"]


def test_a_cell_that_raises_is_a_failed_step_and_nothing_stays_running(lab: LabPage) -> None:
    opened(lab, data=DATA + "\nimport oci_jupyter.toolkit as oci\n"
           "oci.Study.balance = lambda self, *a: 1 / 0")  # fmt: skip
    run_plan(lab)
    lab.until_phase("failed")
    state = lab.state()
    assert "ZeroDivisionError" in state["message"]
    failed = STEPS.index("balance")
    assert [s["state"] for s in state["iterations"][0]["steps"]] == (
        ["done"] * failed + ["failed"] + ["proposed"] * (len(STEPS) - failed - 1)
    )
    assert lab.js(
        "p => p.content.widgets.every(w => (w.model.executionState ?? 'idle') === 'idle')"
    )


def test_a_kernel_that_restarts_mid_run_fails_the_step_and_resume_runs_all_again(
    lab: LabPage,
) -> None:
    slow = DATA + "\nimport time, oci_jupyter.toolkit as oci\n_b = oci.Study.balance\n" + (
        "def slow(self, *a):\n    time.sleep(600 if not globals().get('quick') else 0)\n"
        "    return _b(self, *a)\noci.Study.balance = slow"
    )  # fmt: skip
    opened(lab, data=slow)
    run_plan(lab)
    lab.wait(
        "p => p.content.widgets.some(w => w.model.id.endsWith('-balance') &&"
        " w.model.executionState === 'running')"
    )
    lab.js("p => p.sessionContext.session.kernel.restart()")
    lab.until_phase("failed")
    assert "kernel" in lab.state()["message"].lower()
    lab.wait("p => p.sessionContext.session.kernel.status === 'idle'")
    index = lab.index_of("data")
    lab.js(
        "(p, i) => { const m = p.content.widgets[i].model.sharedModel;"
        " m.setSource('quick = True\\n' + m.getSource()); }",
        index,
    )
    lab.run_cell(index)
    lab.resume()
    lab.until_phase("finished")
    assert not lab.state()["iterations"][0]["verdict"]["stale"]


def test_a_probe_is_answered_while_the_kernel_computes(lab: LabPage) -> None:
    opened(lab)
    lab.js("p => p.content.widgets[0].model.sharedModel.setSource('import time; time.sleep(600)')")
    lab.select(0)
    lab.page.keyboard.press("Control+Enter")
    lab.wait("p => p.content.widgets[0].model.executionState === 'running'")
    lab.command("oci-jupyter:draft-spec", {"path": lab.path})
    lab.until_state("s => s.spec_draft !== null")
    assert lab.state()["spec_draft"]["rows"] == 400
    lab.js("p => p.sessionContext.session.kernel.interrupt()")


def test_a_renamed_notebook_keeps_its_run(lab: LabPage) -> None:
    opened(lab)
    run_plan(lab, mode="ask")
    lab.until_phase("asking")
    lab.js("p => p.context.rename('renamed-' + p.context.path)")
    lab.path = f"renamed-{lab.path}"
    lab.until_state("(s, path) => s.notebook_path === path", lab.path)
    lab.answer_all()
    lab.until_phase("finished")
    assert len(lab.agent_cells()) == len(STEPS)


def test_a_reload_mid_run_suspends_and_resume_finishes(lab: LabPage) -> None:
    opened(lab)
    run_plan(lab, mode="ask")
    lab.until_phase("asking")
    lab.panel.get_by_role("button", name="Run this step").click()
    lab.until_state("s => s.phase === 'asking' && s.iterations[0].steps[0].state === 'done'")
    lab.save()
    lab.reload()
    lab.until_phase("suspended")
    lab.resume()
    lab.answer_all()
    lab.until_phase("finished")
    assert [c["metadata"]["oci_jupyter"]["step_id"] for c in lab.agent_cells()] == STEPS
