"""The drawings of a page: what is forecast, and how good forecasts were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from forecaster.report.chart import NARROW, SMALL, WIDE, Chart, Size
from forecaster.report.markup import Html, join
from forecaster.report.picture import Path, Wait
from forecaster.report.ticks import Axis, date_axis, number_axis
from forecaster.report.words import moment, number, share

# Room for a label of a date, and of a number, along an axis.
DATE_ROOM, NUMBER_ROOM = 110, 75
# Share of the span of y that is left free above and below lines.
MARGIN = 0.05


def both(draw: Callable[[Size, str], Html]) -> Html:
    """A wide drawing and a narrow one, of which the page shows the one that fits the screen.

    Args:
        draw: Takes a size and the class of the drawing.

    Returns:
        Two drawings.
    """
    return join([draw(WIDE, "wide"), draw(NARROW, "narrow")])


def forecast_chart(path: Path) -> Html:
    """History and forecast of a series.

    Args:
        path: What is drawn.

    Returns:
        A wide and a narrow drawing.
    """
    ends = [part for _, lower, upper in path.bands for part in (lower, upper)]
    end = float(path.ahead[-1]) + 0.01 * float(path.ahead[-1] - path.x[0])
    y = _span([path.y, path.forecast, *ends])
    start = path.x[-1:], path.y[-1:]
    ahead = np.concatenate([start[0], path.ahead])
    when = [moment(one) for one in path.table["ds"].iloc[[0, -1]]]
    text = (
        f"{len(path.y):,} rows of history, then {len(path.forecast):,} steps from {when[0]} to {when[1]}: "
        f"{number(float(path.forecast[0]))} first, {number(float(path.forecast[-1]))} last."
    )

    def draw(size: Size, kind: str) -> Html:
        x = _time_axis(float(path.x[0]), end, path.is_date, size)
        chart = Chart(x, y, size, ("", path.label))
        for place, (level, lower, upper) in enumerate(path.bands):
            if len(path.ahead) == 1:  # from the last value on it would be a thin cone
                chart.post(
                    float(path.ahead[0]),
                    (float(lower[0]), float(upper[0])),
                    f"band{place % 3}",
                    f"{level:g} %",
                )
                continue
            limits = np.concatenate([start[1], lower]), np.concatenate([start[1], upper])
            chart.band(ahead, limits, f"band{place % 3}", f"{level:g} %")
        chart.rule("zero", x=float(path.x[-1]))
        chart.line(path.x, path.y, "history", "history")
        if len(path.ahead) == 1:
            chart.dots(path.ahead, path.forecast, "ahead", "forecast", 3.5)
        else:
            chart.line(ahead, np.concatenate([start[1], path.forecast]), "ahead", "forecast")
        return chart.draw(f"Forecast of {path.unique_id}: {path.label}", text, kind)

    return both(draw)


def wait_chart(wait: Wait) -> Html:
    """How likely it is that the next event has not come by a time.

    Args:
        wait: What is drawn.

    Returns:
        A wide and a narrow drawing.
    """
    middle = np.flatnonzero(wait.left <= 0.5)
    half = (
        f"one half after {number(float(wait.since[middle[0]]), 3)} {wait.unit}"
        if len(middle)
        else "above one half"
    )
    first, last = share(float(wait.left[0])), share(float(wait.left[-1]))
    text = f"The probability falls from {first} to {last}; it is {half}."
    percent = Axis(0.0, 1.0, tuple((step / 4, f"{25 * step} %") for step in range(5)))

    def draw(size: Size, kind: str) -> Html:
        x = number_axis(0.0, float(wait.since[-1]), _most(size, NUMBER_ROOM))
        chart = Chart(
            x, percent, size, (f"{wait.unit or 'time'} from now on".strip(), "nothing has come yet")
        )
        chart.band(wait.since, (np.zeros_like(wait.left), wait.left), "band0")
        chart.line(wait.since, wait.left, "ahead")
        chart.rule("zero", y=0.5)
        return chart.draw(f"Waiting for the next event of {wait.unique_id}", text, kind)

    return both(draw)


def step_chart(by_step: Sequence[float | None], baseline: float | None, unit: str) -> Html:
    """Error of each step ahead.

    Args:
        by_step: Mean absolute error of each step.
        baseline: That of the best baseline over all steps; None without.
        unit: Of the errors, in words; empty when not known.

    Returns:
        A drawing.
    """
    values = _numbers(by_step)
    top = np.nanmax(np.append(values, np.nan if baseline is None else baseline))
    chart = Chart(
        number_axis(0.5, len(values) + 0.5, 7, is_whole=True),
        number_axis(0.0, float(top) * 1.05, 5),
        SMALL,
        ("step ahead", f"mean error, {unit}" if unit else "mean error"),
    )
    heights = np.where(np.isnan(values), 0.0, values)
    chart.bars(np.arange(len(values) + 1) + 0.5, heights, "ours")
    if baseline is not None:
        chart.rule("other", "best baseline, all steps", y=baseline)
    text = f"{number(float(values[0]))} at step 1, {number(float(values[-1]))} at step {len(values)}."
    return chart.draw("Mean error of each step ahead", text)


def pit_chart(pit: Sequence[float | None]) -> Html:
    """Where what came lay in the forecast's own probability.

    Args:
        pit: Share of the values in each tenth.

    Returns:
        A drawing.
    """
    values = np.nan_to_num(_numbers(pit))
    percent = number_axis(0.0, max(float(values.max()) * 1.1, 0.2) * 100, 5)
    x = Axis(0.0, 100.0, tuple((10.0 * step, f"{10 * step}") for step in range(0, 11, 2)))
    chart = Chart(x, percent, SMALL, ("forecast's own probability, %", "share of values, %"))
    chart.bars(np.linspace(0, 100, len(values) + 1), 100 * values, "ours")
    chart.rule("other", "calibrated", y=100 / len(values))
    text = ", ".join(share(float(value)) for value in values) + " from the lowest tenth to the highest."
    return chart.draw("Values in each tenth of the forecast's probability", text)


def pairs_chart(pairs: dict[str, Any]) -> Html:
    """What was forecast against what came.

    Args:
        pairs: As in report.json.

    Returns:
        A drawing.
    """
    forecast, actual = _numbers(pairs["forecast"]), _numbers(pairs["actual"])
    low, high = _limits([actual])
    chart = Chart(_span([forecast]), _span([actual]), SMALL, ("forecast", "what came"))
    chart.dots(forecast, actual, "spots")
    ends = np.clip([chart.y.low, chart.y.high], chart.x.low, chart.x.high)
    ends = np.clip(ends, chart.y.low, chart.y.high)
    chart.line(ends, ends, "other", "forecast is right")
    text = f"{len(actual):,} pairs between {number(low)} and {number(high)}"
    with np.errstate(invalid="ignore"):
        moves = len(actual) > 2 and forecast.std() > 0 and actual.std() > 0
    text += f"; their correlation is {np.corrcoef(forecast, actual)[0, 1]:.2f}." if moves else "."
    return chart.draw("Forecast against what came", text)


def residual_chart(pairs: dict[str, Any], unit: str) -> Html:
    """How often forecasts were off by how much.

    Args:
        pairs: As in report.json.
        unit: Of the data, in words.

    Returns:
        A drawing.
    """
    residual = _numbers(pairs["actual"]) - _numbers(pairs["forecast"])
    n_bars = int(np.clip(2 * len(residual) ** (1 / 3), 5, 30))
    ends = np.quantile(residual, [0.005, 0.995])  # a few far ones would squeeze all others into one bar
    counts, edges = np.histogram(np.clip(residual, *ends), bins=n_bars)
    label = f"what came less the forecast, {unit}" if unit else "what came less the forecast"
    x = number_axis(float(edges[0]), float(edges[-1]), 5)
    y = number_axis(0.0, float(counts.max()) * 1.05, 5, is_whole=True)
    chart = Chart(x, y, SMALL, (label, "forecasts"))
    chart.bars(edges, counts.astype(np.float64), "ours")
    chart.rule("other", x=0.0) if edges[0] < 0 < edges[-1] else None
    text = (
        f"Half of the {len(residual):,} errors lie between {number(float(np.quantile(residual, 0.25)))} and "
    )
    return chart.draw("How far forecasts were off", f"{text}{number(float(np.quantile(residual, 0.75)))}.")


def learning_chart(members: Sequence[dict[str, Any]]) -> Html:
    """Loss in training and on the validation part, of every network of an ensemble.

    Args:
        members: ``training[].members`` of report.json.

    Returns:
        A drawing.
    """
    lines = []
    for member in members:
        history = member["history"]
        epochs = np.array([one["epoch"] for one in history], dtype=np.float64)
        lines.append(
            (epochs, [_numbers([one[key] for one in history]) for key in ("train_loss", "valid_loss")])
        )
    y = _span([_usual(line) for _, pair in lines for line in pair])
    longest = max(float(epochs[-1]) for epochs, _ in lines)
    chart = Chart(number_axis(1.0, longest, 6, is_whole=True), y, SMALL, ("epoch", "loss"))
    for (epochs, (train, valid)), member in zip(lines, members, strict=True):
        for values, kind, name in ((train, "history", "training"), (valid, "ahead", "validation")):
            if np.isfinite(values).any():
                low, high = chart.y.low, chart.y.high
                drawn, what = np.clip(values, low, high), name
                chart.dots(epochs, drawn, kind, what, 3) if len(epochs) == 1 else chart.line(
                    epochs, drawn, kind, what
                )
        best = np.flatnonzero(epochs == member["best_epoch"])
        if len(best) and np.isfinite(valid[best[0]]):
            chart.dots(epochs[best], np.clip(valid[best], chart.y.low, chart.y.high), "ahead", "kept", 3.5)
    last = lines[0][1][0][-1]
    return chart.draw(
        "Loss of each epoch", f"{len(members)} networks; the training loss ends at {number(float(last))}."
    )


def _usual(line: np.ndarray) -> np.ndarray:
    """A loss without first epochs so far above all others that nothing else would show."""
    known: np.ndarray = line[np.isfinite(line)]
    if len(known) < 8:
        return known
    limit = np.median(known) + 4 * (np.quantile(known, 0.75) - known.min())
    return np.asarray(known[known <= limit])


def _span(lines: Sequence[np.ndarray]) -> Axis:
    """An axis that holds all lines."""
    low, high = _limits(lines)
    return number_axis(low, high, 6)


def _limits(lines: Sequence[np.ndarray]) -> tuple[float, float]:
    """Least and largest number of all lines, with some room; 0 and 1 where there is none."""
    known = np.concatenate([line[np.isfinite(line)] for line in lines])
    if len(known) == 0:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = MARGIN * (high - low)
    return (0.0 if 0 <= low < room else low - room), high + room


def _time_axis(low: float, high: float, is_date: bool, size: Size) -> Axis:
    """The axis of a history and its forecast."""
    if is_date:
        return date_axis(low, high, _most(size, DATE_ROOM))
    return number_axis(low, high, _most(size, NUMBER_ROOM), plain=True)


def _most(size: Size, room: float) -> int:
    """Labels there is room for along the bottom of a drawing."""
    return int((size.width - size.left) / room)


def _numbers(values: Sequence[float | None]) -> np.ndarray:
    """Numbers of a report, NaN for null."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
