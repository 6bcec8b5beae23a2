from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecaster.commands import cli
from tests.readme import ROOT
from tests.test_docs import documented, fits, leaves

SAMPLES = ROOT / "datasets"


def facts_of(*arguments: Any) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["inspect", *map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_season_baseline_and_command_of_monthly_values() -> None:
    facts = facts_of(SAMPLES / "air_passengers.csv")
    assert facts["season"] == 12 and facts["best_baseline"] == "autoregression"
    assert next(iter(facts["baseline_scores"])) == facts["best_baseline"]
    assert facts["stationarity"].startswith("the level moves (KPSS")
    assert facts["train"] == f"forecast train {SAMPLES / 'air_passengers.csv'} --horizon 12"


def test_the_command_keeps_the_options_that_were_given(tmp_path: Path) -> None:
    path = tmp_path / "my gaps.csv"
    pd.DataFrame({"gap": np.arange(40) % 7 + 1.0}).to_csv(path, index=False)
    facts = facts_of(path, "--kind", "intervals", "--unit", "minute")
    assert facts["train"] == f"forecast train '{path}' --kind intervals --unit minute"
    shown = CliRunner().invoke(cli, ["inspect", str(path), "--kind", "intervals"])
    assert f"Try: forecast train '{path}' --kind intervals" in shown.stdout
    assert "best baseline" in shown.stdout and "stationarity" in shown.stdout


def test_too_few_rows_have_no_best_baseline(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("ds,y\n2024-01-01,1\n2024-01-02,2\n")
    facts = facts_of(path)
    assert facts["best_baseline"] is None and facts["baseline_scores"] == {}
    assert facts["baseline_reason"]


@pytest.mark.parametrize("name", ["air_passengers", "geyser --target waiting", "cdnow", "stocks"])
def test_every_key_is_documented(name: str) -> None:
    file, *options = name.split()
    keys = documented("inspect.md")
    given = {key.partition(".")[0] if key.startswith(("columns", "covariates")) else key for key in keys}
    for path, value in leaves(facts_of(SAMPLES / f"{file}.csv", *options)):
        first = path.partition(".")[0]
        key = path if path in given else first.removesuffix("[]")
        assert key in given, path
        if path in keys and "by " not in keys[path] and " of code" not in keys[path]:
            assert fits(value, keys[path]), (path, value)


def test_no_network_and_no_scikit_learn_is_imported() -> None:
    code = (
        "import sys\nfrom forecaster.commands import cli\n"
        "try:\n    cli(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print('imported:', *sorted({'torch', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules)))\n"
    )
    for name in ("geyser.csv --target waiting", "electricity.csv", "stocks.csv"):
        arguments = ["inspect", *name.split()]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=SAMPLES, capture_output=True, text=True, timeout=60,
            env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == "imported:", (name, done.stdout, done.stderr)
