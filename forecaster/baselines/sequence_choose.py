"""Which baselines sequences are scored beside."""

from __future__ import annotations

from collections.abc import Sequence

from forecaster.baselines.sequence_base import Frequencies, Mean, SequenceBaseline
from forecaster.baselines.sequence_markov import Markov
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel


def sequence_baselines(panel: Panel, goal: Goal) -> Sequence[SequenceBaseline]:
    """Baselines of a goal, not fitted yet.

    Args:
        panel: The rows.
        goal: What is learnt.

    Returns:
        One at least.
    """
    del panel
    if goal.kind == "label":
        return [Frequencies("majority")]
    if goal.kind == "outputs":
        return [Mean()]
    return mark_baselines() if goal.kind == "marks" else [Frequencies()]


def mark_baselines() -> Sequence[SequenceBaseline]:
    """Baselines of the next mark, of symbols and of events, not fitted yet."""
    return [Frequencies(), Markov(1), Markov(2)]
