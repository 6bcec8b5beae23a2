"""Scores of prices as people read them: beside the random walk, by year, and after trading costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._show import note, number, table
from forecaster.evaluation.market_words import NO_ADVICE, market_conclusion, market_notes
from forecaster.evaluation.skill import percent

if TYPE_CHECKING:
    from forecaster.evaluation.market import MarketScores
    from forecaster.evaluation.trading import Trading


def market_tables(scores: MarketScores, trading: Trading | None = None) -> None:
    """Tables of model and baselines, of the direction, by year and of trading, then what they come to.

    Args:
        scores: Of model and baselines one session ahead.
        trading: What positions would have earned; None where it was not asked for.
    """
    for text in market_notes(scores):
        note(f"Note: {text}")
    _score_table(scores)
    _direction_table(scores)
    _year_table(scores)
    if trading is not None:
        _trading_table(trading)
    for text in market_conclusion(scores):
        click.echo(text)
    click.echo(NO_ADVICE)


def conclude_market(market: dict[str, Any]) -> None:
    """What the scores of prices come to, without their tables.

    Args:
        market: As in report.json.
    """
    for text in market["notes"]:
        note(f"Note: {text}")
    for text in market["conclusion"][1:]:  # who is ahead by CRPS was said of all baselines
        click.echo(text)
    click.echo(NO_ADVICE)


def _score_table(scores: MarketScores) -> None:
    """Errors of every forecaster beside the random walk, best CRPS first."""
    lines = []
    for name in scores.ranked:
        row = scores.rows[name]
        errors = (row.mae_close, row.mae_ratio, row.mase, row.crps, row.log_score)
        lines.append([name, *errors, _p_cell(row.dm_mae_p), _p_cell(row.dm_crps_p)])
    sessions, tickers = _counted(scores.n_sessions, "session"), _counted(scores.n_series, "ticker")
    header = ["", "mae", "ratio", "mase", "crps", "log_score", "p(mae)", "p(crps)"]
    table(f"{sessions} of {tickers}, each one ahead, best CRPS first", header, lines)
    click.echo("mae, mase: of the close; ratio: mae over that of the random walk;")
    click.echo("the rest: of the log return; p: Diebold-Mariano test against the random walk")


def _direction_table(scores: MarketScores) -> None:
    """How often each forecaster was right about the direction, best first."""
    said = [(name, row) for name, row in scores.rows.items() if row.n_direction]
    said.sort(key=lambda one: -one[1].accuracy)
    lines = [
        [name, row.n_direction, percent(row.accuracy), percent(row.low), percent(row.high)]
        for name, row in said
    ]
    table("Direction, with a 95 % interval", ["", "n", "right", "from", "to"], lines)


def _year_table(scores: MarketScores) -> None:
    """The model beside majority class and random walk in every calendar year."""
    header = ["", "n", "right", "majority", "mae ratio", "crps", "random walk", "crps ratio"]
    lines = [
        [
            str(one.year),
            one.n,
            percent(one.accuracy),
            percent(one.majority),
            one.mae_ratio,
            one.crps,
            one.crps_walk,
            one.crps_ratio,
        ]
        for one in scores.by_year
    ]
    table("The model by year", header, lines)


def _trading_table(trading: Trading) -> None:
    """What the positions earned, beside holding throughout."""
    shown = (trading.model, trading.hold)
    lines: list[list[object]] = [
        ["total return", *(percent(one.total_return) for one in shown)],
        ["return a year", *(percent(one.annual_return) for one in shown)],
        ["volatility a year", *(percent(one.volatility) for one in shown)],
        ["Sharpe ratio", *(one.sharpe for one in shown)],
        ["largest drawdown", *(percent(one.max_drawdown) for one in shown)],
        ["turnover a year", *(one.turnover for one in shown)],
        ["invested", *(percent(one.invested) for one in shown)],
        ["positions entered", *(one.n_trades for one in shown)],
    ]
    period = f"{_counted(trading.n_sessions, 'session')} from {trading.first} to {trading.last}"
    title = f"{period};\nlong where the forecast is above 0, else flat; {1e4 * trading.cost:g} bp a change"
    table(f"Trading view, {title}", ["", "model", "buy and hold"], lines)


def _counted(n: int, what: str) -> str:
    """A number of things, in words."""
    return f"{n:,} {what}{'s' * (n != 1)}"


def _p_cell(p_value: float) -> str:
    """A p-value in a cell."""
    if math.isnan(p_value):
        return "-"
    return "< 0.001" if p_value < 0.001 else number(float(f"{p_value:.2g}"))
