"""Click options made from the fields of the settings, so that a setting is written once."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click
from pydantic.fields import FieldInfo

from forecaster.config.build import option_name, section_type
from forecaster.config.settings import SECTIONS

Command = TypeVar("Command", bound=Callable[..., Any])


def settings_options(*sections: str) -> Callable[[Command], Command]:
    """A decorator that adds one option for every setting of the sections.

    Args:
        sections: Names of sections of ``Settings``; all when none is given.

    Returns:
        A decorator for the function of a click command, which then gets every setting as a keyword,
        None where it was not given.
    """

    def decorate(command: Command) -> Command:
        for section in reversed(sections or SECTIONS):
            for name, field in reversed(section_type(section).model_fields.items()):
                extra = field.json_schema_extra
                if isinstance(extra, dict) and extra.get("option"):
                    command = _option(name, field, extra)(command)
        return command

    return decorate


def _option(name: str, field: FieldInfo, extra: dict[str, Any]) -> Callable[[Command], Command]:
    """The option of one setting."""
    spelling = option_name(name)
    text = _help(field)
    bare = _bare(field.annotation)
    if bare is bool:
        flags = f"{spelling}/--no-{spelling[2:]}" if field.default is not False else spelling
        return click.option(flags, name, default=None, is_flag=True, help=text)
    if typing.get_origin(bare) is Literal:
        choices = [str(choice) for choice in typing.get_args(bare)]
        return click.option(spelling, name, type=click.Choice(choices), help=text)
    multiple = bool(extra["repeatable"])
    kind = {int: click.INT, float: click.FLOAT}.get(bare, click.STRING)
    return click.option(
        spelling,
        name,
        type=kind,
        metavar=extra.get("metavar"),
        multiple=multiple,
        help=text,
        **({"default": None} if not multiple else {}),
    )


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given: not None, and not an empty list of a repeatable one.

    Args:
        options: Names and values as click hands them over.

    Returns:
        Those to make settings of.
    """
    return {name: value for name, value in options.items() if value is not None and value != ()}


def _bare(annotation: Any) -> Any:
    """The type of a setting without Annotated and without None."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _bare(parts[0]) if len(parts) == 1 else None
    return annotation


def _help(field: FieldInfo) -> str:
    """Help text with the default, where there is one."""
    text = field.description or ""
    default = field.default
    if default is None or default == () or isinstance(default, bool):
        return text
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    return f"{text} [default: {shown}]"
