"""README and docs say what is there: commands and Python blocks run, tables are those of the program."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import forecaster
from forecaster.commands import COMMANDS, cli
from forecaster.evaluation.report import REPORT_VERSION
from forecaster.forecaster import Forecaster
from forecaster.run.migrations import FORMAT_VERSION
from tests.readme import README, ROOT, SMALL, Step, fences, read_steps, run_python, shape, stripped
from tests.readme import with_tables as retable
from tests.readme import write_steps as rewrite

DOCS = sorted((ROOT / "docs").glob("*.md"))
TRAINING = ("train", "backtest")


@dataclass(frozen=True)
class Walk:
    """README run from top to bottom with small networks.

    Attributes:
        folder: Where it ran.
        printed: What each step put out.
    """

    folder: Path
    printed: tuple[tuple[Step, list[str]], ...]


def run_step(step: Step, folder: Path, namespace: dict[str, Any]) -> list[str]:
    """Output of a step in this process, training with small networks; the shell runs what is not ours."""
    if step.language == "python":
        small = "Forecaster(" + ", ".join(f"{name}={value}" for name, value in SMALL.items()) + ", "
        return run_python(re.sub(r"Forecaster\((?=\w)", small, step.code), namespace, folder)
    words = shlex.split(step.code)
    if words[0] != "forecast":
        done = subprocess.run(["sh", "-c", step.code], cwd=folder, capture_output=True, text=True, check=True)
        return stripped(done.stdout)
    options = [f"--{name}={value}" for name, value in SMALL.items()] if words[1] in TRAINING else []
    with contextlib.chdir(folder):
        result = CliRunner().invoke(cli, [*words[1:], *options])
    assert result.exit_code == 0, f"{README.name}, line {step.line}: {result.output}"
    return stripped(result.output)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """All steps of README in one folder, in their order."""
    folder = tmp_path_factory.mktemp("readme")
    namespace: dict[str, Any] = {}
    steps = read_steps(README.read_text(encoding="utf-8"))
    return Walk(folder, tuple((step, run_step(step, folder, namespace)) for step in steps))


def test_readme_shows_what_its_commands_print(walk: Walk) -> None:
    assert len(walk.printed) > 20
    for step, printed in walk.printed:
        assert shape(printed) == shape(step.output), f"{README.name}, line {step.line}; run `make readme`"


def test_the_two_commands_run_as_they_stand_there(walk: Walk, tmp_path: Path) -> None:
    shutil.copy(walk.folder / "air_passengers.csv", tmp_path / "data.csv")
    blocks = [content for _, language, content in fences(README.read_text("utf-8")) if language == "sh"]
    commands = [line for content in blocks for line in content if line.startswith("forecast ")]
    assert commands == ["forecast train data.csv --look-back 3", "forecast predict"]
    for command in commands:
        assert run_step(Step("console", command, (), 0), tmp_path, {})


def test_readme_lists_files_of_the_run_folder(walk: Walk) -> None:
    text = (ROOT / "docs" / "run-folder.md").read_text(encoding="utf-8")
    files = [path.name for path in (walk.folder / "runs" / "geyser").rglob("*") if path.is_file()]
    assert len(files) == 8
    assert not [name for name in files if f"/{name}" not in text]


def test_settings_in_readme_are_those_of_the_program() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == retable(text), "run `make readme`"


def test_readme_has_an_example_of_each_kind(walk: Walk) -> None:
    reports = reports_of(walk.folder, "report.json")
    assert {report["data"]["kind"] for report in reports} == {"events", "intervals", "values", "ohlc"}


# The schemas.


def reports_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """That file of every run in a folder."""
    files = sorted(folder.glob(f"runs/*/v*/{name}"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


@pytest.fixture(scope="module")
def runs(walk: Walk) -> Path:
    """Folder with the runs of README, and those whose keys it does not show."""
    with contextlib.chdir(walk.folder):
        Forecaster(**SMALL, look_back=3, target="waiting", head="point").fit("geyser.csv").save("runs/point")
        lines = Path("air_passengers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        Path("holes.csv").write_text("".join([*lines[:10], *lines[11:13]]), encoding="utf-8")
        Forecaster(**SMALL, look_back=2, test_size=0, valid_size=0).fit("holes.csv").save("runs/holes")
        days = "".join(f"2024-01-{day:02},{'ab'[day % 2]}\n" for day in range(1, 31))
        Path("marked.csv").write_text(f"time,what\n{days}", encoding="utf-8")
        Forecaster(**SMALL, look_back=2, kind="events", mark="what").fit("marked.csv").save("runs/marked")
        Forecaster(**SMALL, look_back=2, head="bins").fit("air_passengers.csv").save("runs/classes")
        Forecaster(**SMALL, look_back=2, kind="events", head="hazard").fit("marked.csv").save("runs/hazard")
        kinds = "".join(f"2024-01-{day:02},{day % 7},{'ab'[day % 2]},3\n" for day in range(1, 31))
        Path("covariates.csv").write_text(f"time,y,what,size\n{kinds}", encoding="utf-8")
        beside = Forecaster(**SMALL, look_back=2, future_known="what", static="size", features="weekday")
        beside.fit("covariates.csv").save("runs/covariates")
        Forecaster(**SMALL, look_back=2, conformal=True).fit("air_passengers.csv").save("runs/conformal")
        Forecaster().fit("marked.csv", warm_start="runs/marked").save("runs/warm")
    return walk.folder


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path; a list of plain values, or of lists of them, is one value."""
    if isinstance(tree, dict):
        for name, part in tree.items():
            yield from leaves(part, f"{path}.{name}" if path else name)
    elif isinstance(tree, list) and tree and isinstance(tree[0], dict):
        for part in tree:
            yield from leaves(part, f"{path}[]")
    else:
        yield path, tree


