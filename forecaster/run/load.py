"""A run folder to a trained run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.errors import RunError
from forecaster.evaluation.job import TrainedRun
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.heads import head_from_json
from forecaster.run.context import read_context, read_last_times
from forecaster.run.spec import ModelSpec, parse_spec
from forecaster.run.store import open_version
from forecaster.run.weights import read_weights
from forecaster.training.device import set_threads
from forecaster.training.fitted import Fitted
from forecaster.windows.transforms import Fitted as FittedTransform
from forecaster.windows.transforms import Normaliser

FILES = ("spec.json", "weights.safetensors", "report.json", "context.parquet", "series.parquet")


def load_run(folder: Path) -> TrainedRun:
    """The run of a folder, as it was saved.

    Args:
        folder: The run folder.

    Returns:
        A run that predicts what the saved one did.

    Raises:
        RunError: A file is missing, damaged, of a newer format, or does not fit the others.
    """
    version = open_version(folder, FILES)
    spec = parse_spec((version / "spec.json").read_bytes(), str(version / "spec.json"))
    set_threads(spec.settings.training.threads)
    panel = read_context(version, spec.panel)
    built = [_networks(model, version) for model in spec.models]
    expected = [
        _expected(model, networks, panel.n_series)
        for model, (_, networks) in zip(spec.models, built, strict=True)
    ]
    place = version / "weights.safetensors"
    loaded = read_weights(place.read_bytes(), expected, str(place))
    fitted = tuple(
        _fitted(model, networks, arrays, panel.ids, panel.kind)
        for model, networks, arrays in zip(spec.models, built, loaded, strict=True)
    )
    return TrainedRun(
        models=fitted,
        settings=spec.settings,
        panel=panel,
        last_times=read_last_times(version, spec.panel),
        report=json.loads((version / "report.json").read_text(encoding="utf-8")),
        state=spec.state,
        name=str(folder),
    )


def _networks(spec: ModelSpec, version: Path) -> tuple[Architecture, list[Any]]:
    """The architecture of a model and its networks, with weights that are still to be set."""
    try:
        architecture = Architecture.from_json(spec.architecture)
    except (TypeError, ValueError, KeyError) as error:
        raise RunError(
            f"{version / 'spec.json'}: architecture: {error}. Restore the file, or train again."
        ) from None
    return architecture, [build_model(architecture, seed=0) for _ in range(spec.n_members)]


def _expected(spec: ModelSpec, networks: list[Any], n_series: int) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and dtype of every tensor that a model has."""
    expected: dict[str, tuple[tuple[int, ...], str]] = {}
    for number, network in enumerate(networks):
        for position, weight in enumerate(network.weights):
            expected[f"network{number}/{position:03d}"] = (tuple(weight.shape), str(weight.dtype))
    for number, step in enumerate(spec.normaliser.steps):
        if step.n_scales not in (0, 1, n_series):
            raise RunError(
                f"spec.json: transform {step.name} has {step.n_scales} scales for {n_series} series. "
                "Train the run again."
            )
        expected[f"scale{number}/shift"] = ((step.n_scales,), "float64")
        expected[f"scale{number}/scale"] = ((step.n_scales,), "float64")
    expected["covariate/shift"] = ((spec.normaliser.n_channels,), "float64")
    expected["covariate/scale"] = ((spec.normaliser.n_channels,), "float64")
    return expected


def _fitted(
    spec: ModelSpec,
    built: tuple[Architecture, list[Any]],
    arrays: dict[str, np.ndarray],
    ids: np.ndarray,
    kind: str,
) -> Fitted:
    """A model with its numbers in place."""
    architecture, networks = built
    for number, network in enumerate(networks):
        network.set_weights(
            [arrays[f"network{number}/{position:03d}"] for position in range(len(network.weights))]
        )
    steps = tuple(
        FittedTransform(step.name, arrays[f"scale{number}/shift"], arrays[f"scale{number}/scale"], step.floor)
        for number, step in enumerate(spec.normaliser.steps)
    )
    normaliser = Normaliser(
        steps,
        spec.normaliser.residual,
        spec.normaliser.season_length,
        spec.normaliser.target,
        arrays["covariate/shift"],
        arrays["covariate/scale"],
        spec.normaliser.input_scale,
        spec.normaliser.target_scale,
    )
    return Fitted(
        head_from_json(spec.head),
        architecture,
        normaliser,
        tuple(networks),
        ids,
        kind in ("events", "intervals"),
    )
