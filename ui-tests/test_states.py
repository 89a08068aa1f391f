"""What can go wrong is a state with words and a way on; nothing is lost."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import new_page
from lab_page import LabPage
from lab_server import TOKEN, LabServer
from notebooks import DATA, PLAN, STEPS, small
from playwright.sync_api import Browser, expect


def opened(lab: LabPage, **notebook: str) -> LabPage:
    lab.open(small(**notebook))
    lab.run_cell(1)
    return lab


def run_button(lab: LabPage):
    return lab.panel.get_by_role("button", name="Run analysis")


def test_without_a_notebook_the_panel_offers_two_beginnings(lab: LabPage) -> None:
    lab.page.goto(f"{lab.server.url}/lab/workspaces/{lab.workspace}?reset&token={TOKEN}")
    lab.page.wait_for_function("() => window.jupyterapp && window.jupyterapp.shell")
    lab.page.evaluate("() => window.jupyterapp.restored")
    lab.command("oci-jupyter:open-panel")
    lab.screenshot("state-no-notebook")
    lab.panel.get_by_role("button", name="Open the demo").click()
    expect(
        lab.page.get_by_role("heading", name="Does job training raise earnings?")
    ).to_be_visible()
    expect(lab.panel.get_by_role("button", name="Run the cells above")).to_be_enabled()


def test_the_launcher_opens_an_analysis(lab: LabPage) -> None:
    lab.page.goto(f"{lab.server.url}/lab/workspaces/{lab.workspace}?reset&token={TOKEN}")
    lab.page.wait_for_function("() => window.jupyterapp && window.jupyterapp.shell")
    card = lab.page.locator(".jp-LauncherCard", has_text="Causal analysis").first
    card.click()
    expect(lab.page.get_by_role("heading", name="Plan")).to_be_visible()
    expect(lab.panel).to_contain_text("Still missing: data, treatment, outcome, confounders.")
    lab.screenshot("state-blank-plan")


def test_data_that_are_not_loaded_are_one_click_away(lab: LabPage) -> None:
    lab.open(small())
    lab.panel.get_by_role("button", name="Run the cells above, then analyze").click()
    lab.until_phase("finished")
    assert lab.cell("data")["execution_count"]


def test_a_cell_above_that_fails_ends_it_there(lab: LabPage) -> None:
    lab.open(small(data="1 / 0"))
    lab.panel.get_by_role("button", name="Run the cells above, then analyze").click()
    expect(lab.panel).to_contain_text("A cell above the plan failed.")
    assert lab.agent_cells() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("treatment: nope", "nope"),
        ("outcome: nope", "nope"),
        ("confounders: [x1, t]", "`t`"),
        ("confounders: [x1, y]", "`y`"),
        ("treatment: x1", "x1"),
        ("tools: [stata]", "stata"),
        ("design: magic", "magic"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_in_the_panel(
    lab: LabPage, line: str, words: str
) -> None:
    field = line.partition(":")[0]
    lines = [x for x in PLAN.splitlines() if not x.startswith(f"{field}:")]
    opened(lab, plan="\n".join([*lines[:3], line, *lines[3:]]))
    before = [c["source"] for c in lab.cells()]
    lab.command("oci-jupyter:run", {"path": lab.path})
    notice = lab.panel.locator(".jp-oci-Notice.jp-mod-error", has_text=words)
    expect(notice.first).to_be_visible()
    # The form's own check may have said so while the run still looks at the data.
    lab.until_phase("idle")
    assert [c["source"] for c in lab.cells()] == before
    assert lab.state()["iterations"] == []


def test_broken_yaml_is_named_while_it_is_typed(lab: LabPage) -> None:
    opened(lab, plan=PLAN.replace("[x1, x2]", "[x1, x2"))
    expect(lab.panel.locator(".jp-oci-Notice.jp-mod-error").first).to_contain_text("YAML")
    lab.js(
        "(p, plan) => p.content.model.cells.get(2).sharedModel.setSource(plan)",
        PLAN,
    )
    expect(lab.panel.locator(".jp-oci-Notice.jp-mod-error")).to_have_count(0)
    expect(run_button(lab)).to_be_enabled()


def test_a_hostile_column_name_stays_a_name(lab: LabPage) -> None:
    name = '"; import os #<img src=x onerror=window.hacked=1>'
    data = DATA + f"\ndf = df.rename(columns={{'x1': {name!r}}})"
    opened(lab, data=data, plan=PLAN.replace("[x1, x2]", json.dumps([name, "x2"])))
    run_button(lab).click()
    lab.until_phase("finished")
    assert lab.page.evaluate("() => window.hacked === undefined")
    assert name in lab.state()["iterations"][0]["spec"]["confounders"]


def test_checking_a_plan_shows_what_was_taken_for_granted(lab: LabPage) -> None:
    opened(lab, plan=PLAN.replace("placebo_outcomes: [before]\n", ""))
    lab.panel.get_by_role("button", name="Check plan").click()
    expect(lab.panel).to_contain_text("No placebo outcome is named")
    assert lab.agent_cells() == []
    lab.screenshot("state-plan-checked")


def test_a_kernel_that_dies_is_said_and_nothing_is_lost(lab: LabPage) -> None:
    opened(lab, data=DATA + "\nimport os\nprint('pid', os.getpid())")
    lab.command("oci-jupyter:run", {"path": lab.path, "mode": "ask"})
    lab.until_phase("asking")
    text = lab.cell("data")["outputs"][0]["text"]
    os.kill(int("".join(text).split("pid ")[1].split()[0]), signal.SIGKILL)
    lab.panel.get_by_role("button", name="Run this step").click()
    lab.until_state("s => s.phase === 'failed' || s.question !== null || s.phase === 'suspended'")
    expect(lab.panel.locator(".jp-oci-Notice, .jp-oci-Question").first).to_be_visible()
    assert [c["id"] for c in lab.cells()][:3] == ["scratch", "data", "plan"]


def test_a_kernel_without_the_toolkit_is_told_how_to_get_it(
    lab: LabPage, lab_server: LabServer
) -> None:
    folder = lab_server.data / "kernels" / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    start = (
        "import sys; sys.modules['oci_jupyter'] = None; "
        "from ipykernel.kernelapp import launch_new_instance as start; start()"
    )
    (folder / "kernel.json").write_text(
        json.dumps(
            {
                "argv": ["python", "-c", start, "-f", "{connection_file}"],
                "display_name": "Bare Python",
                "language": "python",
                "metadata": {"supported_features": ["kernel subshells"]},
            }
        )
    )
    opened(lab, kernel="bare")
    expect(lab.panel).to_contain_text("The toolkit cannot be imported in this kernel.")
    expect(lab.panel).to_contain_text('%pip install "oci-jupyter')
    lab.screenshot("state-no-toolkit")
    lab.command("oci-jupyter:run", {"path": lab.path})
    expect(lab.panel.locator(".jp-oci-Notice.jp-mod-error").first).to_be_visible()
    assert lab.agent_cells() == []


def test_a_notebook_closed_mid_run_is_suspended_and_resumes(lab: LabPage) -> None:
    opened(lab)
    lab.command("oci-jupyter:run", {"path": lab.path, "mode": "ask"})
    lab.until_phase("asking")
    lab.panel.get_by_role("button", name="Run this step").click()
    lab.until_state("s => s.phase === 'asking' && s.iterations[0].steps[0].state === 'done'")
    lab.save()
    lab.js("p => p.close()")
    expect(lab.panel).to_contain_text("Open a notebook")
    lab.command("docmanager:open", {"path": lab.path})
    lab.ready()
    lab.until_phase("suspended")
    lab.screenshot("state-suspended")
    lab.resume()
    lab.until_phase("finished")
    assert [c["metadata"]["oci_jupyter"]["step_id"] for c in lab.agent_cells()] == STEPS


def test_a_second_tab_watches_and_may_take_over(
    lab: LabPage, lab_server: LabServer, browser: Browser
) -> None:
    opened(lab)
    run_button(lab).click()
    lab.until_phase("finished")
    lab.save()
    other = LabPage(new_page(browser), lab_server, workspace=f"{lab.workspace}-2")
    other.path = lab.path
    other.page.goto(
        f"{lab_server.url}/lab/workspaces/{other.workspace}/tree/{lab.path}?reset&token={TOKEN}"
    )
    other.ready()
    expect(other.panel).to_contain_text("Another tab leads")
    expect(other.panel.locator(".jp-oci-Verdict").first).to_be_visible()
    other.screenshot("state-watching")
    other.panel.get_by_role("button", name="Take over").click()
    expect(other.panel).not_to_contain_text("Another tab leads")
    expect(lab.panel).to_contain_text("Another tab leads")
    other.page.context.close()


@pytest.mark.parametrize(("theme", "width"), [("JupyterLab Dark", 0), ("JupyterLab Light", 230)])
def test_it_can_be_read_in_the_dark_and_when_wide(lab: LabPage, theme: str, width: int) -> None:
    opened(lab)
    run_button(lab).click()
    lab.until_phase("finished")
    lab.command("apputils:change-theme", {"theme": theme})
    lab.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    if width:
        lab.widen_panel(width)
    lab.panel.get_by_role("button", name="Report", exact=True).click()
    expect(lab.panel.get_by_role("heading", name="Verdict and report")).to_be_visible()
    overflow = lab.panel.evaluate("n => n.scrollWidth - n.clientWidth")
    assert overflow <= 1
    # All style sheets are in the bundle: actions wait for the mouse, columns have their bars.
    expect(lab.panel.locator(".jp-oci-Step-actions").first).to_have_css("opacity", "0")
    lab.panel.get_by_role("button", name="Plan", exact=True).click()
    expect(lab.panel.locator(".jp-oci-Column").first).to_have_css("position", "absolute")
    lab.screenshot(f"state-{theme.split()[-1].lower()}-{width}")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[LabServer]:
    server = LabServer(tmp_path)
    server.start()
    yield server
    server.stop()


def test_a_server_that_stops_mid_run_is_said_and_the_run_resumes(
    own_server: LabServer, browser: Browser
) -> None:
    lab = LabPage(new_page(browser), own_server, workspace="stop")
    opened(lab)
    lab.command("oci-jupyter:run", {"path": lab.path, "mode": "ask"})
    lab.until_phase("asking")
    lab.panel.get_by_role("button", name="Run this step").click()
    lab.until_state("s => s.phase === 'asking' && s.iterations[0].steps[0].state === 'done'")
    lab.save()
    own_server.stop()
    expect(lab.panel.locator(".jp-oci-Notice.jp-mod-error").first).to_be_visible()
    lab.screenshot("state-server-lost")
    cells = [c["id"] for c in lab.cells()]
    own_server.start()
    lab.page.reload()
    lab.ready()
    lab.run_cell(1)
    assert [c["id"] for c in lab.cells()] == cells
    lab.until_phase("suspended")
    lab.resume()
    lab.until_phase("finished")
    lab.page.context.close()
