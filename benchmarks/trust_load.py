"""Hostile specs, a million ids and 32 forecasts at once, each in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "files" / "golden" / "v1"

# Most MB that a program has held at once. What ``getrusage`` says begins with the memory of the process that
# started it, so the system is asked where it knows the program's own.
PEAK = """
import resource
from pathlib import Path

def peak():
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) / 1024
"""

# Loads a run whose spec is replaced; prints the error, seconds and MB that it took beyond what imports take.
HOSTILE = (
    PEAK
    + """
import hashlib, json, resource, shutil, sys, time
from pathlib import Path
from forecaster import Forecaster, RunError

run, content = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
Forecaster.load(run).predict()
version = run / "v0001"
(version / "spec.json").write_bytes(content)
names = [path for path in sorted(version.iterdir()) if path.name != "SHA256SUMS"]
sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in names]
(version / "SHA256SUMS").write_text("\\n".join(sums) + "\\n")
del content
before, began = peak(), time.perf_counter()
try:
    Forecaster.load(run)
    text = ""
except RunError as error:
    text = str(error)
seconds = time.perf_counter() - began
grown = peak() - before
text = text.removeprefix(f"{version}/")
print(json.dumps({"text": text, "seconds": round(seconds, 3), "megabytes": round(grown, 1)}))
"""
)

# Forecasts many ids to a file; prints rows, seconds, and by how many MB what is held grew after the first
# parts. It is what is held now that is measured: the peak may have been reached before, when rows were read.
STREAM = (
    PEAK
    + """
import json, resource, sys, time
from pathlib import Path
import numpy as np
import pandas as pd
from forecaster.commands._tables import write_parts
from forecaster.evaluation.forecast import Question, forecast_parts
from forecaster.evaluation.reading import panel_ahead
from forecaster.run.load import load_run

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20

run, out, n_ids = load_run(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
ids = np.array([f"id{number}" for number in range(n_ids)])
days = np.datetime64("2024-01-01") + np.arange(n_ids) % 100
table = pd.DataFrame({"customer": ids, "date": days, "what": "call"})
panel, _ = panel_ahead(run, table, None, None)
del table
seen = []

def watched(parts):
    for part in parts:
        seen.append((len(part), held()))
        yield part

began = time.perf_counter()
question = Question.of(run, ((80,), ()), None, (), None)
write_parts(watched(forecast_parts(run.models, panel, question)), out)
settled = seen[min(3, len(seen) - 1)][1]
most = max(size for _, size in seen)
print(json.dumps({
    "rows": sum(size for size, _ in seen), "parts": len(seen),
    "seconds": round(time.perf_counter() - began, 1), "megabytes": round(most - settled, 1),
    "held_megabytes": round(most, 1),
    "peak_megabytes": round(peak(), 1),
}))
"""
)


def hostile_specs() -> dict[str, bytes]:
    """Specs that ask for much, or for what they should not, by what is wrong with them."""
    content = (GOLDEN / "values" / "v0001" / "spec.json").read_bytes()

    def changed(change: Callable[[Any], object]) -> bytes:
        tree = json.loads(content)
        change(tree)
        return json.dumps(tree).encode()

    def network(**values: Any) -> bytes:
        return changed(lambda tree: tree["models"][0]["architecture"].update(values))

    return {
        "deep nesting": b'{"a":' * 1_000_000,
        "deep lists": b"[" * 30_000_000,
        "millions of lists": b"[" + b"[]," * 10_000_000 + b"[]]",
        "a million objects": b"[" + b'{"a":1},' * 499_000 + b"{}]",
        "a name of 30 MB": b'{"' + b"a" * 30_000_000 + b'": 1}',
        "a number of a million digits": b'{"format_version": ' + b"9" * 1_000_000 + b"}",
        "10^9 units": network(units=[10**9]),
        "100 layers of 100,000 units": network(units=[100_000] * 100),
        "a horizon of 100,000": network(horizon=100_000, n_outputs=100_000),
        "10,000 networks": changed(lambda tree: tree.update(models=tree["models"] * 100)),
        "100 members": changed(lambda tree: tree["models"][0].update(n_members=100)),
        "100 layers": network(units=[1] * 100),
        "a million series": network(n_series=1_000_000, series_units=1000),
        "a path for a zone": changed(lambda tree: tree["panel"]["clock"].update(zone="../../etc/passwd")),
        "a path for an activation": network(activation="../../os.system"),
        "code for an activation": network(activation="__import__"),
        "a function of another name": network(activation="deserialize"),
    }


def load_hostile() -> dict[str, dict[str, Any]]:
    """Load every hostile spec in a process of its own.

    Returns:
        Text of the error, seconds and megabytes, by what is wrong.
    """
    found = {}
    for name, content in hostile_specs().items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cp", "-r", str(GOLDEN / "values"), f"{folder}/run"], check=True)
            Path(folder, "spec").write_bytes(content)
            found[name] = run_program(HOSTILE, f"{folder}/run", f"{folder}/spec")
    return found


def stream(n_ids: int, ending: str = "csv") -> dict[str, Any]:
    """Forecast many ids to a file.

    Args:
        n_ids: How many.
        ending: Of the file.

    Returns:
        Rows, parts, seconds, megabytes held beyond those at the fourth part, the most held while forecasting,
        and the peak of the process, reading included.
    """
    with tempfile.TemporaryDirectory() as folder:
        return run_program(STREAM, str(GOLDEN / "events"), f"{folder}/out.{ending}", str(n_ids))


def forecast_at_once(n_processes: int = 32) -> dict[str, int]:
    """Forecast one run from many processes at once.

    Args:
        n_processes: How many.

    Returns:
        How many ended well, and how many different outputs there were.
    """
    command = [sys.executable, "-m", "cli", "predict", "--run", str(GOLDEN / "values"), "--json"]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(n_processes)
    ]
    outputs = [process.communicate()[0] for process in running]
    return {"ended_well": sum(process.returncode == 0 for process in running), "outputs": len(set(outputs))}


def run_program(program: str, *arguments: str) -> dict[str, Any]:
    """What a program prints last, as JSON.

    Args:
        program: Its text.
        arguments: Its arguments.

    Returns:
        A dictionary.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
