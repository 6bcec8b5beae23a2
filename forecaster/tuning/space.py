"""Space: which settings are searched, and between which values; made from the data, or read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecaster.config.build import flatten, option_name, section_of
from forecaster.config.toml_file import check_value, read_entries
from forecaster.errors import ConfigError, listing

# Settings that change what is forecast or scored: trials with other ones could not be compared.
NOT_SEARCHED = (
    "horizon", "min_history", "test_size", "valid_size", "within", "baselines", "embargo", "split",
    "seed", "device", "threads", "final_fit",
)  # fmt: skip

RANGE_KEYS = ("low", "high", "log", "step")


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``; whole ones where both ends are.

    Attributes:
        low: Lowest.
        high: Highest, not below ``low``.
        log: Whether their logarithms are searched evenly.
        step: Between two neighbours; None for 1 of whole numbers, and for all of others.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def text(self) -> str:
        """As messages write it."""
        return f"{self.low:g} .. {self.high:g}"

    def holds(self, value: Any) -> bool:
        """Whether a value lies between the ends, on a step."""
        if isinstance(value, str | bool) or not self.low <= value <= self.high:
            return False
        steps = 0.0 if self.step is None else float(value - self.low) / self.step
        return abs(steps - round(steps)) < 1e-9

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: getattr(self, name) for name in RANGE_KEYS}


@dataclass(frozen=True)
class Choice:
    """Some values of a setting; lists as text with commas, as options take them."""

    values: tuple[Any, ...]

    @property
    def text(self) -> str:
        """As messages write it."""
        return " | ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in self.values)

    def holds(self, value: Any) -> bool:
        """Whether a value is among them."""
        return value in self.values

    def to_json(self) -> list[Any]:
        """Plain values."""
        return list(self.values)


Space = Mapping[str, Range | Choice]


def one_value(value: Any) -> Any:
    """A value as a space holds it: the only part of a list as it is, several as text with commas.

    Args:
        value: Of a setting.

    Returns:
        A number, a text, a bool or None.

    Example:
        >>> one_value((64,)), one_value((30, 20)), one_value(0.2)
        (64, '30,20', 0.2)
    """
    if not isinstance(value, tuple | list):
        return value
    return value[0] if len(value) == 1 else ",".join(map(str, value))


def space_text(space: Space) -> str:
    """A space in one line."""
    return ", ".join(f"{name} {part.text}" for name, part in space.items())


def read_space(path: str | Path) -> dict[str, Range | Choice]:
    """The space of a file.

    Args:
        path: TOML with the names of settings, in sections or without: ``units = [32, 64]`` for choices,
            ``dropout = {low = 0.0, high = 0.5}`` for a range, with ``log = true`` or ``step = 2``.

    Returns:
        Ranges and choices by setting, in the order of the settings.

    Raises:
        ConfigError: The file cannot be read, names none, or something that cannot be searched.
    """
    found = {}
    for where, name, value in read_entries(path, "--space"):
        if section_of(name) in ("data", "cluster") or name in NOT_SEARCHED:
            raise ConfigError(
                f"{where}: trials that differ in it cannot be compared. Leave it out; set it with its option."
            )
        found[name] = _range(name, value, where) if isinstance(value, dict) else _choice(name, value, where)
    if not found:
        raise ConfigError(f"{path}: names no setting to search. Add one: units = [32, 64].")
    return found


def _choice(name: str, value: Any, where: str) -> Choice:
    """Choices from a list."""
    if not isinstance(value, list) or not value:
        raise ConfigError(
            f"{where}: {value!r} is neither choices nor a range. Write [1, 2] or {{low = 1, high = 2}}."
        )
    for one in value:
        check_value(name, one, where)
    values = tuple(map(one_value, value))
    if len(set(map(str, values))) < len(values):
        raise ConfigError(f"{where}: a choice stands twice. Remove one of the two.")
    return Choice(values)


def _range(name: str, value: Mapping[str, Any], where: str) -> Range:
    """A range from a table."""
    if odd := set(value) - set(RANGE_KEYS):
        raise ConfigError(
            f"{where}: {listing(odd)} is no part of a range. There are {', '.join(RANGE_KEYS)}."
        )
    for key in ("low", "high"):
        if not _is_number(value.get(key)):
            raise ConfigError(
                f"{where}: {key} is {value.get(key, 'missing')!r}, no number. Write {{low = 1, high = 2}}."
            )
        check_value(name, value[key], where)
    low, high, log, step = value["low"], value["high"], value.get("log", False), value.get("step")
    if low >= high:
        raise ConfigError(f"{where}: low {low:g} is not below high {high:g}. Change one of them.")
    if not isinstance(log, bool):
        raise ConfigError(f"{where}: log is {log!r}. Write true or false.")
    if log and (low <= 0 or step is not None):
        why = "step is given too" if step is not None else f"low is {low:g}, not above 0"
        raise ConfigError(f"{where}: log = true, but {why}. Change one of them.")
    if step is not None and not (_is_number(step) and 0 < step <= high - low):
        raise ConfigError(f"{where}: step {step} is not above 0 and up to high - low. Change it.")
    if isinstance(low, int) and isinstance(high, int) and isinstance(step, float):
        raise ConfigError(f"{where}: step {step} between whole numbers. Make it whole, or write {low}.0.")
    return Range(low, high, log, step)


def _is_number(value: Any) -> bool:
    """Whether it is a number that an end of a range may be."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def without_given(space: Space, given: Mapping[str, Any]) -> dict[str, Range | Choice]:
    """The space without the settings that are given: they are fixed.

    Args:
        space: Of the file, or made from the data.
        given: Settings by name.

    Returns:
        What is left.

    Raises:
        ConfigError: Nothing is.
    """
    left = {name: part for name, part in space.items() if given.get(name) is None}
    if not left:
        options = listing(option_name(name) for name in space)
        raise ConfigError(
            f"{options}: all that would be searched is given. Leave one out, or name others with --space."
        )
    return left


def start_values(space: Space, settings: Any) -> dict[str, Any]:
    """The values that the defaults by rule have of what is searched.

    Args:
        space: What is searched.
        settings: None open.

    Returns:
        Values by name, without those where None means none.
    """
    flat = flatten(settings)
    return {name: one_value(flat[name]) for name in space if flat[name] is not None and flat[name] != ()}
