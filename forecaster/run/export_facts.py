"""What goes with exported networks: how inputs are made and what outputs mean, as plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import forecaster
from forecaster.data.panel import Panel
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.network.hazard_head import LEAST_RATE
from forecaster.network.heads import (
    BinsHead,
    HazardHead,
    Head,
    MarkedHead,
    MixtureHead,
    PointHead,
    QuantileHead,
)
from forecaster.network.mixture_head import LEAST_SCALE
from forecaster.training.fitted import Fitted
from forecaster.windows.features import WIDTHS
from forecaster.windows.future import input_channels
from forecaster.windows.transforms import SCALES
from forecaster.windows.transforms import Fitted as FittedTransform

FORMAT_VERSION = 1

AFFINE = "z = (x - shift) / scale"
MEANINGS = {
    "past": "channels of the last look_back steps, normalised, 0 where not observed",
    "observed": "1 where past is real, 0 where it is padding or missing",
    "marks": "number of each step's category in mark_names from 1, 0 for an unknown one",
    "static": "what is known of the whole window, normalised, 0 where missing",
    "series": "number of the series in series from 1, 0 for one not trained on",
    "future": "what is known of the steps to come, normalised, then their calendar",
}
TRANSFORMS = {
    "standard": f"{AFFINE}; one number, or one for each series",
    "minmax": f"{AFFINE}; one number, or one for each series",
    "log": "z = log(max(x, floor))",
    "level": "z = x / scale of the window: the mean of |x| over its last season_length steps, where that is "
    "0 over all, where that is 0 the number here for the series",
    "last": "z = x - shift of the window: its last x, where it has none the number here for the series",
    "volatility": "z = x / scale of the window: exp of its last value in the volatility channel",
}
RESIDUALS = {
    "none": None,
    "last": "targets are also less the last transformed value of the window",
    "season": "targets are also less the transformed value of the same phase one season before",
}
COMBINED = {
    "point": "the median of the members' outputs",
    "quantile": "at each level the median of the members' quantiles",
    "bins": "the mean of the members' probabilities",
    "hazard": "the mean of the members' probabilities of having come",
    "mixture": "the mean of the members' probabilities of having come",
}


def export_facts(run: TrainedRun, files: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What is said of a run and of each of its models.

    Args:
        run: A trained run.
        files: Names of the files of each model, one a member.

    Returns:
        A tree that JSON can hold; arrays as lists.
    """
    panel = run.panel
    return {
        "format": "forecaster export",
        "format_version": FORMAT_VERSION,
        "forecaster": forecaster.__version__,
        "run": run.name,
        "kind": panel.kind,
        "unit": panel.unit,
        "columns": dict(panel.columns),
        "series": [str(one) for one in run.models[0].ids],
        "mark_names": [str(one) for one in panel.mark_names],
        "models": [model_facts(model, panel, names) for model, names in zip(run.models, files, strict=True)],
    }


def model_facts(model: Fitted, panel: Panel, files: Sequence[str]) -> dict[str, Any]:
    """Inputs, transforms and decoding of one model.

    Args:
        model: A trained model.
        panel: Of its run.
        files: Names of its files, one a member.

    Returns:
        A tree that JSON can hold.
    """
    network, normaliser = model.models[0], model.normaliser
    return {
        "files": list(files),
        "inputs": {one.name: _input(one) for one in network.inputs},
        "outputs": {"shape": ["batch", *network.output_shape[1:]], "dtype": "float32"},
        "channels": list(input_channels(panel, normaliser.calendar)),
        "target_channel": normaliser.target,
        "covariates": {
            "formula": f"{AFFINE}, of every channel but the target and the calendar",
            "shift": normaliser.covariate_shift.tolist(),
            "scale": normaliser.covariate_scale.tolist(),
        },
        "static": {
            "names": [*_history(normaliser.features), *panel.static_names],
            "shift": normaliser.static_shift.tolist(),
            "scale": normaliser.static_scale.tolist(),
        },
        "transforms": [_transform(step) for step in normaliser.steps],
        "season_length": normaliser.season_length,
        "input_scale": _affine(normaliser.input_scale, "the target channel, after the transforms"),
        "residual": RESIDUALS[normaliser.residual],
        "target_scale": _affine(
            normaliser.target_scale,
            "targets, after the transforms and the residual; both times the root of the step's number where "
            "the transforms hold volatility and last",
        ),
        "decoding": decoding(model.head),
        "members": COMBINED[model.head.unmarked.name],
        "conformal": None
        if model.conformal is None
        else {
            "formula": "quantiles at levels plus shift (steps, levels), then rising away from the median",
            "levels": model.conformal.levels.tolist(),
            "shift": model.conformal.shift.tolist(),
        },
        "undoing": "a forecast goes back through target_scale, the residual and the transforms, last first",
        "lowest": model.lowest,
    }


