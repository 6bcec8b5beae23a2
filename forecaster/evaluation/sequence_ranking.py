"""Baselines of sequences alone, on the part that would be held out. No keras."""

from __future__ import annotations

from forecaster.baselines.sequence_base import training_targets
from forecaster.baselines.sequence_choose import affordable, sequence_baselines
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.evaluation.baseline_scores import Ranking
from forecaster.evaluation.sequence_metrics import DECIDING, MORE_IS_BETTER, class_scores, number_scores
from forecaster.training.sequence_prepare import prepare_sequences

# Series or rows that are scored at most, so that a look at a file stays a look.
MOST_SCORED = 1_000


def rank_sequence_baselines(panel: Panel, settings: Settings) -> Ranking | None:
    """The baselines on the test part that ``train`` would hold out, best first.

    Args:
        panel: Sequences with a goal.
        settings: As the user gave them.

    Returns:
        The ranking; None where nothing is held out.

    Raises:
        ConfigError: A setting does not fit the data.
    """
    prepared = prepare_sequences(panel, settings)
    split, goal = prepared.split, prepared.goal
    index, true = training_targets(panel, goal, split.test)
    if len(index) == 0:
        return None
    every = -(-len(index) // MOST_SCORED)
    index, true = index[::every], true[::every]
    baselines = sequence_baselines(panel, goal, settings.window.baselines)
    decider = DECIDING[goal.kind]
    score = class_scores if goal.is_class else number_scores
    scores = {
        one.name: score(true, one.fit(panel, goal, split.before_test).predict(panel, index))[decider]
        for one in affordable(baselines, panel, goal, split.before_test, len(index))
    }
    sign = -1 if decider in MORE_IS_BETTER else 1
    ordered = sorted(scores, key=lambda name: sign * scores[name])
    return Ranking(decider, {name: scores[name] for name in ordered}, len(index), split.before_test.n_rows)
