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
from forecaster.cluster.answers import Job
from forecaster.cluster.asked import Asked, check_asked, read_by_line
from forecaster.cluster.beside import Beside, cut_future, cut_moments
from forecaster.cluster.facts import Reading, find_facts
from forecaster.cluster.packed import pack_run
from forecaster.cluster.parts import answers, as_question, prepare, read_part
from forecaster.cluster.predictor import (
    Attempts,
    Predictor,
    merged_notes,
    part_mark,
    raise_error,
)
from forecaster.cluster.session import Session, ray_session
from forecaster.cluster.shards import Shard, Shards, shards_of
from forecaster.config.engine import EngineSettings
from forecaster.data.as_of import names_file
from forecaster.data.folder import absolute, is_url, part_name
from forecaster.data.whole import Whole
from forecaster.errors import ConfigError, DataError
from forecaster.evaluation.reading import unseen_notes
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.training.fitted import CHUNK

Report = Callable[[str, int, int | None], None]


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
    run: TrainedRun | SequenceRun, asked: Asked, engine: EngineSettings, report: Report = lambda *_: None
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
    check_asked(run, asked)
    with contextlib.ExitStack() as stack:
        folder = asked.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="forecast-"))
        # a file is cut on this machine; beside the parts, where workers of all machines see it
        work = (
            Path(folder)
            if not is_url(folder)
            else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forecast-")))
        )
        with ray_session(engine) as session, _folder(work):
            shards = shards_of(run, asked.data, work, report)
            try:
                with _beside(run, asked, shards, work, report) as beside:
                    made = _forecast(run, asked, (folder, shards, beside), session, report)
            except (DataError, ConfigError):
                _remove(shards.temporary)  # of no use to the next command, which will be another one
                read_by_line(run, asked)
                raise
        _remove(shards.temporary)
        yield made


@contextlib.contextmanager
def _folder(place: Path) -> Iterator[None]:
    """A folder to work in; one that was made for it does not stay empty behind."""
    is_new = not place.exists()
    place.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):  # there is something in it
                place.rmdir()
        raise


def _remove(folder: Path | None) -> None:
    """Remove a folder, if there is one."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _beside(
    run: TrainedRun | SequenceRun, asked: Asked, shards: Shards, work: Path, report: Report
) -> Iterator[tuple[Beside | None, Beside | None]]:
    """The future and the moments, cut as the data is, for as long as the block lasts."""
    as_of = asked.as_of if asked.as_of is not None and names_file(asked.as_of) else None
    if asked.future is None and as_of is None:
        yield None, None
        return
    if shards.parting is None:
        option, folder = "--as-of" if asked.future is None else "--future", str(asked.data)
        raise ConfigError(
            f"{option}: needs data of which the part of each series is known. Cut {folder} by series first: "
            f"forecast shard {folder} --out DIR."
        )
    for left in work.glob(".beside-*"):  # by a command that was killed
        _remove(left)
    with tempfile.TemporaryDirectory(prefix=".beside-", dir=work) as place:
        how = shards.parting, Path(place), report
        future = None if asked.future is None else cut_future(run, asked.future, *how)
        yield future, cut_moments(run.panel.columns, as_of, *how)


def _forecast(
    run: TrainedRun | SequenceRun,
    asked: Asked,
    places: tuple[str, Shards, tuple[Beside | None, Beside | None]],
    session: Session,
    report: Report,
) -> Forecast:
    """All parts that are not there yet, and what is known of the forecast."""
    folder, shards, (future, moments) = places
    place_of = {one.number: f"{absolute(folder).rstrip('/')}/{part_name(one.number)}" for one in shards.parts}
    prepare(folder, [part_name(number) for number in place_of])
    whole = None
    if asked.data is not None:
        settings = run.settings.data.model_copy(update={"as_of": asked.as_of})
        reading = Reading(settings, dict(run.panel.columns), dict(run.panel.levels), run.name, moments)
        whole = find_facts(reading, shards.parts, shards.parting is not None, session, report)
    files = pack_run(run)
    versions = [None if one is None else one.version for one in (future, moments)]
    mark = _mark(files, asked, whole, versions)
    job = Job(run.name, asked.question, asked.as_of, whole, mark, future, moments)
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


def _mark(files: dict[str, bytes], asked: Asked, whole: Whole | None, beside: list[str | None]) -> str:
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
        beside=beside,
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
    unseen = [one["unseen"] for one in results if one.get("unseen") is not None]
    examples = next((names for count, names in unseen if count), "")
    yield from unseen_notes(
        sum(count for count, _ in unseen), sum(one["n_series"] for one in results), examples
    )
