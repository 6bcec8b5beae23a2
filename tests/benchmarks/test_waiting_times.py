from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import waiting_times
from waiting_commands import Work
from waiting_times import ROWS, Row, main, run_row, seeds_of, table_lines


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"events/coal/coal.csv is missing, which coal needs"):
        main(["--data", str(tmp_path), "--only", "coal"])
    with pytest.raises(SystemExit, match="--only nothing: no such row"):
        main(["--only", "nothing"])


def test_simulated_rows_need_no_data() -> None:
    assert not ROWS["constant"].files and not ROWS["exponential"].files


def test_networks_have_the_seeds_asked_for_and_simulations_their_own() -> None:
    assert list(seeds_of("cdnow", [0, 1], False)) == [0, 1]
    assert len(seeds_of("exponential", [0, 1], False)) == 20
    assert len(seeds_of("exponential", [0, 1], True)) == 5


def test_the_mean_over_seeds_is_held_against_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(work: Work, seed: int) -> dict[str, float]:
        assert work.folder.is_dir()
        return {"crps": 1.0 + seed, "coverage_80": 0.9, "seconds": 2.0}

    row = Row(run, {"crps": (-np.inf, 1.5), "coverage_80": (0.78, 0.82)}, "known")
    monkeypatch.setitem(waiting_times.ROWS, "own", row)
    found = run_row("own", [0, 1], Path("none"))
    assert found["mean"] == {"crps": 1.5, "coverage_80": 0.9, "seconds": 2.0}
    assert [bar["met"] for bar in found["bars"]] == [True, False]
    lines = [line.split() for line in table_lines({"own": found})]
    assert lines[1] == ["own", "crps", "1.5", "1", "2", "<=", "1.5", "yes", "known"]
    assert lines[2][:5] == ["own", "coverage_80", "0.9", "0.9", "0.9"] and "NO" in lines[2]


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"forecast nothing: exit code 2\n(.|\n)*No such command"):
        Work(tmp_path, tmp_path).forecast("nothing")
