"""The part of the page that says what is forecast."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecaster.report.charts import forecast_chart, wait_chart
from forecaster.report.markup import Html, figure, join, section, tag
from forecaster.report.picture import Path, Wait
from forecaster.report.table import Cell, Column, sortable
from forecaster.report.words import moment, number, share

# Rows of a list of series, and of the forecast of one.
MOST_LISTED = 25
MOST_STEPS = 400
# What the one series of a file without ids is called.
ONE_SERIES = "series"


def forecast_section(found: Sequence[Path] | Sequence[Wait], n_series: int, why_not: str) -> Html:
    """The drawings, one for each series, with a chooser that the page's script makes.

    Args:
        found: What is drawn.
        n_series: Series that there are.
        why_not: Why nothing is forecast, where nothing is.

    Returns:
        The section.
    """
    if not found:
        return section("forecast", "The forecast", tag("p", why_not, class_="note"))
    groups: dict[str, list[Html]] = {}
    for one in found:
        groups.setdefault(one.unique_id, []).append(_wait(one) if isinstance(one, Wait) else _path(one))
    last = {one.unique_id: one for one in found}
    for name, parts in groups.items():
        one = last[name]
        if isinstance(one, Path):
            parts.append(_details(one))
    title = "The forecast" if not isinstance(found[0], Wait) else "When the next event comes"
    content = join(tag("div", *parts, class_="series", data_name=name) for name, parts in groups.items())
    more = n_series - len(groups)
    said = f"{len(groups)} of {n_series:,} series are drawn; --series names others." if more > 0 else ""
    return section(
        "forecast", title, tag("p", said, class_="note") if said else "", tag("div", content, id="chooser")
    )


def _path(path: Path) -> Html:
    """The drawing of one series."""
    when = moment(path.table["ds"].iloc[0]), moment(path.table["ds"].iloc[-1])
    span = f"from {when[0]} to {when[1]}" if len(path.table) > 1 else f"for {when[0]}"
    bands = [f"{level:g} %" for level, _, _ in path.bands]
    said = f"The last {len(path.y):,} rows, and the forecast {span}."
    if bands:
        said += f" The shaded areas hold what comes with a probability of {' and '.join(bands)}."
    elif path.label == "close":
        said += " It follows the median returns; how uncertain these are is drawn below."
    return figure(said, forecast_chart(path), title=_title(path.unique_id, path.label))


def _title(name: str, what: str) -> str:
    """Heading of a drawing; none for the series of a file without ids."""
    return "" if name == ONE_SERIES else f"{name}: {what}"


def _details(path: Path) -> Html:
    """The numbers of a forecast, folded away."""
    wanted = [
        name for name in path.table.columns if name not in ("unique_id", "ds") and not name.startswith("p-")
    ]
    columns = [Column("when", is_number=False), *(Column(name.replace("forecast-", "")) for name in wanted)]
    rows = [
        [moment(row["ds"]), *(row[name] for name in wanted)]
        for _, row in path.table.head(MOST_STEPS).iterrows()
    ]
    title = f"Numbers of the forecast of {path.unique_id}"
    return tag("details", tag("summary", "The numbers"), sortable(title, columns, rows))


def _wait(wait: Wait) -> Html:
    """The drawing of one series of events."""
    row = wait.row
    said = f"As of {moment(row['as_of'])}, {number(float(row['elapsed']))} {wait.unit} after the last event: "
    said += "the probability that the next one has not come by then"
    said += f". That it never comes: {share(float(row['never']))}." if row["never"] > 0 else "."
    if "next_mark" in row:
        mark = str(row["next_mark"])
        said += f" The likeliest mark of it is '{mark}', {share(float(row[f'mark-{mark}']))}."
    return figure(said, wait_chart(wait), title=_title(wait.unique_id, "the next event"))


def event_lists(table: pd.DataFrame) -> Html:
    """Series that are overdue, and those whose events are expected soonest.

    Args:
        table: The next event of every series, as ``forecast predict`` gives it.

    Returns:
        A section; nothing for one series.
    """
    if len(table) < 2:
        return Html("")
    late = table[table["overdue"] > 0.5]
    gone = late["never"] > 0.5
    late = late.assign(gone=gone).sort_values(["gone", "overdue"], ascending=[True, False], kind="stable")
    soon = table[table["next_event"].notna()].sort_values("next_event", kind="stable")
    said = (
        f"{len(late):,} of {len(table):,} series have waited longer than half of their intervals would have "
        f"lasted; {int(gone.sum()):,} of these are probably over for good (never above 50 %) and stand last. "
        "Overdue is the probability that the interval would have ended by now."
    )
    return section(
        "events",
        "Who is overdue, and who is next",
        tag("p", said),
        _listed(f"Overdue: the first {min(len(late), MOST_LISTED)} of {len(late):,}", late)
        if len(late)
        else "",
        _listed(f"Expected soonest: the first {min(len(soon), MOST_LISTED)} of {len(soon):,}", soon)
        if len(soon)
        else "",
    )


def _listed(caption: str, table: pd.DataFrame) -> Html:
    """The first rows of a table of next events."""
    within = [name for name in table.columns if name.startswith("within_")]
    columns = [
        Column("series", is_number=False),
        Column("last event", is_number=False),
        Column("waited", "time since the last event"),
        Column("overdue", "probability that the interval would have ended by now"),
        Column("next event", "as likely before as after", is_number=False),
        Column("never", "probability that nothing comes again"),
        *(Column(name.replace("_", " "), "probability of an event by then") for name in within),
    ]
    rows = []
    for _, row in table.head(MOST_LISTED).iterrows():
        shares = {
            name: Cell(share(float(row[name])), float(row[name])) for name in ("overdue", "never", *within)
        }
        rows.append(
            [
                str(row["unique_id"]),
                moment(row["last_event"]),
                float(row["elapsed"]),
                shares["overdue"],
                moment(row["next_event"]),
                shares["never"],
                *(shares[name] for name in within),
            ]
        )
    return sortable(caption, columns, rows)
