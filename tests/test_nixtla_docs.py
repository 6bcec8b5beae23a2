"""docs/nixtla.md runs as it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readme import ROOT, read_steps, shape
from tests.test_docs import run_step


def test_code_of_the_page_prints_what_it_shows(tmp_path: Path) -> None:
    pytest.importorskip("statsforecast")
    pytest.importorskip("utilsforecast")
    (step,) = read_steps((ROOT / "docs" / "nixtla.md").read_text(encoding="utf-8"))
    assert shape(run_step(step, tmp_path, {})) == shape(step.output)
