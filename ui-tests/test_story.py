"""The whole story, on LaLonde's data, as a person lives it: form, run, verdict, decisions,
remedy, save, reload; and the same plan headless gives the same numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from lab_page import LabPage
from notebooks import demo
from playwright.sync_api import expect

CONFOUNDERS = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


def verdicts(state: dict[str, Any], iteration: int = -1) -> dict[str, dict[str, Any]]:
    return {v["estimand"]: v for v in state["iterations"][iteration]["verdict"]["estimands"]}


def without_plan() -> dict[str, Any]:
    notebook = demo()
    notebook["cells"] = notebook["cells"][:2]
    return notebook


def fill_in_the_form(lab: LabPage) -> None:
    panel = lab.panel
    panel.get_by_label("Look for DataFrames again").click()
    data = panel.get_by_role("combobox", name="Data")
    expect(data.get_by_role("option", name="df: 16,177 rows × 10 columns")).to_be_attached()
    data.select_option("df")
    panel.get_by_label("Role of treat").select_option("treatment")
    panel.get_by_label("Role of re78").select_option("outcome")
    columns = panel.get_by_role("listbox")
    columns.get_by_role("option", name="age").locator(".jp-oci-Column-name").click()
    last = columns.get_by_role("option", name="re75").locator(".jp-oci-Column-name")
    last.click(modifiers=["Shift"])
    panel.get_by_role("button", name="confounders", exact=True).click()
    panel.get_by_label("re75 is a placebo outcome").check()
    question = panel.get_by_label("Question")
    question.fill("Does the NSW training program raise earnings in 1978?")
    question.blur()


def wait_for_plan(lab: LabPage, words: str) -> None:
    lab.wait(
        "(p, words) => [...p.content.model.cells].some(c => c.type === 'markdown' &&"
        " c.sharedModel.getSource().includes(words))",
        words,
    )


def test_the_whole_story(lab: LabPage) -> None:
    lab.open(without_plan(), name="lalonde.ipynb")
    lab.command("oci-jupyter:open-panel")
    lab.run_cell(1)
    fill_in_the_form(lab)
    wait_for_plan(lab, "placebo_outcomes")
    plan = next(c for c in lab.cells() if "treatment: treat" in c["source"])
    for name in CONFOUNDERS:
        assert name in plan["source"]
    lab.screenshot("1-plan-form")

    # The cell and the form are the same thing, the other way round too.
    index = lab.index_of(plan["id"])
    lab.js(
        "(p, i) => { const m = p.content.widgets[i].model.sharedModel;"
        " m.setSource(m.getSource().replace('NSW training', 'NSW  training')); }",
        index,
    )
    expect(lab.panel.get_by_label("Question")).to_have_value(
        "Does the NSW  training program raise earnings in 1978?"
    )

    # Run, while typing in another cell.
    lab.js("p => { p.content.activeCellIndex = 0; }")
    lab.command("notebook:insert-cell-above")
    lab.panel.get_by_role("button", name="Run analysis").click()
    lab.js(
        "p => { p.content.activeCellIndex = 0; p.content.mode = 'edit';"
        " p.content.activeCell.editor.focus(); }"
    )
    typed = ""
    while lab.state()["phase"] != "finished":
        for key in "# my own words":
            lab.page.keyboard.press("Space" if key == " " else key)
        typed += "# my own words"
        if typed == "# my own words" * 2:
            lab.screenshot("2-running")
        assert lab.state()["phase"] != "failed", lab.state()["message"]
    assert lab.cells()[0]["source"] == typed
    assert lab.js("p => p.content.activeCellIndex") == 0

    # The verdict, in words and in numbers.
    state = lab.state()
    found = verdicts(state)
    assert found["ATE"]["level"] == "not_satisfactory"
    assert -7500 <= found["ATE"]["estimate"] <= -6000
    assert found["ATT"]["level"] == "satisfactory_with_caveats"
    assert 1350 <= found["ATT"]["estimate"] <= 1750
    assert 750 <= found["ATT"]["stderr"] <= 1200
    expect(lab.panel).to_contain_text("98 % of the units")
    expect(lab.panel).to_contain_text("re75")
    cards = lab.panel.locator(".jp-oci-Verdict")
    expect(cards.first).to_contain_text("Not satisfactory")
    lab.widen_panel(150)
    lab.js("p => p.content.scrollToItem(6)")
    expect(lab.page.locator(".jp-oci-RenderedResult").first).to_be_visible()
    lab.screenshot("3-verdict")

    # Evidence: a click on the reason goes to the cell.
    lab.panel.get_by_role("button", name="98 % of the units").click()
    lab.wait("p => p.content.activeCell.model.id.endsWith('-overlap')")

    # Accept one step.
    lab.step_action("Accept: Overlap")
    lab.panel.get_by_label("Comment").fill("True: nobody in the CPS is like them")
    lab.page.keyboard.press("Enter")
    lab.until_state(
        "s => s.iterations[0].steps.find(x => x.step_id === 'overlap').state === 'accepted'"
    )
    expect(lab.page.locator(".jp-oci-mark").get_by_text("accepted").first).to_be_attached()

    # Edit another and run it by hand: the verdict follows.
    lab.step_action("Edit: Balance")
    lab.wait("p => p.content.mode === 'edit' && p.content.activeCell.model.id.endsWith('-balance')")
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type('study.balance("ATT"')
    lab.until_state("s => s.iterations[0].verdict.stale.some(r => r.what === 'edited')")
    expect(lab.panel).to_contain_text("has not been run since")
    lab.screenshot("4-stale")
    balance = next(c for c in lab.cells() if c["id"].endswith("-balance"))
    if not balance["source"].endswith(")"):  # brackets close by themselves, or not
        lab.page.keyboard.type(")")
    lab.page.keyboard.press("Shift+Enter")
    lab.until_state(
        "s => s.iterations[0].steps.find(x => x.step_id === 'balance').state === 'edited'"
    )
    lab.until_state("s => s.iterations[0].verdict.stale.length === 0")
    assert verdicts(lab.state())["ATO"]["level"] == "abstain"

    # Reject one.
    lab.step_action("Reject: Placebo on re75")
    lab.page.keyboard.press("Enter")
    lab.until_state(
        "s => s.iterations[0].steps.find(x => x.step_id === 'placebo-1').state === 'rejected'"
    )

    # A remedy asks first, with what changes, and is the second iteration.
    lab.panel.get_by_role("button", name="Trim to 0.1–0.9").click()
    expect(lab.panel.locator(".jp-oci-Consent")).to_contain_text("of 16,177 units")
    lab.screenshot("5-remedy")
    lab.panel.get_by_role("button", name="Apply", exact=True).click()
    lab.until_state("s => s.iterations.length === 2")
    lab.until_phase("finished")
    state = lab.state()
    trimmed = verdicts(state)["trimmed ATE [0.1, 0.9]"]
    assert 1800 <= trimmed["estimate"] <= 2250
    assert 300 <= trimmed["n"] <= 400
    assert trimmed["level"] != "satisfactory"
    assert all(s["superseded_by"] == 2 for s in state["iterations"][0]["steps"])
    lab.screenshot("6-second-iteration")

    # Save and reload: all is back.
    lab.save()
    lab.reload()
    lab.until_state("s => s.iterations.length === 2")
    again = lab.state()
    for before, after in zip(state["iterations"], again["iterations"], strict=True):
        assert after["verdict"] == before["verdict"]
        assert [s["state"] for s in after["steps"]] == [s["state"] for s in before["steps"]]
    expect(lab.panel.locator(".jp-oci-Verdict").first).to_contain_text("trimmed ATE")
    lab.screenshot("7-reloaded")

    same_numbers_headless(lab, state)


def same_numbers_headless(lab: LabPage, live: dict[str, Any]) -> None:
    """The saved notebook's plan, run headless, gives the numbers seen live."""
    done = subprocess.run(
        [sys.executable, "-m", "oci_jupyter.cli", "run", lab.path, "--json", "--remedy",
         "trim:fixed"],
        cwd=lab.server.root,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    headless = json.loads(done.stdout)["iterations"]
    for iteration in (0, 1):
        for name, verdict in verdicts(live, iteration).items():
            other = headless[iteration]["verdict"][name]
            for field in ("estimate", "stderr", "ci_lower", "ci_upper"):
                assert other[field] == pytest.approx(verdict[field], rel=1e-9), (name, field)
