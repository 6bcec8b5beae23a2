"""Shapes of the weights that an architecture has, known without building anything.

A file of weights is compared with them before the network is built, so that a spec that asks for a large or
slow one costs nothing unless the file holds all of its numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forecaster.errors import RunError
from forecaster.run.spec import ArchitectureSpec, ModelSpec

Shape = tuple[int, ...]

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def implied_shapes(network: ArchitectureSpec) -> list[Shape]:
    """Shapes of all weights of one network, in no particular order.

    Args:
        network: Its sizes.

    Returns:
        As many shapes as the built network has weights.
    """
    shapes: list[Shape] = []
    if network.n_marks:
        shapes.append((network.n_marks + 1, network.mark_units))
    width = network.n_static
    for branch in network.branches or (tuple(range(network.n_channels)),):
        inputs = network.segment * (2 * len(branch) + network.mark_units)
        for units in network.units:
            directions = 1 + network.bidirectional
            shapes += directions * list(_recurrent(network.cell, inputs, units))
            inputs = units * directions
        width += inputs
    for units in network.dense_units:
        shapes += [(width, units), (units,)]
        width = units
    if network.n_series:
        shapes.append((network.n_series + 1, network.series_units))
    shapes += _DECODERS[network.decoder](network, width)
    if network.linear and network.decoder != "steps":
        size = network.horizon * network.n_outputs
        shapes += [(2 * network.look_back * network.n_channels, size), (size,)]
    return shapes


def _recurrent(cell: str, inputs: int, units: int) -> Iterator[Shape]:
    """Kernel, recurrent kernel and bias of one recurrent layer."""
    gates = _GATES[cell] * units
    yield from ((inputs, gates), (units, gates))
    yield (2, gates) if cell == "gru" else (gates,)


def _direct(network: ArchitectureSpec, width: int) -> list[Shape]:
    """Of the decoder that puts out all steps at once."""
    size = network.horizon * network.n_outputs
    width += network.series_units + network.horizon * network.n_future
    return [(width, size), (size,)]


def _parallel(network: ArchitectureSpec, width: int) -> list[Shape]:
    """Of the decoder that works the horizon segment by segment."""
    gates = 3 * width
    shapes: list[Shape] = [(width, gates), (2, gates), (-(-network.horizon // network.out_segment), gates)]
    if network.n_series:
        shapes.append((network.series_units, gates))
    if network.n_future:
        shapes.append((network.out_segment * network.n_future, gates))
    size = network.out_segment * network.n_outputs
    return [*shapes, (width, size), (size,)]


def _steps(network: ArchitectureSpec, width: int) -> list[Shape]:
    """Of the decoder that puts out each step from the state there."""
    shapes: list[Shape] = [(width, network.n_outputs), (network.n_outputs,)]
    if network.linear:
        shapes.append((2 * network.n_channels + network.mark_units, network.n_outputs))
    return shapes


_DECODERS = {"direct": _direct, "parallel": _parallel, "steps": _steps}


def check_networks(header: Mapping[str, Any], models: Sequence[ModelSpec], place: str) -> None:
    """Refuse a file that does not hold the weights of the networks that a spec describes.

    Args:
        header: What the file states of each tensor, by name.
        models: Of the spec.
        place: The file, for messages.

    Raises:
        RunError: It lacks tensors, or they are of other shapes.
    """
    for number, model in enumerate(models):
        wanted = Counter(implied_shapes(model.architecture))
        for member in range(model.n_members):
            unused = Counter(wanted)
            for position in range(wanted.total()):
                tensor = f"member{number}/network{member}/{position:03d}"
                entry = header.get(tensor)
                shape = entry.get("shape") if isinstance(entry, dict) else None
                if not isinstance(shape, list) or not all(type(size) is int for size in shape):
                    raise RunError(f"{place}: no tensor {tensor}. Train the run again.")
                if not unused[tuple(shape)]:
                    raise RunError(
                        f"{place}: tensor {tensor} is {str(shape)[:60]}, which the networks of spec.json "
                        f"have none of, or no more. Train the run again."
                    )
                unused[tuple(shape)] -= 1
