"""Folds, and independent tasks over them.

The tasks run through joblib; LightGBM and BLAS release the interpreter lock, so threads
suffice, and each model keeps to one thread, so that results do not depend on how many run at a
time, and threads that wait for each other cannot cost minutes on a busy machine.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from .progress import Progress

Learner = Literal["stack", "lean"]
Splits = list[tuple[np.ndarray, np.ndarray]]
Arms = tuple[np.ndarray, np.ndarray]

#: An arm of fewer units than this is modeled by itself.
SMALL_ARM = 500
#: Columns with at least this share of the gain enter a staged booster, and never fewer than these.
_GAIN_SHARE, _FEWEST = 0.005, 8


def draw_folds(d: np.ndarray, folds: int, seed: int, clusters: np.ndarray | None = None) -> Splits:
    """Folds stratified by treatment: (training rows, held-out rows) per fold.

    Args:
        d: Treatment 0/1, shape (n,).
        folds: How many.
        seed: Seed of the draw.
        clusters: Cluster numbers, shape (n,); a cluster is never divided.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    empty = np.zeros((len(d), 1))
    if clusters is not None:
        splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
        return list(splitter.split(empty, d, clusters))
    plain = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    return list(plain.split(empty, d))


def run_tasks(
    tasks: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]], what: str = "models"
) -> list[Any]:
    """Results of independent calls, in order, as many at a time as there are cores.

    Args:
        tasks: Functions with their arguments.
        what: What is fitted, for the line that tells how far long work is.
    """
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    jobs = max(1, min(len(tasks), os.cpu_count() or 1))
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        parallel = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")
        progress = Progress(what, len(tasks))
        return list(progress.watch(parallel(delayed(f)(*args) for f, args in tasks)))


def at_rows(values: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """Values of some rows, where there are values at all."""
    return None if values is None else values[rows]


def columns_that_matter(gain: np.ndarray) -> np.ndarray:
    """Columns with more than a trace of the gain, never fewer than a handful, in order."""
    count = max(_FEWEST, int((gain >= _GAIN_SHARE).sum()))
    return np.sort(np.argsort(-gain, kind="stable")[:count])
