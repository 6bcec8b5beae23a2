"""Read from the source: who imports whom, how long files are, what is never used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "forecaster"
FILES = sorted(PACKAGE.rglob("*.py"))

STAGES = (
    "errors config files locks distributions data windows baselines network training evaluation run "
    "report cluster trained forecaster tuning sklearn commands"
).split()
HEAVY = {"keras", "torch", "sklearn", "ray"}
# These may import keras and torch at the top of a file; everything else does it inside functions.
HEAVY_FILES = ("network/", "training/", "run/export")
SKLEARN_FILES = ("sklearn/",)
RAY_FILES = ("cluster/",)
# These may import such a stage at the top, and are imported inside functions themselves.
REACH_HEAVY = (
    *HEAVY_FILES,
    *SKLEARN_FILES,
    "evaluation/",
    "run/save.py",
    "run/load.py",
    "report/",
    "cluster/",
    "tuning/",
)
SLOW_FOR_HELP = HEAVY | {"pandas", "scipy", "matplotlib", "pyarrow"}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}
FORBIDDEN_CALLS = {"eval", "exec", "__import__"}
FORBIDDEN_ATTRIBUTES = {"load_model", "from_config_json", "read_pickle", "to_pickle"}
FORBIDDEN_DOTTED = {"torch.load", "torch.save", "pd.eval", "pandas.eval", "saving.load_model"}


@dataclass(frozen=True)
class Import:
    """One import statement: what it names, and when it runs."""

    module: str
    line: int
    at_top: bool
    for_types_only: bool


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def walk(node: ast.AST, at_top: bool = True, types: bool = False) -> Iterator[tuple[ast.AST, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        yield child, at_top, types
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from walk(child, at_top and not inside, types or guard)


@cache
def imports_of(path: Path) -> list[Import]:
    found = []
    for node, at_top, types in walk(tree_of(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module_name(path).split(".")
                is_package = path.name == "__init__.py"
                parents = parents[: len(parents) - node.level + is_package]
                base = ".".join([*parents, *([base] if base else [])])
            inner = {f"{base}.{alias.name}" for alias in node.names}
            names = sorted(inner & set(MODULES)) or [base]
        found += [Import(name, node.lineno, at_top, types) for name in names]
    return found


MODULES = {module_name(path): path for path in FILES}


def stage_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def outside_of(module: str) -> str:
    return module.split(".")[0]


def reached_at_top(path: Path) -> dict[str, str]:
    """Packages from outside that importing this file imports, each with the chain to it."""
    found: dict[str, str] = {}
    seen: set[Path] = set()
    waiting = [(path, relative(path))]
    while waiting:
        file, chain = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for entry in imports_of(file):
            if not entry.at_top or entry.for_types_only:
                continue
            if outside_of(entry.module) != "forecaster":
                found.setdefault(outside_of(entry.module), f"{chain}, line {entry.line}")
                continue
            parts = entry.module.split(".")
            for end in range(1, len(parts) + 1):
                inner = MODULES.get(".".join(parts[:end]))
                if inner is not None:
                    waiting.append((inner, f"{chain} -> {relative(inner)}"))
    return found


def test_every_file_belongs_to_a_stage() -> None:
    unknown = {stage_of(name) for name in MODULES} - set(STAGES) - {""}
    assert not unknown


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_point_to_the_same_stage_or_one_above(path: Path) -> None:
    own = stage_of(module_name(path))
    wrong = []
    for entry in imports_of(path):
        if outside_of(entry.module) != "forecaster":
            continue
        other = stage_of(entry.module)
        if own == "":
            # The package itself: its public names are fetched when they are asked for.
            if entry.at_top and not entry.for_types_only:
                wrong.append(f"line {entry.line}: {entry.module} at the top")
        elif other and STAGES.index(other) > STAGES.index(own):
            wrong.append(f"line {entry.line}: {own} imports {entry.module}")
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_keras_torch_and_sklearn_are_imported_where_they_may_be(path: Path) -> None:
    name = relative(path)
    allowed = {"keras", "torch"} if name.startswith(HEAVY_FILES) else set()
    allowed |= {"sklearn"} if name.startswith(SKLEARN_FILES) else set()
    allowed |= {"ray", "torch"} if name.startswith(RAY_FILES) else set()
    wrong = [
        f"line {entry.line}: {entry.module}"
        for entry in imports_of(path)
        if entry.at_top and not entry.for_types_only and outside_of(entry.module) in HEAVY - allowed
    ]
    assert not wrong


@pytest.mark.parametrize(
    "path", [path for path in FILES if not relative(path).startswith(REACH_HEAVY)], ids=relative
)
def test_light_files_reach_nothing_heavy(path: Path) -> None:
    reached = reached_at_top(path)
    assert not {name: reached[name] for name in HEAVY & reached.keys()}


@pytest.mark.parametrize("name", ["forecaster", "forecaster.commands", "forecaster.commands.datasets"])
def test_help_and_datasets_import_nothing_slow(name: str) -> None:
    reached = reached_at_top(MODULES[name])
    assert not {other: reached[other] for other in SLOW_FOR_HELP & reached.keys()}


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_and_functions_are_short(path: Path) -> None:
    long = []
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    if n_lines > 300:
        long.append(f"{n_lines} lines in the file")
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > 50:
                long.append(f"{node.name}: {size} lines")
    assert not long


def sorted_publicly(names: list[str]) -> list[str]:
    """Constants, then classes, then the rest, each by name: the order that ruff keeps."""
    kind = {name: 0 if name.isupper() else 1 if name[0].isupper() else 2 for name in names}
    return sorted(names, key=lambda name: (kind[name], name))


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_public_names_are_sorted(path: Path) -> None:
    for node in tree_of(path).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            names = ast.literal_eval(node.value)
            assert list(names) == sorted_publicly(list(names))


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_nothing_runs_code_from_a_file(path: Path) -> None:
    wrong = [
        f"line {entry.line}: import {entry.module}"
        for entry in imports_of(path)
        if outside_of(entry.module) in FORBIDDEN_IMPORTS
    ]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in FORBIDDEN_CALLS:
                wrong.append(f"line {node.lineno}: {node.func.id}()")
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            if node.attr in FORBIDDEN_ATTRIBUTES or dotted in FORBIDDEN_DOTTED:
                wrong.append(f"line {node.lineno}: {dotted}")
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            wrong.append(f"line {node.value.lineno}: allow_pickle")
    assert not wrong


def test_datasets_hold_no_python() -> None:
    assert not list((ROOT / "datasets").rglob("*.py"))


def test_cli_is_a_thin_entry() -> None:
    text = (ROOT / "cli.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 10
    assert "from forecaster.commands import cli" in text


# The rules themselves, tried on a file that breaks them.


def test_an_import_inside_a_function_is_not_at_the_top(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import os\ndef f():\n    import torch\nif TYPE_CHECKING:\n    import keras\n")
    found = {
        (child.names[0].name, at_top, types)
        for child, at_top, types in walk(tree_of(path))
        if isinstance(child, ast.Import)
    }
    assert found == {("os", True, False), ("torch", False, False), ("keras", True, True)}


def test_public_order_is_constants_classes_functions() -> None:
    assert sorted_publicly(["fit", "Panel", "KINDS", "Clock"]) == ["KINDS", "Clock", "Panel", "fit"]
