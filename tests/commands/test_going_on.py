from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file

from forecaster.commands import cli
from forecaster.commands import train as module
from forecaster.training.checkpoint import Checkpoint

FEW = ["--look-back", "3", "--units", "8", "--threads", "1", "--ensemble", "1"]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments])


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Checkpoint, "every", 0.0)
    monkeypatch.setattr(Checkpoint, "share", 1e9)


@pytest.fixture
def gaps(write_csv: Callable[..., Path]) -> str:
    numbers = np.random.default_rng(1).gamma(2.0, 5.0, size=60)
    write_csv("interval", *(f"{number:.3f}" for number in numbers), name="gaps.csv")
    return "gaps.csv"


def weights(run: str, version: str = "v0001") -> dict[str, bytes]:
    file = Path(run) / version / "weights.safetensors"
    return {name: array.tobytes() for name, array in load_file(file).items()}


def report_of(run: str, version: str = "v0001") -> dict[str, Any]:
    tree = json.loads((Path(run) / version / "report.json").read_text())
    assert isinstance(tree, dict)
    return tree


def sending(*numbers: signal.Signals, epoch: int = 3) -> Callable[[], Any]:
    """Progress that sends signals to this process after an epoch."""

    @contextlib.contextmanager
    def progress() -> Iterator[Callable[[str, int, Any], None]]:
        def report(_stage: str, _member: int, result: Any) -> None:
            if result.epoch == epoch:
                for number in numbers:
                    signal.raise_signal(number)

        yield report

    return progress


