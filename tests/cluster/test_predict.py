"""Forecasts on Ray are those made here, in parts that are made once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.cluster.parts import answers, as_question, prepare, read_part, write_part
from forecaster.cluster.predictor import Predictor, merged_notes, part_mark
from forecaster.cluster.session import Session
from forecaster.cluster.shards import Shard
from forecaster.commands import cli
from forecaster.config.settings import DataSettings
from forecaster.data.folder import part_name
from forecaster.data.shards import write_shards
from forecaster.errors import ConfigError, RunError
from forecaster.forecaster import Forecaster

# Ray takes its time to begin, and longer on a machine that others use.
pytestmark = pytest.mark.slow

SMALL = {"epochs": 1, "ensemble": 1, "units": 4, "threads": 1, "look_back": 3}
ON_RAY = ("--engine", "ray", "--workers", "1")


def visits(n: int = 40) -> pd.DataFrame:
    """Visits of customers, by time; those of the last are few and early."""
    rng = np.random.default_rng(7)
    lengths = np.where(np.arange(n) == n - 1, 1, rng.integers(3, 9, n))
    hours = [np.cumsum(rng.gamma(2.0, 40.0, k)).astype(int) for k in lengths]
    names = np.repeat([f"c{k}" for k in range(n)], lengths)
    times = pd.Timestamp("2021-03-01") + pd.to_timedelta(np.concatenate(hours), unit="h")
    frame = pd.DataFrame({"customer_id": names, "time": times})
    return frame.sort_values("time", kind="stable").reset_index(drop=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with visits, a run trained on them, and their parts."""
    folder = tmp_path_factory.mktemp("ray")
    visits().to_csv(folder / "visits.csv", index=False)
    Forecaster(**SMALL).fit(folder / "visits.csv").save(folder / "run")
    write_shards(folder / "visits.csv", folder / "parts", 5, DataSettings())
    return folder


def predict(place: Path, *words: str) -> Result:
    """The command, with its paths in that folder."""
    named = [str(place / word) if (place / word).exists() else word for word in words]
    return CliRunner().invoke(cli, ["predict", "--run", str(place / "run"), *named])


