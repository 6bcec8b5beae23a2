"""Facts over all shards, found by the workers before the forecast: one pass, each shard read by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.cluster.beside import Beside
from forecaster.cluster.session import Session
from forecaster.cluster.shards import Shard
from forecaster.cluster.tasks import run_tasks
from forecaster.config.data_settings import DataSettings
from forecaster.data.id_hash import hash_ids
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.data.whole import Whole, facts_of, merge_facts
from forecaster.errors import DataError, EmptyError


@dataclass(frozen=True)
class Reading:
    """How shards are read: as the training data of a run was.

    Attributes:
        settings: Of the data, with the moment to look forward from.
        columns: By role, those of the run.
        levels: Categories of its covariates.
        run: Its name.
        moments: Of the file that ``--as-of`` names; None for none.
    """

    settings: DataSettings
    columns: dict[str, str]
    levels: dict[str, tuple[str, ...]]
    run: str
    moments: Beside | None = None

    def panel(self, shard: Shard) -> Panel:
        """The rows of a shard, read by itself."""
        moments = None if self.moments is None else self.moments.of(shard.number)
        source = str(shard.source)
        return read_panel(source, self.settings, self.columns, self.run, self.levels, moments=moments)

    def facts(self, shard: Shard) -> tuple[Whole | None, np.ndarray]:
        """Facts of a shard, None where none of it is left, and a number for each of its ids."""
        try:
            panel = self.panel(shard)
        except EmptyError:
            return None, np.zeros(0, np.uint64)
        return facts_of(panel), hash_ids(panel.ids)


def find_facts(
    reading: Reading,
    shards: Sequence[Shard],
    is_whole: bool,
    session: Session,
    report: Callable[[str, int, int | None], None],
) -> Whole:
    """The facts of all shards, each read by a worker.

    Args:
        reading: How.
        shards: All of them, of files.
        is_whole: Whether every series is known to lie in one shard; it is looked at where it is not.
        session: The running Ray.
        report: Told how far this is.

    Returns:
        The facts merged.

    Raises:
        DataError: A shard cannot be read, or a series lies in two.
        ConfigError: A setting does not fit the data.
    """
    found: dict[int, Whole] = {}
    seen: list[np.ndarray] = []
    for number, (facts, ids) in run_tasks(reading.facts, list(shards), session):
        if facts is not None:
            found[number] = facts
        if not is_whole:
            seen.append(ids)
        report("parts read", len(found), len(shards))
    if not found:  # what one of them says of it
        reading.panel(shards[0])
    if seen:
        every = np.concatenate(seen)
        if len(np.unique(every)) < len(every):
            folder = str(shards[0].source).rpartition("/")[0]
            raise DataError(
                f"{folder}: some series lie in several of its files. Cut it by series: "
                f"forecast shard {folder} --out DIR."
            )
    return merge_facts([found[number] for number in sorted(found)])
