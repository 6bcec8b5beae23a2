"""Sequences on Ray: labels, rows and symbols of shards are those of the whole file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecaster.cluster.answers import Answers, Job
from forecaster.cluster.asked import Asked, check_asked, read_by_line
from forecaster.cluster.session import Session
from forecaster.cluster.shards import shards_of
from forecaster.commands import cli
from forecaster.config.data_settings import DataSettings
from forecaster.data.shards import write_shards
from forecaster.errors import ConfigError, DataError, RunError
from forecaster.evaluation.forecast import Question
from forecaster.evaluation.sequence_continuation import Continued
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.sequence_tables import predict_sequences
from forecaster.forecaster import Forecaster
from forecaster.run.load import load_run

SMALL = {"id": "case", "epochs": 2, "ensemble": 1, "units": 4, "threads": 1}
WHAT = {"label": {"label": "class"}, "marks": {"mark": "step"}, "tags": {"outputs": ["class"]}}


def cases(n: int = 30) -> pd.DataFrame:
    """Rows of cases: a number, a symbol that goes round, and a class of the case."""
    rng = np.random.default_rng(2)
    lengths = rng.integers(5, 9, n)
    row = np.concatenate([np.arange(length) for length in lengths])
    case = np.repeat(np.arange(n), lengths)
    return pd.DataFrame(
        {
            "case": [f"case {k}" for k in case],
            "x": rng.normal(case % 2, 0.1),
            "step": np.array(["a", "b", "c"])[row % 3],
            "class": np.array(["odd", "even"])[case % 2],
        }
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cases, runs that have learnt their labels, symbols and tags, and parts of them."""
    folder, table = tmp_path_factory.mktemp("cases"), cases()
    for name, settings in WHAT.items():
        others = ["x"] if name == "marks" else ["step"]
        seen = table.drop(columns=[*others, *(["class"] if name == "marks" else [])])
        Forecaster(**SMALL, **settings).fit(seen).save(folder / name)
        seen.to_csv(folder / f"{name}.csv", index=False)
        write_shards(folder / f"{name}.csv", folder / f"{name} parts", 4, DataSettings(id="case", **settings))
    return folder


def run_of(place: Path, name: str) -> SequenceRun:
    run = load_run(place / name)
    assert isinstance(run, SequenceRun)
    return run


def by_id(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("unique_id", kind="stable", ignore_index=True)


@pytest.mark.parametrize(
    ("name", "data", "asked"),
    [
        ("label", "label parts", Continued()),
        ("tags", "tags parts", Continued()),
        ("marks", "marks parts", Continued(horizon=3)),
        ("marks", None, Continued(horizon=2)),
    ],
)
def test_shards_are_answered_as_the_whole(
    name: str, data: str | None, asked: Continued, place: Path, tmp_path: Path
) -> None:
    run, source = run_of(place, name), None if data is None else str(place / data)
    here, _ = predict_sequences(run, None if data is None else place / f"{name}.csv", asked)
    shards = shards_of(run, source, tmp_path, lambda *_: None)
    assert len(shards.parts) > 2
    answers = Answers(run, Job(run.name, asked, None, None, "{}"))
    there = pd.concat([table for one in shards.parts for table in answers.of(one).tables], ignore_index=True)
    pd.testing.assert_frame_equal(by_id(there), by_id(here), rtol=1e-6)


def test_what_cannot_be_said_is_refused_before_anything_begins(place: Path) -> None:
    labels, symbols = run_of(place, "label"), run_of(place, "marks")
    with pytest.raises(RunError, match=r"keeps no rows\. Name a file"):
        check_asked(labels, Asked(None, Continued()))
    with pytest.raises(ConfigError, match="only symbols are drawn"):
        check_asked(labels, Asked("a.csv", Continued(sample=True)))
    with pytest.raises(ConfigError, match="--horizon 0: must be 1 or more"):
        check_asked(symbols, Asked(None, Continued(horizon=0)))
    check_asked(symbols, Asked(None, Continued(horizon=4)))


def test_a_wrong_row_is_named_by_its_line(place: Path, tmp_path: Path) -> None:
    run, source = run_of(place, "label"), tmp_path / "bad.csv"
    lines = (place / "label.csv").read_text().splitlines()
    lines[7] = "case 1,much,odd"
    source.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=r"bad\.csv, line 8.*'much'"):
        read_by_line(run, Asked(source, Continued()))


@pytest.mark.slow
def test_the_command_and_the_library_say_on_ray_what_they_say_here(
    place: Path, tmp_path: Path, ray_here: Session
) -> None:
    del ray_here
    source = str(place / "label.csv")
    for name, words in (("here.csv", ()), ("ray.csv", ("--engine", "ray", "--workers", "2"))):
        words = ("predict", source, "--run", str(place / "label"), "--out", str(tmp_path / name), *words)
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
    here, there = (pd.read_csv(tmp_path / name) for name in ("here.csv", "ray.csv"))
    pd.testing.assert_frame_equal(there, here, rtol=1e-6)
    on_ray = Forecaster.load(place / "marks", engine="ray", workers=1)
    expected = Forecaster.load(place / "marks").predict(horizon=3)
    pd.testing.assert_frame_equal(on_ray.predict(horizon=3), expected, rtol=1e-6)


def test_a_question_for_another_kind_of_run_is_an_error_of_ours(place: Path) -> None:
    run = run_of(place, "label")
    with pytest.raises(TypeError, match="a SequenceRun cannot be asked a Question"):
        check_asked(run, Asked("a.csv", Question((), 1)))  # type: ignore[arg-type]
