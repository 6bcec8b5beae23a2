"""The actor that forecasts shards: it holds the run, and is handed one shard after the other."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from forecaster.cluster.answers import Answers, Job
from forecaster.cluster.packed import unpack_run
from forecaster.cluster.parts import write_part
from forecaster.cluster.shards import Shard
from forecaster.data.panel import Note
from forecaster.errors import DataError, EmptyError, ForecasterError
from forecaster.training.device import set_threads

# How often a shard is begun before the job gives up.
MOST_ATTEMPTS = 3


class Attempts:
    """Counts how often each shard was begun, for workers that do not live to say so themselves."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def begin(self, number: int) -> int:
        """How often the shard has been begun, this time too."""
        self._counts[number] = self._counts.get(number, 0) + 1
        return self._counts[number]


class Predictor:
    """A run in a worker of its own; called by Ray Data with a batch of one shard.

    Args:
        job: What is done.
        files: Of the version of the run, by name, in Ray's object store.
        attempts: The actor that counts.
    """

    def __init__(self, job: Job, files: Any, attempts: Any) -> None:
        import ray

        set_threads(1)
        self._job, self._attempts = job, attempts
        self._answers = Answers(replace(unpack_run(ray.get(files[0])), name=job.name), job)
        set_threads(1)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """Forecast a shard and write its part.

        Args:
            batch: ``shard``, as JSON, and ``place``, where its part goes; one of each.

        Returns:
            ``result``, as JSON: what was done, or what went wrong.
        """
        import ray

        shard, place = Shard.from_json(str(batch["shard"][0])), str(batch["place"][0])
        last = "its worker ended"
        while ray.get(self._attempts.begin.remote(shard.number)) <= MOST_ATTEMPTS:
            try:
                done = {"number": shard.number, **self._forecast(shard, place)}
                return {"result": [json.dumps(done)]}
            except ForecasterError as error:  # it would be the same again
                return {"result": [json.dumps({"error": str(error), "kind": type(error).__name__})]}
            except Exception as error:  # of a disk, a network, a library: another attempt may end well
                last = f"{type(error).__name__}: {error}"
        told = (
            f"{shard.name}: failed {MOST_ATTEMPTS} times; the last time: {last}. What was done is kept; give "
            "the same command again when the cause is gone."
        )
        return {"result": [json.dumps({"error": told, "kind": "RunError"})]}

    def _forecast(self, shard: Shard, place: str) -> dict[str, Any]:
        """The part of a shard, and what should be known of it."""
        began = time.process_time()
        try:
            answer = self._answers.of(shard)
        except EmptyError:
            return {"n_rows": 0, "n_series": 0, "notes": [], "seconds": [0.0, 0.0]}
        read = time.process_time()
        n_rows = write_part(place, answer.tables, part_mark(self._job.mark, shard))
        return {
            "n_rows": n_rows,
            "n_series": answer.n_series,
            "notes": [[note.code, note.text, note.count] for note in answer.notes],
            "unseen": answer.unseen,
            "seconds": [read - began, time.process_time() - read],
        }


def part_mark(mark: str, shard: Shard) -> str:
    """The question that the part of a shard answers."""
    return json.dumps([json.loads(mark), Path(shard.name).name, shard.version])


def merged_notes(results: list[dict[str, Any]]) -> Iterator[str]:
    """What should be known of all shards: notes of one wording once, their counts added.

    Args:
        results: Of the shards, in their order.

    Yields:
        Sentences.
    """
    counts: dict[tuple[str, str], int | None] = {}
    for result in results:
        for code, text, count in result["notes"]:
            before = counts.get((code, text))
            counts[code, text] = count if before is None or count is None else before + count
    per_code = pd.Series([code for code, _ in counts], dtype=object).value_counts()
    shown: dict[str, int] = {}
    for (code, text), count in counts.items():
        shown[code] = shown.get(code, 0) + 1
        if shown[code] == 1:
            more = per_code[code] - 1
            yield Note(code, text, count).line + (f"; {more:,} more of this kind" if more else "")


def raise_error(result: Mapping[str, Any]) -> None:
    """Raise what a shard could not be forecast for.

    Args:
        result: Of the shard.

    Raises:
        ForecasterError: Of the class that the worker raised.
    """
    if "error" not in result:
        return
    kinds = {kind.__name__: kind for kind in _subclasses(ForecasterError)}
    raise kinds.get(result["kind"], DataError)(result["error"])


def _subclasses(kind: type[ForecasterError]) -> Iterator[type[ForecasterError]]:
    """A class and all below it."""
    yield kind
    for one in kind.__subclasses__():
        yield from _subclasses(one)
