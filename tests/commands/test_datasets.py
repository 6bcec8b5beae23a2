from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecaster.commands.datasets import datasets, read_samples, samples_folder
from forecaster.errors import ConfigError

NAMES = ["air_passengers", "cdnow", "earthquakes", "electricity", "geyser", "m4_hourly", "stocks"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_list_shows_every_file() -> None:
    result = CliRunner().invoke(datasets, [])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["NAME", "KIND", "ROWS", "WHAT", "LICENCE"]
    assert [line.split()[0] for line in lines[1:]] == NAMES
    assert max(map(len, lines)) <= 120


def test_json_list_has_the_train_command() -> None:
    entries = json.loads(CliRunner().invoke(datasets, ["--json"]).output)
    geyser = next(entry for entry in entries if entry["name"] == "geyser")
    assert geyser["rows"] == 299
    assert geyser["train"].startswith("forecast train geyser.csv --target waiting")


@pytest.mark.parametrize("name", ["geyser", "geyser.csv"])
def test_named_file_is_written_to_the_current_folder(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(datasets, [name])
    assert result.exit_code == 0
    assert "forecast train geyser.csv" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["geyser.csv"]
    assert (tmp_path / "geyser.csv").read_bytes() == (samples_folder() / "geyser.csv").read_bytes()


def test_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "geyser.csv"
    path.write_text("mine")
    result = CliRunner().invoke(datasets, ["geyser"])
    assert isinstance(result.exception, ConfigError)
    message = "geyser.csv: the file exists already. Add --force to replace it."
    assert str(result.exception) == message
    assert path.read_text() == "mine"
    assert CliRunner().invoke(datasets, ["geyser", "--force"]).exit_code == 0
    assert path.read_text().startswith("waiting,duration")


@pytest.mark.parametrize("name", ["nothing", "../README.md", "README.md", ""])
def test_unknown_name_lists_those_that_are_there(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(datasets, [name])
    assert str(result.exception) == (
        f"datasets: there is no sample called '{name}'. Choose one of {', '.join(NAMES)}."
    )
    assert not list(tmp_path.iterdir())


def test_table_and_folder_agree() -> None:
    folder = samples_folder()
    samples = read_samples(folder)
    assert sorted(sample.file for sample in samples) == sorted(p.name for p in folder.glob("*.csv"))
    for sample in samples:
        with (folder / sample.file).open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        assert len(rows) == sample.rows, sample.file
        assert all(len(row) == len(header) for row in rows), sample.file
        assert (folder / sample.file).stat().st_size < 300_000
        assert f"## {sample.file}" in (folder / "README.md").read_text(encoding="utf-8")
