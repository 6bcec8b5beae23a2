"""The part ``panel`` of spec.json, strictly validated: what is the same for every row of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from forecaster.data.calendar import split_step
from forecaster.data.marks import MOST_SYMBOLS
from forecaster.data.zones import check_zone
from forecaster.errors import ConfigError

MOST_CHANNELS = 10_000
# One for each second of a day.
MOST_SLOTS = 86_400
# Names and offsets; pandas would take a path after "dateutil".
ZONE = r"^[A-Z+-][A-Za-z0-9_+/:-]{0,63}$"


class Strict(BaseModel):
    """No unknown keys, no value of another type, no NaN, no infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


Place = Annotated[int, Field(ge=0, lt=MOST_CHANNELS)]
Places = Annotated[tuple[Place, ...], Field(fail_fast=True, max_length=MOST_CHANNELS)]
Texts = Annotated[tuple[str, ...], Field(fail_fast=True)]
Slots = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(fail_fast=True, max_length=MOST_SLOTS)]


class ClockSpec(Strict):
    """The fields of ``data.panel.Clock``."""

    kind: Literal["date", "integer", "float"]
    step: str | int | float | None = None
    weekmask: Annotated[str, Field(min_length=7, max_length=7, pattern=r"^[01]*1[01]*$")] | None = None
    resolution: Annotated[float, Field(gt=0)] | None = None
    zone: Annotated[str, Field(pattern=ZONE)] | None = None
    calendar: str | None = None
    slots: Slots = ()

    @model_validator(mode="after")
    def _step_fits(self) -> Self:
        """Refuse a step that the kind of clock does not have, and zones that are none."""
        if isinstance(self.step, str):
            if self.kind != "date" or split_step(self.step)[0] < 1:
                raise ValueError(f"the step {self.step[:40]!r} is none of {self.kind} times")
        elif self.step is not None and (self.kind == "date" or self.step <= 0):
            raise ValueError(f"the step {self.step:g} is none of {self.kind} times")
        if self.zone is not None:
            try:
                check_zone(self.zone)
            except ConfigError as error:
                raise ValueError(f"zone: {error}") from None
        return self


class GoalSpec(Strict):
    """The fields of ``data.goals.Goal`` that are no arrays."""

    kind: Literal["label", "outputs", "tags", "marks"]
    names: Annotated[tuple[str, ...], Field(fail_fast=True, min_length=1, max_length=MOST_SYMBOLS)]
    column: str = ""
    usual: Annotated[tuple[float, ...], Field(fail_fast=True, max_length=MOST_SYMBOLS)] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        """Refuse names that stand twice, and numbers that are not one for each of them."""
        if len(set(self.names)) < len(self.names):
            raise ValueError("names holds a name twice")
        if self.usual and len(self.usual) != len(self.names):
            raise ValueError(f"usual holds {len(self.usual)} numbers for {len(self.names)} names")
        return self


class PanelSpec(Strict):
    """The fields of ``data.panel.Panel`` that are no arrays; defaults are for runs of earlier versions."""

    kind: Literal["events", "intervals", "values", "ohlc", "sequences"]
    channels: Annotated[tuple[str, ...], Field(fail_fast=True, max_length=MOST_CHANNELS)]
    target: Place
    columns: dict[str, str]
    clock: ClockSpec
    unit: str
    unit_length: Annotated[float, Field(gt=0)] | None
    gap: Literal["exact", "calendar"]
    lowest: float | None
    season_length: int = Field(ge=1, le=1_000_000_000)
    source: str
    why: str
    mark_names: Annotated[tuple[str, ...], Field(fail_fast=True, max_length=MOST_SYMBOLS)]
    future_known: Places = ()
    static_names: Annotated[tuple[str, ...], Field(fail_fast=True, max_length=1000)] = ()
    levels: dict[str, Texts] = {}
    predict: Literal["", "return", "direction", "range", "close"] = ""
    returns: Places = ()
    volatility: Place | None = None
    goal: GoalSpec | None = None

    @model_validator(mode="after")
    def _channels_exist(self) -> Self:
        """Refuse places of channels that there are none of, and names that stand twice."""
        if self.kind in ("values", "ohlc") and self.clock.step is None:
            raise ValueError(f"the clock of {self.kind} has no step")
        if (self.kind == "sequences") != (self.goal is not None):
            raise ValueError(f"a panel of {self.kind} {'with' if self.goal else 'without'} a goal")
        for name, place in self._places():
            if place >= len(self.channels):
                raise ValueError(f"{name} is channel {place} of {len(self.channels)}")
        for name in ("channels", "static_names", "mark_names"):
            names = getattr(self, name)
            if len(set(names)) < len(names):
                raise ValueError(f"{name} holds a name twice")
        return self

    def _places(self) -> Iterator[tuple[str, int]]:
        """Places of channels, each with the field that it stands in."""
        if self.goal is None:
            yield "target", self.target
        yield from (("future_known", place) for place in self.future_known)
        yield from (("returns", place) for place in self.returns)
        if self.volatility is not None:
            yield "volatility", self.volatility
