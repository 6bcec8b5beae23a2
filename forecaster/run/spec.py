"""spec.json: all that is needed to build a run's networks again, strictly validated."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, ValidationError, model_serializer, model_validator

from forecaster.config.settings import Settings, TransformName
from forecaster.data.marks import MOST_SYMBOLS
from forecaster.errors import RunError
from forecaster.run.facts import first_fault
from forecaster.run.migrations import migrate
from forecaster.run.panel_spec import MOST_CHANNELS, Strict
from forecaster.run.strict_json import strict_json

# A spec of the most steps and quantiles of residuals has 20 MB and a million values.
MOST_BYTES = 32 * 1024 * 1024
MOST_VALUES = 1_500_000


class TransformSpec(Strict):
    """One fitted transform; its per-series numbers are tensors beside the weights."""

    name: TransformName
    floor: float = 0.0
    n_scales: int = Field(0, ge=0, le=1_000_000_000)

    @model_validator(mode="after")
    def _logarithms_are_finite(self) -> Self:
        """Refuse a logarithm of 0 and below."""
        if self.name == "log" and self.floor <= 0:
            raise ValueError(f"floor {self.floor:g} of log is not above 0")
        return self


Spread = Annotated[float, Field(gt=0)]
Feature = Literal["count", "age", "mean_gap", "single", "hour", "weekday", "month"]


class NormaliserSpec(Strict):
    """The fitted transforms of a model."""

    steps: tuple[TransformSpec, ...] = Field(max_length=20)
    residual: Literal["none", "last", "season"]
    season_length: int = Field(ge=1, le=1_000_000_000)
    target: int = Field(ge=0, lt=MOST_CHANNELS)
    n_channels: int = Field(ge=0, le=MOST_CHANNELS)
    input_scale: tuple[float, Spread]
    target_scale: tuple[float, Spread]
    features: tuple[Feature, ...] = Field((), max_length=20)
    calendar: tuple[Literal["hour", "weekday", "month"], ...] = Field((), max_length=20)


Width = Annotated[int, Field(ge=1, le=100_000)]
Share = Annotated[float, Field(ge=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[a-z_0-9]{1,40}$")]
Branch = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(fail_fast=True, min_length=1, max_length=1000)
]


class ArchitectureSpec(Strict):
    """The fields of ``network.architecture.Architecture``, each within its range."""

    look_back: int = Field(ge=1, le=1_000_000)
    horizon: Width
    n_channels: int = Field(ge=0, le=10_000)
    n_outputs: Width
    segment: int = Field(ge=1, le=1_000_000)
    cell: Literal["lstm", "gru", "rnn"]
    units: tuple[Width, ...] = Field(min_length=1, max_length=100)
    dense_units: tuple[Width, ...] = Field(max_length=100)
    dropout: Share
    recurrent_dropout: Share
    activation: Name
    recurrent_activation: Name
    bidirectional: bool
    branches: tuple[Branch, ...] = Field(max_length=1000)
    linear: bool = False
    n_static: int = Field(0, ge=0, le=1000)
    n_marks: int = Field(0, ge=0, le=MOST_SYMBOLS)
    mark_units: int = Field(0, ge=0, le=1000)
    decoder: Literal["direct", "parallel", "steps"] = "direct"
    out_segment: Width = 1
    n_series: int = Field(0, ge=0, le=1_000_000)
    series_units: int = Field(0, ge=0, le=1000)
    n_future: int = Field(0, ge=0, le=10_000)

    @model_validator(mode="after")
    def _channels_exist(self) -> Self:
        """Refuse a branch of channels that there are none of."""
        if any(channel >= self.n_channels for branch in self.branches for channel in branch):
            raise ValueError(f"a branch reads a channel beyond the {self.n_channels} there are")
        return self

    @model_validator(mode="after")
    def _has_inputs(self) -> Self:
        """Refuse a network that is fed nothing, and one whose outputs are not those of its steps."""
        if not self.n_channels and not self.n_marks:
            raise ValueError("a network of no channels and no marks")
        if self.decoder == "steps" and (self.horizon != self.look_back or self.segment != 1):
            raise ValueError(f"{self.horizon} outputs from {self.look_back} steps of {self.segment}")
        return self

    @model_validator(mode="after")
    def _marks_have_numbers(self) -> Self:
        """Refuse marks that no numbers stand for, and numbers without marks."""
        if (self.n_marks > 0) != (self.mark_units > 0):
            raise ValueError(f"{self.mark_units} numbers stand for each of {self.n_marks} marks")
        return self

    @model_validator(mode="after")
    def _series_have_vectors(self) -> Self:
        """Refuse series without vectors, and vectors without series."""
        if (self.n_series > 0) != (self.series_units > 0):
            raise ValueError(
                f"vectors of {self.series_units} numbers stand for each of {self.n_series} series"
            )
        return self


class ConformalSpec(Strict):
    """How many shifts of quantiles there are; they are tensors beside the weights."""

    n_steps: Width
    n_levels: int = Field(ge=2, le=1000)


Numbers = Annotated[tuple[float, ...], Field(fail_fast=True, max_length=10_000)]
Rows = Annotated[tuple[Numbers, ...], Field(fail_fast=True, max_length=10_000)]


class HeadSpec(Strict):
    """What any head was made from; each has some of these, and checks them itself."""

    name: Literal["point", "quantile", "bins", "hazard", "mixture", "classes", "numbers"]
    levels: Numbers = ()
    spread: float = 1.0
    start: Numbers = ()
    edges: Numbers = ()
    smoothing: float = 0.0
    frequencies: Numbers | None = None
    tails: Numbers | None = None
    rates: Numbers = ()
    weights: Numbers = ()
    loc: Numbers = ()
    scale: Numbers = ()
    widening: float = 1.0
    follows: Numbers = ()
    loss: Literal["mse", "mae", "huber"] = "mse"
    residual_levels: Numbers = ()
    residuals: Rows | None = None
    n_classes: int = Field(1, ge=1, le=MOST_SYMBOLS)
    n_marks: int = Field(0, ge=0, le=MOST_SYMBOLS)

    @property
    def stored(self) -> dict[str, Any]:
        """The fields that stand in the file, as ``Head.to_json`` gave them."""
        stored: dict[str, Any] = json.loads(self.model_dump_json())
        return stored

    @model_serializer(mode="wrap")
    def _as_given(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """No field that the head does not have."""
        return {name: value for name, value in whole(self).items() if name in self.model_fields_set}


class ModelSpec(Strict):
    """One trained model: its network, its head, and how many members its ensemble has."""

    architecture: ArchitectureSpec
    head: HeadSpec
    normaliser: NormaliserSpec
    n_members: int = Field(ge=1, le=100)
    conformal: ConformalSpec | None = None

    @model_validator(mode="after")
    def _shifts_have_steps(self) -> Self:
        """Refuse shifts of quantiles of another number of steps than are forecast."""
        horizon = self.architecture.horizon
        if self.conformal is not None and self.conformal.n_steps not in (1, horizon):
            raise ValueError(f"shifts of {self.conformal.n_steps} steps for a horizon of {horizon}")
        return self


class Spec(Strict):
    """A run."""

    format_version: Literal[1] = 1
    state: Literal["finished", "interrupted"] = "finished"
    created: str
    versions: dict[str, str] = Field(max_length=1000)
    settings: Settings
    panel: dict[str, Any]
    models: tuple[ModelSpec, ...] = Field(min_length=1, max_length=10)

    def to_bytes(self) -> bytes:
        """The file's content."""
        return self.model_dump_json(indent=1).encode()


