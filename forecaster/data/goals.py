"""Goal: what is learnt of sequences in place of what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

GoalKind = Literal["label", "outputs", "tags", "marks"]
GOAL_KINDS: tuple[GoalKind, ...] = ("label", "outputs", "tags", "marks")


@dataclass(frozen=True)
class Goal:
    """What is learnt of each sequence, or of each of its rows.

    Attributes:
        kind: ``label``, a class of each series; ``outputs``, numbers of each row; ``tags``, a class of each
            row; ``marks``, the mark of the row after.
        names: Classes of labels and tags, columns of outputs, marks; the classes by how often they occur.
        column: Column of labels or tags in the file; empty for outputs and marks.
        values: Of labels (n_series,) int64 index into ``names``, of tags (n_rows,) int64, -1 for none; of
            outputs (n_rows, n_outputs) float64, NaN for none; of marks empty, they are the panel's own.
        held_out: (n_series,) bool, the series of ``--test``, never trained on; None without that file.
        usual: Share of each class, or mean of each output, in the rows trained on; empty before training.
    """

    kind: GoalKind
    names: tuple[str, ...]
    column: str = ""
    values: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    held_out: np.ndarray | None = None
    usual: tuple[float, ...] = ()

    @property
    def is_class(self) -> bool:
        """Whether a class is learnt, and not numbers."""
        return self.kind != "outputs"

    @property
    def is_of_steps(self) -> bool:
        """Whether every step of a window has a target, and not the window as a whole."""
        return self.kind != "label"

    @property
    def ahead(self) -> int:
        """Rows that the target of a step lies after its input: 1 for marks, 0 for what belongs to the row."""
        return int(self.kind == "marks")

    def of_rows(self, rows: slice | np.ndarray) -> Goal:
        """The goal of some rows of the same series.

        Args:
            rows: Index of flat rows.

        Returns:
            A new goal; labels, which belong to series, stay.
        """
        return replace(self, values=self.values[rows]) if self.kind in ("outputs", "tags") else self

    @property
    def without_values(self) -> Goal:
        """What is learnt, without what it was for any series: for the run folder."""
        return Goal(self.kind, self.names, self.column, self.values[:0], usual=self.usual)
