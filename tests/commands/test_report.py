from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from tests.conftest import SavedRun

SMALL = ["--units", "8", "--epochs", "2", "--ensemble", "1", "--threads", "1"]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments])


@pytest.fixture
def run(values_run: SavedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a run, with the folder above it as the current one."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(values_run.folder, tmp_path / "runs" / "tiny")
    (tmp_path / "runs" / "latest").write_text("tiny\n")
    return Path("runs/tiny")


def test_report_goes_into_the_run_that_was_trained_last(run: Path) -> None:
    result = call("report")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("Wrote runs/tiny/report.html, ")
    page = run / "report.html"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert call("predict").exit_code == 0  # a page in the folder does no harm to the run


@pytest.mark.usefixtures("run")
def test_report_draws_what_is_asked_for() -> None:
    result = call("report", "tiny", "--out", "page.html", "--series", "b", "--level", "50")
    assert result.exit_code == 0, result.stderr
    page = Path("page.html").read_text(encoding="utf-8")
    assert "with a probability of 50 %" in page and "1 of 2 series are drawn" in page


@pytest.mark.usefixtures("run")
def test_report_from_other_rows(values_run: SavedRun) -> None:
    lines = values_run.data.read_text().splitlines()
    Path("other.csv").write_text("\n".join([*lines[:41]]) + "\n")
    result = call("report", "--data", "other.csv", "--out", "page.html")
    assert result.exit_code == 0, result.stderr
    assert "(2024-02-10) is forecast to be" in Path("page.html").read_text(encoding="utf-8")


def test_report_opens_in_the_browser(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    assert call("report", "--open").exit_code == 0
    assert opened == [str((run / "report.html").resolve())]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "--out", "page.pdf"], "--out page.pdf: does not end in .html. Name it so."),
        (
            ["report", "--out", "no/page.html"],
            "--out no/page.html: the folder no does not exist. Make it first.",
        ),
        (["report", "nothing"], "nothing: there is no such run."),
        (["report", "--series", "z"], "--series z: runs/tiny has no such id, but a, b. Name one."),
        (["report", "--level", "0"], "--level 0: not between 0 and 100."),
        (["report", "--as-of", "2024-01-01"], "--as-of 2024-01-01: only events have such a moment"),
        (["plot", "--out", "plot.pdf"], "--out plot.pdf: ends in neither .png nor .svg. Name it so."),
        (["plot", "--out", "no/a.png"], "--out no/a.png: the folder no does not exist. Make it first."),
        (["plot", "--horizon", "9"], "--horizon 9: the run was trained for 3 steps."),
    ],
)
@pytest.mark.usefixtures("run")
def test_what_is_wrong_is_said(arguments: list[str], message: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 1 and result.stdout == ""
    assert result.stderr.splitlines()[-1].removeprefix("Error: ").startswith(message)
    assert not list(Path().rglob("*.html")) and not list(Path().rglob("*.png"))


def test_plot_writes_png_and_svg(run: Path) -> None:
    assert call("plot").stderr == "Wrote runs/tiny/forecast.png.\n"
    assert (run / "forecast.png").read_bytes().startswith(b"\x89PNG")
    assert call("plot", "tiny", "--out", "a.svg", "--series", "a,b", "--horizon", 2).exit_code == 0
    assert "<svg" in Path("a.svg").read_text(encoding="utf-8")


def test_train_writes_the_page_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gaps.csv").write_text("interval\n" + "".join(f"{3 + row % 4}\n" for row in range(60)))
    result = call("train", "gaps.csv", "--look-back", 4, "--report", "--level", "50", *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "Wrote runs/gaps/report.html, " in result.stderr
    assert "with a probability of 50 %" in Path("runs/gaps/report.html").read_text(encoding="utf-8")
    bare = call("train", "gaps.csv", "--out", "bare", "--no-context", "--report", *SMALL)
    assert bare.exit_code == 0, bare.stderr
    assert "Note: Nothing is forecast here. bare: holds no rows to go on from." in bare.stderr


@pytest.mark.parametrize(("command", "name"), [("report", "report.html"), ("plot", "forecast.png")])
def test_json_says_what_was_written(command: str, name: str, run: Path) -> None:
    result = CliRunner().invoke(cli, [command, "--json"])
    found = json.loads(result.stdout)
    assert Path(found["file"]).name == name
    assert found["n_bytes"] == Path(found["file"]).stat().st_size > 1_000
    assert Path(found["file"]).parent.resolve() == run.resolve()
