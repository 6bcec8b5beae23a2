"""report.json: what was read, chosen, trained and scored, in one tree of plain values."""

from __future__ import annotations

import importlib.metadata
import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

import forecaster
from forecaster.config.build import flatten, section_of
from forecaster.data.clock import moment_text
from forecaster.data.goals import Goal
from forecaster.data.panel import Note, Panel
from forecaster.data.roles import covariates_of
from forecaster.evaluation.score import PartScores
from forecaster.evaluation.sequence_scores import SequenceScores
from forecaster.training.device import choose_device, set_threads
from forecaster.training.fit import FitOutcome
from forecaster.training.prepare import Prepared
from forecaster.training.sequence_prepare import PreparedSequences, is_cut
from forecaster.windows.split import Split

# Version of the tree's schema, docs/report.md; a key that changes its meaning raises it.
REPORT_VERSION = 1
# Classes that the facts name.
MOST_NAMED = 100
SIGNALS = ("SIGINT", "SIGTERM")
PACKAGES = ("keras", "torch", "numpy", "scipy", "pandas", "scikit-learn", "pyarrow")


@dataclass(frozen=True)
class Job:
    """A training job that is done, for its report.

    Attributes:
        prepared: Panel, settings, split.
        outcomes: The first fits, scored on the validation part.
        refitted: Those on training and validation rows, scored on the test part; none where the first were.
        shipped: The fits whose weights are saved.
        scores: Of validation and test part.
        seconds: Time of each stage.
        reason: Why training ended early: a signal, ``max_seconds`` or a word of the caller; None when it did
            not.
        resumed: How often training was gone on with.
        warm_start: What it started from, as in report.json; None for random weights.
        notes: What must be said of these two, and of checkpoints.
    """

    prepared: Prepared | PreparedSequences
    outcomes: Sequence[FitOutcome[Any]]
    refitted: Sequence[FitOutcome[Any]]
    shipped: Sequence[FitOutcome[Any]]
    scores: PartScores | SequenceScores
    seconds: dict[str, float]
    reason: str | None = None
    resumed: int = 0
    warm_start: dict[str, Any] | None = None
    notes: tuple[Note, ...] = ()


def build_report(job: Job) -> dict[str, Any]:
    """The report of a training job.

    Args:
        job: What was done.

    Returns:
        Plain values; keys as docs/report.md says.
    """
    prepared, scores = job.prepared, job.scores
    panel, settings = prepared.panel, prepared.settings
    deciding, parts = scores.test or scores.valid, (("valid", scores.valid), ("test", scores.test))
    notes = {note.code: note for note in (*panel.warnings, *prepared.warnings, *scores.notes, *job.notes)}
    fits = (*job.outcomes, *job.refitted, *job.shipped)
    notes |= {note.code: note for outcome in fits for note in outcome.warnings}
    again = [one for one in job.shipped if not any(one is first for first in job.outcomes)]
    return {
        "report_version": REPORT_VERSION,
        "state": "finished" if job.reason is None else "interrupted",
        "reason": job.reason,
        "signal": job.reason if job.reason in SIGNALS else None,
        **{"resumed": job.resumed, "warm_start": job.warm_start},
        "data": data_facts(panel, scores.resolution),
        "split": split_facts(panel, prepared.split),
        "settings": {
            name: plain(value) for name, value in flatten(settings).items() if section_of(name) != "cluster"
        },
        "defaults": [
            {"name": one.name, "value": plain(one.value), "reason": one.reason} for one in prepared.defaults
        ],
        "repairs": [note_json(note) for note in panel.repairs],
        "warnings": [note_json(note) for note in notes.values()],
        "training": [
            _training(outcome, stage)
            for stage, fits in (("first", job.outcomes), ("refit", job.refitted), ("final", again))
            for outcome in fits
        ],
        "shipped": "final fit on all rows" if again else "first fit",
        "test_fit": "refit" if job.refitted else "first",
        "scores": {name: part.to_json() for name, part in parts if part is not None},
        "best_baseline": deciding.best_baseline if deciding else None,
        "beaten_by": deciding.beaten_by if deciding else [],
        "seconds": {name: round(value, 3) for name, value in job.seconds.items()},
        "seed": settings.training.seed,
        "device": choose_device(settings.training.device),
        "threads": set_threads(None),
        "versions": versions(),
    }


def without_rows(report: dict[str, Any]) -> dict[str, Any]:
    """A report that holds no rows of the data: without the values that forecasts were compared with.

    Args:
        report: As ``build_report`` makes it.

    Returns:
        A new tree, without ``scores.PART.pairs``.
    """
    scores = {
        part: {name: value for name, value in tree.items() if name != "pairs"}
        for part, tree in report["scores"].items()
    }
    return report | {"scores": scores}


