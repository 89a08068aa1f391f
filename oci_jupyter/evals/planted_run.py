"""One analysis with a planted fault, or its clean twin, from data to verdict."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from ..agents.language_model import LanguageModel
from ..agents.loop import Loop
from ..artifacts.journal import Journal
from ..contract import ContractError, Finding, Spec, Verdict, dump_plan
from .in_process import InProcessHost
from .planted import Fault
from .planted_acts import Principal

PLAN_CELL = "oci-plan"

#: Columns of the file of results, one row per estimand of an analysis.
COLUMNS = [
    "case",
    "seed",
    "n",
    "model",
    "estimands",
    "estimand",
    "level",
    "overall",
    "estimate",
    "stderr",
    "ci_lower",
    "ci_upper",
    "truth",
    "findings",
    "failing",
    "concerns",
    "lowered",
    "cpu_seconds",
]


class _LeanLoop(Loop):
    """The loop with the lean learner, and with what a fault does to the spec."""

    def __init__(self, *args: Any, hook: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._hook = hook

    async def draft(self, plan_source: str, plan_cell_id: str = "") -> None:
        await super().draft(plan_source, plan_cell_id)
        spec = self.record.spec_draft
        assert spec is not None
        # Written down as the actor does it for big data, so it is no unexplained departure.
        said = [*spec.assumptions, "The models are the lean ones (boosting alone), to be quick."]
        spec = spec.model_copy(update={"learner": "lean", "assumptions": said})
        self.record.spec_draft = Spec.model_validate(
            (self._hook(spec) if self._hook is not None else spec).model_dump()
        )


def analyze(
    fault: Fault, planted: bool, seed: int, n: int, model: LanguageModel | None = None
) -> list[dict[str, Any]]:
    """Run one analysis in this process.

    Args:
        fault: Which fault.
        planted: With the fault, or the clean twin.
        seed: Of the data.
        n: Units.
        model: Language model, if one takes part.

    Returns:
        One row of `COLUMNS` per estimand.

    Raises:
        ContractError: The loop did not come to a verdict.
    """
    return asyncio.run(_analyze(fault, planted, seed, n, model))


async def _analyze(
    fault: Fault, planted: bool, seed: int, n: int, model: LanguageModel | None
) -> list[dict[str, Any]]:
    started = time.process_time()
    made = fault.build(seed, n, planted)
    with InProcessHost(PLAN_CELL) as host, tempfile.TemporaryDirectory() as folder:
        host.namespace["df"] = made.frame.copy()
        loop = _LeanLoop(
            host,
            journal=Journal(Path(folder) / "journal.jsonl"),
            changed=lambda: None,
            model=model,
            hook=fault.hook if planted else None,
        )
        await loop.run(dump_plan(made.plan, fenced=True), PLAN_CELL)
        _check(loop)
        acts = fault.acts if planted else fault.twin_acts
        if acts is not None:
            await acts(Principal(host, loop))
            _check(loop)
        current = loop.record.current
        assert current is not None and current.verdict is not None
        verdict = current.verdict
    cpu_seconds = time.process_time() - started
    return [
        {
            "case": fault.case(planted),
            "seed": seed,
            "n": n,
            "model": model.view.name if model is not None else "",
            "estimands": len(verdict.estimands),
            "estimand": graded.estimand,
            "level": graded.level,
            "overall": verdict.overall,
            "estimate": graded.estimate,
            "stderr": graded.stderr,
            "ci_lower": graded.ci_lower,
            "ci_upper": graded.ci_upper,
            "truth": made.truth[graded.estimand.partition(" [")[0]],
            "findings": ";".join(_brief(f) for f in verdict.findings if f.source == "rules"),
            "failing": ";".join(_failing(verdict)),
            "concerns": json.dumps([_words(f) for f in verdict.findings if f.source == "model"]),
            "lowered": " ".join(graded.lowered.split()),
            "cpu_seconds": round(cpu_seconds, 2),
        }
        for graded in verdict.estimands
    ]


def _check(loop: Loop) -> None:
    record = loop.record
    if record.current is None or record.current.verdict is None or record.phase != "finished":
        raise ContractError.of("no_verdict", f"The run ended {record.phase}: {record.message}")


def _brief(finding: Finding) -> str:
    return f"{finding.code}:{finding.severity}"


def _failing(verdict: Verdict) -> list[str]:
    """Names of the checks that fail for any estimand."""
    failing = [c.name for v in verdict.estimands for c in v.checks if c.grade == "fail"]
    return list(dict.fromkeys(failing))


def _words(finding: Finding) -> str:
    """A model's concern on one line."""
    text = f"[{finding.code}] {finding.title} {finding.text} {' '.join(finding.columns)}"
    return " ".join(text.split())
