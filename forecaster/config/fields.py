"""Fields: what the sections of the settings are made of, and values as a command line writes them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def split_list(value: object) -> object:
    """``a,b`` of a command line as a list; anything else as it is.

    Args:
        value: Of the user.

    Returns:
        A tuple for text and for a single number.
    """
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return (value,) if isinstance(value, int | float) and not isinstance(value, bool) else value


def written(value: object) -> str | None:
    """A moment as a command line writes it: ``Timestamp("2024-06-30")`` as ``2024-06-30 00:00:00``.

    Args:
        value: Text, a date, a number or the path of a file; None for none.

    Returns:
        Its text; what is no moment is refused where moments are read.
    """
    return None if value is None else str(value)


def _number_or_text(value: object) -> object:
    """``10`` as int, ``0.1`` as float, anything else (a date) as text."""
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


Listed = BeforeValidator(split_list)
Names = Annotated[tuple[str, ...] | None, Listed]
Written = Annotated[str | None, BeforeValidator(written)]
Size = Annotated[int | float | str | None, BeforeValidator(_number_or_text)]


def setting(
    default: Any,
    text: str,
    *,
    option: bool = True,
    repeatable: bool = False,
    metavar: str | None = None,
    **limits: Any,
) -> Any:
    """A field of the tree.

    Args:
        default: None for one that is chosen from the data.
        text: Its help.
        option: Whether it has an option of its own.
        repeatable: Whether the option may be given several times.
        metavar: What stands for its value in the help.
        limits: As pydantic's ``Field`` takes them.

    Returns:
        What pydantic takes for a field.
    """
    extra: dict[str, Any] = {"option": option, "repeatable": repeatable}
    if metavar is not None:
        extra["metavar"] = metavar
    return Field(default=default, description=text, json_schema_extra=extra, **limits)


class Section(BaseModel):
    """A strict, frozen group of settings: unknown names and NaN are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