def data_facts(panel: Panel, resolution: float | None = None) -> dict[str, Any]:
    """What was read, in plain values.

    Args:
        panel: All rows.
        resolution: Step of which all target values are multiples.

    Returns:
        Kind and why, columns, sizes, span, spacing, unit, season, missing values; of a part of a panel those
        of all of it.
    """
    peers = panel.peers
    first, last = peers.lowest(panel.times), peers.highest(panel.times)
    return {
        "source": panel.source,
        "kind": panel.kind,
        "why": panel.why,
        "columns": dict(panel.columns),
        "channels": list(panel.channels),
        "covariates": covariates_of(panel.columns),
        "target": panel.channels[panel.target] if panel.goal is None else None,
        "goal": None if panel.goal is None else goal_facts(panel.goal),
        "unit": panel.unit,
        "n_rows": peers.total(panel.n_rows),
        "n_series": peers.total(panel.n_series),
        "shortest_series": int(peers.lowest(panel.lengths, 0)),
        "longest_series": int(peers.highest(panel.lengths, 0)),
        "first": None if first is None else moment_text(panel.clock, first),
        "last": None if last is None else moment_text(panel.clock, last),
        "step": panel.clock.step,
        "resolution": resolution,
        "season_length": panel.season_length,
        "n_missing": peers.total(int(np.isnan(panel.y if panel.goal is None else panel.values).sum())),
    }


def goal_facts(goal: Goal) -> dict[str, Any]:
    """What is learnt of sequences, in plain values.

    Args:
        goal: Of a panel.

    Returns:
        Kind, column, and the first of the classes or outputs.
    """
    return {
        "kind": goal.kind,
        "column": goal.column,
        "n_names": len(goal.names),
        "names": list(goal.names[:MOST_NAMED]),
    }


def split_facts(panel: Panel, split: Split) -> dict[str, Any]:
    """Rows of every part, and the moments between which the cuts lie."""
    facts: dict[str, Any] = {"kind": "random, leaky" if split.leaky else _cut_by(panel, split)}
    for name, span in (("train", split.train), ("valid", split.valid), ("test", split.test)):
        used, peers = span.ends > span.begins, panel.peers
        facts[name] = {"n_rows": peers.total(span.n_rows), "n_series": peers.total(int(used.sum()))}
        first = peers.lowest(panel.times[span.begins[used]])
        last = peers.highest(panel.times[span.ends[used] - 1])
        if first is not None:
            facts[name]["first"] = moment_text(panel.clock, first)
            facts[name]["last"] = moment_text(panel.clock, last)
    return facts


def _cut_by(panel: Panel, split: Split) -> str:
    """How parts are told apart: by time; of sequences that are held out as a whole, by series."""
    if panel.goal is None or is_cut(split):
        return "time"
    return "series" if panel.goal.held_out is None else "the file of --test"


def note_json(note: Note) -> dict[str, Any]:
    """A note as plain values; the count only where there is one."""
    tree: dict[str, Any] = {"code": note.code, "text": note.text}
    return tree | ({"count": note.count} if note.count is not None else {})


def _training(outcome: FitOutcome[Any], stage: str) -> dict[str, Any]:
    """How the members of one fit were trained."""
    fitted = outcome.fitted
    return {
        "head": fitted.head.name,
        "stage": stage,
        "n_parameters": int(sum(np.prod(weight.shape) for weight in fitted.models[0].weights)),
        "conformal": None if fitted.shifts is None else fitted.shifts.to_json(),
        "members": [
            {
                "best_epoch": result.best_epoch,
                "best_step": result.best_step,
                "n_steps": result.n_steps,
                "interrupted": result.interrupted,
                "slow_path": result.slow_path,
                "seconds": round(result.seconds, 3),
                "history": [asdict(epoch) for epoch in result.history],
            }
            for result in outcome.results
        ],
    }


def versions() -> dict[str, str]:
    """Versions of the package, of Python and of what the numbers depend on."""
    found = {"forecaster": forecaster.__version__, "python": platform.python_version()}
    return found | {name: importlib.metadata.version(name) for name in PACKAGES}


def plain(value: Any) -> Any:
    """Values that JSON can hold: NumPy's own numbers as Python's, tuples as lists."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value


def finite(tree: Any) -> Any:
    """The same tree with NaN and infinity as None, which JSON has no word for.

    Args:
        tree: Dictionaries, lists and plain values.

    Returns:
        A new tree.
    """
    if isinstance(tree, dict):
        return {key: finite(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [finite(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
