"""The hinge lasso: a penalized regression on steps, hinges and products, for both arms at once.

Outcomes in the wild jump at thresholds, bend at knots and depend on pairs of columns. The
basis offers all three for the columns that matter; the lasso picks. One model serves both
arms, [M, z·M, z]: where an arm is nearly empty it borrows from the other, while a model per
arm would extrapolate.

The idea is that of adaptive regression splines (Friedman 1991, "Multivariate adaptive
regression splines", Annals of Statistics 19) and of the highly adaptive lasso (Benkeser and
van der Laan 2016), cut down to what a few seconds allow.
"""

from __future__ import annotations

import numpy as np

#: Columns, strongest first, that get steps and hinges, and of these, that get products.
MAIN, PAIRED = 12, 6
#: Knots of a column lie at this many quantiles.
BINS = 20
#: Penalties as shares of the smallest one that leaves nothing in the model.
PENALTIES = np.logspace(0, -3, 20)
#: Rows beyond this many, drawn at random, do not enter: boosting has the edge there.
MAX_ROWS = 20_000

#: Relative penalties of the main columns, of their changes by treatment, of treatment itself.
_MAIN, _CHANGE, _TREATMENT = 1.0, 1.5, 0.05
_CLIP = 8.0


class HingeBasis:
    """Columns of the basis, learned on training rows.

    Args:
        X: Design matrix of the training rows, shape (n, p).
        order: Column numbers, the strongest first.

    Attributes:
        train: The basis of the training rows, standardized, shape (n, k).
    """

    def __init__(self, X: np.ndarray, order: np.ndarray) -> None:
        self.center, spread = X.mean(axis=0), X.std(axis=0)
        self.scale = np.where(spread > 0, spread, 1.0)
        self._main = [int(j) for j in order[:MAIN] if spread[j] > 0]
        self._paired = self._main[:PAIRED]
        inner = np.linspace(0, 1, BINS + 1)[1:-1]
        # Two-valued columns have nothing to bend.
        self._knots = {
            j: np.unique(np.quantile(X[:, j], inner))
            for j in self._main
            if len(np.unique(X[:1000, j])) > 2 or len(np.unique(X[:, j])) > 2
        }
        self._cuts = {j: np.unique(np.quantile(X[:, j], [0.2, 0.4, 0.6, 0.8])) for j in self._knots}
        B = self._raw(X)
        spread = B.std(axis=0)
        self._kept = np.flatnonzero(spread > 1e-9)
        self._mean, self._sd = B[:, self._kept].mean(axis=0), spread[self._kept]
        self.train = self._standardize(B)

    def apply(self, X: np.ndarray) -> np.ndarray:
        """The basis of other rows, standardized as in training and clipped to ±8 SD."""
        return self._standardize(self._raw(X))

    def _standardize(self, B: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip((B[:, self._kept] - self._mean) / self._sd, -_CLIP, _CLIP))

    def _raw(self, X: np.ndarray) -> np.ndarray:
        U = (X - self.center) / self.scale
        blocks = [U]
        for j, knots in self._knots.items():
            beyond = X[:, [j]] - knots[None, :]
            u = U[:, [j]]
            blocks += [(beyond > 0).astype(float), np.maximum(beyond, 0) / self.scale[j]]
            blocks += [u**2, u**3]
        shapes = {j: self._shapes(X, U, j) for j in self._paired}
        for at, first in enumerate(self._paired):
            for second in self._paired[:at]:
                a, b = shapes[first], shapes[second]
                blocks.append((a[:, :, None] * b[:, None, :]).reshape(len(X), -1))
        return np.hstack(blocks)

    def _shapes(self, X: np.ndarray, U: np.ndarray, j: int) -> np.ndarray:
        """What a column brings to products: itself, four steps, its square."""
        u = U[:, [j]]
        if j not in self._cuts:
            return u
        steps = (X[:, [j]] > self._cuts[j][None, :]) - 0.5
        return np.hstack([u, steps, u**2])


def hinge_path(
    X: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    X_new: np.ndarray,
    order: np.ndarray,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions of both arms along the path of penalties.

    Coordinate descent runs on the Gram matrix, so its cost does not depend on the rows.

    Args:
        X: Design matrix of the training rows, shape (n, p).
        d: Treatment 0/1, shape (n,).
        y: Outcome, shape (n,).
        X_new: Rows to predict, shape (m, p).
        order: Columns by strength, strongest first.
        weights: Sampling weights, shape (n,), or None.

    Returns:
        Means without and with treatment, shape (m, number of `PENALTIES`) each, limited to
        the range of `y`.
    """
    from sklearn.linear_model import lasso_path

    basis = HingeBasis(X, order)
    B, p, n = basis.train, basis.train.shape[1], len(y)
    w = np.ones(n) if weights is None else weights / weights.mean()
    center, scale = float(np.average(y, weights=w)), float(y.std()) or 1.0
    A = np.empty((n, 2 * p + 1), order="F")
    A[:, :p], A[:, p : 2 * p], A[:, -1] = B, d[:, None] * B, d
    mean = np.average(A, axis=0, weights=w)
    penalty = np.concatenate([np.full(p, _MAIN), np.full(p, _CHANGE), [_TREATMENT]])
    root = np.sqrt(w)
    A -= mean
    A /= penalty
    A *= root[:, None]
    target = (y - center) / scale * root
    Xy = A.T @ target
    # The treatment's own column is all but free, so it does not set the scale.
    alphas = np.abs(Xy[:-1]).max() / n * PENALTIES
    _, path, _ = lasso_path(
        A,
        target,
        alphas=alphas,
        precompute=A.T @ A,
        Xy=Xy,
        check_input=False,
        tol=1e-3,
        max_iter=300,
        random_state=0,  # not used, but it would be drawn from the global generator
    )
    path = path / penalty[:, None]
    B_new = basis.apply(X_new)
    without = center - scale * (mean @ path) + scale * (B_new @ path[:p])
    with_it = without + scale * (B_new @ path[p : 2 * p] + path[-1])
    low, high = y.min(), y.max()
    return np.clip(without, low, high), np.clip(with_it, low, high)
