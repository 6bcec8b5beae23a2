"""Kills of workers and of the driver, and several Ray nodes: minutes each, with processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from cluster_predict import WORKER, begin, command, descendants, lost_or_doubled, make_events, on_ray

from forecaster import Forecaster
from tests.cluster.processes import is_running, title_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
N_SERIES = 4_000
SMALL = ("--epochs", "1", "--ensemble", "1", "--units", "8", "--threads", "1", "--look-back", "4")
SMALL += ("--baselines", "fast", "--precision", "float32")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run and the parts of some thousand series."""
    folder = tmp_path_factory.mktemp("robust")
    make_events(folder / "events.parquet", N_SERIES)
    command(folder, "train", "events.parquet", "--out", "run", *SMALL)
    command(folder, "shard", "events.parquet", "--out", "parts", "--shards", "24")
    return folder


def workers(process: subprocess.Popen[str]) -> list[int]:
    """Processes that forecast."""
    return [
        pid
        for pid in descendants(process.pid)
        if WORKER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    ]


def wait_for_parts(process: subprocess.Popen[str], out: Path, n_parts: int) -> None:
    """Until so many parts are there."""
    while process.poll() is None and len(list(out.glob("part-*.parquet"))) < n_parts:
        time.sleep(0.02)


def test_a_killed_worker_is_replaced_and_no_id_is_lost(place: Path) -> None:
    process = begin(place, *on_ray("killed"))
    for n_parts in (1, 6):
        wait_for_parts(process, place / "killed", n_parts)
        os.kill(workers(process)[0], signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert lost_or_doubled(place / "killed", N_SERIES) == 0


def test_a_killed_job_goes_on_where_it_was(place: Path) -> None:
    process, out = begin(place, *on_ray("resumed")), place / "resumed"
    wait_for_parts(process, out, 3)
    process.kill()
    process.communicate()
    time.sleep(10)
    kept = {path: path.stat().st_mtime_ns for path in out.glob("part-*.parquet")}
    said = command(place, *on_ray("resumed"))
    assert f"{len(kept)} of 24 parts were there already" in said
    assert all(path.stat().st_mtime_ns == old for path, old in kept.items())
    assert lost_or_doubled(out, N_SERIES) == 0


LONG, TWO = ("--epochs", "1000", *SMALL[2:]), ("--engine", "ray", "--workers", "2")
COMMANDS = {
    "predict": on_ray("stopped"),
    "backtest": ("backtest", "events.parquet", "--windows", "8", "--refit-every", "1", *LONG, *TWO),
    "tune": ("tune", "events.parquet", "--trials", "8", "--no-train", *LONG, *TWO),
}


def at_work(process: subprocess.Popen[str]) -> bool:
    """Whether a worker of the command does something."""
    titles = [title_of(pid) for pid in descendants(process.pid)]
    return any(title.startswith("ray::") and "IDLE" not in title for title in titles)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_stops_the_job_and_leaves_nothing_running(
    name: str, number: signal.Signals, code: int, place: Path
) -> None:
    process = begin(place, *COMMANDS[name])
    while process.poll() is None and not at_work(process):
        time.sleep(0.1)
    time.sleep(3)
    began = descendants(process.pid)
    # a terminal sends its own to all that a command has begun
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    out, said = process.communicate(timeout=120)
    assert process.returncode == code, said
    assert "Traceback" not in said and out == ""
    assert number == signal.SIGTERM or "Interrupted." in said or "Ended by SIGINT" in said
    end = time.monotonic() + 20
    while left := [pid for pid in began if is_running(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.1)


@pytest.fixture
def address() -> Iterator[str]:
    """A cluster of two Ray nodes of one processor each, on this machine."""
    code = (
        "import sys\n"
        "from ray.cluster_utils import Cluster\n"
        "cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': 1})\n"
        "cluster.add_node(num_cpus=1)\n"
        "print(cluster.address, flush=True)\n"
        "sys.stdin.read()\n"
        "cluster.shutdown()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield next(line.strip() for line in process.stdout if line.strip().rpartition(":")[2].isdecimal())
    process.communicate("")


def test_a_cluster_of_several_nodes_is_joined_by_its_address_and_left_as_it_was(
    place: Path, address: str
) -> None:
    command(place, *on_ray("joined"), "--address", address)
    assert lost_or_doubled(place / "joined", N_SERIES) == 0
    command(place, "predict", "events.parquet", "--run", "run", "--out", "here.parquet")
    words = on_ray("ray.parquet", data="events.parquet")
    command(place, *words, "--address", address)
    here, there = (pd.read_parquet(place / name) for name in ("here.parquet", "ray.parquet"))
    pd.testing.assert_frame_equal(there, here, rtol=1e-6)
    for out, words in (("one", ()), ("two", ("--engine", "ray", "--workers", "2", "--address", address))):
        command(place, "train", "parts", "--out", out, "--learning-rate", "0.001", *SMALL, *words)
    one, two = (Forecaster.load(place / out).report for out in ("one", "two"))
    losses = [report["training"][0]["members"][0]["history"][0]["train_loss"] for report in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
