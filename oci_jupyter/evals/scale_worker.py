"""One analysis of one file in a process of its own, so that its peak memory is its own.

    python -m oci_jupyter.evals.scale_worker '{"data": …, "method": …, "seed": …}'

Prints one JSON object: estimates and, per stage, seconds, CPU seconds and peak memory.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import pandas as pd

from .meter import Meter
from .methods import Method, make_study, trim_study, warm_up
from .reference import ReferenceSettings, reference_analysis


def measure(
    data: str, method: Method, seed: int, reference: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Analyze a file stage by stage.

    Args:
        data: Parquet file: covariates, `z` (0/1) and `y`.
        method: Which method.
        seed: Seed of folds and learners.
        reference: Settings of the method `reference`, where they differ from the published.

    Returns:
        `stages`: per stage and `total` the seconds, cpu_seconds and peak_mb; `estimates`: per
        estimand the estimate with its interval (for the population).
    """
    warm_up(method)
    estimates: dict[str, list[float]] = {}
    with Meter() as meter:
        with meter.stage("read"):
            frame = pd.read_parquet(data)
            z, y = frame.pop("z").to_numpy(), frame.pop("y").to_numpy()
        if method == "reference":
            settings = ReferenceSettings(**{**(reference or {}), "seed": seed})
            found = reference_analysis(frame, z, y, settings, meter)
            for name, answer in (
                ("ATE", found.ate),
                ("ATT", found.att),
                ("trimmed ATE", found.trimmed),
            ):
                if answer is not None:
                    estimates[name] = [answer.estimate, answer.ci_lower, answer.ci_upper]
        else:
            with meter.stage("read"):
                study = make_study(frame, z, y, method, seed)
                del frame
            with meter.stage("overlap"):
                study.overlap()
            # Estimates before balance: balance then finds all that is fitted.
            with meter.stage("estimate"):
                result = study.estimate(second_opinion=False).result
            with meter.stage("balance"):
                study.balance()
            with meter.stage("sensitivity"):
                study.sensitivity()
            with meter.stage("trim"):
                trimmed = trim_study(study)
                trimmed.overlap()
                trimmed.balance()
                kept = trimmed.estimate(second_opinion=False).result
            for name, shown in (("ATE", result), ("ATT", result), ("trimmed ATE", kept)):
                row = next(
                    e for e in shown.estimates if e.role == "main" and e.estimand.startswith(name)
                )
                estimates[name] = [row.estimate, row.ci_lower, row.ci_upper]
    stages = {name: asdict(cost) for name, cost in meter.stages.items()}
    return {"stages": {**stages, "total": asdict(meter.total)}, "estimates": estimates}


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