def documented(name: str) -> dict[str, str]:
    """Type by key, of the tables whose first column is `key`."""
    found: dict[str, str] = {}
    inside = False
    for line in (ROOT / "docs" / name).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        inside = line.startswith("|") and (inside or cells[0] == "key")
        if inside and cells[0].startswith("`"):
            found[cells[0].strip("`")] = cells[1]
    return found


def pattern(key: str) -> re.Pattern[str]:
    """What a documented key stands for."""
    parts = re.split(r"(\b[A-Z]{4,}\b)", key)
    return re.compile("".join(r"[\w-]+" if part.isupper() else re.escape(part) for part in parts))


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of a documented type; entries of a `list of number/null` may each be either."""
    kinds: dict[str, tuple[type, ...]] = {
        "text": (str,),
        "int": (int,),
        "number": (int, float),
        "true": (bool,),
        "false": (bool,),
        "null": (type(None),),
        "time": (str, int, float),
        "any": (object,),
    }

    def is_one(one: Any, name: str) -> bool:
        return isinstance(one, kinds[name]) and (
            not isinstance(one, bool) or name in ("true", "false", "any")
        )

    for word in re.split(r", or | or |, ", kind):
        *lists, inner = re.split(r"lists? of ", word)
        entries = [value]
        for _ in lists:
            entries = [part for one in entries for part in (one if isinstance(one, list) else [{}])]
        if all(any(is_one(one, name) for name in inner.split("/")) for one in entries):
            return True
    return False


@pytest.mark.parametrize(("doc", "file"), [("report.md", "report.json"), ("run-folder.md", "spec.json")])
def test_every_key_is_documented_and_nothing_else(doc: str, file: str, runs: Path) -> None:
    keys = documented(doc)
    patterns = {key: pattern(key) for key in keys}
    seen: set[str] = set()
    wrong: set[str] = set()
    for tree in reports_of(runs, file):
        for path, value in leaves(tree):
            matching = [key for key in patterns if patterns[key].fullmatch(path)]
            seen.update(matching)
            if not matching:
                wrong.update({path} if value not in ({}, []) else set())
            elif not any(fits(value, keys[key]) for key in matching):
                wrong.add(f"{path} is {value!r}, not {keys[matching[0]]}")
    assert not wrong
    assert not set(keys) - seen


def test_metrics_and_baselines_are_documented(runs: Path) -> None:
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    metrics: set[str] = set()
    baselines: set[str] = set()
    for report in reports_of(runs, "report.json"):
        for part in report["scores"].values():
            metrics |= {re.sub(r"^brier_within_.+", "brier_within_K", name) for name in part["model"]}
            baselines |= set(part["baselines"])
    for heading, names in (("metric", metrics), ("baseline", baselines)):
        table = text.split(f"| {heading} |")[1].split("\n\n")[0]
        assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == names


def test_codes_of_notes_are_documented() -> None:
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8").split("## Codes")[1]
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "forecaster").rglob("*.py"))
    codes = set(re.findall(r'Note\(\s*"([a-z_-]+)"', source))
    assert set(re.findall(r"^\| `([a-z_-]+)` \|", text, re.MULTILINE)) == codes


def test_versions_are_those_that_the_docs_describe() -> None:
    assert f"`report_version` is {REPORT_VERSION};" in (ROOT / "docs" / "report.md").read_text()
    assert f"`format_version` is {FORMAT_VERSION};" in (ROOT / "docs" / "run-folder.md").read_text()


# Help, links, names.


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help
    silent = [part.opts for part in command.params if isinstance(part, click.Option) and not part.help]
    assert not silent


def test_readme_names_every_command_and_its_options() -> None:
    text = README.read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"forecast {name}" in text
    for name in ("train", "predict", "backtest"):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = [part.opts[0] for part in command.params if isinstance(part, click.Option)]
        assert not [option for option in options if f"`{option}`" not in text and f"{option} " not in text]


@pytest.mark.parametrize("path", [README, *DOCS], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        other = path.parent / file if file else path
        assert other.is_file(), target
        headings = re.findall(r"^#+ (.*)$", other.read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, target


@pytest.mark.parametrize("path", [README, *DOCS, ROOT / "CHANGELOG.md"], ids=lambda path: path.name)
def test_lines_are_not_too_long(path: Path) -> None:
    long, fenced = [], False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.startswith("```")
        if len(line) > 120 and not fenced and not line.startswith("|"):
            long.append(number)
    assert not long


def test_make_targets_that_readme_names_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    names = set(re.findall(r"`make (\w[\w-]*)`", README.read_text(encoding="utf-8")))
    assert "readme" in names
    assert not [name for name in names if f"\n{name}: " not in makefile]


def test_torch_in_readme_is_the_pinned_one() -> None:
    pinned = re.search(r"^torch==.*$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert pinned[0] in README.read_text(encoding="utf-8")


def test_public_names_are_there_and_cost_nothing_to_import() -> None:
    for name in forecaster.__all__:
        assert getattr(forecaster, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = forecaster.nothing
    code = "import sys, forecaster; print(sorted({'keras', 'torch', 'pandas', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


# The helper that writes outputs into README.


def test_outputs_are_rewritten_in_place() -> None:
    text = "```console\n$ a\nold\nolder\n$ b\n```\n\n```python\nx\n```\n\n```text\nold\n```\nend\n"
    steps = read_steps(text)
    assert [(step.code, step.output) for step in steps] == [
        ("a", ("old", "older")),
        ("b", ()),
        ("x", ("old",)),
    ]
    new = rewrite(text, {step.line: [f"new {step.code}"] for step in steps})
    assert new == (
        "```console\n$ a\nnew a\n$ b\nnew b\n```\n\n```python\nx\n```\n\n```text\nnew x\n```\nend\n"
    )
    assert [step.output for step in read_steps(new)] == [("new a",), ("new b",), ("new x",)]


def test_shape_of_an_output_has_no_numbers() -> None:
    assert shape(["last  1.5  -2e-05", "2020-01-01 03:00 x 1,000", "The model beats every"]) == ["last", "x"]


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """Nothing is written to the checkout."""
    before = (ROOT / "runs").exists()
    yield
    if not before and (ROOT / "runs").exists():
        shutil.rmtree(ROOT / "runs")
        pytest.fail("a test wrote runs/ to the checkout")
