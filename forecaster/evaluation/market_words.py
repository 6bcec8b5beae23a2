"""What the scores of prices come to, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.evaluation.skill import SIGNIFICANT, p_text

if TYPE_CHECKING:
    from forecaster.evaluation.market import MarketScores

# Printed under the tables, once.
NO_ADVICE = "These are scores of past forecasts, no investment advice."


def market_conclusion(scores: MarketScores) -> tuple[str, ...]:
    """Who is ahead, whether price and distribution beat the random walk, whether the direction is skill.

    Args:
        scores: Of model and baselines.

    Returns:
        Sentences with their numbers.
    """
    return _best_crps(scores), _price(scores), _distribution(scores), scores.direction.statement


def market_notes(scores: MarketScores) -> tuple[str, ...]:
    """What the user should know of how the tests were made.

    Args:
        scores: Of model and baselines.

    Returns:
        Lines; none of a single ticker.
    """
    if scores.n_series == 1:
        return ()
    return (
        f"The {scores.n_series:,} tickers move together. Diebold-Mariano tests take the mean of each session "
        "over them; interval and test of the direction take them as independent, which makes it look surer "
        "than it is.",
    )


def _best_crps(scores: MarketScores) -> str:
    """Who has the best CRPS."""
    best, other = scores.ranked[:2]
    if best != scores.model:
        other = scores.model
    first, second = (
        f"{'the model' if name == scores.model else name} ({scores.rows[name].crps:.4g})"
        for name in (best, other)
    )
    return f"Best CRPS: {first}, {'then' if best == scores.model else 'ahead of'} {second}."


def _price(scores: MarketScores) -> str:
    """Whether the close is forecast better than by the random walk."""
    row = scores.rows[scores.model]
    rank = "no better"
    if row.dm_mae_p < SIGNIFICANT and (row.dm_mae < 0) == (row.mae_ratio < 1):
        rank = "better" if row.dm_mae < 0 else "worse"
    return (
        f"Price: {rank} than saying that tomorrow's close is today's; its mean absolute error is "
        f"{row.mae_ratio:.4g} times that of the random walk (Diebold-Mariano {p_text(row.dm_mae_p)})."
    )


def _distribution(scores: MarketScores) -> str:
    """Whether the distribution is better than the random walk's."""
    row = scores.rows[scores.model]
    rank = "cannot be told from"
    if row.dm_crps_p < SIGNIFICANT:
        rank = "better than" if row.dm_crps < 0 else "worse than"
    return (
        f"Distribution: {rank} that of the random walk; its CRPS is {row.crps_ratio:.4g} times as large "
        f"(Diebold-Mariano {p_text(row.dm_crps_p)})."
    )
