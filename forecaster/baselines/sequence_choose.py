"""Which baselines sequences are scored beside."""

from __future__ import annotations

from collections.abc import Sequence

from forecaster.baselines.per_mark import PerMark
from forecaster.baselines.row_regressions import Linear, Logistic
from forecaster.baselines.sequence_base import Frequencies, Mean, SequenceBaseline
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
    if goal.kind == "label":
        return [Frequencies("majority")]
    if goal.kind == "marks":
        return [Frequencies()]
    found: list[SequenceBaseline] = [Mean() if goal.kind == "outputs" else Frequencies()]
    if panel.marks is not None:
        found.append(PerMark())
    if panel.channels:
        found.append(Linear() if goal.kind == "outputs" else Logistic())
    return found
