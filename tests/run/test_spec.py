from __future__ import annotations

import json
from typing import Any

import pytest

from forecaster.config.settings import Settings
from forecaster.errors import RunError
from forecaster.network.architecture import Architecture
from forecaster.run.migrations import FORMAT_VERSION
from forecaster.run.panel_spec import GoalSpec
from forecaster.run.spec import (
    ArchitectureSpec,
    HeadSpec,
    ModelSpec,
    NormaliserSpec,
    Spec,
    TransformSpec,
    parse_spec,
)

PLACE = "runs/a1/v0001/spec.json"


@pytest.fixture
def spec() -> Spec:
    normaliser = NormaliserSpec(
        steps=(TransformSpec(name="log", floor=0.5), TransformSpec(name="standard", n_scales=1)),
        residual="none",
        season_length=12,
        target=0,
        n_channels=2,
        input_scale=(0.1, 1.0 / 3.0),
        target_scale=(0.0, 1e-300),
    )
    network = Architecture(look_back=3, horizon=1, n_channels=2, n_outputs=1, units=(8, 4))
    model = ModelSpec(
        architecture=ArchitectureSpec(**network.to_json()),
        head=HeadSpec(name="point"),
        normaliser=normaliser,
        n_members=3,
    )
    return Spec(created="now", versions={"keras": "3"}, settings=Settings(), panel={}, models=(model,))


def changed(spec: Spec, *path: Any, value: Any) -> bytes:
    """The file with one value replaced."""
    tree = json.loads(spec.to_bytes())
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(tree).encode()


def message_of(content: bytes) -> str:
    with pytest.raises(RunError) as caught:
        parse_spec(content, PLACE)
    text = str(caught.value)
    assert text.startswith(PLACE + ": ")
    return text.removeprefix(PLACE + ": ")


def test_spec_comes_back_bit_for_bit(spec: Spec) -> None:
    again = parse_spec(spec.to_bytes(), PLACE)
    assert again == spec
    assert again.models[0].normaliser.input_scale == (0.1, 1.0 / 3.0)
    assert again.models[0].normaliser.target_scale[1] == 1e-300


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"nonsense"])
def test_damaged_file_is_refused(content: bytes) -> None:
    assert message_of(content).endswith("Restore the file, or train again.")


@pytest.mark.parametrize("content", [b"[]", b"null", b"3", b"{}"])
def test_json_of_another_kind_is_refused(content: bytes) -> None:
    assert message_of(content)


def test_newer_format_says_to_install_a_newer_program(spec: Spec) -> None:
    assert message_of(changed(spec, "format_version", value=FORMAT_VERSION + 1)) == (
        f"written in format {FORMAT_VERSION + 1}; this version reads up to {FORMAT_VERSION}. "
        "Install a newer forecaster."
    )


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("colour",), "red", "colour"),
        (("state",), "half", "state"),
        (("models",), [], "models"),
        (("models", 0, "n_members"), 0, "models.0.n_members"),
        (("models", 0, "n_members"), 10**9, "models.0.n_members"),
        (("models", 0, "architecture", "look_back"), -3, "models.0.architecture.look_back"),
        (("models", 0, "architecture", "cell"), "eval", "models.0.architecture.cell"),
        (("models", 0, "architecture", "units"), [8, 0], "models.0.architecture.units.1"),
        (("models", 0, "architecture", "branches"), [[0, 2]], "models.0.architecture"),
        (("models", 0, "architecture", "n_marks"), 2, "models.0.architecture"),
        (("models", 0, "architecture", "n_marks"), 50_001, "models.0.architecture.n_marks"),
        (("models", 0, "architecture", "colour"), "red", "models.0.architecture.colour"),
        (("models", 0, "normaliser", "season_length"), 0, "models.0.normaliser.season_length"),
        (("models", 0, "normaliser", "steps", 0, "name"), "eval", "models.0.normaliser.steps.0.name"),
        (("models", 0, "normaliser", "input_scale"), [0.0], "models.0.normaliser.input_scale"),
        (("settings", "training", "code"), "import os", "settings.training.code"),
        (("settings", "window", "look_back"), -1, "settings.window.look_back"),
        (("settings", "window", "look_back"), "3", "settings.window.look_back: '3' is no value of it."),
        (("settings", "training", "ensemble"), True, "settings.training.ensemble: True is no value of it."),
        (("settings", "network", "units"), "30,20", "settings.network.units: '30,20' is no value of it."),
        (("models",), [{}] * 11, "models"),
    ],
)
def test_wrong_and_unknown_keys_are_refused(
    spec: Spec, path: tuple[Any, ...], value: Any, where: str
) -> None:
    assert message_of(changed(spec, *path, value=value)).startswith(where)


def test_a_name_that_stands_twice_is_refused(spec: Spec) -> None:
    content = spec.to_bytes().replace(b'"state":', b'"created": "then", "state":', 1)
    assert message_of(content) == "the name 'created' stands twice. Restore the file, or train again."


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_are_finite(spec: Spec, number: str) -> None:
    content = spec.to_bytes().replace(b"0.3333333333333333", number.encode())
    assert content != spec.to_bytes()
    assert message_of(content)


def test_fields_of_the_spec_are_those_of_the_network() -> None:
    network = Architecture(look_back=3, horizon=2, n_channels=2, n_outputs=13, branches=((0,), (1,)))
    assert Architecture(**ArchitectureSpec(**network.to_json()).model_dump()) == network


def test_very_large_file_is_not_parsed(spec: Spec) -> None:
    assert "at most 33,554,432 are read" in message_of(b" " * (32 * 1024 * 1024) + spec.to_bytes())


def test_what_is_usual_is_one_number_for_each_name() -> None:
    assert GoalSpec(kind="label", names=("a", "b"), usual=(0.25, 0.75)).usual == (0.25, 0.75)
    with pytest.raises(ValueError, match="usual holds 1 numbers for 2 names"):
        GoalSpec(kind="label", names=("a", "b"), usual=(1.0,))
