"""Clusters of trajectories from the embeddings of their last steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: Cosine distance at which the dendrogram is cut in the published settings.
THRESHOLD = 0.05


def clusters(
    embeddings: np.ndarray, threshold: float = THRESHOLD, texts: Sequence[Any] | None = None
) -> np.ndarray:
    """Agglomerative clusters: average linkage, cosine distance, cut at `threshold`.

    Parameters
    ----------
    embeddings : ndarray of float, shape (leaves, dimension)
        Embedding of the last step of every leaf.
    threshold : float
        Largest average cosine distance inside a cluster.
    texts : sequence, optional
        Last steps themselves; with a single distinct one all leaves form one cluster at once.

    Returns
    -------
    ndarray of int32, shape (leaves,)
        Ids from 0 in the order of each cluster's first leaf.

    Notes
    -----
    Needs scipy (``pip install zerogap[science]``). A zero vector is at distance 1 from all others.
    """
    points = np.asarray(embeddings, dtype=float)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError("expected a matrix of finite numbers, one row a leaf")
    n = len(points)
    if n <= 1 or (texts is not None and len(set(texts)) <= 1):
        return np.zeros(n, dtype=np.int32)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    length = np.linalg.norm(points, axis=1, keepdims=True)
    unit = np.divide(points, length, out=np.zeros_like(points), where=length > 0)
    distance = np.clip(1.0 - unit @ unit.T, 0.0, 2.0)
    np.fill_diagonal(distance, 0.0)
    labels = fcluster(
        linkage(squareform(distance, checks=False), method="average"), threshold, "distance"
    )
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[inverse]
