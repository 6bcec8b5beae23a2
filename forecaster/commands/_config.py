"""--config and --save-config: settings from a file, and into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from forecaster.commands._options import given
from forecaster.commands._show import note
from forecaster.config.build import flatten, make_settings
from forecaster.config.facts import Default
from forecaster.config.toml_file import read_settings_file, settings_toml
from forecaster.files import write_file

Command = TypeVar("Command", bound=Callable[..., Any])


def config_options(command: Command) -> Command:
    """Adds --config and --save-config to a command, which gets them among its settings.

    Args:
        command: Function of a click command.

    Returns:
        The same with two options more.
    """
    save = click.option(
        "--save-config", type=click.Path(dir_okay=False), metavar="FILE", help="Write the settings as TOML."
    )
    load = click.option(
        "--config",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="Settings as TOML; options on the command line go before it.",
    )
    return load(save(command))


def with_config(options: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a file and of the command line, which goes before it.

    Args:
        options: Names and values as click hands them over, ``config`` among them.

    Returns:
        Values by name, those that were given.

    Raises:
        ConfigError: The file cannot be read, or holds what is no setting.
    """
    named = given(dict(options))
    config = named.pop("config", None)
    return ({} if config is None else read_settings_file(config)) | named


def save_settings(place: str | None, names: Mapping[str, Any], chosen: Iterable[Default] = ()) -> None:
    """Writes the settings that were given, where a file is named.

    Args:
        place: The file; None for none.
        names: Settings that were given, by name.
        chosen: Those that were chosen, which become comments.

    Raises:
        RunError: The file cannot be written.
    """
    if place is None:
        return
    values = flatten(make_settings(names))
    text = settings_toml({name: values[name] for name in names}, chosen)
    write_file(Path(place), text.encode())
    note(f"Settings saved to {place}.")
