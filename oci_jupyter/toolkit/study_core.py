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
from oci_jupyter.contract.plan import RowFilter

from . import effects
from .calibrate import balancing_functions
from .crossfit import Learner, Splits, draw_folds
from .data import level_text
from .outcome import QUICK_ROWS, Outcome, QuickFit, fit_outcome, quick_nuisances
from .parts import Roles
from .propensity import Propensity, fit_propensity
from .result_view import ResultView
from .sample import Sample


def _plain(level: Any) -> Any:
    """A level as the contract takes it."""
    value = level.item() if isinstance(level, np.generic) else level
    return value if isinstance(value, (str, int, float, bool)) else level_text(value)


class StudyCore:
    """State of a study and what is computed from it; `Study` adds what a person asks.

    Attributes:
        data: The columns in use, copied: later changes of the principal's data change nothing.
        data_fingerprint: Hash of their values.
        source: The principal's own table, with all its columns; not a copy.
        keep: Conditions that the rows meet.
        roles: Who plays which part.
        sample: Usable rows in canonical order.
        estimands: Names of the estimands.
        thresholds: Limits that grade the checks.
        folds: Number of cross-fitting folds.
        seed: Seed of all random draws.
        learner: Which learners fit the nuisances.
        repeats: How many draws of the folds the effects are the median of.
        trim_rule: The range of propensities this study is trimmed to, if it is.
        refitted: Whether a trimmed study's models were fitted anew on the kept units.
        parent: The study this one came from.
        lineage: How it came from there, in words.
    """

    data: pd.DataFrame
    data_fingerprint: str
    source: pd.DataFrame
    keep: list[RowFilter]
    roles: Roles
    sample: Sample
    estimands: list[EstimandName]
    thresholds: Thresholds
    folds: int
    seed: int
    learner: Learner
    repeats: int
    trim_rule: Trim | None
    refitted: bool
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
            "settings": [self.folds, self.seed, self.learner, self.repeats],
            "weights": [roles.weights, roles.cluster],
            "thresholds": self.thresholds.model_dump(),
            "trim": self.trim_rule.model_dump() if self.trim_rule else None,
            "refitted": self.refitted,
            "n": s.n,
        }
        if self.keep:
            settings["keep"] = [str(c) for c in self.keep]
        default = Thresholds()
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
            treated=_plain(roles.treated),
            cluster=roles.cluster or "",
            weights=roles.weights or "",
            keep=[str(c) for c in self.keep],
            trim=self.trim_rule.label if self.trim_rule else "",
            thresholds={
                k: v for k, v in self.thresholds.model_dump().items() if v != getattr(default, k)
            },
            data_fingerprint=self.data_fingerprint,
        )

    def splits(self, repeat: int = 0) -> Splits:
        """Cross-fitting folds, drawn once per repeat."""
        s = self.sample
        return cast(
            Splits,
            self._once(
                ("splits", repeat),
                lambda: draw_folds(s.d, self.folds, self._seed(repeat), s.cluster),
            ),
        )

    def propensity(self, without: Sequence[str] = (), repeat: int = 0) -> Propensity:
        """Out-of-fold propensities, without some confounders if so asked."""
        dropped = self._dropped(without)
        return cast(
            Propensity,
            self._once(
                ("propensity", repeat, *dropped),
                lambda: fit_propensity(
                    self._matrix(dropped),
                    self.sample.d,
                    self.splits(repeat),
                    self.learner,
                    self._seed(repeat),
                    self.sample.weight,
                    self.sample.cluster,
                ),
            ),
        )

    def outcome_means(
        self, placebo: str | None = None, without: Sequence[str] = (), repeat: int = 0
    ) -> Outcome:
        """Out-of-fold means of the outcome, or of a placebo outcome, in both arms."""
        dropped = self._dropped(without)
        return cast(
            Outcome,
            self._once(
                ("outcome", repeat, placebo, *dropped),
                lambda: fit_outcome(
                    self._matrix(dropped),
                    self.sample.d,
                    self._outcome(placebo),
                    self.splits(repeat),
                    self.learner,
                    self._seed(repeat),
                    self.sample.weight,
                    self.sample.cluster,
                ),
            ),
        )

    def clipped(
        self, name: EstimandName, without: Sequence[str] = (), repeat: int = 0
    ) -> np.ndarray:
        """Propensities bounded as the estimand needs it, shape (n,)."""
        raw = self.propensity(without, repeat).raw
        return effects.clip_propensity(name, raw, self.thresholds.clip)

    def weights(self, name: EstimandName) -> np.ndarray:
        """The calibrated weights an estimand is estimated with, each arm of sum 1, shape (n,)."""
        return np.asarray(np.abs(self.effect(name).weights))

    def effect(
        self, name: EstimandName, placebo: str | None = None, without: Sequence[str] = ()
    ) -> effects.Effect:
        """The effect for one estimand, on the outcome or on a placebo outcome.

        With repeats, the median over splits; its distance from the others widens the interval
        (Chernozhukov et al. 2018, definition 3.3).

        Args:
            name: ATE, ATT or ATO.
            placebo: Placebo outcome in place of the outcome.
            without: Confounders to leave out, for placebos.
        """
        found = [
            self.split_effect(name, repeat, placebo, without) for repeat in range(self.repeats)
        ]
        return effects.median_effect(found)

    def split_effect(
        self,
        name: EstimandName,
        repeat: int,
        placebo: str | None = None,
        without: Sequence[str] = (),
    ) -> effects.Effect:
        """The effect by one draw of the folds."""
        dropped = self._dropped(without)

        def fit() -> effects.Effect:
            s, y = self.sample, self._outcome(placebo)
            m = self.clipped(name, dropped, repeat)
            g = self.outcome_means(placebo, dropped, repeat)
            known = ~np.isnan(y)
            return effects.estimate_effect(
                name,
                y[known],
                s.d[known],
                m[known],
                g.g0[known],
                g.g1[known],
                functions=self._balancing(placebo, dropped, repeat)[known],
                sampling=None if s.weight is None else s.weight[known],
                clusters=None if s.cluster is None else s.cluster[known],
                others=tuple((a[known], b[known]) for a, b in g.members.values()),
            )

        key = ("effect", repeat, name, placebo, self.thresholds.clip, *dropped)
        return cast(effects.Effect, self._once(key, fit))

    def quick_fit(self, without: str | None = None) -> QuickFit:
        """Short out-of-fold fits for benchmarks, on at most `QUICK_ROWS` rows."""
        dropped = [] if without is None else [without]
        s = self.sample

        def fit() -> QuickFit:
            rows = np.arange(s.n)
            if s.n > QUICK_ROWS:
                rng = np.random.default_rng(self.seed)
                rows = np.sort(rng.choice(s.n, QUICK_ROWS, replace=False))
            cluster = None if s.cluster is None else s.cluster[rows]
            splits = draw_folds(s.d[rows], self.folds, self.seed, cluster)
            e, own = quick_nuisances(
                self._matrix(dropped)[rows], s.d[rows], s.y[rows], splits, self.seed
            )
            return QuickFit(e, s.y[rows] - own)

        return cast(QuickFit, self._once(("quick", *dropped), fit))

    def _balancing(self, placebo: str | None, dropped: list[str], repeat: int) -> np.ndarray:
        """What the weights of an effect shall balance, shape (n, k)."""

        def make() -> np.ndarray:
            g = self.outcome_means(placebo, dropped, repeat)
            strength = self.propensity(dropped, repeat).importance + g.importance
            n_treated = self.sample.n_treated
            return balancing_functions(
                self._matrix(dropped),
                g.g0,
                g.g1,
                strength,
                min(n_treated, self.sample.n - n_treated),
            )

        return cast(np.ndarray, self._once(("balancing", repeat, placebo, *dropped), make))

    def _kept_nuisances(self, keep: np.ndarray) -> dict[tuple[Any, ...], Any]:
        """The fitted nuisances of the rows a trimmed study keeps."""
        with self._lock:
            return {
                key: value.take(keep)
                for key, value in self._fitted.items()
                if isinstance(value, (Propensity, Outcome))
            }

    def _seed(self, repeat: int) -> int:
        return (self.seed + 7919 * repeat) % 2**31

    def _outcome(self, placebo: str | None) -> np.ndarray:
        return self.sample.y if placebo is None else self.sample.placebos[placebo]

    def _dropped(self, without: Sequence[str]) -> list[str]:
        return sorted(set(without) & set(self.confounders))

    def _matrix(self, without: Sequence[Any]) -> np.ndarray:
        kept = [c for c in self.confounders if c not in without]
        design = self.sample.design
        return design.matrix if not without else design.matrix[:, design.columns_of(kept)]

    def _columns(self) -> set[str]:
        roles = self.roles
        more = {c for c in (roles.weights, roles.cluster) if c}
        named = {roles.treatment, roles.outcome, *roles.confounders, *roles.placebo_outcomes}
        return named | more | {c.column for c in self.keep}

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._fitted:
                self._fitted[key] = make()
            return self._fitted[key]

    def _has_shown(self, kind: str, params: tuple[Any, ...]) -> bool:
        """Whether a diagnostic has been asked for with these parameters."""
        return (kind, *params) in self._shown

    def _cached(
        self, kind: str, params: tuple[Any, ...], make: Callable[[], ResultView]
    ) -> ResultView:
        with self._lock:
            key = (kind, *params)
            if key not in self._shown:
                self._shown[key] = make()
            return cast(ResultView, self._shown[key])
