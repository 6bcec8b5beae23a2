"""The settings file: TOML with the names of the settings, in sections or without them.

Read with Python's own reader; what is written is the little of TOML that settings need.
"""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forecaster.config.build import section_of, section_type, unknown_setting
from forecaster.config.facts import Default
from forecaster.config.settings import SECTIONS, Settings
from forecaster.errors import ConfigError

# Settings that take a number or a date, which a file may write as text.
EITHER = ("test_size", "valid_size")

MOST_BYTES = 1 << 20


def read_settings_file(path: str | Path) -> dict[str, Any]:
    """The settings of a file.

    Args:
        path: TOML; names stand by themselves or in the sections ``[data]``, ``[window]``, ``[transform]``,
            ``[network]``, ``[training]`` and ``[cluster]``.

    Returns:
        Values by name, for ``make_settings``.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or holds a name that is no setting or a value that
            is not possible; the message names the line.
    """
    flat: dict[str, Any] = {}
    for where, name, value in read_entries(path):
        flat[name] = value
        check_value(name, value, where)
    return flat


def read_entries(path: str | Path, option: str = "--config") -> list[tuple[str, str, Any]]:
    """What a file says of settings, each of which stands in it once.

    Args:
        path: TOML; names stand by themselves or in the sections.
        option: What names the file.

    Returns:
        Place for messages, name and value of each, dates as text; the values are not checked.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or holds a name that is no setting.
    """
    text = _text(path, option)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}. Correct the line.") from None
    found: dict[str, tuple[str, str, Any]] = {}
    for section, name, value in _entries(tree):
        where = _place(path, text, section, name)
        home = section_of(name)
        if home is None and section is None and isinstance(value, dict):
            raise ConfigError(f"{where}: no such section. There are {', '.join(SECTIONS)}.")
        if home is None:
            raise ConfigError(f"{where}: {unknown_setting(name)}")
        if section is not None and section != home:
            raise ConfigError(f"{where}: this setting is one of [{home}]. Move it there.")
        if name in found:
            raise ConfigError(f"{where}: given twice. Remove one of the two.")
        found[name] = (where, name, _plain(value))
    return list(found.values())


def _text(path: str | Path, option: str) -> str:
    """The file's text."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}. Name a settings file with {option}.") from None
    if len(data) > MOST_BYTES:
        raise ConfigError(
            f"{path}: more than {MOST_BYTES:,} bytes; this is no settings file. Name another one."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8. Save it as UTF-8.") from None


def _entries(tree: Mapping[str, Any]) -> Iterable[tuple[str | None, str, Any]]:
    """Section (None for none), name and value of every setting."""
    for name, value in tree.items():
        if name in SECTIONS and isinstance(value, dict):
            yield from ((name, inner, part) for inner, part in value.items())
        else:
            yield None, name, value


def _place(path: str | Path, text: str, section: str | None, name: str) -> str:
    """File, line and name of a setting, for messages; without the line where it is written in another way."""
    key, current = re.compile(rf"""\s*(?:"{re.escape(name)}"|{re.escape(name)})\s*="""), None
    spelled = name if section is None else f"{section}.{name}"
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*(\w+)\s*\]", line):
            if header[1] == name and section is None:
                return f"{path}, line {number}, {name}"
            current = header[1]
        elif current == section and key.match(line):
            return f"{path}, line {number}, {spelled}"
    return f"{path}, {spelled}"


def _plain(value: Any) -> Any:
    """Dates and times as the text that settings take; in lists too."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return [_plain(part) for part in value] if isinstance(value, list) else value


def check_value(name: str, value: Any, where: str) -> None:
    """Refuse a value that is not possible, or that only becomes one by being taken for something else.

    Args:
        name: Of the setting.
        value: As a file has it.
        where: Begins the message.

    Raises:
        ConfigError: The value is not possible.
    """
    home = section_of(name) or ""
    try:
        checked = getattr(getattr(Settings.model_validate({home: {name: value}}), home), name)
    except ValidationError as error:
        first = error.errors()[0]
        what = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
        raise ConfigError(f"{where}: {first.get('input')!r} {what}. {_purpose(name)}") from None
    given, made = (one if isinstance(one, list | tuple) else [one] for one in (value, checked))
    for one, other in zip(given, made, strict=False):
        is_text = isinstance(one, str) and isinstance(other, int | float) and name not in EITHER
        if isinstance(one, bool) != isinstance(other, bool) or is_text:
            kind = "true or false" if isinstance(other, bool) else "a number"
            raise ConfigError(f"{where}: {one!r} should be {kind}. {_purpose(name)}")


def _purpose(name: str) -> str:
    """What a setting is for, to end a message with."""
    return f"It sets: {section_type(section_of(name) or '').model_fields[name].description}"


def settings_toml(given: Mapping[str, Any], chosen: Iterable[Default] = ()) -> str:
    """A settings file.

    Args:
        given: Settings that were given, by name.
        chosen: Those that were chosen from the data; they are written as comments with their reasons, so that
            other data are free to get others.

    Returns:
        Its text; reading it gives ``given`` again.

    Example:
        >>> print(settings_toml({"look_back": 3, "units": (30, 20)}), end="")
        [window]
        look_back = 3
        <BLANKLINE>
        [network]
        units = [30, 20]
    """
    reasons = {one.name: one for one in chosen if one.name not in given}
    parts = []
    for section in SECTIONS:
        lines = []
        for name in section_type(section).model_fields:
            if name in given and given[name] is not None:
                lines.append(f"{name} = {_written(given[name])}")
            elif name in reasons:
                lines.append(f"# {name} = {_written(reasons[name].value)}  # {reasons[name].reason}")
        if lines:
            parts.append("\n".join([f"[{section}]", *lines]) + "\n")
    return "\n".join(parts)


def _written(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value) if value is not None else '"none"'
