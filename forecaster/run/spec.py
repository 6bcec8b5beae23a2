"""spec.json: all that is needed to build a run's networks again, strictly validated."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from forecaster.config.settings import Settings, TransformName
from forecaster.data.marks import MOST_MARKS
from forecaster.errors import RunError

FORMAT_VERSION = 1
MOST_BYTES = 16 * 1024 * 1024


class _Strict(BaseModel):
    """No unknown keys, no NaN, no infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TransformSpec(_Strict):
    """One fitted transform; its per-series numbers are tensors beside the weights."""

    name: TransformName
    floor: float = 0.0
    n_scales: int = Field(0, ge=0)


Feature = Literal["count", "age", "mean_gap", "single", "hour", "weekday", "month"]


class NormaliserSpec(_Strict):
    """The fitted transforms of a model."""

    steps: tuple[TransformSpec, ...]
    residual: Literal["none", "last", "season"]
    season_length: int = Field(ge=1)
    target: int = Field(ge=0)
    n_channels: int = Field(ge=1, le=10_000)
    input_scale: tuple[float, float]
    target_scale: tuple[float, float]
    features: tuple[Feature, ...] = ()
    calendar: tuple[Literal["hour", "weekday", "month"], ...] = ()


Width = Annotated[int, Field(ge=1, le=100_000)]
Share = Annotated[float, Field(ge=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^\w+$")]


class ArchitectureSpec(_Strict):
    """The fields of ``network.architecture.Architecture``, each within its range."""

    look_back: int = Field(ge=1, le=1_000_000)
    horizon: Width
    n_channels: int = Field(ge=1, le=10_000)
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
    branches: tuple[tuple[Annotated[int, Field(ge=0)], ...], ...]
    linear: bool = False
    n_static: int = Field(0, ge=0, le=1000)
    n_marks: int = Field(0, ge=0, le=MOST_MARKS)
    mark_units: int = Field(0, ge=0, le=1000)
    decoder: Literal["direct", "parallel"] = "direct"
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

    @property
    def least_bytes(self) -> int:
        """What the weights of one network take at least: a bound to compare with their file."""
        recurrent = sum(units * units for units in self.units)
        inputs = 0 if self.branches else self.units[0] * self.n_channels * self.segment
        vectors = (self.n_marks + 1) * self.mark_units + (self.n_series + 1) * self.series_units
        steps = self.horizon if self.decoder == "direct" else self.out_segment
        return 4 * (recurrent + inputs + vectors + sum(self.dense_units) + steps * self.n_outputs)


class ConformalSpec(_Strict):
    """How many shifts of quantiles there are; they are tensors beside the weights."""

    n_steps: Width
    n_levels: int = Field(ge=2, le=1000)


class ModelSpec(_Strict):
    """One trained model: its network, its head, and how many members its ensemble has."""

    architecture: ArchitectureSpec
    head: dict[str, Any]
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


class Spec(_Strict):
    """A run."""

    format_version: Literal[1] = 1
    state: Literal["finished", "interrupted"] = "finished"
    created: str
    versions: dict[str, str]
    settings: Settings
    panel: dict[str, Any]
    models: tuple[ModelSpec, ...] = Field(min_length=1)

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
    if len(content) > MOST_BYTES:
        raise RunError(f"{place}: {len(content):,} bytes; a spec has {MOST_BYTES:,} at most. Train again.")
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{place}: not JSON ({error}). Restore the file, or train again.") from None
    version = tree.get("format_version") if isinstance(tree, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise RunError(
            f"{place}: written in format {version}; this version reads up to {FORMAT_VERSION}. "
            f"Install a newer forecaster."
        )
    try:
        return Spec.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RunError(f"{place}: {where}: {first['msg']}. Restore the file, or train again.") from None
