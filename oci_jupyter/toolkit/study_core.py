"""What every diagnostic builds on: the sample, the fitted nuisances, the effects, the names.

Whatever is fitted is kept under a key that says what it depends on, and fitted once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from oci_jupyter.contract import (
    EstimandName,
    StudyInfo,
    Thresholds,
    Trim,
    estimand_label,
    json_hash,
)

from . import effects, nuisance
from .nuisance import Learner, Outcome, Propensity, Splits
from .parts import Roles
from .result_view import ResultView
from .sample import Sample


class StudyCore:
    """State of a study and what is computed from it; `Study` adds what a person asks.

    Attributes:
        data: The columns in use, copied: later changes of the principal's data change nothing.
        data_fingerprint: Hash of their values.
        roles: Who plays which part.
        sample: Usable rows in canonical order.
        estimands: Names of the estimands.
        thresholds: Limits that grade the checks.
        folds: Number of cross-fitting folds.
        seed: Seed of all random draws.
        learner: Which learners fit the nuisances.
        trim_rule: The range of propensities this study is trimmed to, if it is.
        parent: The study this one came from.
        lineage: How it came from there, in words.
    """

    data: pd.DataFrame
    data_fingerprint: str
    roles: Roles
    sample: Sample
    estimands: list[EstimandName]
    thresholds: Thresholds
    folds: int
    seed: int
    learner: Learner
    trim_rule: Trim | None
    parent: StudyCore | None
    lineage: list[str]
    _fitted: dict[tuple[Any, ...], Any]
    _shown: dict[tuple[Any, ...], Any]
    _lock: threading.RLock

    @property
    def confounders(self) -> list[str]:
        """Confounders in the model, by name."""
        out = self.roles.left_out
        return sorted(c for c in self.roles.confounders if c not in out)

    @property
    def labels(self) -> list[str]:
        """The estimands in words, trimming included."""
        return [self.label(e) for e in self.estimands]

    def label(self, name: EstimandName) -> str:
        return estimand_label(name, self.trim_rule)

    def population(self, name: EstimandName) -> str:
        """Whom an estimand speaks about, in words."""
        s = self.sample
        if self.trim_rule is None:
            all_units = f"all {s.n:,} units"
            treated = f"the {s.n_treated:,} treated units"
        else:
            before = self.trim_base.sample.n
            kept = f"{s.n:,} of {before:,} units whose propensity lies in {self.trim_rule.label}"
            all_units, treated = kept, f"the {s.n_treated:,} treated among {kept}"
        if name == "ATT":
            return treated
        if name == "ATO":
            return f"{all_units}, weighted toward those who could have gone either way"
        return all_units

    @property
    def trim_base(self) -> StudyCore:
        """The study that was trimmed; itself if none was."""
        study: StudyCore = self
        while study.trim_rule is not None and study.parent is not None:
            study = study.parent
        return study

    def population_size(self, name: EstimandName) -> int:
        return self.sample.n_treated if name == "ATT" else self.sample.n

    def info(self) -> StudyInfo:
        """Which study this is, for the results it publishes."""
        s, roles = self.sample, self.roles
        settings = {
            "data": self.data_fingerprint,
            "roles": [roles.treatment, str(roles.treated), roles.outcome],
            "confounders": self.confounders,
            "placebo": sorted(roles.placebo_outcomes),
            "estimands": self.estimands,
            "settings": [self.folds, self.seed, self.learner],
            "thresholds": self.thresholds.model_dump(),
            "trim": self.trim_rule.model_dump() if self.trim_rule else None,
            "n": s.n,
        }
        return StudyInfo(
            fingerprint=json_hash(settings)[:16],
            name=", then ".join(self.lineage),
            treatment=roles.treatment,
            outcome=roles.outcome,
            confounders=list(roles.confounders),
            placebo_outcomes=list(roles.placebo_outcomes),
            estimands=self.labels,
            n=s.n,
            n_treated=s.n_treated,
            n_control=s.n - s.n_treated,
            n_source=s.n_source,
            seed=self.seed,
            folds=self.folds,
            learner=self.learner,
        )

    def splits(self) -> Splits:
        """Cross-fitting folds, drawn once."""
        return cast(
            Splits,
            self._once(
                ("splits",), lambda: nuisance.draw_folds(self.sample.d, self.folds, self.seed)
            ),
        )

    def propensity(self, without: Sequence[str] = ()) -> Propensity:
        """Out-of-fold propensities, without some confounders if so asked."""
        key = ("propensity", *sorted(set(without) & set(self.confounders)))
        return cast(
            Propensity,
            self._once(
                key,
                lambda: nuisance.fit_propensity(
                    self._matrix(key[1:]),
                    self.sample.d,
                    self.splits(),
                    self.learner,
                    self.seed,
                ),
            ),
        )

    def outcome_means(self, placebo: str | None = None, without: Sequence[str] = ()) -> Outcome:
        """Out-of-fold means of the outcome, or of a placebo outcome, in both arms."""
        dropped = sorted(set(without) & set(self.confounders))
        y = self.sample.y if placebo is None else self.sample.placebos[placebo]
        return cast(
            Outcome,
            self._once(
                ("outcome", placebo, *dropped),
                lambda: nuisance.fit_outcome(
                    self._matrix(dropped),
                    self.sample.d,
                    y,
                    self.splits(),
                    self.learner,
                    self.seed,
                ),
            ),
        )

    def clipped(self, name: EstimandName, without: Sequence[str] = ()) -> np.ndarray:
        """Propensities bounded as the estimand needs it, shape (n,)."""
        return effects.clip_propensity(name, self.propensity(without).raw, self.thresholds.clip)

    def effect(
        self, name: EstimandName, placebo: str | None = None, without: Sequence[str] = ()
    ) -> effects.Effect:
        """The effect for one estimand, on the outcome or on a placebo outcome.

        Args:
            name: ATE, ATT or ATO.
            placebo: Placebo outcome in place of the outcome.
            without: Confounders to leave out, for benchmarks and placebos.
        """

        def fit() -> effects.Effect:
            y = self.sample.y if placebo is None else self.sample.placebos[placebo]
            m, g = self.clipped(name, without), self.outcome_means(placebo, without)
            known = ~np.isnan(y)
            d = self.sample.d
            return effects.estimate_effect(
                name, y[known], d[known], m[known], g.g0[known], g.g1[known]
            )

        key = ("effect", name, placebo, self.thresholds.clip, *sorted(without))
        return cast(effects.Effect, self._once(key, fit))

    def _matrix(self, without: Sequence[Any]) -> np.ndarray:
        kept = [c for c in self.confounders if c not in without]
        design = self.sample.design
        return design.matrix if not without else design.matrix[:, design.columns_of(kept)]

    def _columns(self) -> set[str]:
        roles = self.roles
        return {roles.treatment, roles.outcome, *roles.confounders, *roles.placebo_outcomes}

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._fitted:
                self._fitted[key] = make()
            return self._fitted[key]

    def _cached(
        self, kind: str, params: tuple[Any, ...], make: Callable[[], ResultView]
    ) -> ResultView:
        with self._lock:
            key = (kind, *params)
            if key not in self._shown:
                self._shown[key] = make()
            return cast(ResultView, self._shown[key])
