"""A future and moments reach the workers of Ray with the rows they go with, and say what one process says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecaster.cluster.answers import Answers, Job
from forecaster.cluster.asked import Asked, check_asked, read_by_line
from forecaster.cluster.beside import Beside, cut_future, cut_moments
from forecaster.cluster.facts import Reading
from forecaster.cluster.session import Session
from forecaster.cluster.shards import Shards, shards_of
from forecaster.commands import cli
from forecaster.config.data_settings import DataSettings
from forecaster.data.folder import identity_of, part_name
from forecaster.data.parted import parted
from forecaster.data.shards import Parting, write_shards
from forecaster.data.whole import Whole, merge_facts
from forecaster.errors import ConfigError, DataError
from forecaster.evaluation.forecast import Question, forecast_panel
from forecaster.evaluation.reading import panel_ahead
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.forecaster import Forecaster
from forecaster.run.load import load_forecasts

SMALL = {"epochs": 1, "ensemble": 1, "units": 4, "threads": 1}
N_SHOPS, N_PARTS = 9, 5


def quiet(*_: object) -> None:
    """Nobody is told how far it is."""


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sales, what is known of the days to come, a run trained on the first, and their parts."""
    folder, rng = tmp_path_factory.mktemp("sales"), np.random.default_rng(3)
    days = pd.date_range("2024-01-01", periods=43, freq="D")
    names = np.repeat([f"shop {k}" for k in range(N_SHOPS)], len(days))
    promo = rng.integers(0, 2, len(names))
    table = pd.DataFrame(
        {"shop": names, "day": np.tile(days, N_SHOPS), "y": 9 + 4.0 * promo + rng.normal(size=len(names))}
    ).assign(promo=promo)
    is_known = np.tile(np.arange(len(days)) < 40, N_SHOPS)
    table[is_known].to_csv(folder / "sales.csv", index=False)
    table[~is_known].drop(columns="y").to_csv(folder / "future.csv", index=False)
    settings = {**SMALL, "id": "shop", "look_back": 4, "horizon": 3, "future_known": ["promo"]}
    Forecaster(**settings).fit(folder / "sales.csv").save(folder / "run")
    write_shards(folder / "sales.csv", folder / "parts", N_PARTS, DataSettings(id="shop"))
    return folder


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of events, with a moment for each customer."""
    folder, rng = tmp_path_factory.mktemp("visits"), np.random.default_rng(5)
    days = np.cumsum(rng.integers(1, 9, (8, 9)), axis=1)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(days.ravel(), unit="D")
    names = [f"c{k}" for k in range(8)]
    table = pd.DataFrame({"customer": np.repeat(names, 9), "time": times})
    table.to_csv(folder / "visits.csv", index=False)
    moments = pd.DataFrame({"customer": [*names, "ghost", "spook"], "asof": "2024-01-25"})
    moments.to_csv(folder / "moments.csv", index=False)
    Forecaster(**SMALL, id="customer", look_back=2).fit(folder / "visits.csv").save(folder / "run")
    write_shards(folder / "visits.csv", folder / "parts", N_PARTS, DataSettings(id="customer"))
    return folder


def run_of(folder: Path) -> TrainedRun:
    return load_forecasts(folder / "run", "test")


def shards_in(folder: Path, run: TrainedRun, work: Path, name: str | None = "parts") -> Shards:
    return shards_of(run, None if name is None else str(folder / name), work, quiet)


def parting_of(shards: Shards) -> Parting:
    """Which part the rows that go with a series belong to."""
    assert shards.parting is not None
    return shards.parting


def merged(run: TrainedRun, shards: Shards, as_of: str | None, moments: Beside | None) -> Whole:
    """Facts of all shards."""
    settings = run.settings.data.model_copy(update={"as_of": as_of})
    reading = Reading(settings, dict(run.panel.columns), dict(run.panel.levels), run.name, moments)
    return merge_facts([fact for fact, _ in map(reading.facts, shards.parts) if fact is not None])


def answered(run: TrainedRun, shards: Shards, job: Job) -> tuple[pd.DataFrame, list[str]]:
    """What the workers make of all shards, by series, and what they say of the files."""
    answers = Answers(run, job)
    found = [answers.of(shard) for shard in shards.parts]
    table = pd.concat([table for one in found for table in one.tables], ignore_index=True)
    lines = [note.line for one in found for note in one.notes]
    return table.sort_values("unique_id", kind="stable").reset_index(drop=True), lines


def counted(lines: list[str], words: str) -> int:
    """Sum of the counts of notes that begin with some words."""
    return sum(int(line.rpartition("(")[2].rstrip(")")) for line in lines if line.startswith(words))


@pytest.mark.parametrize("data", ["parts", None])
def test_each_shard_gets_the_future_of_its_series(data: str | None, sales: Path, tmp_path: Path) -> None:
    run, future = run_of(sales), tmp_path / "days.csv"
    ghosts = "".join(f"ghost {k},2024-02-10,1\n" for k in range(7))
    future.write_text((sales / "future.csv").read_text() + ghosts)
    question = Question.of(run, ((80,), ()), None, (), None)
    panel, notes = panel_ahead(run, None if data is None else sales / "sales.csv", None, future)
    here = forecast_panel(run.models, panel, question.columns)
    shards = shards_in(sales, run, tmp_path, data)
    beside = cut_future(run, future, parting_of(shards), tmp_path, quiet)
    whole = None if data is None else merged(run, shards, None, None)
    there, said = answered(run, shards, Job(run.name, question, None, whole, "{}", future=beside))
    here = here.sort_values("unique_id", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(there, here, rtol=1e-6)
    assert counted(said, f"ids of {future} are not in the data") == 7
    assert counted(notes, f"ids of {future} are not in the data") == 7


@pytest.mark.parametrize("data", ["parts", None])
def test_each_shard_gets_the_moments_of_its_series(data: str | None, visits: Path, tmp_path: Path) -> None:
    run, as_of = run_of(visits), str(visits / "moments.csv")
    if data is None:  # not before the rows that the run keeps
        as_of = str(tmp_path / "late.csv")
        table = pd.read_csv(visits / "moments.csv").assign(asof="2024-06-01")
        table.to_csv(as_of, index=False)
    question = Question.of(run, ((80,), ()), None, (), None)
    panel, notes = panel_ahead(run, None if data is None else visits / "visits.csv", as_of, None)
    here = forecast_panel(run.models, panel, question.columns)
    shards = shards_in(visits, run, tmp_path, data)
    beside = cut_moments(run.panel.columns, as_of, parting_of(shards), tmp_path, quiet)
    assert beside is not None
    whole = None if data is None else merged(run, shards, as_of, beside)
    there, said = answered(run, shards, Job(run.name, question, as_of, whole, "{}", moments=beside))
    here = here.sort_values("unique_id", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(there, here, rtol=1e-6)
    assert counted(said, f"ids of {as_of} have no event") == 2
    assert counted(notes, f"ids of {as_of} have no event") == 2


def test_one_moment_for_all_is_no_file(visits: Path, tmp_path: Path) -> None:
    run = run_of(visits)
    parting = parting_of(shards_in(visits, run, tmp_path))
    assert cut_moments(run.panel.columns, "2024-01-25", parting, tmp_path, quiet) is None


def test_ids_of_a_part_without_rows_go_to_one_that_has_some(sales: Path, tmp_path: Path) -> None:
    run = run_of(sales)
    shards = shards_in(sales, run, tmp_path)
    few = replace(parting_of(shards), numbers=(1, 2))
    beside = cut_future(run, sales / "future.csv", few, tmp_path, quiet)
    assert sum(beside.of(number).n_rows for number in few.numbers) == N_SHOPS * 3


def test_a_wrong_field_is_named_by_the_file_of_the_user_and_the_id(sales: Path, tmp_path: Path) -> None:
    run, future = run_of(sales), tmp_path / "days.csv"
    lines = (sales / "future.csv").read_text().splitlines()
    lines[5] = lines[5].rpartition(",")[0] + ",much"
    future.write_text("\n".join(lines) + "\n")
    shards = shards_in(sales, run, tmp_path)
    beside = cut_future(run, future, parting_of(shards), tmp_path, quiet)
    job = Job(run.name, Question.of(run, ((80,), ()), None, (), None), None, None, "{}", future=beside)
    with pytest.raises(DataError, match=r"days\.csv, a row of 'shop 1'.*'much'"):
        answered(run, shards, job)
    with pytest.raises(DataError, match=r"days\.csv, line 6.*'much'"):
        read_by_line(run, Asked(sales / "sales.csv", job.question, None, future))


def test_series_that_the_file_leaves_out_are_named(sales: Path, visits: Path, tmp_path: Path) -> None:
    run, future = run_of(sales), tmp_path / "days.csv"
    table = pd.read_csv(sales / "future.csv")
    table[table["shop"] == "shop 1"].to_csv(future, index=False)
    shards = shards_in(sales, run, tmp_path)
    beside = cut_future(run, future, parting_of(shards), tmp_path, quiet)
    question = Question.of(run, ((80,), ()), None, (), None)
    with pytest.raises(DataError, match=r"days\.csv: no value of promo for shop \d at 2024-02-10.* nor for"):
        answered(run, shards, Job(run.name, question, None, merged(run, shards, None, None), "{}", beside))

    run, moments = run_of(visits), tmp_path / "moments.csv"
    pd.read_csv(visits / "moments.csv").head(1).to_csv(moments, index=False)
    shards = shards_in(visits, run, tmp_path)
    found = cut_moments(run.panel.columns, str(moments), parting_of(shards), tmp_path, quiet)
    with pytest.raises(DataError, match=r"moments\.csv: no moment for \d ids? of the data: c\d"):
        merged(run, shards, str(moments), found)


def test_a_future_without_a_column_is_refused_as_it_is_cut(sales: Path, tmp_path: Path) -> None:
    run, future = run_of(sales), tmp_path / "days.csv"
    pd.read_csv(sales / "future.csv").drop(columns="promo").to_csv(future, index=False)
    with pytest.raises(DataError, match="needs columns day, promo, shop; promo missing"):
        cut_future(run, future, parting_of(shards_in(sales, run, tmp_path)), tmp_path, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["days.csv"]


@pytest.mark.slow
def test_a_future_needs_to_know_where_each_series_lies(
    sales: Path, tmp_path: Path, ray_here: Session
) -> None:
    del ray_here
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    pd.read_csv(sales / "sales.csv").to_parquet(theirs / "a.parquet", index=False)
    on_ray = Forecaster.load(sales / "run", engine="ray", workers=1)
    with pytest.raises(ConfigError, match=r"--future: needs data .* forecast shard .*theirs"):
        on_ray.predict(str(theirs), future=sales / "future.csv")


def test_another_version_of_the_file_is_another_question(sales: Path, tmp_path: Path) -> None:
    run, future = run_of(sales), tmp_path / "days.csv"
    shards = shards_in(sales, run, tmp_path)
    versions = []
    for place, more in enumerate(("", "", "shop 1,2024-03-01,0\n")):
        if more or not versions:
            future.write_text((sales / "future.csv").read_text() + more)
        (tmp_path / str(place)).mkdir()
        versions.append(cut_future(run, future, parting_of(shards), tmp_path / str(place), quiet).version)
    assert versions[0] == versions[1] != versions[2]


def test_a_folder_is_another_one_when_one_of_its_files_has_changed(tmp_path: Path) -> None:
    place = tmp_path / "days"
    place.mkdir()
    for name in "ab":
        pd.DataFrame({"shop": [name]}).to_parquet(place / f"{name}.parquet")
    before = identity_of(place)
    assert identity_of(place) == before
    pd.DataFrame({"shop": ["a", "c"]}).to_parquet(place / "a.parquet")
    assert identity_of(place) != before


def test_a_file_put_beside_the_parts_may_hold_any_series(sales: Path, tmp_path: Path) -> None:
    run, folder = run_of(sales), tmp_path / "parts"
    shutil.copytree(sales / "parts", folder)
    assert shards_in(tmp_path, run, tmp_path).parting is not None
    shutil.copy(folder / part_name(0), folder / "part-more.parquet")
    assert shards_in(tmp_path, run, tmp_path).parting is None
    assert parted(sales / "parts", run.settings.data) is not None
    assert parted(folder, run.settings.data) is None  # it is refused where the whole is read


def test_what_does_not_fit_the_run_is_refused_before_anything_begins(visits: Path, sales: Path) -> None:
    run = run_of(visits)
    question = Question.of(run, ((80,), ()), None, (), None)
    with pytest.raises(ConfigError, match="uses no column that is known in advance"):
        check_asked(run, Asked(visits / "visits.csv", question, None, sales / "future.csv"))
    with pytest.raises(ConfigError, match="only events have such a moment"):
        check_asked(run_of(sales), Asked(sales / "sales.csv", question, "2024-01-25"))


@pytest.mark.slow
def test_the_command_forecasts_with_a_future_as_it_does_here(
    sales: Path, tmp_path: Path, ray_here: Session
) -> None:
    del ray_here
    words = ("predict", str(sales / "sales.csv"), "--run", str(sales / "run"))
    words += ("--future", str(sales / "future.csv"), "--out")
    on_ray = ("--engine", "ray", "--workers", "2")
    for more in ((str(tmp_path / "here.csv"),), (str(tmp_path / "ray.csv"), *on_ray)):
        done = CliRunner().invoke(cli, [*words, *more])
        assert done.exit_code == 0, done.output
    here, there = (pd.read_csv(tmp_path / name) for name in ("here.csv", "ray.csv"))
    pd.testing.assert_frame_equal(there, here, rtol=1e-6)
    for expected in ("Wrote 27 rows in", "Note: 5 of 5 parts were there already"):
        done = CliRunner().invoke(cli, [*words, str(tmp_path / "forecast"), *on_ray])
        assert done.exit_code == 0, done.output
        kept = len(list((tmp_path / "forecast").iterdir()))
        assert expected.replace("5 of 5", f"{kept} of {kept}") in done.stderr
    assert not [path for path in (tmp_path / "forecast").iterdir() if path.name.startswith(".")]
