from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from trust import as_table
from trust_kills import fill_disks, kill_saves
from trust_load import GOLDEN, hostile_specs

from forecaster.errors import RunError
from forecaster.forecaster import Forecaster

SPECS = hostile_specs()


def test_killed_saves_leave_whole_runs() -> None:
    found = kill_saves(6)
    assert found["whole"] == 6
    assert not found["unreadable"] and not found["mixed"]


def test_full_disks_leave_the_old_run() -> None:
    found = fill_disks(3)
    if found is None:
        pytest.skip("no small disk can be mounted here")
    assert found["old run whole"] == 3


@pytest.mark.parametrize("name", SPECS)
def test_hostile_spec_is_refused(name: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(GOLDEN / "values", run)
    path = run / "v0001" / "spec.json"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(SPECS[name])
    sums = run / "v0001" / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(digest, hashlib.sha256(SPECS[name]).hexdigest()))
    with pytest.raises(RunError) as caught:
        Forecaster.load(run)
    assert len(str(caught.value)) < 600


def test_table_says_what_passed() -> None:
    row = {"whole": 5, "cases": 5, "passed": True}
    assert "| kills | 5 | whole 5 | yes |" in as_table({"kills": row})
    assert "| **no** |" in as_table({"kills": {**row, "passed": False}})
