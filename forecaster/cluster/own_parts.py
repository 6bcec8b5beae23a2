"""What a worker reads of data in parts: its own series, as the whole data set would be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.cluster.beside import Beside
from forecaster.config.data_settings import DataSettings
from forecaster.config.facts import WAITING
from forecaster.data.load import read_panel
from forecaster.data.marks import recode_marks
from forecaster.data.panel import Note, Panel
from forecaster.data.parted import PartedData
from forecaster.data.peers import Peers
from forecaster.data.some_series import join_panels
from forecaster.data.table import Table
from forecaster.data.ties import decided_ties
from forecaster.data.whole import Whole, facts_of, merge_facts
from forecaster.errors import ConfigError, EmptyError


@dataclass(frozen=True)
class Seen:
    """What a part looks like by itself.

    Attributes:
        facts: Counts, clock and moments.
        kind: What it was read as.
        unit: Unit of its target.
        ties: What was done with ties; empty for other kinds than events.
        columns: By role.
        levels: Categories of each covariate.
        marks: How often each mark occurs.
    """

    facts: Whole
    kind: str
    unit: str
    ties: str
    columns: dict[str, str]
    levels: dict[str, tuple[str, ...]]
    marks: Counter[str]


def read_own(data: PartedData, peers: Peers, moments: Beside | None = None) -> Panel:
    """This worker's series of a data set in parts.

    Each part is read twice: by itself, for what all of them together say of the data, and then with that.

    Args:
        data: The parts.
        peers: The workers.
        moments: Of the file that ``--as-of`` names; None for none.

    Returns:
        A panel that knows its peers; clock, unit, categories, marks and notes are those of all parts.

    Raises:
        DataError: A part cannot be read.
        ConfigError: A setting does not fit, or nothing is left for this worker.
    """
    parts = [
        (data.parts[place], None if moments is None else moments.of(data.parting.numbers[place]))
        for place in data.shares(peers.n)[peers.rank]
    ]
    own = [seen for seen in (_seen(*part, data.settings) for part in parts) if seen is not None]
    seen = [one for part in peers.gathered(own) for one in part]
    if not seen:
        raise ConfigError(
            f"--as-of {data.settings.as_of}: lies before all of {data.source}. Take a later one."
        )
    whole = merge_facts([one.facts for one in seen])
    settings, columns, levels = _decided(seen, data.settings)
    counts: Counter[str] = sum((one.marks for one in seen), Counter())
    marks = sorted(counts, key=lambda name: (-counts[name], name))
    panels = []
    for name, known in parts:
        try:
            panel = read_panel(name, settings, columns, data.source, levels, whole, known)
            panels.append(recode_marks(panel, marks))
        except EmptyError:
            continue
    if not panels:
        raise ConfigError(
            f"--as-of {settings.as_of}: leaves no row in {parts[0][0]}. Take a later one, or fewer --workers."
        )
    return _joined(panels, data, peers)


def _joined(panels: Sequence[Panel], data: PartedData, peers: Peers) -> Panel:
    """This worker's series as one panel, with the notes of all."""
    panel = join_panels(panels)
    found = peers.gathered([(one.repairs, one.warnings) for one in panels])
    pairs = [pair for part in found for pair in part]
    return replace(
        panel,
        source=data.source,
        why=f"{data.source}: read as {panel.kind}, in {len(data.parts):,} parts",
        repairs=_added(note for repairs, _ in pairs for note in repairs),
        warnings=_added(note for _, warnings in pairs for note in warnings),
        peers=peers,
    )


def _seen(name: str, moments: Table | None, settings: DataSettings) -> Seen | None:
    """What one part looks like; None where a moment leaves nothing of it."""
    try:
        panel = read_panel(name, settings, moments=moments)
    except EmptyError:
        return None
    marks: Counter[str] = Counter()
    if panel.marks is not None:
        counts = np.bincount(panel.marks[panel.marks >= 0], minlength=len(panel.mark_names))
        marks.update(dict(zip(panel.mark_names, counts.tolist(), strict=True)))
    ties = decided_ties(panel, settings) if panel.kind == "events" else ""
    columns, levels = dict(panel.columns), dict(panel.levels)
    return Seen(facts_of(panel), panel.kind, panel.unit, ties, columns, levels, marks)


def _decided(
    seen: Sequence[Seen], settings: DataSettings
) -> tuple[DataSettings, dict[str, str], dict[str, tuple[str, ...]]]:
    """How all parts are read: as most rows say, with the categories of all."""
    known: dict[str, Any] = {}
    kind = _voted(seen, lambda one: one.kind)
    alike = [one for one in seen if one.kind == kind]
    if settings.count_per is None:
        known["kind"] = kind
    if kind in WAITING and settings.unit is None and (unit := _voted(alike, lambda one: one.unit)):
        known["unit"] = unit
    if kind == "events":
        known["ties"] = _voted(alike, lambda one: one.ties)
    names = sorted({name for one in alike for name in one.levels})
    levels = {
        name: tuple(sorted({level for one in alike for level in one.levels.get(name, ())})) for name in names
    }
    return settings.model_copy(update=known), alike[0].columns, levels


def _voted(seen: Sequence[Seen], of: Callable[[Seen], str]) -> str:
    """What parts with the most rows say; the first of equals."""
    votes: Counter[str] = Counter()
    for one in seen:
        votes[of(one)] += one.facts.n_rows
    return max(votes, key=lambda word: votes[word])


def _added(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes of parts as those of one data set: each once, its counts added up."""
    found: dict[str, Note] = {}
    for note in notes:
        before = found.get(note.code)
        if before is not None and before.count is not None and note.count is not None:
            note = replace(before, count=before.count + note.count)
        found[note.code] = note if before is None or note.count is not None else before
    return tuple(found.values())
