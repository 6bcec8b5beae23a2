"""Flat names and values, from options or keywords, to the tree of settings and back."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from forecaster.config.fields import Section
from forecaster.config.settings import SECTIONS, Settings
from forecaster.errors import ConfigError


def section_of(name: str) -> str | None:
    """Section that a setting stands in, None for a name that is no setting."""
    for section in SECTIONS:
        if name in section_type(section).model_fields:
            return section
    return None


def section_type(section: str) -> type[Section]:
    """Model of a section.

    Args:
        section: One of ``SECTIONS``.

    Returns:
        The pydantic model.

    Raises:
        TypeError: It is none.
    """
    kind: Any = Settings.model_fields[section].annotation
    if not issubclass(kind, Section):
        raise TypeError(f"section {section} is no Section")
    found: type[Section] = kind
    return found


def make_settings(flat: Mapping[str, Any], *, style: str = "option") -> Settings:
    """The tree with the given settings; all others keep their defaults.

    Args:
        flat: Setting names and values; None means not given.
        style: How messages spell a setting: ``option`` (--look-back) or ``keyword`` (look_back=).

    Returns:
        A validated tree.

    Raises:
        ConfigError: A name is no setting, or a value is not possible.

    Example:
        >>> make_settings({"look_back": 3}).window.look_back
        3
    """
    tree: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for name, value in flat.items():
        section = section_of(name)
        if section is None:
            raise ConfigError(f"{name}: {unknown_setting(name)}")
        if value is not None:
            tree[section][name] = value
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_invalid(error, style)) from None


def flatten(settings: Settings) -> dict[str, Any]:
    """Every setting by its name.

    Args:
        settings: The tree.

    Returns:
        Names and values in the order of the tree.
    """
    return {
        name: getattr(getattr(settings, section), name)
        for section in SECTIONS
        for name in section_type(section).model_fields
    }


def change(settings: Settings, flat: Mapping[str, Any]) -> Settings:
    """A copy with some settings replaced.

    Args:
        settings: The tree; not changed.
        flat: Names and new values; None is a value too.

    Returns:
        A new, validated tree.

    Raises:
        ConfigError: A name is no setting, or a value is not possible.
    """
    return make_settings(flatten(settings) | dict(flat))


def option_name(name: str) -> str:
    """Command-line spelling of a setting: ``look_back`` is ``--look-back``."""
    return "--" + name.replace("_", "-")


def unknown_setting(name: str) -> str:
    """Message for a name that is no setting, with the nearest one that is.

    Args:
        name: As it was given.

    Returns:
        What is wrong and what to do, without the place where the name stands.
    """
    names = [n for section in SECTIONS for n in section_type(section).model_fields]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else " `forecast train --help` lists them."
    return f"no such setting.{hint}"


def _invalid(error: ValidationError, style: str) -> str:
    """Message for the first value that is not possible."""
    first = error.errors()[0]
    name = next((str(part) for part in first["loc"] if section_of(str(part))), "settings")
    spelled = option_name(name) if style == "option" else f"{name}="
    value = first.get("input")
    what = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{spelled} {value}: {what}. {_allowed(name)}".rstrip()


def _allowed(name: str) -> str:
    """What a setting is for, to end a message with."""
    section = section_of(name)
    text = section_type(section).model_fields[name].description if section else None
    return f"It sets: {text}" if text else ""
