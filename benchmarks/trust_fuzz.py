"""Fuzz of the files of a run: whatever stands in them, reading ends in a run or in a RunError, and soon."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trust_mutate import mutate_json, mutate_weights

from forecaster.errors import ForecasterError, RunError

GOLDEN = Path(__file__).parents[1] / "tests" / "files" / "golden"
FILES = ("spec.json", "weights.safetensors", "report.json")


@dataclass
class Outcome:
    """What came of the cases.

    Attributes:
        n_cases: By file.
        n_refused: With an error of ours, by file.
        others: Texts of exceptions of any other kind; there should be none.
        slowest: Seconds of the slowest case.
        n_loaded: Cases that were taken so far and then loaded and forecast from.
    """

    n_cases: Counter[str] = field(default_factory=Counter)
    n_refused: Counter[str] = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)
    slowest: float = 0.0
    n_loaded: int = 0


class Reader:
    """The parts of a golden run, and how each of its files is read.

    Attributes:
        folder: The run.
        contents: Of its files, by name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents = {name: (folder / "v0001" / name).read_bytes() for name in FILES}
        self._expected = self._tensors()
        self.read("spec.json", self.contents["spec.json"])  # whose imports take seconds, once

    def _tensors(self) -> list[dict[str, Any]]:
        """Shapes and types of the tensors of every model, as the golden file has them."""
        from safetensors.numpy import load

        models: dict[str, dict[str, Any]] = {}
        for name, array in load(self.contents["weights.safetensors"]).items():
            model, _, tensor = name.partition("/")
            models.setdefault(model, {})[tensor] = (array.shape, array.dtype)
        return [models[name] for name in sorted(models)]

    def read(self, name: str, content: bytes) -> None:
        """Read one file as loading does, up to where networks would be built.

        Args:
            name: Of the file.
            content: Of the file.

        Raises:
            RunError: It is damaged.
        """
        from forecaster.run.facts import read_facts
        from forecaster.run.implied import implied_shapes
        from forecaster.run.load import check_head
        from forecaster.run.report_file import parse_report
        from forecaster.run.spec import parse_spec
        from forecaster.run.weights import read_weights

        if name == "report.json":
            parse_report(content, name)
        elif name == "weights.safetensors":
            read_weights(content, self._expected, name)
        else:
            spec = parse_spec(content, name)
            read_facts(Path(name), spec.panel)
            for model in spec.models:
                check_head(model, Path(name))
                implied_shapes(model.architecture)

    def forecast(self, name: str, content: bytes) -> None:
        """Load the run with one file replaced, its checksum made to fit, and forecast.

        Args:
            name: Of the file.
            content: Of the file.

        Raises:
            RunError: It is damaged.
        """
        from forecaster.forecaster import Forecaster

        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            shutil.copytree(self.folder, run)
            (run / "v0001" / name).write_bytes(content)
            paths = [path for path in sorted((run / "v0001").iterdir()) if path.name != "SHA256SUMS"]
            sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths]
            (run / "v0001" / "SHA256SUMS").write_text("".join(sums))
            Forecaster.load(run).predict()


def fuzz(n_cases: int, seed: int = 0, load_every: int = 50) -> Outcome:
    """Read many damaged files.

    Args:
        n_cases: How many, a third of each file.
        seed: Of the damage.
        load_every: One in so many of those that were not refused is loaded with its run and forecast from.

    Returns:
        What came of them.
    """
    rng = random.Random(seed)
    readers = [Reader(folder) for folder in sorted(GOLDEN.glob("v*/*"))]
    outcome = Outcome()
    taken = 0
    for number in range(n_cases):
        reader, name = rng.choice(readers), FILES[number % len(FILES)]
        mutate = mutate_weights if name == "weights.safetensors" else mutate_json
        content = mutate(reader.contents[name], rng)
        outcome.n_cases[name] += 1
        began = time.perf_counter()
        if not _refused(reader.read, name, content, outcome):
            taken += 1
            if taken % load_every == 0:
                outcome.n_loaded += 1
                _refused(reader.forecast, name, content, outcome)
                continue  # building networks takes its time
        outcome.slowest = max(outcome.slowest, time.perf_counter() - began)
    return outcome


def _refused(act: Any, name: str, content: bytes, outcome: Outcome) -> bool:
    """Whether a case ended in an error of ours; one of another kind is noted."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            act(name, content)
    except RunError:
        outcome.n_refused[name] += 1
        return True
    except ForecasterError:
        return True
    except Exception as error:
        outcome.others.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")

        return True
    return False
