"""Scores and last rows of a panel that several hold: brought to the first holder, which makes the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from forecaster.data.panel import Note, Panel
from forecaster.data.peers import ALONE
from forecaster.data.some_series import join_panels, pick_series
from forecaster.evaluation.score import PartScores, score_parts
from forecaster.training.fitted import Fitted
from forecaster.training.prepare import Prepared
from forecaster.windows.parts import make_parts
from forecaster.windows.split import Split

# Rows that are brought together for the scores; of more, those of evenly spaced series.
MOST_ROWS = 5_000_000


def score_all(
    prepared: Prepared, fitted: Sequence[Fitted], refitted: Sequence[Fitted]
) -> tuple[PartScores, tuple[Note, ...]]:
    """The scores of ``score_parts``, made by the first of several holders from the series of all.

    Args:
        prepared: Of this holder, or of a whole panel.
        fitted: As in ``score_parts``.
        refitted: Likewise.

    Returns:
        The scores, none for other holders than the first, and what must be said of them.
    """
    peers = prepared.panel.peers
    if peers.n == 1:
        return score_parts(prepared, fitted, refitted), ()
    n_rows, n_series = peers.total(np.array([prepared.panel.n_rows, prepared.panel.n_series])).tolist()
    every = -(-n_rows // MOST_ROWS)
    whole = _brought(prepared, every)
    notes = []
    if every > 1:
        n_scored = -(-n_series // every)
        text = (
            f"Scored on {n_scored:,} of {n_series:,} series, evenly spaced; baselines have learnt from them."
        )
        notes = [Note("scored_on_some", text, n_scored)]
    return (PartScores() if whole is None else score_parts(whole, fitted, refitted)), tuple(notes)


def joined_at_first(panel: Panel) -> Panel:
    """The series of all holders, for the first of them; their own for the others.

    Args:
        panel: Of this holder, or a whole one, which comes back as it is.

    Returns:
        A panel that is whole.
    """
    peers = panel.peers
    if peers.n == 1:
        return panel
    own = replace(panel, peers=ALONE)
    return join_panels(peers.at_first(own) or [own])


def _brought(prepared: Prepared, every: int) -> Prepared | None:
    """Every so many of the series, with where they are cut; None for other holders than the first."""
    panel, peers = prepared.panel, prepared.panel.peers
    before, _ = peers.place(panel.n_series)
    series = np.arange(-before % every, panel.n_series, every)
    own = replace(panel if every == 1 else pick_series(panel, series), peers=ALONE)
    found = peers.at_first((own, _cuts(prepared.split, panel.offsets[:-1], series)))
    if not found:
        return None
    whole = join_panels([one for one, _ in found])
    split = _joined_split(prepared.split, [cuts for _, cuts in found], whole.offsets[:-1])
    settings = prepared.settings
    parts = make_parts(whole, split, settings.window, settings.training.seed)
    parts = replace(parts, n_valid=prepared.parts.n_valid, n_test=prepared.parts.n_test)
    return replace(prepared, panel=whole, split=split, parts=parts)


# Fields of a split that are flat row numbers.
CUTS = ("begins", "train_ends", "valid_ends", "test_ends")


def _cuts(split: Split, begins: np.ndarray, series: np.ndarray) -> dict[str, Any]:
    """What a split says of some series, its rows counted from the first of each."""
    found = {}
    for field in fields(Split):
        value = getattr(split, field.name)
        if isinstance(value, np.ndarray) and value.ndim:
            value = (value - begins if field.name in CUTS else value)[series]
        found[field.name] = value
    return found


def _joined_split(own: Split, cuts: Sequence[dict[str, Any]], begins: np.ndarray) -> Split:
    """The split of the series of all holders."""
    found: dict[str, Any] = {}
    for name, value in cuts[0].items():
        if isinstance(value, np.ndarray) and value.ndim:
            joined = np.concatenate([one[name] for one in cuts])
            found[name] = joined + begins if name in CUTS else joined
    return replace(own, **found)
