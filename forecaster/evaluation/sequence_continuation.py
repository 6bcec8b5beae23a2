"""How sequences of symbols go on, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.trained_run import AnyRun
from forecaster.training.continuation import Choice, continue_marks


@dataclass(frozen=True)
class Continued:
    """What is asked for of symbols.

    Attributes:
        horizon: Symbols of each sequence; None for one.
        sample: Whether they are drawn; the likeliest ones otherwise.
        temperature: Of the draws.
        seed: Of the draws; that of the run when None.
    """

    horizon: int | None = None
    sample: bool = False
    temperature: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        """Refuse a seed that is none."""
        if self.seed is not None and self.seed < 0:
            raise ConfigError(f"--seed {self.seed}: must not be negative. Give 0 or more.")


CONTINUED = Continued()


def continuation_table(run: SequenceRun, panel: Panel, asked: Continued) -> pd.DataFrame:
    """Symbols after the last one of every sequence.

    Args:
        run: A trained run of symbols.
        panel: Sequences, read as those of the run, each with one row at least.
        asked: How many, and how they are chosen; checked.

    Returns:
        ``unique_id, step, mark, probability``, a row a symbol; the probability that it had, of draws after
        the temperature.
    """
    horizon, choice = check_continued(run, asked)
    marks, probs = continue_marks(run.networks, panel, horizon, choice)
    return pd.DataFrame(
        {
            "unique_id": np.repeat(panel.ids, horizon),
            "step": np.tile(np.arange(1, horizon + 1), panel.n_series),
            "mark": np.array(run.networks.goal.names, dtype=object)[marks.ravel()],
            "probability": probs.ravel(),
        }
    )


def check_continued(run: SequenceRun, asked: Continued) -> tuple[int, Choice]:
    """Refuse what a run of symbols cannot do.

    Args:
        run: A trained run of symbols.
        asked: How many, and how they are chosen.

    Returns:
        Symbols of each sequence, and how they are chosen.

    Raises:
        ConfigError: The horizon or the temperature is not possible, or the run sees numbers beside symbols,
            which are not known of those to come.
    """
    horizon, channels = 1 if asked.horizon is None else asked.horizon, run.panel.channels
    if horizon < 1:
        raise ConfigError(f"--horizon {horizon}: must be 1 or more. Give 1 at least.")
    if channels and horizon > 1:
        raise ConfigError(
            f"--horizon {horizon}: {run.name} sees {', '.join(channels[:5])} beside the symbols, which "
            "is not known of those to come. Give 1, or train without --past."
        )
    seed = run.settings.training.seed if asked.seed is None else asked.seed
    return horizon, Choice(asked.sample, asked.temperature, seed)


def refuse_symbols(run: AnyRun, asked: Continued) -> None:
    """Refuse what is asked for of symbols, by a run that is of none.

    Args:
        run: A trained run.
        asked: What was asked for.

    Raises:
        ConfigError: Draws, or of sequences a horizon.
    """
    goal = run.panel.goal
    what = run.panel.kind if goal is None else {"label": "labels"}.get(goal.kind, goal.kind)
    if asked.sample or asked.temperature != 1:
        option = "--sample" if asked.sample else f"--temperature {asked.temperature:g}"
        raise ConfigError(f"{option}: only symbols are drawn; {run.name} is of {what}. Leave it out.")
    if goal is not None and asked.horizon is not None:
        raise ConfigError(
            f"--horizon {asked.horizon}: {run.name} says {what} of the rows it is given. Leave it out."
        )


def refuse_forecasts(run: AnyRun, given: Mapping[str, object]) -> None:
    """Refuse what is asked for of forecasts of numbers, by a run of sequences.

    Args:
        run: Of sequences.
        given: Options by the name of their keyword; None or an empty list for one that was not given.

    Raises:
        ConfigError: One was given.
    """
    for name, value in given.items():
        if value is not None and not (isinstance(value, list | tuple) and not value):
            raise ConfigError(
                f"--{name.replace('_', '-')}: {run.name} was trained on sequences, which have no use for it. "
                "Leave it out."
            )
