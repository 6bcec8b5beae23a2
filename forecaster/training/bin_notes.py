"""What the user should know of the bins that waiting times were cut into."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Note
from forecaster.network.heads import BinsHead, HazardHead, Head
from forecaster.windows.bin_doctor import examine_bins
from forecaster.windows.gather import WindowSource

# Windows that are looked at.
MOST_EXAMINED = 50_000
# How the tails of the heads go on, in words.
TAILS = {
    "bins": "exponential on the scale of the network, as long as the time spent in it for each end there",
    "hazard": "learnt for each window: the hazard of the last bin goes on",
}


def bin_notes(head: Head, source: WindowSource, n_asked: int | None) -> tuple[Note, ...]:
    """Notes on the bins of a head for waiting times.

    Args:
        head: Any head.
        source: Training windows.
        n_asked: Bins that were asked for; None where the edges were given.

    Returns:
        None for a head without bins, for targets that are no waiting times, and where windows differ in their
        transforms.
    """
    if not isinstance(head, BinsHead | HazardHead) or source.cell is None or not source.normaliser.is_common:
        return ()
    batch, steps = source.thinned(MOST_EXAMINED).gather_all()
    if batch.cell is None:
        return ()
    edges, closed = head.edges[None], batch.target[batch.mask][None]
    known = batch.cell[np.isposinf(batch.cell[..., 1])][:, 0][None]
    for step in reversed(steps):
        edges, closed, known = (step.undo(part) for part in (edges, closed, known))
    return examine_bins(
        edges[0], closed[0], known[0], cell=source.cell, n_asked=n_asked, tail=TAILS[head.name]
    )
