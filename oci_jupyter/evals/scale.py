"""`jupyter oci eval scale`: seconds, CPU seconds and memory as the rows grow.

All methods of one call analyze the same files; each analysis runs in a fresh process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .acic_data import open_source
from .methods import Method
from .simulate import Design, simulate_covariates, simulate_outcome

STAGES = ("read", "overlap", "balance", "estimate", "sensitivity", "trim", "total")
#: Columns of simulated covariates.
_WIDTH = 60
#: A column with more distinct values than this counts as continuous.
_CONTINUOUS = 20


@dataclass(frozen=True)
class ScaleOptions:
    """What to measure.

    Attributes:
        rows: Numbers of rows.
        methods: Which methods, on the same data.
        data: Where to resample covariates from; simulated ones if None.
        seed: Seed of data, folds and learners.
        threads: Threads of the reference's XGBoost; 0 means all cores.
        out: CSV file for the figures, if wanted; a Markdown file is written beside it.
    """

    rows: list[int]
    methods: list[Method]
    data: str | None = None
    seed: int = 7
    threads: int = 0
    out: Path | None = None


def run_scale(options: ScaleOptions, reference: dict[str, Any] | None = None) -> int:
    """Measure, print the report.

    Args:
        options: What to measure.
        reference: Settings of the method `reference`, where they differ from the published.

    Returns:
        Exit status: 0, or 1 if an analysis broke down.

    Raises:
        ContractError: The data cannot be used.
    """
    covariates = None
    if options.data is not None:
        source = open_source(options.data)
        covariates = source.load(*source.keys()[0]).X
    costs: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    failed = 0
    for n in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data.parquet"
            truths = write_data(path, n, covariates, options.seed)
            for method in options.methods:
                print(f"{n:,} rows, {method} …", file=sys.stderr, flush=True)
                job = {"data": str(path), "method": method, "seed": options.seed}
                job["reference"] = {"threads": options.threads, **(reference or {})}
                found = _fresh_process(job)
                if isinstance(found, str):
                    failed += 1
                    print(f"{n:,} rows, {method} failed: {found}", file=sys.stderr)
                    continue
                for stage, cost in found["stages"].items():
                    costs.append({"rows": n, "method": method, "stage": stage, **cost})
                for name, (estimate, lower, upper) in found["estimates"].items():
                    answers.append(
                        {
                            "rows": n,
                            "method": method,
                            "estimand": name,
                            "estimate": estimate,
                            "ci_lower": lower,
                            "ci_upper": upper,
                            "truth": truths.get(name),
                        }
                    )
    frame = pd.DataFrame(costs, columns=["rows", "method", "stage", *_FIGURES])
    text = scale_report(frame, pd.DataFrame(answers), options.methods)
    print(text)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(options.out, index=False)
        options.out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    return 1 if failed else 0


def write_data(path: Path, n: int, covariates: pd.DataFrame | None, seed: int) -> dict[str, float]:
    """Write covariates, treatment `z` and outcome `y` as parquet.

    Args:
        path: Where to.
        n: Rows.
        covariates: Rows to draw from with replacement, continuous columns jittered by 1 % of
            their standard deviation; simulated columns if None.
        seed: Seed of the draws.

    Returns:
        The true ATE and ATT of these rows, in units of the outcome.
    """
    rng = np.random.default_rng(seed)
    if covariates is None:
        X = simulate_covariates(n, _WIDTH, rng)
    else:
        X = covariates.iloc[rng.integers(len(covariates), size=n)].reset_index(drop=True)
        for column in X.select_dtypes("number"):
            if covariates[column].nunique() > _CONTINUOUS:
                jitter = 0.01 * covariates[column].std() * rng.normal(size=n)
                X[column] = X[column] + jitter
    drawn = simulate_outcome(X, Design(), rng)
    X.assign(z=drawn.z, y=drawn.y).to_parquet(path, index=False)
    effect = drawn.mu1 - drawn.mu0
    return {"ATE": float(effect.mean()), "ATT": float(effect[drawn.z == 1].mean())}


_FIGURES = ["seconds", "cpu_seconds", "peak_mb"]


def scale_report(costs: pd.DataFrame, answers: pd.DataFrame, methods: Sequence[Method]) -> str:
    """The figures as Markdown; with several methods, each one's share of the first one's.

    Args:
        costs: Columns rows, method, stage, seconds, cpu_seconds, peak_mb.
        answers: Columns rows, method, estimand, estimate, ci_lower, ci_upper, truth.
        methods: In the order asked for.
    """
    lines = ["# Time and memory", "", "Figures of one run on one machine: compare within it only."]
    for n, group in costs.groupby("rows"):
        wide = {m: g.set_index("stage")[_FIGURES] for m, g in group.groupby("method")}
        shown = [m for m in methods if m in wide]
        head = ["stage"]
        for method in shown:
            head += [f"{method} s", "CPU-s", "peak MB"]
        others = shown[1:]
        for other in others:
            head += [f"{other} ÷ {shown[0]}, s", "CPU-s"]
        lines += ["", f"## {n:,} rows", "", "| " + " | ".join(head) + " |"]
        lines.append("|" + " --- |" + " ---: |" * (len(head) - 1))
        for stage in STAGES:
            cells = [stage]
            for method in shown:
                cells += [
                    f"{_figure(wide[method], stage, c):.{d}f}"
                    for c, d in zip(_FIGURES, (2, 2, 0), strict=True)
                ]
            for other in others:
                for column in _FIGURES[:2]:
                    base = _figure(wide[shown[0]], stage, column)
                    ratio = _figure(wide[other], stage, column) / base if base > 0 else np.nan
                    cells.append("–" if np.isnan(ratio) else f"{ratio:.2f}")
            lines.append("| " + " | ".join(cells) + " |")
    if len(answers):
        lines += ["", "## Answers", "", "| rows | method | estimand | estimate | 95 % | truth |"]
        lines.append("| ---: | --- | --- | ---: | --- | ---: |")
        for a in answers.to_dict("records"):
            truth = "–" if pd.isna(a["truth"]) else f"{a['truth']:.3f}"
            lines.append(
                f"| {a['rows']:,} | {a['method']} | {a['estimand']} | {a['estimate']:.3f} | "
                f"{a['ci_lower']:.3f} to {a['ci_upper']:.3f} | {truth} |"
            )
    return "\n".join(lines)


def _figure(frame: pd.DataFrame, stage: str, column: str) -> float:
    return float(frame[column].get(stage, np.nan))


def _fresh_process(job: dict[str, Any]) -> dict[str, Any] | str:
    """What the worker found, or why it found nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "oci_jupyter.evals.scale_worker", json.dumps(job)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        killed = " (killed, perhaps for lack of memory)" if done.returncode < 0 else ""
        return f"exit status {done.returncode}{killed}: {last[0]}"
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