def decoding(head: Head) -> dict[str, Any]:
    """How the numbers of a network become a distribution in normalised space.

    Args:
        head: Of the model.

    Returns:
        The head's name, a formula, and the numbers in it.
    """
    if isinstance(head, MarkedHead):
        marks = f"probabilities of the marks are softmax(outputs[{head.base.n_outputs}:])"
        return {**decoding(head.base), "n_own": head.base.n_outputs, "marks": marks}
    return {"head": head.name, "n_own": head.n_outputs, **_decoding(head)}


def _decoding(head: Head) -> dict[str, Any]:
    """Formula and numbers of a head without marks."""
    if isinstance(head, PointHead):
        residuals = np.zeros((1, len(head.residual_levels))) if head.residuals is None else head.residuals
        return {
            "formula": "point = outputs[0]; its quantile at levels[k] is point + residuals[step][k]",
            "levels": list(head.residual_levels),
            "residuals": residuals.tolist(),
        }
    if isinstance(head, QuantileHead):
        return {
            "formula": "quantiles at levels = center + outputs[0] + softplus(outputs[1:] + offsets) @ sums",
            "levels": list(head.levels),
            "middle": head.middle,
            "center": head.center,
            "offsets": head._offsets.tolist(),
            "sums": head._sums.tolist(),
        }
    if isinstance(head, BinsHead):
        return {
            "formula": "probabilities of the bins between edges = softmax(outputs); the outer ones are open, "
            "with exponential tails of these scales where there are any",
            "edges": head.edges.tolist(),
            "tails": None if head.tails is None else head.tails.tolist(),
        }
    if isinstance(head, HazardHead):
        return {
            "formula": "hazards from each edge on = softplus(outputs + offsets) + least; P(T > z) is exp of "
            "minus the hazards over all time up to z",
            "edges": head.edges.tolist(),
            "offsets": head._offsets.tolist(),
            "least": LEAST_RATE,
        }
    if isinstance(head, MixtureHead):
        return _mixture(head)
    raise TypeError(f"no decoding is written for the head {head.name}")


def _mixture(head: MixtureHead) -> dict[str, Any]:
    """Formula and numbers of a mixture."""
    n = head.n_components
    return {
        "formula": f"loc = outputs[:{n}] + loc + follows * outputs[-1] where any follows; scale = widening * "
        f"(softplus(outputs[{n}:{2 * n}] + offsets) + least); weights = softmax(outputs[{2 * n}:"
        f"{2 * n + len(head.weights)}] + log(weights)); normal distributions of these, any weight left over "
        "is that of never",
        "loc": head.loc.tolist(),
        "offsets": head._before_softplus.tolist(),
        "weights": head.weights.tolist(),
        "follows": head.follows.tolist(),
        "widening": head.widening,
        "least": LEAST_SCALE,
    }


def _input(tensor: Any) -> dict[str, Any]:
    """One input of a network."""
    shape = ["batch", *tensor.shape[1:]]
    return {"shape": shape, "dtype": tensor.dtype, "meaning": MEANINGS[tensor.name]}


def _transform(step: FittedTransform) -> dict[str, Any]:
    """One transform of the target."""
    told: dict[str, Any] = {"name": step.name, "formula": TRANSFORMS[step.name]}
    if step.name == "log":
        told["floor"] = step.floor
    elif step.name in (*SCALES, "level", "last"):
        told |= {"shift": step.shift.tolist(), "scale": step.scale.tolist()}
    return told


def _affine(numbers: tuple[float, float], what: str) -> dict[str, Any]:
    """Shift and scale with what they are for."""
    return {"formula": f"{AFFINE}, of {what}", "shift": numbers[0], "scale": numbers[1]}


def _history(features: Sequence[str]) -> list[str]:
    """Names of the numbers of the history features, one each."""
    return [
        name if WIDTHS[name] == 1 else f"{name}-{number}"
        for name in features
        for number in range(WIDTHS[name])
    ]
