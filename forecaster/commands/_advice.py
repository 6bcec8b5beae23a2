"""What `forecast inspect` advises: the baseline to beat, and the command to train with."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from forecaster.commands._scores import CALLED
from forecaster.commands._show import number
from forecaster.config.build import option_name

if TYPE_CHECKING:
    from forecaster.config.settings import Settings
    from forecaster.data.panel import Panel
    from forecaster.evaluation.baseline_scores import Ranking

# A season is forecast where the rows hold so many; else one step is.
LEAST_SEASONS = 6


def suggested_horizon(panel: Panel) -> int:
    """Steps to forecast: a season of values, where the usual series holds six of them; one otherwise.

    Args:
        panel: With its season.

    Returns:
        Steps, at least 1.
    """
    season = panel.season_length
    if panel.kind != "values" or season < 2 or panel.n_series == 0:
        return 1
    return season if sorted(panel.lengths)[panel.n_series // 2] >= LEAST_SEASONS * season else 1


def train_command(data: str, given: dict[str, Any], horizon: int) -> str:
    """The command to train with.

    Args:
        data: The file as typed.
        given: Settings as they were given, by name.
        horizon: Steps to forecast.

    Returns:
        One line for a shell.
    """
    words = ["forecast", "train", data]
    for name, value in given.items():
        option = option_name(name)
        if isinstance(value, bool):
            words.append(option if value else f"--no-{option[2:]}")
        else:
            values = value if isinstance(value, list | tuple) else [value]
            words += [part for one in values for part in (option, str(one))]
    words += ["--horizon", str(horizon)] if horizon > 1 else []
    return shlex.join(words)


def baseline_facts(panel: Panel, settings: Settings, horizon: int) -> dict[str, Any]:
    """The baseline that a network has to beat.

    Args:
        panel: All rows, with the season.
        settings: As given.
        horizon: Steps to forecast.

    Returns:
        ``best_baseline``, with ``baseline_scores``, best first, ``baseline_metric`` and ``baseline_reason``;
        the first three are null or empty where there are too few rows to say.
    """
    from forecaster.errors import ConfigError

    try:
        ranking = _ranking(panel, settings, horizon)
        reason = _reason(ranking, panel, horizon) if ranking is not None else "too few rows to hold any out"
    except ConfigError as error:
        ranking, reason = None, str(error)
    return {
        "best_baseline": None if ranking is None else next(iter(ranking.scores)),
        "baseline_metric": None if ranking is None else ranking.metric,
        "baseline_scores": {} if ranking is None else ranking.scores,
        "baseline_reason": reason,
    }


def _ranking(panel: Panel, settings: Settings, horizon: int) -> Ranking | None:
    """The baselines on the test part, best first; None where nothing is held out."""
    from forecaster.config.build import change
    from forecaster.evaluation.baseline_scores import rank_baselines
    from forecaster.evaluation.sequence_ranking import rank_sequence_baselines

    if panel.goal is not None:
        return rank_sequence_baselines(panel, settings)
    return rank_baselines(panel, change(settings, {"horizon": horizon, "season": panel.season_length}))


def _reason(ranking: Ranking, panel: Panel, horizon: int) -> str:
    """How the baselines were compared, in words."""
    first, *others = ranking.scores.items()
    called = CALLED.get(ranking.metric, ranking.metric)
    text = f"{called} {number(first[1])}" + (f", {others[0][0]} {number(others[0][1])}" if others else "")
    if panel.goal is not None:
        what = "sequence" if panel.goal.kind == "label" else "row"
        return f"{text}; {ranking.n_windows:,} {what}{'s' * (ranking.n_windows != 1)} held out"
    ahead = f"{horizon} steps ahead" if horizon > 1 else "one step ahead"
    windows = f"{ranking.n_windows:,} window{'s' * (ranking.n_windows != 1)}"
    held = "the last part of the rows" if ranking.n_rows == panel.n_rows else f"{ranking.n_rows:,} rows"
    return f"{text}; {windows} of {held}, {ahead}"
