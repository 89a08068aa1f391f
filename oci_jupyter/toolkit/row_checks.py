"""What can be wrong with the columns that speak of rows: sampling weights and clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from oci_jupyter.contract import Problem

from .column_checks import numeric_values, short
from .parts import Roles

#: Fewer clusters than this in an arm, and clustered standard errors mean nothing.
MIN_CLUSTERS = 10


def check_weights(roles: Roles, column: pd.Series, rows: np.ndarray) -> None:
    """Positive finite numbers in every usable row."""
    name = str(roles.weights)
    values = numeric_values(column)
    if values is None:
        what = "holds no numbers"
    else:
        kept = values[rows]
        wrong = int((~np.isfinite(kept) | (kept <= 0)).sum())
        if not wrong:
            return
        what = f"is missing, infinite or not positive in {wrong:,} usable rows"
    roles.problems.append(
        Problem(
            code="weights_bad",
            field="weights",
            value=name,
            message=f"The sampling weight `{short(name)}` {what}.",
            fix="Every row needs a positive number: how many units of the population it stands "
            "for. Drop or mend the other rows first.",
        )
    )


def check_cluster(roles: Roles, column: pd.Series, d_column: pd.Series, rows: np.ndarray) -> None:
    """Known in every usable row, with enough clusters in both arms."""
    name = str(roles.cluster)
    kept = column[rows]
    n_missing = int(kept.isna().sum())
    if n_missing:
        roles.problems.append(
            Problem(
                code="cluster_missing",
                field="cluster",
                value=name,
                message=f"The cluster `{short(name)}` is missing in {n_missing:,} usable rows.",
                fix="Say which cluster each row belongs to; a unit alone is a cluster of one.",
            )
        )
        return
    treated = (d_column[rows] == roles.treated).to_numpy(dtype=bool, na_value=False)
    counts = [int(kept[treated].nunique()), int(kept[~treated].nunique())]
    if min(counts) < MIN_CLUSTERS:
        roles.problems.append(
            Problem(
                code="too_few_clusters",
                field="cluster",
                value=name,
                message=f"`{short(name)}` makes {counts[0]:,} clusters with treated and "
                f"{counts[1]:,} with control units.",
                fix=f"At least {MIN_CLUSTERS} of each are needed; with fewer, standard errors "
                "for clusters mean nothing.",
            )
        )
