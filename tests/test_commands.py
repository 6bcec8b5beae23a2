"""What commands print, where, with which exit code, and what they say when something is wrong."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import COMMANDS, cli
from tests.conftest import SavedRun

SMALL = ["--units", "8", "--epochs", "2", "--ensemble", "1", "--threads", "1"]


def call(*arguments: object, standard_input: bytes | None = None) -> Result:
    """Run ``forecast`` in this process."""
    return CliRunner().invoke(cli, [str(one) for one in arguments], input=standard_input)


def error_of(result: Result) -> str:
    """The message of a command that ended with exit code 1, nothing on stdout, no traceback."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit)
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    return last.removeprefix("Error: ")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write lines to a file of the current folder and return its name."""

    def write(name: str, *lines: str) -> str:
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return name

    return write


@pytest.fixture
def gaps(write: Callable[..., str]) -> str:
    """A file of 60 intervals."""
    return write("gaps.csv", "interval", *(str(3 + row % 4) for row in range(60)))


# The command itself.


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_the_group_is_the_first_line_of_each_command(name: str) -> None:
    command = getattr(importlib.import_module(f"forecaster.commands.{name}"), name)
    if name == "datasets":  # its own help says what its argument does
        assert command.help.splitlines()[0].startswith("List the sample data")
        return
    assert command.help.splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    command = getattr(importlib.import_module(f"forecaster.commands.{name}"), name)
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert not [one.name for one in options if not one.help]
    assert not [one.name for one in options if not re.fullmatch(r"[A-Z\d].*[.\])]", one.help or "")]


@pytest.mark.parametrize("arguments", [["--help"], [], ["--version"], ["train", "--help"]])
def test_help_says_how_to_go_on(arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == (0 if arguments else 2)
    assert "forecast" in result.output


def test_help_and_errors_of_data_import_neither_torch_nor_keras(write) -> None:
    write("bad.csv", "time", "2021-01-01", "2021-13-04")
    code = """
import sys
from forecaster.commands import cli
try:
    cli(sys.argv[2:])
except SystemExit as end:
    pass
