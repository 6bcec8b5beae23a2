"""The files of a checkpoint: state.json, which names the tensors that belong to it, each with its checksum.

Tensors are written first, under a name of their own, then state.json is replaced, then what it no longer
names is removed: a kill at any instant leaves a state with all that belongs to it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from forecaster.errors import RunError
from forecaster.files import explained, refuse_link, sha256, write_file
from forecaster.training.plan import TrainingResult
from forecaster.training.standing import Standing, Strict

STATE = "state.json"
FORMAT_VERSION = 1
MOST_BYTES = 256 * 1024 * 1024
REMEDY = "Remove the folder and train from the start, without --resume."

FileName = Annotated[str, Field(pattern=r"^(done|now)-\d{6}\.safetensors$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Stored(Strict):
    """Tensors of a checkpoint: their file and its checksum."""

    file: FileName
    sha256: Sha256


class Finished(Strict):
    """A network that has been trained to its end."""

    key: str
    tensors: Stored
    result: TrainingResult


class Going(Strict):
    """The network that is being trained."""

    key: str
    tensors: Stored
    standing: Standing


class Basis(Strict):
    """What a training is of: all that must be the same to go on with it.

    Attributes:
        data: Fingerprint of the rows.
        settings: Those that the user gave, by name.
        backend: Of Keras.
        own_schedule: Whether the learning rate comes from a function of the caller.
        warm_start: Fingerprint of the weights that training begins with; None for random ones.
    """

    data: Sha256
    settings: dict[str, Any]
    backend: str
    own_schedule: bool = False
    warm_start: Sha256 | None = None


class State(Strict):
    """All of a checkpoint but its tensors.

    Attributes:
        name: Drawn when the training began: whose checkpoint this is.
        created: When it began, in UTC.
        basis: What must be the same.
        machine: What bit-identical weights need besides: versions, threads, device and processor.
        resumed: How often the training was gone on with.
        finished: Networks trained to their end, in order.
        going: The next one, where it has begun.
    """

    format_version: Literal[1] = 1
    name: str
    created: str
    basis: Basis
    machine: dict[str, str]
    resumed: int = Field(0, ge=0)
    finished: tuple[Finished, ...] = ()
    going: Going | None = None


def write_state(folder: Path, state: State) -> None:
    """Put a state in force; the tensors that it names must be there.

    Args:
        folder: Of the checkpoint.
        state: What to write.

    Raises:
        RunError: It cannot be written; what was in force before still is.
    """
    body = state.model_dump(mode="json")
    tree = {"sha256": sha256(_canonical(body)), "state": body}
    write_file(folder / STATE, (json.dumps(tree) + "\n").encode(), 0o600)


def read_state(folder: Path) -> State:
    """The state of a checkpoint.

    Args:
        folder: Of the checkpoint.

    Returns:
        The state, as it was written.

    Raises:
        RunError: There is none, or it is damaged or of a newer format.
    """
    place = folder / STATE
    refuse_link(folder)
    refuse_link(place)
    if not place.is_file():
        raise RunError(
            f"{folder}: there is no training to go on with. Train from the start, without --resume."
        )
    with explained(place), place.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise RunError(f"{place}: more than {MOST_BYTES:,} bytes. {REMEDY}")
    try:
        tree = json.loads(content)
        body = tree["state"]
        version = body.get("format_version")
        is_whole = tree.keys() == {"sha256", "state"} and tree["sha256"] == sha256(_canonical(body))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{place}: damaged ({type(error).__name__}). {REMEDY}") from None
    if not is_whole:
        raise RunError(f"{place}: damaged; its checksum differs. {REMEDY}")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise RunError(
            f"{place}: written in format {version}; this version reads up to {FORMAT_VERSION}. "
            "Install a newer forecaster."
        )
    try:
        return State.model_validate_json(json.dumps(body))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RunError(f"{place}: {where}: {first['msg']}. {REMEDY}") from None


def write_tensors(folder: Path, name: str, tensors: Mapping[str, np.ndarray]) -> Stored:
    """Write tensors to a file of their own.

    Args:
        folder: Of the checkpoint.
        name: Of the file.
        tensors: By name.

    Returns:
        What the state says of them.

    Raises:
        RunError: They cannot be written.
    """
    data = save({key: np.asarray(tensor, order="C") for key, tensor in tensors.items()})
    write_file(folder / name, data, 0o600)
    return Stored(file=name, sha256=sha256(data))


def read_tensors(folder: Path, stored: Stored) -> dict[str, np.ndarray]:
    """Tensors that a state names.

    Args:
        folder: Of the checkpoint.
        stored: What the state says of them.

    Returns:
        Arrays by name.

    Raises:
        RunError: The file is missing or damaged.
    """
    place = folder / stored.file
    refuse_link(place)
    if not place.is_file():
        raise RunError(f"{place}: the file is missing. {REMEDY}")
    with explained(place):
        data = place.read_bytes()
    if sha256(data) != stored.sha256:
        raise RunError(f"{place}: damaged; its checksum differs. {REMEDY}")
    try:
        return load(data)
    except (SafetensorError, ValueError, OverflowError) as error:
        raise RunError(f"{place}: damaged ({error}). {REMEDY}") from None


def remove_unnamed(folder: Path, state: State) -> None:
    """Remove files of tensors that a state does not name, and what a writer that was killed has left.

    Args:
        folder: Of the checkpoint.
        state: In force.
    """
    named = {one.tensors.file for one in state.finished}
    named |= {state.going.tensors.file} if state.going is not None else set()
    for path in [*folder.glob("*.safetensors"), *folder.glob(".*.tmp")]:
        if path.name not in named:
            with contextlib.suppress(OSError):
                path.unlink()


def _canonical(body: object) -> bytes:
    """The same bytes for the same tree."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
