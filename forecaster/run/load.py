"""A run folder to a trained run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.panel import Panel
from forecaster.errors import RunError, listing
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.trained_run import TrainedRun, forecasts
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.heads import (
    HEADS,
    ClassOutput,
    Head,
    MarkedHead,
    NumberOutput,
    Output,
    output_from_json,
)
from forecaster.run.context import read_context, read_last_times
from forecaster.run.implied import check_networks
from forecaster.run.report_file import read_report
from forecaster.run.spec import ModelSpec, Spec, parse_spec
from forecaster.run.store import open_version
from forecaster.run.weights import read_header, read_weights
from forecaster.training.conformal import Conformal
from forecaster.training.device import set_threads
from forecaster.training.fitted import Fitted
from forecaster.training.sequence_networks import SequenceNetworks
from forecaster.windows.features import n_static
from forecaster.windows.future import future_width, input_channels
from forecaster.windows.transforms import VOLATILITY, Normaliser
from forecaster.windows.transforms import Fitted as FittedTransform

# Head, sizes, transforms and networks of a model.
Parts = tuple[Any, Architecture, Normaliser, tuple[Any, ...]]

FILES = ("spec.json", "weights.safetensors", "report.json", "context.parquet", "series.parquet")


def load_forecasts(folder: Path, what: str) -> TrainedRun:
    """The run of a folder, which must be one that forecasts what comes next.

    Args:
        folder: The run folder.
        what: What is to be done with it, for the message: ``plot``.

    Returns:
        A run that predicts what the saved one did.

    Raises:
        RunError: It cannot be loaded, or is of sequences.
    """
    return forecasts(load_run(folder), what)


def load_run(folder: Path) -> TrainedRun | SequenceRun:
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
    _check_channels(spec, panel, version)
    heads = [check_head(model, version / "spec.json") for model in spec.models]
    place = version / "weights.safetensors"
    check_networks(read_header(place), spec.models, str(place))
    built = [_networks(model, version) for model in spec.models]
    expected = [
        _expected(model, networks, panel.n_series)
        for model, (_, networks) in zip(spec.models, built, strict=True)
    ]
    loaded = read_weights(place.read_bytes(), expected, str(place))
    parts = zip(spec.models, heads, built, loaded, strict=True)
    known: dict[str, Any] = {
        "settings": spec.settings,
        "panel": panel,
        "last_times": read_last_times(version, spec.panel),
        "report": read_report(version / "report.json"),
        "state": spec.state,
        "name": str(folder),
    }
    whole = [
        (model, arrays, _networks_of(model, (head, *networks), arrays, panel))
        for model, head, networks, arrays in parts
    ]
    if panel.goal is not None:
        more = panel.goal, spec.settings.network.stateful
        return SequenceRun(models=tuple(SequenceNetworks(*one, *more) for _, _, one in whole), **known)
    return TrainedRun(models=tuple(_fitted(*one, panel) for one in whole), **known)


def _fitted(model: ModelSpec, arrays: dict[str, np.ndarray], parts: Parts, panel: Panel) -> Fitted:
    """A model that forecasts, with the shifts of its quantiles where it has some."""
    conformal = None if model.conformal is None else _conformal(arrays)
    return Fitted(*parts, panel.ids, panel.lowest, conformal)


def _networks(spec: ModelSpec, version: Path) -> tuple[Architecture, list[Any]]:
    """The architecture of a model and its networks, with weights that are still to be set."""
    architecture = Architecture(**spec.architecture.model_dump())
    try:
        return architecture, [build_model(architecture, seed=0) for _ in range(spec.n_members)]
    except (TypeError, ValueError) as error:  # an activation that is none
        text = str(error).splitlines()[0]
        raise RunError(f"{version / 'spec.json'}: architecture: {text} Train the run again.") from None


def _check_channels(spec: Spec, panel: Panel, version: Path) -> None:
    """Refuse models of other channels than the panel has."""
    for model in spec.models:
        _check_goal(model, panel, version)
        network, normaliser = model.architecture, model.normaliser
        has_volatility = panel.volatility is not None
        fits = (
            has_volatility >= any(step.name == VOLATILITY for step in normaliser.steps)
            and normaliser.n_channels == len(panel.channels)
            and normaliser.target == panel.target
            and network.n_channels == len(input_channels(panel, normaliser.calendar))
            and network.n_static == n_static(normaliser.features) + len(panel.static_names)
            and network.n_future == future_width(panel, normaliser.calendar)
        )
        if not fits:
            raise RunError(
                f"{version / 'spec.json'}: panel, network and transforms are of different channels. "
                f"Train the run again."
            )
        if model.architecture.n_marks != len(panel.mark_names):
            raise RunError(
                f"{version / 'spec.json'}: the panel has {len(panel.mark_names)} marks, the network "
                f"{model.architecture.n_marks}. Train the run again."
            )


def _check_goal(model: ModelSpec, panel: Panel, version: Path) -> None:
    """Refuse a head that is not of what the panel says is learnt."""
    goal, name = panel.goal, model.head.name
    wanted = (
        HEADS if goal is None else (NumberOutput.name,) if goal.kind == "outputs" else (ClassOutput.name,)
    )
    n_names = None if goal is None else len(goal.names)
    decoder = model.architecture.decoder
    is_of_steps = goal is not None and goal.is_of_steps
    if (
        name in wanted
        and n_names in (None, model.architecture.n_outputs)
        and (decoder == "steps") == is_of_steps
    ):
        return
    raise RunError(
        f"{version / 'spec.json'}: head {name} with decoder {decoder} is not of what the panel says is "
        "learnt. Train the run again."
    )


def check_head(spec: ModelSpec, place: Path) -> Output:
    """The head of a model, checked against its network.

    Args:
        spec: Of the model.
        place: spec.json, for messages.

    Returns:
        The head.

    Raises:
        RunError: It is none, or of another number of outputs than the network.
    """
    try:
        head = output_from_json(spec.head.stored)
        again = json.loads(json.dumps(head.to_json()))
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        text = str(error).splitlines()[0][:200]
        raise RunError(f"{place}: head: {text}. Train the run again.") from None
    # what a head makes of its file is what it would write: nothing there was overlooked or misread
    if wrong := [
        name for name, value in spec.head.stored.items() if name not in again or again[name] != value
    ]:
        raise RunError(f"{place}: head: {listing(wrong)}: unknown or wrong. Train the run again.")
    n_marks = head.n_marks if isinstance(head, MarkedHead) else 0
    if isinstance(head, Head) and n_marks != spec.architecture.n_marks:
        raise RunError(
            f"{place}: the head is of {n_marks} marks, the network of {spec.architecture.n_marks}. "
            f"Train the run again."
        )
    if head.n_outputs != spec.architecture.n_outputs:
        raise RunError(
            f"{place}: the head takes {head.n_outputs} numbers a step, the network gives "
            f"{spec.architecture.n_outputs}. Train the run again."
        )
    if isinstance(head, Head):
        _check_distribution(head, spec, place)
    return head


def _check_distribution(head: Head, spec: ModelSpec, place: Path) -> None:
    """Refuse a head of whose numbers no distribution can be made, before anybody asks for a forecast."""
    outputs = np.zeros((1, spec.architecture.horizon, spec.architecture.n_outputs), dtype=np.float32)
    try:
        with np.errstate(all="ignore"):
            median = head.distribution(outputs).median()
    except (ValueError, IndexError) as error:
        text = str(error).splitlines()[0][:200]
        raise RunError(f"{place}: head: {text}. Train the run again.") from None
    if np.isnan(median).any():
        raise RunError(f"{place}: head: its forecast is no number. Train the run again.")


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
    expected["static/shift"] = expected["static/scale"] = ((spec.architecture.n_static,), "float64")
    if spec.conformal is not None:
        expected["conformal/levels"] = ((spec.conformal.n_levels,), "float64")
        expected["conformal/shift"] = ((spec.conformal.n_steps, spec.conformal.n_levels), "float64")
    return expected


def _networks_of(
    spec: ModelSpec,
    parts: tuple[Any, Architecture, list[Any]],
    arrays: dict[str, np.ndarray],
    panel: Panel,
) -> Parts:
    """The parts of a model with its numbers in place."""
    head, architecture, networks = parts
    for number, network in enumerate(networks):
        network.set_weights(
            [arrays[f"network{number}/{position:03d}"] for position in range(len(network.weights))]
        )
    stored = spec.normaliser
    for number in range(len(stored.steps)):
        if (arrays[f"scale{number}/scale"] <= 0).any():
            raise RunError(
                f"weights.safetensors: tensor scale{number}/scale holds a scale that is not above 0. "
                f"Train the run again."
            )
    steps = tuple(
        FittedTransform(step.name, arrays[f"scale{number}/shift"], arrays[f"scale{number}/scale"], step.floor)
        for number, step in enumerate(stored.steps)
    )
    goes_by = any(step.name == VOLATILITY for step in steps)
    normaliser = Normaliser(
        steps,
        stored.residual,
        stored.season_length,
        stored.target,
        arrays["covariate/shift"],
        arrays["covariate/scale"],
        stored.input_scale,
        stored.target_scale,
        stored.features,
        stored.calendar,
        arrays["static/shift"],
        arrays["static/scale"],
        panel.volatility if goes_by else None,
        panel.returns if goes_by else (),
    )
    return head, architecture, normaliser, tuple(networks)


def _conformal(arrays: dict[str, np.ndarray]) -> Conformal:
    """The shifts of a model's quantiles."""
    try:
        return Conformal(arrays["conformal/levels"], arrays["conformal/shift"])
    except ValueError as error:
        raise RunError(f"weights.safetensors: {error}. Train the run again.") from None
