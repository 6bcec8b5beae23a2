"""Continuation: symbols that go on where sequences end, with the state of all that came before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.network.class_output import ClassOutput
from forecaster.network.streams import Streams
from forecaster.training.own_random import OwnRandom
from forecaster.training.sequence_networks import MOST_STREAMS, SequenceNetworks
from forecaster.windows.batch import Batch
from forecaster.windows.sequences import SequenceSource, SequenceWindows

# Steps of a history that are run through at once.
CHUNK = 64


@dataclass(frozen=True)
class Choice:
    """Which symbol comes next, of those that may.

    Attributes:
        sample: Whether it is drawn; the likeliest one otherwise.
        temperature: Probabilities are taken to the power of 1 over it before a draw: less than 1 favours
            likely symbols, more than 1 the others.
        seed: Of the draws.
    """

    sample: bool = False
    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a temperature that is none, or that nothing comes of."""
        if not 0 < self.temperature < np.inf:
            raise ConfigError(f"--temperature {self.temperature:g}: must be above 0. Give 1, say.")
        if self.temperature != 1 and not self.sample:
            raise ConfigError(f"--temperature {self.temperature:g}: only draws have one. Add --sample.")

    def of(self, probs: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A symbol for each row.

        Args:
            probs: (n, n_marks) as the networks have them.
            drawn: (n,) between 0 and 1, even.

        Returns:
            (n,) int64 symbols; and (n,) the probability that each had, of draws after the temperature.
        """
        if not self.sample:
            found = probs.argmax(axis=1)
            return found, np.take_along_axis(probs, found[:, None], axis=1)[:, 0]
        with np.errstate(divide="ignore"):
            logs = np.log(probs) / self.temperature
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        below = shares.cumsum(axis=1)
        found = (below <= (drawn * below[:, -1])[:, None]).sum(axis=1)
        return found, np.take_along_axis(shares, found[:, None], axis=1)[:, 0]


def continue_marks(
    networks: SequenceNetworks, panel: Panel, horizon: int, choice: Choice
) -> tuple[np.ndarray, np.ndarray]:
    """Symbols after the last one of each sequence, each fed back before the next is chosen.

    Args:
        networks: Trained on symbols.
        panel: Sequences with the marks trained on, each with one row at least.
        horizon: Symbols of each.
        choice: How one is chosen.

    Returns:
        (n_series, horizon) int64 index into the marks' names, and the probability that each had, float64.
        Draws follow from the seed, the id of the series and its symbols, whatever other series there are, in
        whatever order; those of a longer horizon begin with those of a shorter one.
    """
    found = np.empty((panel.n_series, horizon), dtype=np.int64)
    probs = np.empty((panel.n_series, horizon))
    for begin in range(0, panel.n_series, MOST_STREAMS):
        part = np.arange(begin, min(begin + MOST_STREAMS, panel.n_series))
        drawn = OwnRandom(choice.seed, panel.ids[part]).uniform(horizon)
        members = _Members(networks, panel, part)
        ahead = members.warm_up()
        for step in range(horizon):
            found[part, step], probs[part, step] = choice.of(ahead, drawn[:, step])
            if step + 1 < horizon:
                ahead = members.go_on(found[part, step])
    return found, probs


class _Members:
    """The networks of an ensemble, side by side, over some series."""

    def __init__(self, networks: SequenceNetworks, panel: Panel, series: np.ndarray) -> None:
        """Args: trained networks, the rows, (n_streams,) int64 which series."""
        self.networks, self.panel, self.series = networks, panel, series
        self.begins, self.ends = panel.offsets[series], panel.offsets[series + 1]
        self.members = self._streams(1)

    def warm_up(self) -> np.ndarray:
        """(n_streams, n_marks) probabilities of the symbol after the last row, all rows run through.

        As many whole chunks as leave a row at least, then the rest row by row; all series end together.
        """
        n_chunks = (self.ends - self.begins - 1) // CHUNK
        singly = self.begins + n_chunks * CHUNK
        most = int(n_chunks.max())
        if most:
            chunked = self._streams(CHUNK)
            for number in range(most):
                starts = singly - (most - number) * CHUNK
                batch = self._gather(starts, starts >= self.begins, CHUNK)
                for member in chunked:  # one that has not begun yet does so anew, whatever its state
                    member.run(batch)
            for member, one in zip(self.members, chunked, strict=True):
                member.states = one.states
        n_single = int((self.ends - singly).max())
        for back in range(n_single, 1, -1):
            moves = self.ends - back >= singly
            batch = self._gather(self.ends - back, moves, 1)
            for member in self.members:
                member.run(batch, moves)
        return self._mean(self._gather(self.ends - 1, self.ends > singly, 1))

    def go_on(self, marks: np.ndarray) -> np.ndarray:
        """(n_streams, n_marks) probabilities of the symbol after these, (n_streams,)."""
        n = len(marks)
        none = np.zeros((n, 1, 0), dtype=np.float32)
        batch = Batch(
            past=none,
            observed=none,
            target=np.zeros((n, 1)),
            mask=np.zeros((n, 1), dtype=bool),
            series=self.series,
            marks=(marks[:, None] + 1).astype(np.int32),
            carries=np.ones(n, dtype=np.float32),
        )
        return self._mean(batch)

    def _streams(self, n_steps: int) -> list[Streams]:
        """The networks, ready to run so many steps at once."""
        networks, n = self.networks, len(self.series)
        return [Streams(model, networks.architecture, n, n_steps) for model in networks.models]

    def _gather(self, starts: np.ndarray, moves: np.ndarray, n_steps: int) -> Batch:
        """Windows at some rows, of the series that move."""
        windows = SequenceWindows(
            starts,
            np.where(moves, self.series, -1),
            n_steps,
            starts,
            starts + n_steps,
            carries=starts > self.begins,
            n_streams=len(starts),
        )
        networks = self.networks
        source = SequenceSource(self.panel, windows, networks.normaliser, networks.goal)
        return source.gather(np.arange(len(starts)))

    def _mean(self, batch: Batch) -> np.ndarray:
        """Probabilities over the members, of one step."""
        head = self.networks.head
        if not isinstance(head, ClassOutput):
            raise TypeError(f"{type(head).__name__} is no output of symbols")
        return np.asarray(np.mean([head.probs(one.run(batch)[:, 0]) for one in self.members], axis=0))
