"""A second opinion: EconML with other learners, where its estimand is one of ours.

- ATE and ATT: the averages of a causal forest (see `causal_forest`).
- ATO: `LinearDML` without effect modifiers. Its residual-on-residual coefficient is
  E[(d − e)²·τ] / E[(d − e)²], which is the overlap-weighted effect (Crump, Hotz, Imbens and
  Mitnik 2006, "Moving the goalposts"; Vansteelandt and Dukes 2022, JRSS B 84).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from oci_jupyter.contract import EstimandName

from .oneshot import OneShot

if TYPE_CHECKING:
    from .study_core import StudyCore


def second_opinion(study: StudyCore, name: EstimandName) -> OneShot | None:
    """EconML's estimate of one estimand, with plain boosting of fixed length.

    Args:
        study: The study.
        name: ATE, ATT or ATO.

    Returns:
        The estimate, or None where an arm is too small for a forest.
    """
    if name == "ATO":
        return _overlap_weighted(study)
    from .causal_forest import causal_forest_estimates

    return next((f for f in causal_forest_estimates(study) if f.name == name), None)


def _overlap_weighted(study: StudyCore) -> OneShot:
    from econml.dml import LinearDML
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from .causal_forest import boosters

    outcome, treatment = boosters()
    s = study.sample
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        dml = LinearDML(
            model_y=outcome,
            model_t=treatment,
            discrete_treatment=True,
            cv=3,
            random_state=study.seed,
        )
        dml.fit(s.y, s.d.astype(int), X=None, W=np.ascontiguousarray(s.design.matrix))
        found = dml.intercept__inference()
    return OneShot(
        method="residual on residual (EconML LinearDML)",
        estimate=float(np.ravel(found.point_estimate)[0]),
        stderr=float(np.ravel(found.stderr)[0]),
        p_value=float(np.ravel(found.pvalue())[0]),
    )
