from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from forecaster.config.toml_file import read_settings_file

FAST = 'epochs = 1\nensemble = 1\nunits = 4\nthreads = 1\nbaselines = "fast"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [f"{2000 + month // 12}-{month % 12 + 1:02d}-01,{10 + month % 5}" for month in range(80)]
    (tmp_path / "data.csv").write_text("\n".join(["ds,y", *rows]) + "\n")
    (tmp_path / "forecast.toml").write_text(FAST + "look_back = 4\n[window]\nhorizon = 2\n")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, [*words])


def test_train_takes_a_settings_file_and_options_go_before_it(folder: Path) -> None:
    words = ["--config", "forecast.toml", "--look-back", "6", "--save-config", "out.toml"]
    done = run("train", "data.csv", *words)
    assert done.exit_code == 0, done.output
    assert "Settings saved to out.toml." in done.stderr
    saved = read_settings_file(folder / "out.toml")
    given = {"epochs": 1, "ensemble": 1, "units": [4], "threads": 1, "baselines": "fast"}
    assert saved == {**given, "look_back": 6, "horizon": 2}
    text = (folder / "out.toml").read_text()
    assert "# optimizer = " in text
    assert "# season = " in text.split("[window]")[0]


def test_backtest_takes_and_writes_one_too(folder: Path) -> None:
    words = ["--config", "forecast.toml", "--windows", "2", "--save-config", "out.toml"]
    done = run("backtest", "data.csv", *words)
    assert done.exit_code == 0, done.output
    assert read_settings_file(folder / "out.toml")["look_back"] == 4


def test_a_wrong_file_ends_the_command_before_the_data_is_read(folder: Path) -> None:
    (folder / "wrong.toml").write_text("[window]\nlook_bak = 3\n")
    done = run("train", "missing.csv", "--config", "wrong.toml")
    assert done.exit_code == 1
    assert "wrong.toml, line 2, window.look_bak: no such setting. Did you mean look_back?" in done.stderr
