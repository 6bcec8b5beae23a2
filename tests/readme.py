"""README's commands and Python blocks: found, run, and written back with what they put out.

``python -m tests.readme`` (``make readme``) runs all of them with their real settings in an empty folder,
and rewrites their output and the tables of settings in README.md in place. The tests run the same blocks
with small networks and compare everything but the numbers.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import click
from pydantic.fields import FieldInfo

from forecaster.commands import cli
from forecaster.config.build import option_name, section_type
from forecaster.config.settings import SECTIONS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

# What a terminal shows only while training goes on.
PROGRESS = re.compile(r"fit (again )?\w+(, network \d+)?: epoch ")

# Settings of networks that train in a blink: options of `train` and `backtest`, keywords of `Forecaster`.
SMALL = {"epochs": 1, "ensemble": 1, "units": 8, "threads": 1}

TITLES = {
    "data": "Reading the file",
    "window": "Windows, and what is held out",
    "transform": "Transforms and bins",
    "network": "Network",
    "training": "Training",
    "cluster": "Where the work is done",
}


@dataclass(frozen=True)
class Step:
    """One command, or one Python block, and the output that stands below it.

    Attributes:
        language: ``console`` or ``python``.
        code: The command without its ``$``, or the block.
        output: Lines below it, without empty ones at the end.
        line: Line of README.md in which it begins, for messages.
    """

    language: Literal["console", "python"]
    code: str
    output: tuple[str, ...]
    line: int


def fences(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Line, language and content of every fenced block."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if not lines[at].startswith("```"):
            at += 1
            continue
        end = lines.index("```", at + 1)
        yield at + 1, lines[at][3:], lines[at + 1 : end]
        at = end + 1


def read_steps(text: str) -> list[Step]:
    """All commands and Python blocks, in order."""
    steps: list[Step] = []
    before = ""
    for line, language, content in fences(text):
        if language == "python":
            steps.append(Step("python", "\n".join(content), (), line))
        elif language == "text" and before == "python":
            steps[-1] = replace(steps[-1], output=tuple(content))
        elif language == "console":
            for number, part in enumerate(content, line + 1):
                if part.startswith("$ "):
                    steps.append(Step("console", part[2:], (), number))
                else:
                    steps[-1] = replace(steps[-1], output=(*steps[-1].output, part))
        before = language
    return [replace(step, output=tuple(stripped("\n".join(step.output)))) for step in steps]


def stripped(output: str) -> list[str]:
    """Lines of an output without progress, and without empty space at their ends."""
    lines = [line.rstrip() for line in output.splitlines() if not PROGRESS.match(line)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def write_steps(text: str, outputs: dict[int, list[str]]) -> str:
    """The text with other outputs, by the line of the step."""
    lines: list[str] = []
    skip: Callable[[str], bool] | None = None
    blocks = {line: language for line, language, _ in fences(text)}
    waiting: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if skip is not None and skip(line):
            continue
        skip = None
        lines.append(line)
        language = blocks.get(number)
        if language == "python":
            waiting = outputs.get(number)
        elif language == "text" and waiting is not None:
            lines += waiting
            waiting, skip = None, lambda line: line != "```"
        elif line.startswith("$ ") and number in outputs:
            lines += outputs[number]
            skip = lambda line: not line.startswith(("$ ", "```"))  # noqa: E731
    return "\n".join(lines) + "\n"


def run_command(code: str, folder: Path) -> list[str]:
    """What a command prints, stdout and stderr as they come."""
    environment = dict(os.environ, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(
        ["sh", "-c", code],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return stripped(done.stdout)


def run_python(code: str, namespace: dict[str, Any], folder: Path) -> list[str]:
    """What a Python block prints; its names stay in ``namespace`` for the next."""
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), namespace)
    return stripped(printed.getvalue())


def shape(lines: list[str] | tuple[str, ...]) -> list[str]:
    """Lines without their numbers, and without those that depend on how well a network does, sorted."""
    depends = ("A baseline beats", "The model beats", "Note: the loss", "Best CRPS")
    depends += ("Price:", "Distribution:", "Direction: right")
    kept = [line for line in lines if not line.startswith(depends)]
    kept = [re.sub(r"\b\d+ (s|min|h|d)$", "", line) for line in kept]  # ages of runs
    bare = (re.sub(r'^( *"[^"]+":).*', r"\1", line) for line in kept)  # keys of JSON
    return sorted(" ".join(re.sub(r"(?<!\S)-?[\d.,:e+-]*(?!\S)", " ", line).split()) for line in bare)


def settings_tables() -> str:
    """All settings as Markdown, a table a section."""
    parts = []
    for section in SECTIONS:
        lines = [f"**{TITLES[section]}**", "", "| option | value | default | |", "| --- | --- | --- | --- |"]
        for name, field in section_type(section).model_fields.items():
            extra = field.json_schema_extra
            is_option = isinstance(extra, dict) and bool(extra.get("option"))
            cells = (_spelling(name, is_option), _value(field), _default(field), field.description)
            lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _spelling(name: str, is_option: bool) -> str:
    """A setting as it is written; a switch also as it is switched off, where `train` takes that."""
    if not is_option:
        return f"`{name}=`"
    train = cli.get_command(click.Context(cli), "train")
    options = train.params if train is not None else []
    off = [text for option in options if option.name == name for text in option.secondary_opts]
    return ", ".join(f"`{text}`" for text in (option_name(name), *off))


def _value(field: FieldInfo) -> str:
    """What a setting takes."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and extra.get("metavar"):
        return f"`{extra['metavar']}`"
    choices = _choices(field.annotation)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    text = str(field.annotation)
    if "bool" in text:
        return ""
    for word, shown in (("tuple", "`LIST`"), ("float", "number"), ("int", "`N`")):
        if word in text:
            return shown
    return "name"


def _choices(annotation: Any) -> tuple[str, ...]:
    """Values of a Literal, wherever it stands in the annotation."""
    if typing.get_origin(annotation) is Literal:
        return tuple(map(str, typing.get_args(annotation)))
    for part in typing.get_args(annotation):
        if found := _choices(part):
            return found
    return ()


def _default(field: FieldInfo) -> str:
    """The default; "chosen" where rules choose it, or none is needed."""
    if field.default is None:
        return "-"
    if field.default is False or field.default == ():
        return ""
    return "on" if field.default is True else f"`{field.default}`"


def with_tables(text: str) -> str:
    """The text with the tables of settings as they are now."""
    begin, end = "<!-- settings -->\n", "<!-- end of settings -->\n"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{settings_tables()}\n\n{end}{after}"


def refresh() -> None:
    """Run every step of README.md as it stands there, and write what it puts out."""
    text = with_tables(README.read_text(encoding="utf-8"))
    outputs: dict[int, list[str]] = {}
    namespace: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        for step in read_steps(text):
            print(f"{README.name}, line {step.line}: {step.code.splitlines()[0]}", file=sys.stderr)
            if step.language == "console":
                outputs[step.line] = run_command(step.code, Path(name))
            else:
                outputs[step.line] = run_python(step.code, namespace, Path(name))
    README.write_text(write_steps(text, outputs), encoding="utf-8")


if __name__ == "__main__":
    refresh()
