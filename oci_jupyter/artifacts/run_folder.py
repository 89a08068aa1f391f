"""The run folder: everything a reader, a reviewer or a script wants from a headless run.

DIR/plan.md
DIR/iter_01/{spec.yaml, notebook.ipynb, results.json, verdict.json, report.md}
DIR/iter_01/remarks.json, where a language model had a say
DIR/iter_02/…
DIR/journal.jsonl
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import yaml

from ..contract import ModelRemarks, Plan, Result, Spec, Verdict, dump_plan


class RunFolder:
    """Writes a run's files.

    Args:
        root: The folder; created when missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    @property
    def journal(self) -> Path:
        return self.root / "journal.jsonl"

    def iteration(self, number: int) -> Path:
        """Folder of one iteration."""
        return self.root / f"iter_{number:02d}"

    def write_plan(self, plan: Plan) -> Path:
        path = self.root / "plan.md"
        path.write_text(dump_plan(plan), encoding="utf-8")
        return path

    def write_iteration(
        self,
        spec: Spec,
        notebook: nbformat.NotebookNode,
        results: dict[str, Result],
        verdict: Verdict,
        report: str,
        remarks: ModelRemarks | None = None,
    ) -> Path:
        """Write one iteration's files.

        Args:
            spec: Its spec.
            notebook: The executed notebook as it stands after this iteration.
            results: Step id → what the step found.
            verdict: The critic's verdict.
            report: Markdown.
            remarks: What a language model added; None without one.
        """
        folder = self.iteration(spec.iteration)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "spec.yaml").write_text(
            yaml.safe_dump(
                spec.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=88
            ),
            encoding="utf-8",
        )
        nbformat.write(notebook, folder / "notebook.ipynb")
        found = {step: result.model_dump(mode="json") for step, result in results.items()}
        _write_json(folder / "results.json", found)
        _write_json(folder / "verdict.json", verdict_json(verdict))
        (folder / "report.md").write_text(report + "\n", encoding="utf-8")
        if remarks is not None:
            _write_json(folder / "remarks.json", remarks.model_dump(mode="json"))
        return folder


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict as scripts read it: one entry per estimand, plus what holds for all of them:
    `overall`, `summary`, `findings` and `stale`.
    """
    remedies = {r.id: r.model_dump(mode="json") for r in verdict.remedies}
    found: dict[str, Any] = {}
    for estimand in verdict.estimands:
        entry = estimand.model_dump(mode="json", exclude={"estimand"})
        entry["remedies"] = [remedies[i] for i in estimand.remedies]
        found[estimand.estimand] = entry
    found["overall"] = verdict.overall
    found["summary"] = verdict.summary
    found["findings"] = [finding.model_dump(mode="json") for finding in verdict.findings]
    found["stale"] = [reason.model_dump(mode="json") for reason in verdict.stale]
    return found


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
