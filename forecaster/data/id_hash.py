"""A number for each id, the same in every file, process and version."""

from __future__ import annotations

import numpy as np
import pandas as pd


def hash_ids(ids: np.ndarray) -> np.ndarray:
    """Hashes of ids.

    Args:
        ids: (n,) str.

    Returns:
        (n,) uint64; of some billion different ids two may share one.

    Source:
        SipHash of the text: Aumasson and Bernstein, Indocrypt 2012.
    """
    return pd.util.hash_array(ids.astype(object))