def parse_spec(content: bytes, place: str) -> Spec:
    """A spec from the content of its file.

    Args:
        content: spec.json.
        place: The file, for messages.

    Returns:
        A validated spec.

    Raises:
        RunError: The file is too large, no JSON, of a newer format, or has a wrong or unknown key.
    """
    try:
        tree = strict_json(content, MOST_BYTES, MOST_VALUES)
    except ValueError as error:
        raise RunError(f"{place}: {error}. Restore the file, or train again.") from None
    try:
        tree = migrate(tree)
    except ValueError as error:
        raise RunError(f"{place}: {error}") from None
    try:
        spec = Spec.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        raise RunError(f"{place}: {first_fault(error)}. Restore the file, or train again.") from None
    if wrong := _misread(tree["settings"], json.loads(spec.settings.model_dump_json()), "settings"):
        raise RunError(f"{place}: {wrong}. Restore the file, or train again.")
    return spec


def _misread(written: Any, read: Any, where: str) -> str | None:
    """Where a setting was taken for another value than is written, as options take text for numbers."""
    if isinstance(written, dict) and isinstance(read, dict):
        found = (_misread(value, read.get(name), f"{where}.{name}") for name, value in written.items())
        return next((one for one in found if one is not None), None)
    same = written == read and isinstance(written, bool) == isinstance(read, bool)
    return None if same else f"{where}: {repr(written)[:40]} is no value of it"
