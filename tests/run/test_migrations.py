from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from forecaster.run.migrations import FORMAT_VERSION, MIGRATIONS, migrate


def named_units(tree: dict[str, Any]) -> dict[str, Any]:
    """An invented format 1 to 2: `size` became `units`."""
    rest = {name: value for name, value in tree.items() if name != "size"}
    return {**rest, "units": [tree["size"]]}


def with_cell(tree: dict[str, Any]) -> dict[str, Any]:
    """An invented format 2 to 3."""
    return {**tree, "cell": "lstm"}


def test_every_format_before_the_newest_has_a_migration_and_a_golden_run() -> None:
    assert sorted(MIGRATIONS) == list(range(1, FORMAT_VERSION))
    golden = Path(__file__).parents[1] / "files" / "golden"
    for number in range(1, FORMAT_VERSION + 1):
        specs = list((golden / f"v{number}").glob("*/v0001/spec.json"))
        assert specs
        for spec in specs:
            assert json.loads(spec.read_text(encoding="utf-8"))["format_version"] == number


def test_old_tree_goes_through_every_format_and_is_left_as_it_is() -> None:
    old = {"format_version": 1, "size": 8}
    new = migrate(old, {1: named_units, 2: with_cell}, newest=3)
    assert new == {"format_version": 3, "units": [8], "cell": "lstm"}
    assert old == {"format_version": 1, "size": 8}


def test_tree_of_the_newest_format_is_not_touched() -> None:
    tree = {"format_version": FORMAT_VERSION, "size": 8}
    assert migrate(tree) == tree


@pytest.mark.parametrize("found", [0, -1, None, "1", 1.0, True, []])
def test_what_is_no_format_is_refused(found: object) -> None:
    with pytest.raises(ValueError, match=r"format_version: .* is no format\. Restore the file"):
        migrate({"format_version": found})


@pytest.mark.parametrize("tree", [[], 3, "x", None])
def test_what_is_no_object_is_refused(tree: object) -> None:
    with pytest.raises(ValueError, match="no object of names and values"):
        migrate(tree)


@pytest.mark.parametrize(("found", "shown"), [(2, "2"), (10**250, "of many digits")])
def test_newer_format_is_refused_with_what_to_do(found: int, shown: str) -> None:
    with pytest.raises(ValueError) as caught:
        migrate({"format_version": found})
    assert str(caught.value) == (
        f"written in format {shown}; this version reads up to {FORMAT_VERSION}. Install a newer forecaster."
    )
