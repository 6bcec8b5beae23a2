"""Facts over all shards, found by the workers before the forecast: one pass, each shard read by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecaster.cluster.session import Session
from forecaster.cluster.shards import Shard
from forecaster.config.settings import DataSettings
from forecaster.data.load import read_panel
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
    """

    settings: DataSettings
    columns: dict[str, str]
    levels: dict[str, tuple[str, ...]]
    run: str

    def facts(self, source: str) -> tuple[Whole | None, np.ndarray]:
        """Facts of a shard, None where none of it is left, and a number for each of its ids."""
        try:
            panel = read_panel(source, self.settings, self.columns, self.run, self.levels)
        except EmptyError:
            return None, np.zeros(0, np.uint64)
        return facts_of(panel), pd.util.hash_array(panel.ids.astype(object))


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
    names = [str(shard.source) for shard in shards]
    for number, (facts, ids) in run_tasks(reading.facts, names, session):
        if facts is not None:
            found[number] = facts
        if not is_whole:
            seen.append(ids)
        report("parts read", len(found), len(shards))
    if not found:  # what one of them says of it
        read_panel(names[0], reading.settings, reading.columns, reading.run, reading.levels)
    if seen:
        every = np.concatenate(seen)
        if len(np.unique(every)) < len(every):
            folder = names[0].rpartition("/")[0]
            raise DataError(
                f"{folder}: some series lie in several of its files. Cut it by series: "
                f"forecast shard {folder} --out DIR."
            )
    return merge_facts([found[number] for number in sorted(found)])


def run_tasks(
    function: Callable[[str], Any], items: Sequence[str], session: Session
) -> Iterator[tuple[int, Any]]:
    """What a function says of every item, each asked of a worker, in the order in which they are done.

    Args:
        function: Of one item.
        items: All of them.
        session: The running Ray.

    Yields:
        Place of the item, and the answer.

    Raises:
        ForecasterError: As the function raised it.
    """
    import ray

    task = ray.remote(num_cpus=1)(function_of(function))
    running: dict[Any, int] = {}
    waiting = iter(enumerate(items))
    try:
        while True:
            for place, item in waiting:
                running[task.remote(item)] = place
                if len(running) >= 2 * session.n_workers:
                    break
            if not running:
                return
            done, _ = ray.wait(list(running), num_returns=1)
            place = running.pop(done[0])
            try:
                answer = ray.get(done[0])
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            yield place, answer
    finally:
        for one in running:
            with contextlib.suppress(Exception):  # what is being stopped may have ended
                ray.cancel(one, force=True)


def function_of(method: Callable[[str], Any]) -> Callable[[str], Any]:
    """A method as the function that Ray takes."""

    def call(item: str) -> Any:
        return method(item)

    return call
