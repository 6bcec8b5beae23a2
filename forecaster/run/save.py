"""A trained run to its folder."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from forecaster.evaluation.report import finite, without_rows
from forecaster.evaluation.trained_run import AnyRun
from forecaster.run.context import context_bytes
from forecaster.run.facts import panel_facts
from forecaster.run.spec import (
    ArchitectureSpec,
    ConformalSpec,
    HeadSpec,
    ModelSpec,
    NormaliserSpec,
    Spec,
    TransformSpec,
)
from forecaster.run.store import write_version
from forecaster.run.weights import weights_bytes
from forecaster.training.networks import Networks
from forecaster.windows.transforms import Normaliser


def save_run(run: AnyRun, folder: Path, *, keep: int = 2, context: bool = True) -> Path:
    """Write a run as the newest version of its folder.

    Args:
        run: A trained run.
        folder: The run folder; made when it is not there.
        keep: Versions that stay, this one among them.
        context: Whether the last rows of every series are kept, and the values that forecasts were
            compared with.

    Returns:
        The folder of the version.

    Raises:
        RunError: The folder cannot be written.
    """
    spec = Spec.model_validate(
        {
            "state": run.state,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "versions": run.report["versions"],
            "settings": run.settings,
            "panel": panel_facts(run.panel),
            "models": tuple(_model_spec(model) for model in run.models),
        }
    )
    rows = int(run.panel.lengths.max()) if context and run.panel.n_series else 0
    report = run.report if context else without_rows(run.report)
    files = {
        "spec.json": spec.to_bytes(),
        "weights.safetensors": weights_bytes([model.tensors() for model in run.models]),
        "report.json": (json.dumps(finite(report), indent=1) + "\n").encode(),
        **context_bytes(run.panel, rows),
    }
    return write_version(folder, files, keep=keep)


def _model_spec(model: Networks) -> ModelSpec:
    """The structure of a model, for spec.json."""
    normaliser, conformal = model.normaliser, model.shifts
    return ModelSpec(
        architecture=ArchitectureSpec(**model.architecture.to_json()),
        head=HeadSpec.model_validate_json(json.dumps(model.head.to_json())),
        normaliser=_normaliser_spec(normaliser),
        n_members=len(model.models),
        conformal=None
        if conformal is None
        else ConformalSpec(n_steps=len(conformal.shift), n_levels=len(conformal.levels)),
    )


def _normaliser_spec(normaliser: Normaliser) -> NormaliserSpec:
    """The structure of the transforms, for spec.json."""
    names = ("residual", "season_length", "target", "input_scale", "target_scale", "features", "calendar")
    steps = tuple(
        TransformSpec.model_validate({"name": step.name, "floor": step.floor, "n_scales": len(step.shift)})
        for step in normaliser.steps
    )
    n_channels = len(normaliser.covariate_shift)
    fields = {name: getattr(normaliser, name) for name in names}
    return NormaliserSpec.model_validate({**fields, "steps": steps, "n_channels": n_channels})
