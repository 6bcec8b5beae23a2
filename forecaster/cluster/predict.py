"""Predict on Ray: shards through actors that hold the run, one part of the forecast for each."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import forecaster
from forecaster.cluster.facts import Reading, find_facts
from forecaster.cluster.packed import pack_run
from forecaster.cluster.parts import answers, as_question, prepare, read_part
from forecaster.cluster.predictor import (
    Attempts,
    Job,
    Predictor,
    merged_notes,
    part_mark,
    raise_error,
)
from forecaster.cluster.session import Session, ray_session
from forecaster.cluster.shards import Shard, Shards, shards_of
from forecaster.config.engine import EngineSettings
from forecaster.data.folder import absolute, is_url, part_name
from forecaster.data.load import Source
from forecaster.data.whole import Whole
from forecaster.errors import ConfigError
from forecaster.evaluation.forecast import Question
from forecaster.evaluation.reading import check_as_of, unseen_notes
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.training.fitted import CHUNK

Report = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Asked:
    """A forecast that Ray makes.

    Attributes:
        data: Rows to forecast from; those that the run keeps when None.
        question: What is asked of it.
        as_of: Moment to look forward from (events).
        future: Rows after the last ones; refused, as they stand in the data here.
        folder: Path or URL that the parts go to; None where they are read and removed.
    """

    data: Source | None
    question: Question
    as_of: str | None = None
    future: Source | None = None
    folder: str | None = None


@dataclass(frozen=True)
class Forecast:
    """A forecast in parts.

    Attributes:
        places: Of the parts, in their order.
        n_rows: Of those made now; parts that were there already are not counted.
        n_kept: Parts that were there already.
        notes: What should be known of the data.
        order: Ids in the order of the input; None for the order of the parts.
        targets: Of several, their names, which ids end with.
        seconds: Of the processor, spent by the workers on reading, and on forecasting and writing.
    """

    places: tuple[str, ...]
    n_rows: int
    n_kept: int
    notes: tuple[str, ...]
    order: tuple[str, ...] | None
    targets: tuple[str, ...]
    seconds: tuple[float, float]

    def table(self) -> pd.DataFrame:
        """The forecast as one table."""
        return pd.concat(list(self.tables()), ignore_index=True)

    def tables(self) -> Iterator[pd.DataFrame]:
        """The forecast in the order of the input, some thousand series at a time."""
        if self.order is None:
            yield from (read_part(place) for place in self.places)
            return
        whole = pd.concat([read_part(place) for place in self.places], ignore_index=True)
        base = whole["unique_id"].astype(object)
        for target in self.targets:
            base = base.str.removesuffix(f"/{target}")
        ranks = pd.Index(self.order).get_indexer(pd.Index(base))
        rows = np.argsort(ranks, kind="stable")
        ranks = ranks[rows]
        for begin in range(0, len(self.order), CHUNK):
            a, b = np.searchsorted(ranks, [begin, begin + CHUNK])
            if b > a:
                yield whole.iloc[rows[a:b]].reset_index(drop=True)


@contextlib.contextmanager
def forecast_on_ray(
    run: TrainedRun, asked: Asked, engine: EngineSettings, report: Report = lambda *_: None
) -> Iterator[Forecast]:
    """Forecast shard by shard on the workers of Ray.

    A part that is there already, made by the same run of the same rows for the same question, is not made
    again: the same command goes on where another one ended, however it ended.

    Args:
        run: A trained run.
        asked: The forecast.
        engine: Where it is made.
        report: Told how far it is.

    Yields:
        The forecast, for as long as its parts are there.

    Raises:
        ConfigError: Ray is missing, or the question does not fit the run.
        DataError: The data cannot be read.
        RunError: Parts cannot be written, or a shard failed again and again.
    """
    asked.question.check(run.panel.kind, run.models[0].architecture.horizon)
    check_as_of(run, asked.as_of)
    if asked.future is not None:
        raise ConfigError(
            f"--future {asked.future}: not with --engine ray. Add these rows to the data, at the end of each "
            "series and without a target, or take --engine local."
        )
    with contextlib.ExitStack() as stack:
        folder = asked.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="forecast-"))
        # a file is cut on this machine; beside the parts, where workers of all machines see it
        work = (
            Path(folder)
            if not is_url(folder)
            else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forecast-")))
        )
        with ray_session(engine) as session:
            work.mkdir(parents=True, exist_ok=True)
            shards = shards_of(run, asked.data, work, report)
            made = _forecast(run, asked, (folder, shards), session, report)
        if shards.temporary is not None:
            shutil.rmtree(shards.temporary, ignore_errors=True)
        yield made


def _forecast(
    run: TrainedRun, asked: Asked, places: tuple[str, Shards], session: Session, report: Report
) -> Forecast:
    """All parts that are not there yet, and what is known of the forecast."""
    folder, shards = places
    place_of = {one.number: f"{absolute(folder).rstrip('/')}/{part_name(one.number)}" for one in shards.parts}
    prepare(folder, [part_name(number) for number in place_of])
    whole = _facts(run, asked, shards, session, report) if asked.data is not None else None
    files = pack_run(run)
    mark = _mark(files, asked, whole)
    job = Job(run.name, asked.question, asked.as_of, whole, mark)
    todo = [one for one in shards.parts if answers(place_of[one.number]) != part_mark(mark, one)]
    n_kept = len(shards.parts) - len(todo)
    results: dict[int, dict[str, Any]] = {}
    report("parts", n_kept, len(shards.parts))
    for result in _stream(job, files, [(one, place_of[one.number]) for one in todo], session):
        raise_error(result)
        results[result["number"]] = result
        report("parts", n_kept + len(results), len(shards.parts))
    done = [results[number] for number in sorted(results)]
    targets = tuple(name for role, name in run.panel.columns.items() if role.startswith("target"))
    return Forecast(
        tuple(place for place in place_of.values() if answers(place) is not None),
        sum(one["n_rows"] for one in done),
        n_kept,
        tuple(_notes(done)),
        shards.order,
        targets if len(targets) > 1 else (),
        (sum(one["seconds"][0] for one in done), sum(one["seconds"][1] for one in done)),
    )


def _facts(run: TrainedRun, asked: Asked, shards: Shards, session: Session, report: Report) -> Whole:
    """Facts over all shards of the data."""
    settings = run.settings.data.model_copy(update={"as_of": asked.as_of})
    reading = Reading(settings, dict(run.panel.columns), dict(run.panel.levels), run.name)
    return find_facts(reading, shards.parts, shards.is_whole, session, report)


def _mark(files: dict[str, bytes], asked: Asked, whole: Whole | None) -> str:
    """All that a part depends on beside its own rows, as JSON."""
    digest = hashlib.sha256()
    for name in ("weights.safetensors", "series.parquet", "context.parquet"):
        digest.update(files[name])
    spec = json.loads(files["spec.json"])
    digest.update(json.dumps({key: value for key, value in spec.items() if key != "created"}).encode())
    return as_question(
        run=digest.hexdigest(),
        question=asdict(asked.question),
        as_of=asked.as_of,
        whole=None if whole is None else asdict(whole),
        forecaster=forecaster.__version__,
    )


def _stream(
    job: Job, files: dict[str, bytes], todo: Sequence[tuple[Shard, str]], session: Session
) -> Iterator[dict[str, Any]]:
    """What the actors say of each shard, as they are done."""
    if not todo:
        return
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    attempts: Any = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
    # in a list, so that Ray hands on the reference and not what it stands for
    kept = [ray.put(files)]
    rows = [{"shard": shard.to_json(), "place": place} for shard, place in todo]
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Predictor,
        fn_constructor_args=(job, kept, attempts),
        batch_size=1,
        batch_format="numpy",
        concurrency=min(session.n_workers, len(rows)),
        num_cpus=1,
        num_gpus=session.gpus_per_worker,
    )
    stream: Any = iter(results.iter_rows())
    try:
        for row in stream:
            yield json.loads(row["result"])
    finally:
        stream.close()  # stops the actors where the loop was left
        ray.kill(attempts)


def _notes(results: list[dict[str, Any]]) -> Iterator[str]:
    """What should be known of the data, over all shards."""
    yield from merged_notes(results)
    unseen = [one["unseen"] for one in results if "unseen" in one]
    examples = next((names for count, names in unseen if count), "")
    yield from unseen_notes(
        sum(count for count, _ in unseen), sum(one["n_series"] for one in results), examples
    )
