"""not_moved: what to say of a training that has changed nothing."""

from __future__ import annotations

from forecaster.data.panel import Note

# A loss has moved when it fell by more than this share.
LEAST_GAIN = 1e-3

# Below this a loss has nowhere to move to.
NOTHING_LEFT = 1e-6


def not_moved(before: float, after: float) -> tuple[Note, ...]:
    """A warning when training has changed nothing.

    Args:
        before: Loss of the untrained network.
        after: Of the trained one, on the same windows.

    Returns:
        One note, or none.
    """
    if before < NOTHING_LEFT or before - after > LEAST_GAIN * abs(before):
        return ()
    text = (
        f"the loss has not moved: {before:.4g} before training, {after:.4g} after it. "
        "Try another --learning-rate, fewer --layers or more --epochs."
    )
    return (Note("loss_not_moved", text),)
