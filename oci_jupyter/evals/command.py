"""`jupyter oci eval …`: the options of the evaluations and what they start."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contract import ContractError

_LAYOUTS = """\
The data (--data) are one of
  DIR         a folder with x.parquet and zymu_rep1.parquet (columns setting, rep, z, y, mu0,
              mu1; rows in the order of x), or as the challenge gave it: x.csv and folders
              1, 2, … of zymu_*.csv (columns z, y0, y1, mu0, mu1)
  causallib   the ten data sets of the package causallib
  simulated   ten small settings made on the spot

A stopped run continues where it was when the same command is given again.
"""


def add_parser(commands: Any) -> None:
    """Add `eval` to the subcommands of `jupyter oci`.

    Args:
        commands: What `ArgumentParser.add_subparsers` returned.
    """
    parser = commands.add_parser("eval", help="measure accuracy and cost on known answers")
    kinds = parser.add_subparsers(dest="evaluation", required=True)
    acic = kinds.add_parser(
        "acic",
        help="error, coverage and verdicts on ACIC 2016",
        description="Error, coverage and verdicts on data sets whose truth is known.",
        epilog=_LAYOUTS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acic.add_argument("--data", required=True, help="DIR, causallib or simulated")
    acic.add_argument("--settings", help="for example 1-77 or 1-3,7 (default: all there are)")
    acic.add_argument("--replicates", default="1", help="by number, for example 1 or 2-5")
    acic.add_argument("--method", default="default", help="default, lean or reference")
    acic.add_argument("--jobs", type=int, default=2, help="data sets at a time (default: 2)")
    acic.add_argument("--out", type=Path, help="results (default: acic-METHOD.csv)")
    acic.add_argument("--figure", type=Path, help="write coverage against RMSE to FILE.html")
    scale = kinds.add_parser(
        "scale",
        help="seconds and memory as the rows grow",
        description="Seconds, CPU seconds and memory per stage, on simulated treatments.",
    )
    scale.add_argument(
        "--rows", default="5000,50000,500000", help="numbers of rows, separated by commas"
    )
    scale.add_argument("--method", default="default", help="one or more, separated by commas")
    scale.add_argument("--data", help="resample these covariates (default: 60 simulated ones)")
    scale.add_argument("--out", type=Path, help="write the figures to FILE.csv")
    coverage = kinds.add_parser(
        "coverage",
        help="coverage of intervals and size of placebo tests, simulated",
        description="Share of 95 % intervals that cover, and of placebo tests that reject.",
    )
    coverage.add_argument("--draws", type=int, default=200, help="data sets per design")
    coverage.add_argument("--rows", type=int, default=1000, help="units per data set")
    coverage.add_argument("--learner", choices=("stack", "lean"), default="stack")
    coverage.add_argument("--jobs", type=int, default=2, help="data sets at a time (default: 2)")
    coverage.add_argument("--out", type=Path, help="write the rates to FILE.csv")
    critic = kinds.add_parser(
        "critic",
        help="does the critic name planted faults, and only those?",
        description="Analyses with a planted fault and clean twins, with known truth: share of "
        "faults named, false alarms, verdicts against truth.",
        epilog="A stopped run continues where it was when the same command is given again.",
    )
    critic.add_argument("--faults", help="by name, separated by commas (default: all)")
    critic.add_argument("--seeds", type=int, default=5, help="data sets per fault (default: 5)")
    critic.add_argument("--first-seed", type=int, default=1, help="of the first (default: 1)")
    critic.add_argument("--rows", type=int, default=1600, help="units per data set (default: 1600)")
    critic.add_argument("--jobs", type=int, default=2, help="analyses at a time (default: 2)")
    critic.add_argument(
        "--llm", metavar="URL", help="let a language model take part (default: rules alone)"
    )
    critic.add_argument("--model", metavar="NAME", help="the model's name (default: $OCI_MODEL)")
    critic.add_argument("--out", type=Path, help="results (default: critic.csv)")
    for command in (acic, scale):
        command.add_argument("--seed", type=int, default=7, help="of folds and learners")
        command.add_argument(
            "--threads", type=int, default=0, help="of reference's XGBoost (default: all cores)"
        )


def run(args: argparse.Namespace) -> int:
    """Run an evaluation.

    Args:
        args: Parsed options.

    Returns:
        The exit status.

    Raises:
        ContractError: An option or the data cannot be used.
    """
    from .acic_data import parse_numbers
    from .methods import check_methods

    if args.evaluation == "critic":
        return _run_critic(args)
    if args.evaluation == "coverage":
        from .coverage import run_coverage

        _check_file(args.out, ".csv", "out")
        _check_count(args.draws, 1, "draws")
        _check_count(args.rows, 200, "rows")
        _check_count(args.jobs, 1, "jobs")
        return run_coverage(args.draws, args.rows, args.learner, args.jobs, args.out)
    _check_file(args.out, ".csv", "out")
    _check_count(args.seed, 0, "seed")
    _check_count(args.threads, 0, "threads")
    methods = check_methods(args.method)
    if args.evaluation == "scale":
        from .scale import ScaleOptions, run_scale

        rows = _rows(args.rows)
        return run_scale(ScaleOptions(rows, methods, args.data, args.seed, args.threads, args.out))
    from .acic import AcicOptions, run_acic

    _check_file(args.figure, ".html", "figure")
    _check_count(args.jobs, 1, "jobs")
    if len(methods) > 1:
        raise ContractError.of(
            "method_many",
            f"acic runs one method at a time, not {args.method}.",
            "Run it once for each; the same --out may hold several.",
            field="method",
            value=args.method,
        )
    return run_acic(
        AcicOptions(
            data=args.data,
            settings=parse_numbers(args.settings, "settings") if args.settings else None,
            replicates=parse_numbers(args.replicates, "replicates"),
            method=methods[0],
            jobs=args.jobs,
            out=args.out,
            figure=args.figure,
            seed=args.seed,
            threads=args.threads,
        )
    )


def _run_critic(args: argparse.Namespace) -> int:
    from .critic import CriticOptions, run_critic
    from .planted import choose

    _check_file(args.out, ".csv", "out")
    _check_count(args.seeds, 1, "seeds")
    _check_count(args.first_seed, 1, "first-seed")
    # With fewer the tests of the screen have no say, and trimming leaves nobody.
    _check_count(args.rows, 600, "rows")
    _check_count(args.jobs, 1, "jobs")
    return run_critic(
        CriticOptions(
            faults=choose(args.faults),
            seeds=args.seeds,
            first_seed=args.first_seed,
            rows=args.rows,
            jobs=args.jobs,
            out=args.out,
            llm=args.llm or "",
            model=args.model or "",
        )
    )


def _rows(text: str) -> list[int]:
    counts = []
    for part in text.split(","):
        if not part.strip().isdigit() or int(part) < 100:
            raise ContractError.of(
                "rows_bad",
                f"`{part.strip()}` in --rows {text} is not a number of rows from 100 on.",
                "Write whole numbers separated by commas, for example --rows 5000,50000.",
                field="rows",
                value=text,
            )
        counts.append(int(part))
    return counts


def _check_file(path: Path | None, suffix: str, field: str) -> None:
    if path is not None and path.suffix != suffix:
        raise ContractError.of(
            f"{field}_suffix",
            f"--{field} {path} does not end in {suffix}.",
            f"Give a file name that ends in {suffix}.",
            field=field,
            value=str(path),
        )


def _check_count(number: int, least: int, field: str) -> None:
    if not least <= number < 2**31:
        raise ContractError.of(
            f"{field}_bad",
            f"--{field} {number} is out of range.",
            f"Give a whole number from {least} on.",
            field=field,
            value=str(number),
        )
