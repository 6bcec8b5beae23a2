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


SEQUENCES = {
    "--outputs heat": {"learnt": "outputs", "baseline_metric": "rmse", "channels": ["power", "x"]},
    "--outputs heat,power": {"learnt": "outputs", "baseline_metric": "r2", "channels": ["x"]},
    "--outputs word --past x": {"learnt": "tags", "n_classes": 2, "baseline_metric": "accuracy"},
    "--outputs word --mark note": {"learnt": "tags", "n_symbols": 4, "best_baseline": "logistic"},
    "--mark note": {"learnt": "symbols", "baseline_metric": "log_loss", "best_baseline": "markov_2"},
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A wave, what follows from it, a word for where it is, and a symbol in a circle."""
    wave = np.sin(np.arange(120) / 4)
    columns = {"power": wave**2, "heat": 2 * wave, "x": wave, "word": np.where(wave > 0, "high", "low")}
    frame = pd.DataFrame(columns | {"note": np.array(list("abcd"))[np.arange(120) % 4]})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path / "rows.csv"


@pytest.mark.parametrize("options", SEQUENCES)
def test_every_goal_of_sequences_is_looked_at(options: str, table: Path) -> None:
    facts = facts_of(table, *options.split())
    assert {name: facts[name] for name in SEQUENCES[options]} == SEQUENCES[options]
    assert facts["baseline_scores"] and facts["train"] == f"forecast train {table} {options}"
    named = documented("inspect.md")
    known = set(named) | {one for key in named for one in key.split(", ")}
    known |= {one.partition(".")[0] for one in named} | {"n_classes", "classes", "n_symbols", "symbols"}
    assert set(facts) <= known, set(facts) - known


def test_columns_of_a_role_stand_together_and_shares_are_in_percent(table: Path) -> None:
    shown = CliRunner().invoke(cli, ["inspect", str(table), "--outputs", "word", "--past", "x,heat"])
    assert "tag word, past x, heat" in shown.stdout and "high 50.8%, low 49.2%" in shown.stdout
    assert "Note: columns are not used: note, power; name numbers with --past" in shown.stderr
    wide = table.with_name("wide.csv")
    header = ",".join(["label", *(f"t{step}" for step in range(40))])
    lines = [",".join(["ab"[row % 2], *map(str, range(40))]) for row in range(6)]
    wide.write_text("\n".join([header, *lines]))
    shown = CliRunner().invoke(cli, ["inspect", str(wide), "--label", "label"])
    assert "label label, wide t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11 and 28 more" in shown.stdout
