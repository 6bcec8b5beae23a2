"""The results of the accuracy benchmark as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accuracy_rivals import standing
from accuracy_rows import N_AHEAD, SINGLES
from bench_rows import bar_text

SECONDS = ("seconds_train", "seconds_predict", "seconds")
HEADER = (
    "row",
    "preset",
    "metric",
    "value",
    "bar",
    "reached",
    "known",
    "train s",
    "predict s",
    "all s",
    "threads",
)


def singles_standing(rows: dict[str, Any]) -> dict[str, Any]:
    """In how many of the single series each preset is ahead of all rivals that count.

    Args:
        rows: Results by row and preset.

    Returns:
        By preset: ``n_ahead``, ``n_run``, ``met``, and ``not_ahead`` by series: who reaches the model.
    """
    found = {}
    for preset in dict.fromkeys(preset for name in SINGLES for preset in rows.get(name, {})):
        is_ahead, reached_by = {}, {}
        for name in (name for name in SINGLES if preset in rows.get(name, {})):
            one = rows[name][preset]
            is_ahead[name], reached_by[name] = standing(one["mean"]["mase"], one["known"]["mase"])
        if is_ahead:
            n_ahead = sum(is_ahead.values())
            found[preset] = {
                "n_ahead": n_ahead,
                "n_run": len(is_ahead),
                "met": n_ahead >= N_AHEAD,
                "not_ahead": {name: reached_by[name] for name, is_first in is_ahead.items() if not is_first},
            }
    return found


def markdown_lines(found: dict[str, Any]) -> Iterator[str]:
    """Everything that was found, as Markdown.

    Args:
        found: Content of the JSON file.

    Yields:
        Lines.
    """
    machine, versions = found["machine"], found["versions"]
    yield "# Accuracy of value series"
    yield ""
    yield (
        f"Seeds {', '.join(map(str, found['seeds']))}; {machine['processor']}, {machine['cores']} cores; "
        f"{', '.join(f'{name} {version}' for name, version in versions.items() if name != 'processors')}."
    )
    yield (
        "Values are means over seeds. Seconds: the fit that is scored and the final one; the forecast; all, "
        "with reading and baselines."
    )
    if found["fast"]:
        yield ""
        yield "**A fast run of a few steps on a few series: the numbers say nothing.**"
    yield ""
    yield f"| {' | '.join(HEADER)} |"
    yield f"|{' --- |' * len(HEADER)}"
    for name, presets in found["rows"].items():
        for preset, one in presets.items():
            yield from _row_lines(name, preset, one)
    yield ""
    for preset, one in found["singles"].items():
        behind = "; ".join(f"{name}: {', '.join(who)}" for name, who in one["not_ahead"].items()) or "none"
        yield (
            f"- Single series, preset {preset}: ahead of naive, AutoETS and Theta in {one['n_ahead']} of "
            f"{one['n_run']} (wanted: {N_AHEAD} of {len(SINGLES)}; {_yes(one['met'])}). Not ahead: {behind}."
        )


def _row_lines(name: str, preset: str, one: dict[str, Any]) -> Iterator[str]:
    """A line a metric; the seconds stand in the first."""
    bars = {bar["metric"]: bar for bar in one["bars"]}
    seconds = [*(f"{one['mean'][key]:.1f}" for key in SECONDS), f"{one['mean']['threads']:g}"]
    for metric in (key for key in one["mean"] if key not in {*SECONDS, "threads"}):
        bar = bars.get(metric)
        known = ", ".join(f"{who} {value:.4g}" for who, value in one["known"].get(metric, {}).items())
        cells = (
            name,
            preset,
            metric,
            _value(one, metric),
            bar_text(bar) if bar else "",
            _yes(bar["met"]) if bar else "",
            known,
            *seconds,
        )
        yield f"| {' | '.join(cells)} |"
        seconds = [""] * len(seconds)


def _value(one: dict[str, Any], metric: str) -> str:
    """The mean, and where there are several seeds the range."""
    values = [result[metric] for result in one["results"]]
    mean = f"{one['mean'][metric]:.4g}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.4g} to {max(values):.4g})"


def _yes(is_met: bool) -> str:
    """Whether a bar is reached; what is not stands out."""
    return "yes" if is_met else "**NO**"
