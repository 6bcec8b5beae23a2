"""What rows of the speed benchmark share: rounds of subjects in turn, what came of them, and bars."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# One run of a subject: its figure, such as seconds or windows a second.
Subject = Callable[[], float]


@dataclass(frozen=True)
class Asked:
    """How rows are run.

    Attributes:
        rounds: That count; another before them warms up.
        threads: Of every subject that does not choose its own.
        device: Where networks are trained: ``cpu``, ``cuda`` or ``mps``.
        data: Folder of the data.
        n_rows: Rows of the files that are read.
        is_fast: Whether only to see that everything runs.
    """

    rounds: int
    threads: int
    device: str
    data: Path
    n_rows: int
    is_fast: bool = False


@dataclass(frozen=True)
class Case:
    """Subjects beside each other on one piece of work.

    Attributes:
        name: Of the work.
        unit: Of the figures; ``s`` is better when lower, ``windows/s`` when higher.
        rounds: Figures of every subject, a number a round.
    """

    name: str
    unit: str
    rounds: Mapping[str, list[float]]

    def best(self, subject: str) -> float:
        """The best figure of a subject: what else the machine did can only have held it up.

        Args:
            subject: Its name.

        Returns:
            The lowest of seconds, the highest of a rate.
        """
        return (max if self.unit.endswith("/s") else min)(self.rounds[subject])

    def ratio(self, one: str, other: str) -> float:
        """Best figure of a subject over that of another.

        Args:
            one: Name of the first.
            other: Name of the second.

        Returns:
            Their quotient.
        """
        return self.best(one) / self.best(other)


@dataclass
class Found:
    """What a row found.

    Attributes:
        cases: Subjects beside each other.
        measures: Numbers that bars are about, most of them ratios.
        skipped: What was not run, and why.
    """

    cases: list[Case] = field(default_factory=list)
    measures: dict[str, float] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it: of every case its figures and the best of them."""
        cases = {
            case.name: {
                "unit": case.unit,
                "best": {name: case.best(name) for name in case.rounds},
                "rounds": dict(case.rounds),
            }
            for case in self.cases
        }
        return {"cases": cases, "measures": self.measures, "skipped": self.skipped}


@dataclass(frozen=True)
class Bar:
    """What a measure should be.

    Attributes:
        measure: Its name.
        least: Lowest value that will do; None for any.
        most: Highest likewise.
    """

    measure: str
    least: float | None = None
    most: float | None = None

    def held(self, measures: Mapping[str, float]) -> dict[str, Any]:
        """The bar beside what was found.

        Args:
            measures: By name; those that were not run are not among them.

        Returns:
            ``measure``, ``wanted`` in words, ``value`` and ``met``, both None for one that was not run.
        """
        wanted = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"
        value = measures.get(self.measure)
        met = None
        if value is not None:
            met = (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        return {"measure": self.measure, "wanted": wanted, "value": value, "met": met}


def race(name: str, unit: str, subjects: Mapping[str, Subject], asked: Asked) -> Case:
    """Every subject once a round, one after the other, so that all meet the same moods of the machine.

    Args:
        name: Of the case.
        unit: Of the figures.
        subjects: By name.
        asked: How many rounds; one before them, which warms up, is left out of a fast run.

    Returns:
        The figures of all rounds that count.
    """
    n_warm = 0 if asked.is_fast else 1
    found: dict[str, list[float]] = {subject: [] for subject in subjects}
    for number in range(n_warm + asked.rounds):
        for subject, run in subjects.items():
            if not asked.is_fast:
                gc.collect()  # what one subject left behind is not cleared away in the time of the next
            figure = run()
            if number >= n_warm:
                found[subject].append(figure)
    case = Case(name, unit, found)
    shown = ", ".join(f"{subject} {case.best(subject):.4g}" for subject in subjects)
    print(f"{name}: {shown} {unit}", file=sys.stderr, flush=True)
    return case
