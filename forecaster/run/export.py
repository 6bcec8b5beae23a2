"""export_run: the networks of a run as files that other programs open, and what they need besides."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from forecaster.errors import RunError
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.files import explained, refuse_link, sha256, write_folder
from forecaster.network.predict import predict_outputs
from forecaster.run.export_example import Probe, example_program, make_probe
from forecaster.run.export_facts import export_facts
from forecaster.run.export_onnx import need, onnx_bytes, run_onnx
from forecaster.run.export_twin import stock_twin
from forecaster.training.fitted import Fitted
from forecaster.windows.batch import Batch, Gathered

FORMATS = {"onnx": ".onnx", "keras": ".keras", "keras-json": ".json"}

# Largest difference between an exported network and the run's own, as a share of the largest output or of 1.
TOLERANCE = 1e-5

# Series up to which an ONNX file itself holds the numbers of each; metadata.json always does.
MOST_LISTED = 10_000


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        folder: Where.
        files: Names of the networks' files, sorted.
        n_compared: Windows on which every network was compared.
        largest_difference: Over all networks, as ``TOLERANCE`` counts it.
    """

    folder: Path
    files: tuple[str, ...]
    n_compared: int
    largest_difference: float


def export_run(run: TrainedRun, format_name: str, folder: Path) -> Export:
    """Write every network of a run, what their numbers mean, and an example, into a new folder.

    Args:
        run: A trained run.
        format_name: ``onnx``, ``keras`` or ``keras-json``.
        folder: Where to; it must not be there yet.

    Returns:
        What was written, each network opened again and compared with the run's own.

    Raises:
        ConfigError: A package is missing, or the format has nothing like some part of a network.
        RunError: The folder is there already or cannot be written, or a file predicts something else.
        ValueError: There is no such format.
    """
    if format_name not in FORMATS:
        raise ValueError(f"format {format_name!r} is none of {', '.join(FORMATS)}")
    refuse_link(folder)
    if folder.exists():
        raise RunError(f"{folder}: it is there already. Choose another --out, or remove it.")
    if format_name == "onnx":
        need("onnx")
        need("onnxruntime")
    ending = FORMATS[format_name]
    names = [
        [f"{model.head.name}-{number}{ending}" for number in range(1, len(model.models) + 1)]
        for model in run.models
    ]
    probes = [make_probe(model, run.panel) for model in run.models]
    files: dict[str, bytes] = {}
    largest = 0.0
    facts = export_facts(run, names)
    for place, (model, probe) in enumerate(zip(run.models, probes, strict=True)):
        texts = _texts(facts, place)
        for name, network in zip(names[place], model.models, strict=True):
            made = _written(network, format_name, name, texts)
            largest = max(largest, _difference(network, made, name, probe, model))
            files |= made
    n_compared = min(len(next(iter(probe.inputs.values()))) for probe in probes)
    facts["check"] = {
        "n_windows": n_compared,
        "largest_difference": largest,
        "tolerance": TOLERANCE,
        "sha256": {name: sha256(data) for name, data in sorted(files.items())},
    }
    program = example_program(format_name, run.models[0].head.unmarked.name)
    texts = {"metadata.json": _json(facts), "example.json": _json(probes[0].example), "example.py": program}
    _put(folder, files | {name: text.encode() for name, text in texts.items()})
    return Export(folder, tuple(sorted(files)), n_compared, largest)


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    """A new folder with these files; they hold rows and names of customers."""
    temporary = folder.parent / f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    with explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_folder(folder, files, temporary)


def _json(tree: Mapping[str, Any]) -> str:
    """A tree as the text of a file."""
    return json.dumps(tree, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _texts(facts: Mapping[str, Any], place: int) -> dict[str, str]:
    """What an ONNX file says of itself: of the run, and of its model."""
    model = dict(facts["models"][place])
    if len(facts["series"]) > MOST_LISTED:
        model["transforms"] = "of very many series: see metadata.json"
    texts = {name: value for name, value in facts.items() if name not in ("models", "series")}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (texts | model).items()
    }


def _written(network: Any, format_name: str, name: str, texts: Mapping[str, str]) -> dict[str, bytes]:
    """The files of one network by name."""
    twin = stock_twin(network)
    if format_name == "onnx":
        return {name: onnx_bytes(network, twin, texts)}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if format_name == "keras":
            twin.save(folder / name)
        else:
            (folder / name).write_text(twin.to_json(indent=1), encoding="utf-8")
            twin.save_weights(folder / name.replace(".json", ".weights.h5"))
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _difference(network: Any, made: Mapping[str, bytes], name: str, probe: Probe, model: Fitted) -> float:
    """How far the written network is from the run's own, as ``TOLERANCE`` counts it.

    Raises:
        RunError: Too far.
    """
    ours = predict_outputs(network, _source(probe, model))
    theirs = _reopened(made, name, probe)
    difference = float(np.max(np.abs(theirs - ours)) / max(1.0, float(np.max(np.abs(ours)))))
    if not difference <= TOLERANCE:
        raise RunError(
            f"{name}: its outputs differ from the run's by {difference:.2g} of the largest one, more than "
            f"{TOLERANCE:g}. Nothing was written; export in another --format."
        )
    return difference


def _source(probe: Probe, model: Fitted) -> Gathered:
    """The windows of a comparison as a source of batches."""
    given = probe.inputs
    n, horizon = len(given["past"]), model.architecture.horizon
    return Gathered(
        Batch(
            past=given["past"],
            observed=given["observed"],
            target=np.zeros((n, horizon)),
            mask=np.zeros((n, horizon), dtype=bool),
            series=np.zeros(n, dtype=np.int64),
            static=given.get("static"),
            marks=given.get("marks"),
            series_number=given.get("series"),
            future=given.get("future"),
        )
    )


def _reopened(made: Mapping[str, bytes], name: str, probe: Probe) -> np.ndarray:
    """What the network in a written file puts out."""
    if name.endswith(".onnx"):
        return run_onnx(made[name], probe.inputs)
    with tempfile.TemporaryDirectory() as opened:
        folder = Path(opened)
        for part, data in made.items():
            (folder / part).write_bytes(data)
        config, weights = folder / name, folder / name.replace(".json", ".weights.h5")
        if name.endswith(".keras"):
            with zipfile.ZipFile(folder / name) as archive:
                archive.extractall(folder, ["config.json", "model.weights.h5"])
            config, weights = folder / "config.json", folder / "model.weights.h5"
        model = keras.models.model_from_json(config.read_text(encoding="utf-8"))
        model.load_weights(weights)
    return np.asarray(model.predict(dict(probe.inputs), verbose=0))