def test_a_file_is_forecast_as_it_is_here_in_its_order(
    place: Path, tmp_path: Path, ray_here: Session
) -> None:
    del ray_here
    for name, words in (("here.csv", ()), ("ray.csv", ON_RAY)):
        done = predict(place, "visits.csv", "--out", str(tmp_path / name), "--level", "80,95", *words)
        assert done.exit_code == 0, done.output
    here, there = (pd.read_csv(tmp_path / name) for name in ("here.csv", "ray.csv"))
    pd.testing.assert_frame_equal(there, here, rtol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here.csv", "ray.csv"]


def test_later_events_are_drawn_as_they_are_here(place: Path, ray_here: Session) -> None:
    del ray_here
    words = ("visits.csv", "--horizon", "3", "--within", "7d", "--seed", "3", "--json")
    here, there = (predict(place, *words, *more) for more in ((), ON_RAY))
    assert here.exit_code == there.exit_code == 0, there.output
    tables = [pd.DataFrame(json.loads(one.stdout)) for one in (there, here)]
    assert len(tables[0]) == 120
    pd.testing.assert_frame_equal(*tables, rtol=1e-6)


def test_a_folder_is_forecast_into_parts_once(place: Path, tmp_path: Path, ray_here: Session) -> None:
    del ray_here
    here = Forecaster.load(place / "run").predict(place / "parts", within=["7d"])
    out = tmp_path / "forecast"
    words = ("parts", "--out", str(out), "--within", "7d", "--engine", "ray", "--workers", "2")
    first = predict(place, *words)
    assert first.exit_code == 0, first.output
    assert sorted(path.name for path in out.iterdir()) == [part_name(k) for k in range(5)]
    made = pd.concat([read_part(str(out / part_name(k))) for k in range(5)], ignore_index=True)
    pd.testing.assert_frame_equal(made, here, rtol=1e-6)

    times = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    (out / part_name(3)).unlink()
    again = predict(place, *words)
    assert "4 of 5 parts were there already" in again.stderr
    assert "rows in 1 parts" in again.stderr
    kept = {path.name for path in out.iterdir() if path.stat().st_mtime_ns == times[path.name]}
    assert kept == set(times) - {part_name(3)}


def test_a_part_of_another_question_or_other_rows_is_made_again() -> None:
    shard = Shard(3, "sales/part-00003.parquet", version="a")
    mark = as_question(run="1", within=("7d",))
    assert part_mark(mark, shard) == part_mark(mark, shard)
    assert part_mark(mark, shard) != part_mark(as_question(run="1", within=("14d",)), shard)
    assert part_mark(mark, shard) != part_mark(mark, replace(shard, version="b"))


def test_the_library_forecasts_what_the_run_keeps(place: Path, ray_here: Session) -> None:
    del ray_here
    here = Forecaster.load(place / "run").predict()
    on_ray = Forecaster.load(place / "run", engine="ray", workers=1)
    pd.testing.assert_frame_equal(on_ray.predict(), here, rtol=1e-6)


def test_a_moment_before_all_rows_of_a_part_leaves_the_others(place: Path, ray_here: Session) -> None:
    del ray_here
    words = ("visits.csv", "--as-of", "2021-03-02T12:00", "--json")
    here, there = predict(place, *words), predict(place, *words, *ON_RAY)
    assert here.exit_code == there.exit_code == 0, there.output
    pd.testing.assert_frame_equal(*(pd.DataFrame(json.loads(one.stdout)) for one in (there, here)), rtol=1e-6)
    none = predict(place, "visits.csv", "--as-of", "2001-01-01", *ON_RAY)
    assert none.exit_code == 1
    assert "--as-of 2001-01-01 is before every event" in none.stderr


def test_values_with_a_gap_are_filled_as_in_the_whole(tmp_path: Path, ray_here: Session) -> None:
    del ray_here
    days = pd.date_range("2022-01-03", periods=30, freq="D")
    frame = pd.concat(
        [pd.DataFrame({"shop": f"s{k}", "ds": days, "y": np.sin(np.arange(30.0) + k)}) for k in range(12)]
    )
    frame = frame.drop(frame.index[[5]]).reset_index(drop=True)
    run = Forecaster(**SMALL, horizon=2, id="shop").fit(frame)
    here = run.predict(frame)
    run.save(tmp_path / "run")
    on_ray = Forecaster.load(tmp_path / "run", engine="ray", workers=1)
    pd.testing.assert_frame_equal(on_ray.predict(frame), here, rtol=1e-6)
    assert any("were not there and were put in" in note for note in on_ray.notes)


class Deadly(Predictor):
    """Does not outlive one of the shards, as if there were not enough memory for it."""

    def _forecast(self, shard: Shard, place: str) -> dict[str, Any]:
        if shard.number == 2:
            os._exit(1)
        return super()._forecast(shard, place)


def test_a_part_that_no_worker_outlives_is_named_and_the_others_are_kept(
    place: Path, tmp_path: Path, ray_here: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    del ray_here
    words = ("parts", "--out", str(tmp_path / "out"), "--engine", "ray", "--workers", "2")
    with monkeypatch.context() as patched:
        patched.setattr("forecaster.cluster.predict.Predictor", Deadly)
        done = predict(place, *words)
    assert done.exit_code == 1
    assert f"{part_name(2)}: failed 3 times; the last time: its worker ended. What was done" in done.stderr
    kept = len(list((tmp_path / "out").iterdir()))
    again = predict(place, *words)
    assert again.exit_code == 0 and f"{kept} of 5 parts were there already" in again.stderr


def test_what_cannot_be_answered_is_said_before_ray_begins(place: Path) -> None:
    assert "--horizon 0: Give 1 at least." in predict(place, "parts", *ON_RAY, "--horizon", "0").stderr
    refused = predict(place, "parts", "--workers", "2")
    assert refused.exit_code == 1
    assert "--workers 2: only for --engine ray" in refused.stderr
    with pytest.raises(ConfigError, match="look_back: a loaded run has its own"):
        Forecaster.load(place / "run", look_back=3)


def test_a_folder_of_other_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    (tmp_path / ".part-00000.parquet.1-ab.tmp").write_text("left by a killed worker")
    with pytest.raises(RunError, match=r"holds letters\.txt, which is no part of this forecast"):
        prepare(str(tmp_path), [part_name(0)])
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_part_knows_its_question_at_any_place(scheme: str, tmp_path: Path) -> None:
    place = f"{scheme}{tmp_path}/{part_name(0)}"
    assert answers(place) is None
    tables = [pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})]
    assert write_part(place, iter(tables), '["which"]') == 2
    assert answers(place) == '["which"]'
    assert read_part(place)["a"].tolist() == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == [part_name(0)]


def test_a_part_that_fails_half_way_is_not_there(tmp_path: Path) -> None:
    def tables() -> list[pd.DataFrame]:
        yield pd.DataFrame({"a": [1]})
        raise RuntimeError("network")

    for scheme in ("", "file://"):
        with pytest.raises(RuntimeError, match="network"):
            write_part(f"{scheme}{tmp_path}/{part_name(0)}", tables(), "[]")
        assert not list(tmp_path.iterdir())


def test_notes_of_shards_are_said_once_with_their_counts_added() -> None:
    results = [
        {"notes": [["sorted", "rows were sorted", 2], ["ties", "5 % of gaps are zero", 1]]},
        {"notes": [["sorted", "rows were sorted", 3], ["ties", "6 % of gaps are zero", 1]]},
    ]
    assert list(merged_notes(results)) == [
        "rows were sorted (5)",
        "5 % of gaps are zero (1); 1 more of this kind",
    ]


def test_the_local_path_imports_no_ray(place: Path) -> None:
    code = (
        "import sys\n"
        "from forecaster.commands import cli\n"
        f"words = ['predict', '--run', {str(place / 'run')!r}, {str(place / 'parts')!r}]\n"
        "cli(words, standalone_mode=False)\n"
        "print('ray' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "False", done.stderr
