"""Which baselines sequences are scored beside."""

from __future__ import annotations

from collections.abc import Sequence

from forecaster.baselines.logistic import Logistic
from forecaster.baselines.nearest import Nearest, has_warping
from forecaster.baselines.per_mark import PerMark
from forecaster.baselines.row_regressions import Linear, RowLogistic
from forecaster.baselines.sequence_base import Frequencies, Mean, SequenceBaseline
from forecaster.baselines.sequence_markov import Markov
from forecaster.config.settings import BaselineChoice
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.windows.windows import Span

# Seconds that a baseline may take, of each part that is scored, where not all are asked for.
MOST_SECONDS = 60.0


def sequence_baselines(
    panel: Panel, goal: Goal, which: BaselineChoice = "auto"
) -> Sequence[SequenceBaseline]:
    """Baselines of a goal, not fitted yet.

    Args:
        panel: The rows.
        goal: What is learnt.
        which: ``fast``, those built in; ``auto``, of labels dynamic time warping too where it is installed;
            ``all``, that too in any case.

    Returns:
        One at least.

    Raises:
        ConfigError: ``all`` without the package that it needs.
    """
    if goal.kind == "label":
        return label_baselines(panel, which)
    if goal.kind == "marks":
        return mark_baselines()
    found: list[SequenceBaseline] = [simplest(goal)]
    if panel.marks is not None:
        found.append(PerMark())
    if panel.channels:
        found.append(Linear() if goal.kind == "outputs" else RowLogistic())
    return found


def simplest(goal: Goal) -> Frequencies | Mean:
    """The baseline that knows how often each class came, or the mean of each output, and nothing else.

    Args:
        goal: What is learnt.

    Returns:
        One that is not fitted yet.
    """
    if goal.kind == "outputs":
        return Mean()
    return Frequencies("majority" if goal.kind == "label" else "frequencies")


def mark_baselines() -> Sequence[SequenceBaseline]:
    """Baselines of the next mark, of symbols and of events, not fitted yet."""
    return [Frequencies(), Markov(1), Markov(2)]


def label_baselines(panel: Panel, which: BaselineChoice) -> Sequence[SequenceBaseline]:
    """Baselines of labels: the majority, a linear model, and of numbers the nearest sequences.

    Args:
        panel: The rows.
        which: As for ``sequence_baselines``.

    Returns:
        Two at least.

    Raises:
        ConfigError: ``all`` without the package that it needs.
    """
    if which == "all" and not has_warping():
        raise ConfigError(
            "--baselines all: dynamic time warping needs the package aeon. Install it with: pip install "
            "'forecaster[labels]'"
        )
    found: list[SequenceBaseline] = [Frequencies("majority"), Logistic()]
    if panel.values.shape[1]:
        found.append(Nearest("euclidean"))
        if which != "fast" and has_warping():
            found.append(Nearest("dtw"))
    return found


def affordable(
    baselines: Sequence[SequenceBaseline], panel: Panel, goal: Goal, train: Span, n_asked: int
) -> Sequence[SequenceBaseline]:
    """Those of some baselines that take no minutes.

    Args:
        baselines: Not fitted yet.
        panel: The rows.
        goal: What is learnt.
        train: Rows that they learn from.
        n_asked: Series or rows that are scored.

    Returns:
        Some of them, in their order.
    """
    return [one for one in baselines if one.seconds(panel, goal, train, n_asked) <= MOST_SECONDS]
