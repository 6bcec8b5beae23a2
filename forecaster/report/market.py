"""The part of the page on prices: beside the random walk, the direction, year by year."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from forecaster.evaluation.market_words import NO_ADVICE
from forecaster.report.markup import Html, note_lines, section, tag
from forecaster.report.table import Cell, Column, bar, sortable
from forecaster.report.words import number, scored_part


def market_section(report: dict[str, Any]) -> Html:
    """Prices one session ahead.

    Args:
        report: As report.json.

    Returns:
        The section; nothing for other kinds.
    """
    name = scored_part(report)
    market = report["scores"][name].get("market") if name else None
    if not market:
        return Html("")
    said = f"{market['n']:,} forecasts of {market['n_series']:,} ticker{'s' * (market['n_series'] != 1)} in "
    said += f"{market['n_sessions']:,} sessions of the {name} part, each one session ahead."
    return section(
        "market",
        "Prices: is there any skill?",
        tag("p", said),
        note_lines(market["conclusion"]),
        _rows(market["rows"]),
        _directions(market["rows"]),
        _years(market["by_year"]),
        note_lines(market["notes"]),
        tag("p", NO_ADVICE, class_="note"),
    )


def _rows(rows: Mapping[str, Mapping[str, Any]]) -> Html:
    """Errors of every forecaster beside the random walk, best CRPS first."""
    order = sorted(rows, key=lambda one: _or_inf(rows[one]["crps"]))
    columns = [
        Column("", is_number=False),
        Column("CRPS", "of the log return"),
        Column("", "the same as a bar", is_number=False),
        Column("error of the close", "mean absolute, in the currency of the prices"),
        Column("over random walk", "the error over that of the random walk; below 1 is better"),
        Column("log score", "minus the log density of the log return"),
        Column("p, error", "Diebold-Mariano test against the random walk"),
        Column("p, CRPS", "likewise"),
    ]
    values = [rows[one]["crps"] for one in order]
    cells = [
        [
            one,
            rows[one]["crps"],
            bar(rows[one]["crps"], values, ours=one == "model"),
            rows[one]["mae_close"],
            rows[one]["mae_ratio"],
            rows[one]["log_score"],
            _p_value(rows[one]["dm_mae_p"]),
            _p_value(rows[one]["dm_crps_p"]),
        ]
        for one in order
    ]
    marked = [order.index("model")] if "model" in order else []
    return sortable("Model and baselines, best CRPS first", columns, cells, marked)


def _directions(rows: Mapping[str, Mapping[str, Any]]) -> Html:
    """How often each forecaster was right about the direction."""
    said = [name for name, row in rows.items() if row["n_direction"]]
    if not said:
        return Html("")
    said.sort(key=lambda one: -rows[one]["accuracy"])
    columns = [
        Column("", is_number=False),
        Column("n"),
        Column("right"),
        Column("from", "lower end of the 95 % interval"),
        Column("to", "upper end"),
    ]
    cells = [
        [one, rows[one]["n_direction"], *(_percent(rows[one][key]) for key in ("accuracy", "low", "high"))]
        for one in said
    ]
    marked = [said.index("model")] if "model" in said else []
    return sortable("Direction, with its 95 % interval", columns, cells, marked)


def _years(years: list[dict[str, Any]]) -> Html:
    """The walk forward, year by year."""
    if not years:
        return Html("")
    columns = [
        Column("year", is_number=False),
        Column("n"),
        Column("right", "directions of the model that were right"),
        Column("majority", "of the majority class"),
        Column("error over random walk"),
        Column("CRPS"),
        Column("CRPS of random walk"),
        Column("CRPS over random walk", "below 1 is better"),
    ]
    cells = [
        [
            str(one["year"]),
            one["n"],
            _percent(one["accuracy"]),
            _percent(one["majority"]),
            one["mae_ratio"],
            one["crps"],
            one["crps_walk"],
            one["crps_ratio"],
        ]
        for one in years
    ]
    return sortable("The model by year", columns, cells)


def _or_inf(value: float | None) -> float:
    """A score, inf where there is none."""
    return math.inf if value is None or not math.isfinite(value) else value


def _percent(value: float | None) -> Cell:
    """A share with one decimal."""
    known = value is not None and math.isfinite(value)
    return Cell(f"{100 * value:.1f} %" if known and value is not None else number(None), value)


def _p_value(value: float | None) -> Cell:
    """A p-value."""
    if value is None or not math.isfinite(value):
        return Cell(number(None))
    return Cell("< 0.001" if value < 0.001 else f"{value:.2g}", value)
