"""Options of the trading view, and what it writes and prints."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._tables import write_frame
from forecaster.errors import ConfigError

if TYPE_CHECKING:
    from forecaster.data.panel import Panel
    from forecaster.evaluation.backtest import Backtest
    from forecaster.evaluation.backtest_scores import BacktestScores
    from forecaster.evaluation.origins import Origins
    from forecaster.evaluation.trading import Trading

# Cost of a change of position where signals are asked for without it.
USUAL_COSTS = "5bp"


@dataclass(frozen=True)
class TradingView:
    """What was asked for.

    Attributes:
        costs: Of a change of position, as it was typed; None where it was not.
        signals: File to write; None for none.
    """

    costs: str | None
    signals: str | None

    @property
    def option(self) -> str | None:
        """The option that asks for it, as it was typed; None where nothing was asked for."""
        if self.costs is not None:
            return f"--costs {self.costs}"
        return None if self.signals is None else f"--signals {self.signals}"

    def check(self, panel: Panel, origins: Origins) -> None:
        """Refuse it where forecasts are no positions, before anything is trained.

        Args:
            panel: What was read.
            origins: Which cutoffs are forecast from.

        Raises:
            ConfigError: These are no prices, their range is forecast, or sessions are left out.
        """
        from forecaster.evaluation.calls import has_calls

        if self.option is None:
            return
        if not has_calls(panel):
            what = "the range of prices" if panel.kind == "ohlc" else panel.kind
            raise ConfigError(
                f"{self.option}: only for the return, the direction or the close of prices (ohlc); this "
                f"forecasts {what}. Leave it out."
            )
        if origins.step_size != 1:
            raise ConfigError(
                f"{self.option}: positions are held from session to session, --step-size "
                f"{origins.step_size} leaves some out. Take --step-size 1."
            )

    def put(self, tested: Backtest, scores: BacktestScores) -> Trading | None:
        """Write the signals, and work out what they would have earned.

        Args:
            tested: A backtest of prices.
            scores: Its scores.

        Returns:
            Return, risk and turnover beside buy and hold; None where nothing was asked for.
        """
        import numpy as np

        from forecaster.evaluation.calls import MODEL
        from forecaster.evaluation.trading import parse_cost, signals_frame, trading_scores

        if self.option is None or scores.sessions is None:
            return None
        point = scores.calls[MODEL].point
        if self.signals is not None:
            origins = np.concatenate([block.origins for block in tested.blocks])
            write_frame(signals_frame(tested.panel, origins, point), self.signals)
        return trading_scores(scores.sessions, point, parse_cost(self.costs or USUAL_COSTS))


def trading_options(command: Callable[..., None]) -> Callable[..., None]:
    """A decorator that adds --costs and --signals to a command.

    Args:
        command: Gets one keyword ``view`` for both.

    Returns:
        The command with its options.
    """

    @functools.wraps(command)
    def collected(*arguments: Any, costs: str | None, signals: str | None, **options: Any) -> None:
        view = TradingView(costs, signals)
        if costs is not None:
            from forecaster.evaluation.trading import parse_cost

            parse_cost(costs)  # refused before any work is done
        if signals is not None:
            _check_signals(signals)
        command(*arguments, view=view, **options)

    for option in (
        click.option(
            "--signals",
            metavar="FILE",
            help="Write a .csv of prices, positions, entries and exits (ohlc), as libraries that test "
            "trading rules read it.",
        ),
        click.option(
            "--costs",
            metavar="SHARE",
            help=f"Cost of a change of position (ohlc): what forecasts would have earned after it, beside "
            f"buying and holding. [with --signals: {USUAL_COSTS}]",
        ),
    ):
        collected = option(collected)
    return collected


def _check_signals(path: str) -> None:
    """Refuse a file that cannot be written."""
    if Path(path).suffix.lower() != ".csv":
        raise ConfigError(f"--signals {path}: does not end in .csv. Name it so.")
    if not Path(path).resolve().parent.is_dir():
        raise ConfigError(f"--signals {path}: the folder {Path(path).parent} does not exist. Make it first.")
