"""Graph: an ONNX graph while it is being made; nodes with one output each, and named arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Graph:
    """Nodes and arrays of a graph, in the order in which they were added.

    Attributes:
        onnx: The package of that name.
        nodes: ONNX nodes.
        arrays: ONNX tensors of the weights and shapes.
        n_names: Names given out so far.
    """

    onnx: Any
    nodes: list[Any] = field(default_factory=list)
    arrays: list[Any] = field(default_factory=list)
    n_names: int = 0

    def array(self, values: Any, dtype: Any = np.float32) -> str:
        """Name of a constant array."""
        name = self._name("array")
        self.arrays.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(values, dtype=dtype), name))
        return name

    def whole(self, values: Sequence[int]) -> str:
        """Name of a constant list of int64, such as a shape."""
        return self.array(values, np.int64)

    def add(self, kind: str, inputs: Sequence[str], n_outputs: int = 1, **attributes: Any) -> str:
        """Adds a node.

        Args:
            kind: ONNX operator.
            inputs: Names; an empty one for an input left out.
            n_outputs: Outputs of the operator up to the one that is wanted.
            attributes: Of the operator.

        Returns:
            Name of its last output.
        """
        output = self._name(kind.lower())
        outputs = [""] * (n_outputs - 1) + [output]
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), outputs, name=output, **attributes))
        return output

    def _name(self, prefix: str) -> str:
        """A name that is not taken."""
        self.n_names += 1
        return f"{prefix}_{self.n_names}"