def test_interrupted_training_is_gone_on_with(gaps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = [*FEW, "--epochs", 6]
    assert call("train", gaps, *options, "--out", "whole").exit_code == 0
    assert not Path("whole/checkpoint").exists()
    with monkeypatch.context() as patch:
        patch.setattr(module, "progress_lines", sending(signal.SIGTERM))
        ended = call("train", gaps, *options)
    assert ended.exit_code == 143, ended.output
    assert "Go on training with: forecast train gaps.csv --resume runs/gaps" in ended.stderr
    assert Path("runs/gaps/checkpoint/state.json").exists()
    result = call("train", gaps, "--resume", "gaps")
    assert result.exit_code == 0, result.output
    assert weights("runs/gaps", "v0002") == weights("whole")
    assert (report_of("runs/gaps")["state"], report_of("runs/gaps")["reason"]) == ("interrupted", "SIGTERM")
    assert (report_of("runs/gaps", "v0002")["state"], report_of("runs/gaps", "v0002")["resumed"]) == (
        "finished",
        1,
    )
    assert not Path("runs/gaps/checkpoint").exists()


@pytest.mark.parametrize(
    ("numbers", "code"),
    [((signal.SIGINT, signal.SIGINT), 130), ((signal.SIGINT, signal.SIGTERM), 143)],
)
def test_second_signal_quits_at_once_and_leaves_the_old_run(
    gaps: str, numbers: tuple[signal.Signals, ...], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("train", gaps, *FEW, "--epochs", 1).exit_code == 0
    before = weights("runs/gaps")
    monkeypatch.setattr(module, "progress_lines", sending(*numbers))
    result = call("train", gaps, *FEW, "--epochs", 5000)
    assert result.exit_code == code, result.output
    assert "Interrupted: nothing was saved." in result.stderr
    assert Path("runs/gaps/CURRENT").read_text() == "v0001\n"
    assert weights("runs/gaps") == before
    assert call("predict").exit_code == 0


def test_signal_before_the_first_step_leaves_the_old_run(gaps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("train", gaps, *FEW, "--epochs", 1).exit_code == 0

    @contextlib.contextmanager
    def late() -> Iterator[Any]:
        from forecaster.evaluation import job

        def prepare(*arguments: Any) -> Any:
            signal.raise_signal(signal.SIGINT)
            return before(*arguments)

        before = job.prepare
        with monkeypatch.context() as patch:
            patch.setattr(job, "prepare", prepare)
            yield lambda *_: None

    monkeypatch.setattr(module, "progress_lines", late)
    result = call("train", gaps, *FEW)
    assert result.exit_code == 130
    assert "gaps.csv: ended by SIGINT before the first step of training" in result.stderr
    assert Path("runs/gaps/CURRENT").read_text() == "v0001\n"


def test_signal_while_the_run_is_saved_lets_it_be_saved(gaps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecaster.run import save

    before = save.write_version

    def write(*arguments: Any, **options: Any) -> Path:
        signal.raise_signal(signal.SIGINT)
        return before(*arguments, **options)

    monkeypatch.setattr(save, "write_version", write)
    result = call("train", gaps, *FEW, "--epochs", 1)
    assert result.exit_code == 130
    assert report_of("runs/gaps")["state"] == "finished"
    assert not Path("runs/gaps/checkpoint").exists()


def test_limit_of_time_ends_training_as_asked_for(gaps: str) -> None:
    result = call("train", gaps, *FEW, "--epochs", 100_000, "--max-seconds", 1)
    assert result.exit_code == 0, result.output
    assert "Ended by --max-seconds: these are the best weights so far." in result.stderr
    report = report_of("runs/gaps")
    assert (report["state"], report["reason"], report["signal"]) == ("interrupted", "max_seconds", None)
    assert Path("runs/gaps/checkpoint/state.json").exists()
    again = call("train", gaps, "--resume", "runs/gaps", "--max-seconds", 1)
    assert again.exit_code == 0, again.output
    first, second = (report_of("runs/gaps", name)["training"][0] for name in ("v0001", "v0002"))
    assert second["members"][0]["n_steps"] > first["members"][0]["n_steps"]
    none = call("train", gaps, "--out", "b", "--max-seconds", 1e-6)
    assert none.exit_code == 1
    assert "gaps.csv: ended by max_seconds before the first step of training" in none.stderr


def test_options_that_do_not_fit_are_refused(gaps: str) -> None:
    Path("runs/a").mkdir(parents=True)
    result = call("train", gaps, "--resume", "a", "--out", "b")
    assert result.exit_code == 1
    assert "--out b: a training that is gone on with stays in runs/a. Leave it out." in result.stderr
    result = call("train", gaps, "--resume", "a")
    assert result.exit_code == 1
    assert "runs/a/checkpoint: there is no training to go on with." in result.stderr
    assert "no: there is no such run." in call("train", gaps, "--warm-start", "no").stderr
    assert call("train", gaps, "--max-seconds", 0).exit_code == 2


def test_warm_start_takes_newer_rows(gaps: str) -> None:
    assert call("train", gaps, *FEW, "--epochs", 2).exit_code == 0
    with Path(gaps).open("a") as file:
        file.write("3.5\n4.25\n1.75\n")
    result = call("train", gaps, "--warm-start", "gaps", "--out", "warm")
    assert result.exit_code == 0, result.output
    assert report_of("warm")["warm_start"]["run"] == "runs/gaps"
    wrong = call("train", gaps, "--warm-start", "gaps", "--layers", 3)
    assert wrong.exit_code == 1 and "--layers 3: runs/gaps was trained with 2." in wrong.stderr


@pytest.mark.slow
def test_killed_process_is_gone_on_with(gaps: str) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    program = (
        "from forecaster.training.checkpoint import Checkpoint\n"
        "Checkpoint.every, Checkpoint.share = 0.0, 1e9\n"
        "from forecaster.commands import cli\n"
        "cli()\n"
    )
    command = [sys.executable, "-c", program, "train", gaps, *FEW, "--epochs", "60"]
    subprocess.run([*command, "--out", "whole"], env=environment, check=True, capture_output=True)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "fit mixture: epoch" in line:
                break
        process.kill()
    assert not Path("runs/gaps/CURRENT").exists()
    done = subprocess.run(
        [*command[:-2], "--resume", "gaps"], env=environment, check=True, capture_output=True, text=True
    )
    assert "Saved to runs/gaps" in done.stderr
    assert weights("runs/gaps") == weights("whole")