found = sorted(set(sys.argv[1].split(",")) & set(sys.modules))
print("imported:", *found)
"""
    for heavy, arguments in (
        ("torch,keras,pandas,numpy,pydantic,rich", ["--help"]),
        ("torch,keras,pandas,numpy", ["train"]),
        ("torch,keras,sklearn", ["train", "bad.csv"]),
        ("torch,keras,sklearn", ["inspect", "bad.csv"]),
        ("torch,keras,sklearn", ["predict"]),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, heavy, *arguments], capture_output=True, text=True, timeout=60
        )
        if arguments == ["train"]:
            heavy_and_options = done.stdout.splitlines()[-1]
            assert "torch" not in heavy_and_options and "keras" not in heavy_and_options
            continue
        assert done.stdout.splitlines()[-1] == "imported:", (arguments, done.stdout, done.stderr)


# train


def test_train_prints_results_on_stdout_and_notes_on_stderr(gaps: str, tmp_path: Path) -> None:
    result = call("train", gaps, "--look-back", 4, *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "Scores on the test part" in result.stdout
    assert "model (mixture)" in result.stdout and "seasonal_naive" not in result.stdout
    assert "Forecast after 59" in result.stdout
    assert re.search(r"(beats the model|beats every baseline): .*CRPS", result.stdout)
    assert "gaps.csv: read as intervals, because" in result.stderr
    assert "60 rows, 1 series, 0 to 59" in result.stderr
    assert "epoch 2/2" in result.stderr
    assert "Saved to runs/gaps. Go on with: forecast predict --run runs/gaps" in result.stderr
    assert (tmp_path / "runs" / "latest").read_text() == "gaps\n"
    assert (tmp_path / "runs" / "gaps" / "CURRENT").is_file()
    assert not re.search("Error|Traceback|Warning", result.output)


def test_train_json_is_the_report_alone(gaps: str) -> None:
    result = call("train", gaps, "--look-back", 4, "--task", "both", "--json", *SMALL)
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["data"]["kind"] == "intervals" and report["state"] == "finished"
    assert list(report["scores"]["test"]["models"]) == ["mixture", "bins"]
    saved = json.loads(Path("runs/gaps/v0001/report.json").read_text())
    assert saved == report


def test_train_adds_versions_and_keeps_two(gaps: str, tmp_path: Path) -> None:
    for _ in range(3):
        assert call("train", gaps, "--out", "one", "--no-final-fit", *SMALL).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "one").glob("v*")) == ["v0002", "v0003"]
    assert (tmp_path / "one" / "CURRENT").read_text().strip() == "v0003"


def test_train_without_context_needs_a_file_to_predict(gaps: str) -> None:
    assert call("train", gaps, "--no-context", *SMALL).exit_code == 0
    message = error_of(call("predict"))
    assert message == "runs/gaps: holds no rows to go on from. Give a file: forecast predict DATA."
    assert call("predict", gaps).exit_code == 0


def test_train_reads_standard_input(gaps: str, tmp_path: Path) -> None:
    content = Path(gaps).read_bytes()
    result = call("train", "-", *SMALL, standard_input=content)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "runs" / "stdin").is_dir()
    predicted = call("predict", "-", "--json", standard_input=content)
    assert json.loads(predicted.stdout)[0]["ds"] == 60


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--epochs", "x"], 2, "Invalid value for '--epochs'"),
        (["--nosuch"], 2, "No such option"),
        (["--task", "guess"], 2, "Invalid value for '--task'"),
        (["--epochs", "0"], 1, "--epochs 0:"),
        (["--units", "8,x"], 1, "--units"),
        (["--dropout", "1.5"], 1, "--dropout 1.5:"),
        (["--look-back", "0"], 1, "--look-back 0:"),
        (["--test-size", "1.5"], 1, "1.5: neither a fraction below 1"),
        (["--segment", "9", "--look-back", "3"], 1, "--segment 9: longer than --look-back 3. Lower it."),
        (["--units", "8,8,8", "--layers", "2"], 1, "--units 8,8,8: 3 numbers for --layers 2."),
        (["--transforms", "level,standard"], 1, "Put standard first."),
        (["--bins", "5,5,6", "--task", "classify"], 1, "edges must rise"),
        (["--level", "180"], 1, "--level 180: not between 0 and 100. Give percent, such as 80."),
        (["--level", "high"], 1, "--level high: not a number."),
    ],
)
def test_settings_that_are_not_possible(gaps: str, options: list[str], code: int, message: str) -> None:
    result = call("train", gaps, *options)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""
    assert not Path("runs").exists()


# The messages of STYLE (d).


def test_message_of_a_missing_column(write) -> None:
    write("prices.csv", "date,open,high,low", *(f"2024-01-{day:02d},1,2,1" for day in range(1, 29)))
    assert error_of(call("train", "prices.csv", "--target", "close")) == (
        "prices.csv: column 'close' is missing; found date, high, low, open. Name the target with --target."
    )


def test_message_of_a_bad_stamp(write) -> None:
    days = [f"2021-01-{day:02d}" for day in range(1, 10)]
    write("events.csv", "time", *days, "2021-13-04")
    assert error_of(call("train", "events.csv", "--kind", "events")) == (
        "events.csv, line 11, column 'time': '2021-13-04' is not a timestamp. Write it as 2021-12-04T09:30."
    )


def test_message_of_too_few_rows(write) -> None:
    write("gaps.csv", "interval", "1", "2", "3")
    assert error_of(call("train", "gaps.csv", "--look-back", 3)) == (
        "gaps.csv: 3 rows are too few; --look-back 3 needs at least 4. Lower it, or bring more rows."
    )
    assert error_of(call("train", "gaps.csv", "--look-back", 3, "--horizon", 2)) == (
        "gaps.csv: 3 rows are too few; --look-back 3 and --horizon 2 need at least 5. "
        "Lower them, or bring more rows."
    )


def test_message_of_a_high_below_the_low(write) -> None:
    rows = [f"2024-01-{day:02d},102,104.00,101.00,103" for day in range(1, 20)]
    rows[7] = "2024-01-08,102,101.20,103.75,103"
    write("prices.csv", "date,open,high,low,close", *rows)
    assert error_of(call("train", "prices.csv")) == (
        "prices.csv, line 9: high 101.20 is below low 103.75. Correct the row or remove it."
    )


def test_message_of_columns_that_the_run_needs(write, values_run: SavedRun) -> None:
    write("new.csv", "ds,value", "2024-01-01,1")
    assert error_of(call("predict", "new.csv", "--run", values_run.folder)) == (
        f"{values_run.folder}: trained on ds, unique_id, y; new.csv lacks unique_id, y. "
        "Use a file with all of them."
    )


@pytest.mark.parametrize("command", ["train", "inspect", "backtest", "evaluate"])
def test_missing_file_is_named(command: str, values_run: SavedRun) -> None:
    options = ["--run", str(values_run.folder)] if command == "evaluate" else []
    assert error_of(call(command, "no.csv", *options)) == "no.csv: there is no such file. Check the path."


def test_empty_file_is_refused(write) -> None:
    write("empty.csv")
    assert error_of(call("train", "empty.csv")).startswith("empty.csv")


# predict


def test_predict_prints_a_table(values_run: SavedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(values_run.folder.parents[1])
    result = call("predict", "--level", "80,95", "--quantile", "0.1", "--quantile", "0.25,0.9")
    assert result.exit_code == 0 and result.stderr == ""
    title, header, *rows = result.stdout.splitlines()
    assert title.rstrip() == "Forecast of runs/tiny"
    assert header.split() == [
        "unique_id", "ds", "forecast", "forecast-lo-80", "forecast-hi-80", "forecast-lo-95",
        "forecast-hi-95", "q-0.10", "q-0.25", "q-0.90",
    ]  # fmt: skip
    assert [row.split()[:2] for row in rows] == [
        [name, f"2024-03-0{day}"] for name in "ab" for day in (1, 2, 3)
    ]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_predict_writes_every_kind_of_file(ending: str, values_run: SavedRun) -> None:
    result = call("predict", "--run", values_run.folder, "--horizon", 2, "--out", f"next.{ending}")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == f"Wrote 4 rows to next.{ending}.\n"
    path = Path(f"next.{ending}")
    table = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[ending](path)
    assert list(table.columns) == ["unique_id", "ds", "forecast", "forecast-lo-80", "forecast-hi-80"]
    assert table["unique_id"].tolist() == ["a", "a", "b", "b"]
    assert pd.to_datetime(table["ds"]).dt.day.tolist() == [1, 2, 1, 2]
    assert path.stat().st_mode & 0o777 == 0o600


def test_predict_json_and_table_hold_the_same_numbers(values_run: SavedRun) -> None:
    rows = json.loads(call("predict", "--run", values_run.folder, "--json").stdout)
    assert [row["ds"][:10] for row in rows[:3]] == ["2024-03-01", "2024-03-02", "2024-03-03"]
    call("predict", "--run", values_run.folder, "--out", "next.csv")
    assert pd.read_csv("next.csv")["forecast"].tolist() == pytest.approx([row["forecast"] for row in rows])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--horizon", 4], "--horizon 4: the run was trained for 3 steps. Lower it, or train again with"),
        (["--horizon", 0], "--horizon 0: the run was trained for 3 steps. Give 1 at least."),
        (["--level", 100], "--level 100: not between 0 and 100. Give percent, such as 80."),
        (["--level", "x"], "--level x: not a number."),
        (["--quantile", 80], "--quantile 80: not between 0 and 1."),
        (["--within", "7d"], "--within 7d: only for events; these are values. Leave it out."),
        (["--as-of", "2024-05-01"], "--as-of 2024-05-01: only events have such a moment; these are values."),
        (["--out", "a.xlsx"], "--out a.xlsx: ends in neither .csv, .json nor .parquet."),
        (["--out", "no/a.csv"], "--out no/a.csv: the folder no does not exist. Make it first."),
    ],
)
def test_predict_refuses_what_it_cannot_do(options: list[Any], message: str, values_run: SavedRun) -> None:
    assert error_of(call("predict", "--run", values_run.folder, *options)).startswith(message)


def test_predict_without_a_run_says_how_to_make_one() -> None:
    assert error_of(call("predict")) == (
        "runs/latest: no run was trained from this folder yet. "
        "Train one with forecast train DATA, or name one with --run."
    )


def test_predict_with_an_unknown_run_names_those_there_are(values_run: SavedRun, monkeypatch) -> None:
    monkeypatch.chdir(values_run.folder.parents[1])
    assert error_of(call("predict", "--run", "huge")) == (
        "huge: there is no such run. In runs: tiny. Name one with --run."
    )


def test_predict_notes_ids_that_were_not_trained_on(write, values_run: SavedRun) -> None:
    days = [f"2024-05-{day:02d}" for day in range(1, 11)]
    write("new.csv", "unique_id,ds,y", *(f"new,{day},{row + 50}" for row, day in enumerate(days)))
    result = call("predict", "new.csv", "--run", values_run.folder, "--json")
    assert result.exit_code == 0
    assert "Note: 1 of 1 ids were not trained on (new);" in result.stderr
    rows = json.loads(result.stdout)
    assert [row["ds"][:10] for row in rows] == ["2024-05-11", "2024-05-12", "2024-05-13"]
    assert all(20 < row["forecast"] < 100 for row in rows)  # from its own rows, not from those of a or b


def test_predict_events_with_probabilities(events_run: SavedRun) -> None:
    result = call("predict", "--run", events_run.folder, "--within", "7d,30d", "--json")
    rows = json.loads(result.stdout)
    assert len(rows) == 30
    for row in rows:
        assert row["as_of"] >= row["last_event"]
        assert (row["next_event"] is None) == (row["never"] >= 0.5)
        assert row["next_event"] is None or row["next_event"] >= row["as_of"]
        assert 0 <= row["within_7d"] <= row["within_30d"] <= 1


@pytest.mark.parametrize("text", ["soon", "0d", "-3d", "7 lightyears", "nan", ""])
def test_predict_refuses_durations_that_are_none(text: str, events_run: SavedRun) -> None:
    result = call("predict", "--run", events_run.folder, "--within", text or ",x")
    assert "duration" in error_of(result)


def test_predict_as_of_later_moves_the_moment(events_run: SavedRun) -> None:
    later = json.loads(call("predict", "--run", events_run.folder, "--as-of", "2025-01-01", "--json").stdout)
    assert {row["as_of"][:10] for row in later} == {"2025-01-01"}
    assert all(row["next_event"] is None or row["next_event"] >= "2025-01-01" for row in later)
    message = error_of(call("predict", "--run", events_run.folder, "--as-of", "2024-01-05"))
    assert message.startswith("--as-of 2024-01-05: the training data has later rows.")
    file = call("predict", events_run.data, "--run", events_run.folder, "--as-of", "2024-01-25", "--json")
    assert {row["as_of"][:10] for row in json.loads(file.stdout)} == {"2024-01-25"}
    assert max(row["last_event"] for row in json.loads(file.stdout)) <= "2024-01-25T00:00:00.000"


# evaluate, backtest, inspect, runs


@pytest.fixture
def longer(values_run: SavedRun) -> str:
    """The training file of the values run, and six days more."""
    table = pd.read_csv(values_run.data)
    days = pd.date_range("2024-03-01", periods=6).strftime("%Y-%m-%d")
    more = [
        pd.DataFrame({"unique_id": name, "ds": days, "y": level + np.arange(6.0)})
        for name, level in (("a", 10), ("b", 100))
    ]
    pd.concat([table, *more]).to_csv("longer.csv", index=False)
    return "longer.csv"


def test_evaluate_scores_the_new_rows(longer: str, values_run: SavedRun) -> None:
    result = call("evaluate", longer, "--run", values_run.folder)
    assert result.exit_code == 0, result.stderr
    assert "8 windows" in result.stdout  # (6 - 3 + 1) of each series
    scores = json.loads(call("evaluate", longer, "--run", values_run.folder, "--json").stdout)
    assert scores["n_new_rows"] == 12 and scores["n_windows"] == 8 and scores["n_new_ids"] == 0
    call("evaluate", longer, "--run", values_run.folder, "--out", "scores.csv", "--level", "50")
    table = pd.read_csv("scores.csv").set_index("name")
    assert table.loc["model", "crps"] == pytest.approx(scores["model"]["crps"])
    assert "coverage_50" in table.columns


def test_evaluate_without_new_rows_says_so(values_run: SavedRun) -> None:
    message = error_of(call("evaluate", values_run.data, "--run", values_run.folder))
    assert "no row is later than the last training row of its series." in message


def test_backtest_compares_forecasts_with_what_came(gaps: str) -> None:
    result = call("backtest", gaps, "--look-back", 4, "--windows", 3, "--level", "80,95", *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "3 forecasts" in result.stdout
    assert "gaps.csv: read as intervals, because" in result.stderr
    for name in ("MAE", "RMSE", "coverage of 80 %", "coverage of 95 %"):
        assert name in result.stdout
    rows = json.loads(call("backtest", gaps, "--windows", 2, "--json", *SMALL).stdout)
    assert [(row["cutoff"], row["ds"], row["y"]) for row in rows] == [(57, 58, 5), (58, 59, 6)]
    call("backtest", gaps, "--windows", 2, "--out", "back.parquet", *SMALL)
    assert pd.read_parquet("back.parquet")["y"].tolist() == [5, 6]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--windows", 0], "--windows 0: below 1. Raise it."),
        (["--step-size", 0], "--step-size 0: below 1. Raise it."),
        (["--refit-every", -1], "--refit-every -1: below 0. Raise it."),
        (["--windows", 90], "gaps.csv: "),
        (["--level", 0], "--level 0: not between 0 and 100."),
    ],
)
def test_backtest_refuses_what_it_cannot_do(options: list[Any], message: str, gaps: str) -> None:
    assert error_of(call("backtest", gaps, *options, *SMALL)).startswith(message)


def test_inspect_says_what_a_file_holds(gaps: str) -> None:
    result = call("inspect", gaps)
    assert result.exit_code == 0
    assert "gaps.csv: read as intervals, because" in result.stderr
    facts = json.loads(call("inspect", gaps, "--json").stdout)
    assert (facts["kind"], facts["rows"], facts["series"], facts["target"]) == (
        "intervals",
        60,
        1,
        "interval",
    )


def test_runs_lists_the_trained_ones(values_run: SavedRun) -> None:
    result = call("runs", values_run.folder.parent)
    assert "tiny" in result.stdout and "v0001" in result.stdout
    (run,) = json.loads(call("runs", values_run.folder.parent, "--json").stdout)
    assert run["run"] == "tiny" and run["kind"] == "values" and run["model"] > 0
    nothing = call("runs", "nowhere")
    assert nothing.exit_code == 0 and nothing.stdout == ""
    assert nothing.stderr == "nowhere: no runs. Make one with: forecast train data.csv\n"


# Interrupts


def interrupting(epoch: int, number: signal.Signals) -> Callable[[], Any]:
    """Progress that sends a signal to this process after an epoch."""

    @contextlib.contextmanager
    def progress() -> Iterator[Callable[[str, int, Any], None]]:
        def report(_stage: str, _member: int, result: Any) -> None:
            if result.epoch == epoch:
                signal.raise_signal(number)

        yield report

    return progress


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_interrupted_training_saves_the_best_weights_so_far(
    gaps: str, number: signal.Signals, code: int, more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("forecaster.commands.train")
    monkeypatch.setattr(module, "progress_lines", interrupting(3, number))
    result = call("train", gaps, "--epochs", 5000, "--units", 8, "--threads", 1, "--ensemble", 2, *more)
    assert result.exit_code == code, result.output
    assert "Interrupted: these are the best weights so far." in result.stderr
    report = json.loads(Path("runs/gaps/v0001/report.json").read_text())
    assert report["state"] == "interrupted" and report["signal"] == number.name
    assert report["shipped"] == "first fit"
    assert call("predict").exit_code == 0


@pytest.mark.slow
def test_interrupted_process_ends_with_130(gaps: str) -> None:
    command = [sys.executable, "-m", "cli", "train", str(Path(gaps).resolve()), "--epochs", "100000"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "epoch" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 130, rest
    assert "Interrupted: these are the best weights so far." in rest
    assert call("predict").exit_code == 0
