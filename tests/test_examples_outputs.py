"""The examples of outputs and tags, on small settings."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from tests.readme import ROOT


def example(name: str) -> ModuleType:
    """A program of examples/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_cosine_comes_from_the_sine_as_well_as_in_the_textbook() -> None:
    scores = example("cosine").run(seed=0).report["scores"]["test"]
    assert scores["n_windows"] == 600
    assert scores["model"]["largest_error"] <= 0.006


@pytest.mark.slow
def test_parts_of_speech_are_learnt_from_a_hundred_sentences() -> None:
    data = os.environ.get("FORECASTER_DATA")
    if data is None or not (Path(data) / example("part_of_speech").FOLDER).is_dir():
        pytest.skip("FORECASTER_DATA names no folder with the treebank")
    settings = {"units": 32, "epochs": 15, "threads": 1, "look_back": 40, "layers": 1}
    scores, of_words = example("part_of_speech").run(Path(data), 100, learning_rate=0.01, **settings)
    assert scores["model"]["accuracy"] > scores["baselines"]["frequencies"]["accuracy"] + 0.1
    assert 0.4 < of_words < scores["baselines"]["per_mark"]["accuracy"] + 0.2
