"""What the designs with many levels and with doses share: roles, rows, folds, cached results.

These designs follow the two-valued `Study`: rows in canonical order, one fold split, nuisances
out of fold and fitted once, every question a method that returns a `ResultView`.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import pandas as pd

from oci_jupyter.contract import (
    ContractError,
    Problem,
    StudyInfo,
    Thresholds,
    json_hash,
)

from .column_checks import MIN_ROWS
from .data import as_float, fingerprint, load_frame, settle_dtype
from .encode import Design, encode
from .parts import Roles
from .result_view import ResultView, make_view
from .roles import check_roles
from .settings import Names, as_names, check_thresholds, setting_problems

Splits = list[tuple[np.ndarray, np.ndarray]]
Task = tuple[Callable[..., Any], tuple[Any, ...]]

#: Half the width of a 95 % interval, in standard errors.
HALF = 1.959963984540054
#: Two-sided 5 % test: an effect this many standard errors away is found in 80 % of samples.
DETECTABLE = HALF + 0.8416212335729143


@dataclass
class DesignSample:
    """Usable rows in canonical order.

    Attributes:
        y: Outcome, shape (n,).
        t: Treatment: code of the level, or the dose; shape (n,).
        design: Encoded confounders, n rows.
        placebos: Placebo outcomes by name, shape (n,), NaN where missing.
        position: Row numbers in the data of the principal, shape (n,).
        n_source: Rows of the data before any exclusion.
        flow: Participant flow: what, how many rows remain after it.
    """

    y: np.ndarray
    t: np.ndarray
    design: Design
    placebos: dict[str, np.ndarray]
    position: np.ndarray
    n_source: int
    flow: list[tuple[str, int]]

    @property
    def n(self) -> int:
        return len(self.y)


class DesignCore:
    """State of a design and what is computed from it once.

    Attributes:
        data: The columns in use, copied.
        roles: Who plays which part.
        sample: Usable rows in canonical order.
        thresholds: Limits that grade the checks.
        folds: Number of cross-fitting folds.
        seed: Seed of all random draws.
    """

    design_name: ClassVar[str] = ""
    #: Whom the contract's `n_treated` counts in this design.
    counted_as_treated: str

    data: pd.DataFrame
    roles: Roles
    sample: DesignSample
    thresholds: Thresholds
    folds: int
    seed: int

    def _start(
        self,
        data: Any,
        treatment: str,
        outcome: str,
        confounders: Names,
        placebo_outcomes: Names,
        folds: int,
        seed: int,
        thresholds: dict[str, float] | Thresholds | None,
    ) -> None:
        """Judge everything, raise all problems at once, draw the sample."""
        frame = load_frame(data)
        roles, known = self._judge(
            frame, treatment, outcome, as_names(confounders), as_names(placebo_outcomes)
        )
        self.thresholds, wrong = check_thresholds(thresholds)
        problems = [*roles.errors, *setting_problems(folds, seed, "lean"), *wrong]
        if problems:
            raise ContractError(problems)
        self.roles, self.folds, self.seed = roles, folds, seed
        wanted = {treatment, outcome, *roles.confounders, *roles.placebo_outcomes}
        self.data = frame.loc[:, [str(c) in wanted for c in frame.columns]].copy()
        self.data_fingerprint = fingerprint(self.data)
        self.sample = self._draw(known)
        self._fitted: dict[tuple[Any, ...], Any] = {}
        self._shown: dict[tuple[Any, ...], ResultView] = {}
        self._lock = threading.RLock()

    def _judge(
        self,
        frame: pd.DataFrame,
        treatment: str,
        outcome: str,
        confounders: list[str],
        placebo_outcomes: list[str],
    ) -> tuple[Roles, np.ndarray]:
        """The roles with all problems, and a mask of the rows with treatment and outcome."""
        names = [str(c) for c in frame.columns]
        column = None
        shown = frame
        has_t = np.ones(len(frame), dtype=bool)
        if names.count(treatment) == 1:
            column = settle_dtype(frame.iloc[:, names.index(treatment)])
            has_t = column.notna().to_numpy()
            # `check_roles` knows two-valued treatments: it judges the other columns beside a
            # stand-in with two levels, on the rows whose treatment is known.
            stand_in = np.arange(int(has_t.sum())) % 2
            shown = frame[has_t].copy(deep=False)
            shown.isetitem(names.index(treatment), stand_in)
        roles = check_roles(
            shown,
            treatment=treatment,
            outcome=outcome,
            confounders=confounders,
            placebo_outcomes=placebo_outcomes,
        )
        ours = {"too_few_rows", "treatment_constant", "treatment_all_missing"}
        if column is not None:
            kept = [p for p in roles.problems if p.field != "data" and p.code not in ours]
            if not has_t.any():  # nothing can be said about the others then
                kept = [p for p in kept if not p.code.endswith("all_missing")]
            roles.problems = kept
        roles.treated = roles.control = None
        known = has_t.copy()
        if names.count(outcome) == 1:
            known &= frame.iloc[:, names.index(outcome)].notna().to_numpy()
        if column is not None and treatment != outcome:
            self._check_treatment(roles, column, known)
            if has_t.any() and known.sum() < MIN_ROWS:
                roles.problems.append(
                    Problem(
                        code="too_few_rows",
                        field="data",
                        value=str(int(known.sum())),
                        message=f"Only {int(known.sum()):,} usable rows are there.",
                        fix=f"At least {MIN_ROWS} rows are needed.",
                    )
                )
        roles.problems.sort(key=lambda p: p.severity != "error")
        return roles, known

    def _check_treatment(self, roles: Roles, column: pd.Series, known: np.ndarray) -> None:
        """Add what is wrong with the treatment; `known` marks the usable rows."""
        raise NotImplementedError

    def _code(self, column: pd.Series) -> np.ndarray:
        """The treatment of usable rows as floats."""
        raise NotImplementedError

    def _draw(self, known: np.ndarray) -> DesignSample:
        """Usable rows sorted by confounders, outcome, placebos, then treatment.

        The treatment comes last, so that renaming its levels leaves the order as it is.
        """
        frame, roles = self.data, self.roles
        names = [str(c) for c in frame.columns]
        columns = {c: settle_dtype(frame.iloc[:, names.index(c)]) for c in sorted(names)}
        has_t = columns[roles.treatment].notna().to_numpy()
        flow = [("rows in the data", len(frame))]
        if not has_t.all():
            flow.append(("treatment known", int(has_t.sum())))
        if known.sum() < has_t.sum():
            flow.append(("outcome known", int(known.sum())))
        position = np.flatnonzero(known)
        usable = pd.DataFrame(
            {c: v.iloc[position].reset_index(drop=True) for c, v in columns.items()}
        )
        design = encode(usable, [c for c in roles.confounders if c not in roles.left_out])
        y, t = as_float(usable[roles.outcome]), self._code(usable[roles.treatment])
        placebos = {c: as_float(usable[c]) for c in sorted(roles.placebo_outcomes)}
        keys = [*design.matrix.T, y, *placebos.values(), t]
        order = np.lexsort(keys[::-1])
        return DesignSample(
            y=y[order],
            t=t[order],
            design=design.take(order),
            placebos={k: v[order] for k, v in placebos.items()},
            position=position[order],
            n_source=len(frame),
            flow=flow,
        )

    @property
    def confounders(self) -> list[str]:
        """Confounders in the model, by name."""
        return sorted(c for c in self.roles.confounders if c not in self.roles.left_out)

    def matrix(self, without: Sequence[str] = ()) -> np.ndarray:
        """The design matrix, shape (n, p), without some confounders if so asked."""
        design = self.sample.design
        if not without:
            return design.matrix
        kept = [c for c in self.confounders if c not in without]
        return design.matrix[:, design.columns_of(kept)]

    def _estimands(self) -> list[str]:
        raise NotImplementedError

    def _settings(self) -> list[str]:
        """Settings beyond the common ones that tell designs apart."""
        return []

    def _n_treated(self) -> int:
        raise NotImplementedError

    def info(self) -> StudyInfo:
        """Which study this is, for the results it publishes."""
        s, roles = self.sample, self.roles
        settings = {
            "design": [self.design_name, *self._settings()],
            "data": self.data_fingerprint,
            "roles": [roles.treatment, roles.outcome],
            "confounders": self.confounders,
            "placebo": sorted(roles.placebo_outcomes),
            "settings": [self.folds, self.seed],
            "thresholds": self.thresholds.model_dump(),
            "n": s.n,
        }
        treated = self._n_treated()
        return StudyInfo(
            fingerprint=json_hash(settings)[:16],
            treatment=roles.treatment,
            outcome=roles.outcome,
            confounders=list(roles.confounders),
            placebo_outcomes=list(roles.placebo_outcomes),
            estimands=self._estimands(),
            n=s.n,
            n_treated=treated,
            n_control=s.n - treated,
            n_source=s.n_source,
            seed=self.seed,
            folds=self.folds,
            learner="lean",
        )

    def _without(self, outcome: str | None) -> tuple[str, ...]:
        """A placebo outcome is no confounder in its own test."""
        return (outcome,) if outcome in self.confounders else ()

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._fitted:
                self._fitted[key] = make()
            return self._fitted[key]

    def _cached(self, key: tuple[Any, ...], make: Callable[[], ResultView]) -> ResultView:
        with self._lock:
            if key not in self._shown:
                self._shown[key] = make()
            return self._shown[key]

    def _view(self, *, notes: Sequence[str] = (), **parts: Any) -> ResultView:
        """`make_view` for this design; says whom the caption's arms count."""
        said = [*notes, self.counted_as_treated]
        return make_view(cast(Any, self), notes=said, **parts)


def draw_splits(strata: np.ndarray, folds: int, seed: int) -> Splits:
    """Folds stratified by a code: (training rows, held-out rows) per fold."""
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():  # a level with fewer units than folds is split all the same
        warnings.simplefilter("ignore")
        return list(splitter.split(np.zeros((len(strata), 1)), strata))


def run_tasks(tasks: Sequence[Task]) -> list[Any]:
    """Run independent fits in threads, each on one core."""
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    jobs = max(1, min(len(tasks), os.cpu_count() or 1))
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        parallel = Parallel(n_jobs=jobs, prefer="threads")
        return list(parallel(delayed(f)(*args) for f, args in tasks))
