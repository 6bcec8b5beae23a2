"""Every bad file: the exact message or the notes, the exit code, and nothing written."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from forecaster.data.contents import LONGEST
from tests.corpus import refused_numbers, refused_rows, refused_text, refused_times
from tests.corpus.cases import ROWS, Case, csv
from tests.corpus.taken import TAKEN

REFUSED = (
    *refused_text.REFUSED,
    *refused_numbers.REFUSED,
    *refused_times.REFUSED,
    *refused_rows.REFUSED,
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def inspect(*arguments: str, data: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["inspect", *arguments], input=data)


def message(result: Result) -> str:
    """The error of a command that printed and wrote nothing else."""
    assert isinstance(result.exception, SystemExit) and result.exit_code == 1, repr(result.exception)
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    return result.stderr.rstrip("\n").removeprefix("Error: ")


def test_the_corpus_is_large_and_names_differ() -> None:
    names = [case.name for case in (*REFUSED, *TAKEN)]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_bad_file_is_refused_with_its_message(case: Case) -> None:
    Path("d.csv").write_bytes(case.data)
    assert message(inspect("d.csv", *case.options)) == case.said
    assert os.listdir() == ["d.csv"]


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case.name)
def test_odd_file_is_read_and_what_was_done_is_noted(case: Case) -> None:
    Path("d.csv").write_bytes(case.data)
    result = inspect("d.csv", "--json", *case.options)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert " ".join(note["code"] for note in found["repairs"] + found["warnings"]) == case.said
    assert tuple((name, found[name]) for name, _ in case.facts) == case.facts
    assert os.listdir() == ["d.csv"]


@pytest.mark.parametrize("case", REFUSED[::10], ids=lambda case: case.name)
def test_train_says_the_same_and_writes_nothing(case: Case) -> None:
    Path("d.csv").write_bytes(case.data)
    result = CliRunner().invoke(cli, ["train", "d.csv", *case.options])
    assert message(result) == case.said
    assert os.listdir() == ["d.csv"]


def test_folder_and_missing_file_are_refused() -> None:
    Path("d").mkdir()
    assert message(inspect("d")) == (
        "d: this is a folder without Parquet files. Name one file in it, or write parts with "
        "`forecast shard`."
    )
    assert message(inspect("e.csv")) == "e.csv: there is no such file. Check the path."


def test_file_that_may_not_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    said = message(inspect("d.csv"))
    assert said == "d.csv: the file cannot be read (Permission denied). Check it."


def test_standard_input_is_read_and_refused() -> None:
    result = inspect("-", "--json", data=csv("ds,y", *ROWS))
    assert json.loads(result.stdout)["rows"] == 28
    said = "data, line 2, column 'y': 'x' is not a number. "
    said += "Correct it, or leave the field empty if the value is missing."
    assert message(inspect("-", data=csv("ds,y", "2020-01-01,x", "2020-01-02,1", "2020-01-03,2"))) == said
    assert message(inspect("-", data=b"")).startswith("data: the file is empty.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("size", [28, 2_000_000])
def test_named_pipe_is_read_as_a_file(size: int) -> None:
    os.mkfifo("pipe")
    data = csv("y", *(["12345678"] * size))
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(data,))
    writer.start()
    result = inspect("pipe", "--json")
    writer.join()
    assert json.loads(result.stdout)["rows"] == size


@pytest.mark.skipif(os.name == "nt", reason="files without content take their whole size there")
def test_line_of_two_gigabytes_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("d.csv", "wb") as file:
        file.truncate(2 << 30)
    read = []
    monkeypatch.setattr("forecaster.data.text.open_text", lambda *_: read.append("all"))
    assert message(inspect("d.csv")) == (
        f"d.csv: the first {LONGEST >> 20} MiB hold no line end; this is no table. "
        "Bring a file with one row on a line."
    )
    assert not read


def test_too_few_rows_say_how_many_are_needed_and_leave_nothing() -> None:
    Path("d.csv").write_bytes(b"ds,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n")
    result = CliRunner().invoke(cli, ["train", "d.csv", "--look-back", "3"])
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert last == (
        "Error: d.csv: 3 rows are too few; --look-back 3 needs at least 4. Lower it, or bring more rows."
    )
    assert os.listdir() == ["d.csv"]
