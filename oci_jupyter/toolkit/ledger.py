"""The ledger of forking paths: every estimate this kernel process has been asked for.

Whoever tries ten specifications and shows one has nine more to tell of. Each estimand of each
study is written down once, in the order in which it was first asked for, whether a step or a
cell of the principal's own asked.

Source: Gelman and Loken (2013), "The garden of forking paths".
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from oci_jupyter.contract import Attempt, Estimate, StudyInfo

_lock = threading.Lock()
_attempts: dict[tuple[str, str], Attempt] = {}


def record(info: StudyInfo, estimates: Sequence[Estimate]) -> None:
    """Write down main estimates of a study; those that stand there already stay.

    Args:
        info: The study.
        estimates: What was estimated; only rows of role `main` count.
    """
    with _lock:
        for e in estimates:
            key = (info.fingerprint, e.estimand)
            if e.role != "main" or key in _attempts:
                continue
            _attempts[key] = Attempt(
                fingerprint=info.fingerprint,
                study=info.name,
                treatment=info.treatment,
                outcome=info.outcome,
                confounders=list(info.confounders),
                keep=list(info.keep),
                trim=info.trim,
                learner=info.learner,
                seed=info.seed,
                n=info.n,
                estimand=e.estimand,
                estimate=e.estimate,
                ci_lower=e.ci_lower,
                ci_upper=e.ci_upper,
            )


def attempts() -> list[Attempt]:
    """Everything estimated so far in this process, in order."""
    with _lock:
        return list(_attempts.values())
