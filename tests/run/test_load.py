from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, save

from forecaster.errors import RunError
from forecaster.forecaster import Forecaster
from tests.conftest import TINY, SavedRun

FILES = ["context.parquet", "report.json", "series.parquet", "spec.json", "weights.safetensors"]


@pytest.fixture
def copy(values_run: SavedRun, tmp_path: Path) -> Path:
    """A run folder that may be damaged."""
    folder = tmp_path / "copy"
    shutil.copytree(values_run.folder, folder)
    return folder


@pytest.fixture
def rewrite(copy: Path) -> Callable[[str, bytes], None]:
    """Replace a file of the version, and its checksum with it."""

    def write(name: str, content: bytes) -> None:
        version = copy / "v0001"
        (version / name).write_bytes(content)
        sums = (version / "SHA256SUMS").read_text().splitlines()
        digest = hashlib.sha256(content).hexdigest()
        lines = [f"{digest}  {name}" if line.endswith(f"  {name}") else line for line in sums]
        (version / "SHA256SUMS").write_text("\n".join(lines) + "\n")

    return write


def message_of(folder: Path) -> str:
    with pytest.raises(RunError) as caught:
        Forecaster.load(folder)
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".")
    return text


def test_version_folder_holds_the_documented_files(values_run: SavedRun) -> None:
    version = values_run.folder / "v0001"
    assert sorted(path.name for path in version.iterdir()) == ["SHA256SUMS", *FILES]
    assert {path.stat().st_mode & 0o777 for path in version.iterdir()} == {0o600}
    assert (values_run.folder / "CURRENT").read_text() == "v0001\n"


def test_loaded_run_can_be_saved_again_and_predicts_the_same(
    values_run: SavedRun, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = Forecaster.load(values_run.folder)
    first.save("again")
    second = Forecaster.load("again")
    pd.testing.assert_frame_equal(second.predict(), first.predict(), check_exact=True)
    assert second.settings == first.settings
    for one, other in zip(first._run.models, second._run.models, strict=True):
        for name, tensor in one.tensors().items():
            assert tensor.tobytes() == other.tensors()[name].tobytes()


def test_context_holds_the_end_of_every_series_and_no_more(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"step": np.arange(500), "y": np.sin(np.arange(500) / 3) + 3})
    run = Forecaster(**TINY, look_back=10, season=1).fit(table)
    run.save("one")
    kept = pd.read_parquet("one/v0001/context.parquet")
    assert kept["ds"].tolist() == list(range(390, 500))  # the look-back and a hundred rows to draw
    run.save("two", context=False)
    assert len(pd.read_parquet("two/v0001/context.parquet")) == 0
    pd.testing.assert_frame_equal(Forecaster.load("two").predict(table), run.predict(table))


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / "v0001" / name).unlink()
    assert message_of(copy) == f"{copy}/v0001/{name}: the file is missing. Train the run again."


