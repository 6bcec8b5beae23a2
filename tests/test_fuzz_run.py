"""Whatever stands in the files of a run, reading them ends in a run or in a RunError."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trust_fuzz import FILES, GOLDEN, Reader, fuzz
from trust_mutate import mutate_bytes, mutate_tree

from forecaster.errors import RunError
from forecaster.run.spec import parse_spec

RUNS = sorted(GOLDEN.glob("v*/*"))
SPECS = [(folder / "v0001" / "spec.json").read_bytes() for folder in RUNS]

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
trees = st.recursive(plain, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one))
in_a_moment = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def readers() -> list[Reader]:
    return [Reader(folder) for folder in RUNS]


def ours_only(readers: list[Reader], name: str, content: bytes) -> None:
    for reader in readers:
        try:
            reader.read(name, content)
        except RunError as error:
            text = str(error)
            assert text.startswith(name) and text.endswith(".") and len(text) < 600


@in_a_moment
@given(content=st.binary(max_size=300), name=st.sampled_from(FILES))
def test_any_bytes_are_refused_by_name(readers: list[Reader], content: bytes, name: str) -> None:
    for reader in readers:
        with pytest.raises(RunError, match=f"^{name}: "):
            reader.read(name, content)


@in_a_moment
@given(tree=trees, name=st.sampled_from(FILES))
def test_any_json_is_refused_by_name(readers: list[Reader], tree: Any, name: str) -> None:
    ours_only(readers, name, json.dumps(tree).encode())


@in_a_moment
@given(data=st.data())
def test_a_spec_with_any_value_in_any_place_is_read_or_refused(
    readers: list[Reader], data: st.DataObject
) -> None:
    tree = json.loads(data.draw(st.sampled_from(SPECS)))
    place = tree
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(trees)
    ours_only(readers, "spec.json", json.dumps(tree).encode())


@in_a_moment
@given(data=st.data())
def test_a_spec_that_is_read_comes_back_the_same(data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(SPECS))
    changed = mutate_tree(json.loads(content), random.Random(data.draw(st.integers(0, 10**6))))
    try:
        spec = parse_spec(json.dumps(changed).encode(), "spec.json")
    except RunError:
        return
    assert parse_spec(spec.to_bytes(), "spec.json") == spec


def test_mutations_are_mutations() -> None:
    rng = random.Random(0)
    tree = json.loads(SPECS[0])
    assert sum(mutate_tree(tree, rng) != tree for _ in range(50)) > 40
    assert sum(mutate_bytes(SPECS[0], rng) != SPECS[0] for _ in range(50)) > 40
    assert tree == json.loads(SPECS[0])


def test_a_few_damaged_files_end_in_a_run_or_in_our_errors() -> None:
    outcome = fuzz(600, seed=1, load_every=20)
    assert outcome.others == []
    assert all(outcome.n_refused[name] > 50 for name in FILES)
    assert outcome.n_loaded > 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_damaged_files_end_in_a_run_or_in_our_errors() -> None:
    outcome = fuzz(100_002, seed=2, load_every=200)
    print(outcome)
    assert outcome.others == []
    assert outcome.slowest < 5.0


def test_golden_runs_are_found() -> None:
    assert GOLDEN == Path(__file__).parent / "files" / "golden"
    assert len(RUNS) >= 4
