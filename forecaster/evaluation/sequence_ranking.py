"""Baselines of sequences alone, on the part that would be held out. No keras."""

from __future__ import annotations

import math

from forecaster.baselines.sequence_base import training_targets
from forecaster.baselines.sequence_choose import affordable, sequence_baselines
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.evaluation.baseline_scores import Ranking
from forecaster.evaluation.sequence_metrics import (
    MORE_IS_BETTER,
    class_scores,
    deciding_score,
    number_scores,
)
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
    score = class_scores if goal.is_class else number_scores
    found = {
        one.name: score(true, one.fit(panel, goal, split.before_test).predict(panel, index))
        for one in affordable(baselines, panel, goal, split.before_test, len(index))
    }
    r2 = next(iter(found.values())).get("r2", math.nan)
    decider = deciding_score(goal.kind, len(goal.names), r2)
    scores = {name: one[decider] for name, one in found.items()}
    sign = -1 if decider in MORE_IS_BETTER else 1
    ordered = sorted(scores, key=lambda name: sign * scores[name])
    return Ranking(decider, {name: scores[name] for name in ordered}, len(index), split.before_test.n_rows)
