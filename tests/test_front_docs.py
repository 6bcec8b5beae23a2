"""The pages on export and scikit-learn say what is there: their code runs, their names exist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forecaster.run.export import FORMATS, TOLERANCE
from forecaster.run.export_facts import MEANINGS
from forecaster.run.export_layers import INSIDE
from forecaster.run.export_onnx import OPSET
from tests.readme import ROOT, read_steps, shape
from tests.test_docs import run_step


@pytest.mark.parametrize("name", ["export.md", "sklearn.md"])
def test_code_of_the_page_prints_what_it_shows(name: str, tmp_path: Path) -> None:
    namespace: dict[str, object] = {}
    for step in read_steps((ROOT / "docs" / name).read_text(encoding="utf-8")):
        printed = run_step(step, tmp_path, namespace)
        if step.language == "python":
            assert shape(printed) == shape(step.output), f"{name}, line {step.line}"
    if name == "export.md":
        made = {path.name for path in (tmp_path / "exported").iterdir()}
        assert made == {"mixture-1.keras", "metadata.json", "example.json", "example.py"}


def test_page_on_export_names_formats_inputs_activations_and_limits() -> None:
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    assert all(f"| `{name}`" in text for name in (*FORMATS, *MEANINGS))
    assert all(name in text for name in INSIDE)
    assert f"opset {OPSET}" in text
    assert f"within {json.dumps(TOLERANCE).replace('e-0', 'e-')} of" in text