@pytest.mark.parametrize("name", FILES)
def test_damaged_file_is_named(copy: Path, name: str) -> None:
    content = bytearray((copy / "v0001" / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "v0001" / name).write_bytes(content)
    text = f"{copy}/v0001/{name}: damaged; its checksum differs. Train the run again."
    assert message_of(copy) == text


def test_no_run_and_no_version_are_said(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in message_of(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / "empty") in message_of(tmp_path / "empty")


def test_newer_format_is_refused(copy: Path, rewrite) -> None:
    spec = json.loads((copy / "v0001" / "spec.json").read_text())
    rewrite("spec.json", json.dumps(spec | {"format_version": 2}).encode())
    assert "Install a newer forecaster." in message_of(copy)


def change_weights(content: bytes, change: Callable[[dict[str, np.ndarray]], Any]) -> bytes:
    tensors = dict(load(content))
    change(tensors)
    return bytes(save(tensors))


FIRST = "member0/network0/000"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop(FIRST), f"no tensor {FIRST}"),
        (lambda t: t.update(extra=np.zeros(1)), "unknown tensor extra"),
        (lambda t: t.update({FIRST: t[FIRST][:, :-1].copy()}), f"tensor {FIRST} is ["),
        (lambda t: t.update({FIRST: t[FIRST].astype(np.float64)}), f"tensor {FIRST} is float64"),
        (lambda t: t.update({FIRST: t[FIRST] * np.float32("nan")}), f"tensor {FIRST} holds NaN or infinity"),
    ],
)
def test_wrong_tensors_are_refused(copy: Path, rewrite, change, words: str) -> None:
    content = (copy / "v0001" / "weights.safetensors").read_bytes()
    rewrite("weights.safetensors", change_weights(content, change))
    assert words in message_of(copy)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("models", 0, "architecture", "units"), [4, 4]),
        (("models", 0, "architecture", "look_back"), -3),
        (("models", 0, "architecture", "cell"), "eval"),
        (("models", 0, "architecture", "colour"), "red"),
        (("models", 0, "architecture", "units"), [10**9]),
        (("models", 0, "architecture", "units"), [90_000]),
        (("models", 0, "architecture", "dense_units"), [90_000] * 50),
        (("models", 0, "architecture", "n_channels"), 2),
        (("models", 0, "architecture", "n_outputs"), 2),
        (("models", 0, "architecture", "n_future"), 2),
        (("models", 0, "architecture", "n_static"), 1),
        (("models", 0, "normaliser", "calendar"), ["hour"]),
        (("models", 0, "normaliser", "calendar"), ["century"]),
        (("panel", "future_known"), [0]),
        (("panel", "static_names"), ["size"]),
        (("panel", "volatility"), 5),
        (("panel", "volatility"), "close"),
        (("panel", "returns"), [0, 5]),
        (("panel", "clock", "slots"), 3),
        (("models", 0, "normaliser", "steps"), [{"name": "volatility"}]),
        (("models", 0, "architecture", "activation"), "no_such_function"),
        (("models", 0, "head", "name"), "oracle"),
        (("models", 0, "head", "levels"), [0.9, 0.1]),
        (("models", 0, "head"), {}),
        (("models", 0, "normaliser", "steps"), [{"name": "standard", "n_scales": 77}]),
        (("models", 0, "normaliser", "n_channels"), 9),
        (("models", 0, "n_members"), 2),
        (("panel", "kind"), "pictures"),
        (("panel", "target"), 5),
        (("panel", "colour"), "red"),
        (("settings", "window", "look_back"), "three"),
    ],
)
def test_spec_that_does_not_fit_the_rest_is_refused(copy: Path, rewrite, path, value: Any) -> None:
    spec = json.loads((copy / "v0001" / "spec.json").read_text())
    place = spec
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    rewrite("spec.json", json.dumps(spec).encode())
    assert message_of(copy)


def test_run_of_an_earlier_version_is_loaded(copy: Path, rewrite) -> None:
    before = Forecaster.load(copy).predict()
    spec = json.loads((copy / "v0001" / "spec.json").read_text())
    for name in ("future_known", "static_names", "levels"):
        del spec["panel"][name]
    del spec["models"][0]["normaliser"]["calendar"], spec["models"][0]["architecture"]["n_future"]
    for name in ("future_known", "static"):
        del spec["settings"]["data"][name]
    rewrite("spec.json", json.dumps(spec).encode())
    pd.testing.assert_frame_equal(Forecaster.load(copy).predict(), before, check_exact=True)


def test_run_from_before_prices_had_volatility_is_loaded(copy: Path, rewrite) -> None:
    before = Forecaster.load(copy).predict()
    spec = json.loads((copy / "v0001" / "spec.json").read_text())
    for name in ("predict", "returns", "volatility"):
        del spec["panel"][name]
    for name in ("calendar", "slots"):
        del spec["panel"]["clock"][name]
    for name in ("predict", "calendar"):
        del spec["settings"]["data"][name]
    del spec["settings"]["window"]["embargo"], spec["settings"]["transform"]["dead_band"]
    rewrite("spec.json", json.dumps(spec).encode())
    pd.testing.assert_frame_equal(Forecaster.load(copy).predict(), before, check_exact=True)


def test_report_that_is_no_json_is_refused(copy: Path, rewrite) -> None:
    rewrite("report.json", b"{half")
    assert "report.json" in message_of(copy)


def test_untrained_forecaster_has_nothing_to_save_or_say(tmp_path: Path) -> None:
    for act in (
        lambda: Forecaster().save(tmp_path / "a"),
        lambda: Forecaster().predict(),
        lambda: Forecaster().report,
    ):
        with pytest.raises(RunError, match="Nothing is trained yet"):
            act()
