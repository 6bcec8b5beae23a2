"""A large panel is trained on without ever holding all of its windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

N_SERIES, N_ROWS, LOOK_BACK = 1_000, 500, 48

# Peak memory beyond what the imports take, in bytes; a first tiny training pays for what libraries load late.
TRAIN = """
import resource, sys
from pathlib import Path
import numpy as np
import pandas as pd
from forecaster import Forecaster

def peak():  # what getrusage says begins with the memory of the process that started this one
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) * 1024

settings = dict(units=8, layers=1, epochs=1, ensemble=1, threads=1, season=1)
Forecaster(look_back=4, **settings).fit(pd.DataFrame({"step": np.arange(40), "y": np.sin(np.arange(40))}))
before = peak()
run = Forecaster(look_back=int(sys.argv[2]), **settings).fit(sys.argv[1])
print(run.report["data"]["n_rows"], run.report["split"]["train"]["n_rows"], peak() - before)
"""


def test_training_never_holds_all_windows(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{number:04d}" for number in range(N_SERIES)], N_ROWS),
            "ds": np.tile(np.arange(N_ROWS), N_SERIES),
            "y": rng.normal(100, 5, N_SERIES * N_ROWS).round(2),
        }
    )
    path = tmp_path / "panel.parquet"
    table.to_parquet(path)
    command = [sys.executable, "-c", TRAIN, str(path), str(LOOK_BACK)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    n_rows, n_train, grown = map(int, done.stdout.split())
    assert n_rows == N_SERIES * N_ROWS and n_train == 0.8 * n_rows
    values = 8 * N_SERIES * N_ROWS
    assert 0 < grown < 4 * values + 300e6, f"{grown / 1e6:.0f} MB"
