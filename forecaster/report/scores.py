"""The part of the page that says how good the model is: scores, errors, calibration, mistakes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forecaster.data.units import in_words
from forecaster.evaluation.sequence_metrics import MORE_IS_BETTER
from forecaster.report.charts import learning_chart, pairs_chart, pit_chart, residual_chart, step_chart
from forecaster.report.markup import Html, figure, note_lines, section, tag
from forecaster.report.table import Cell, Column, bar, grid, sortable
from forecaster.report.words import (
    SHOWN,
    metric_name,
    metric_text,
    number,
    scored_part,
    share,
    verdict,
)

# Classes of a direction, in the order of the bins.
DIRECTIONS = ("down", "flat", "up")


def score_section(report: dict[str, Any]) -> Html:
    """Model against baselines.

    Args:
        report: As report.json.

    Returns:
        The section.
    """
    name = scored_part(report)
    title = "Model against simple methods"
    if name is None:
        return section("scores", title, tag("p", verdict(report), class_="note"))
    part = report["scores"][name]
    decider, unit = part["deciding"], in_words(report["data"]["unit"])
    heads = part.get("models", {report["training"][0]["head"]: part["model"]})
    rows = {f"model ({head})": scores for head, scores in heads.items()} | part["baselines"]
    order = sorted(rows, key=lambda one: _decider(rows[one], decider))
    shown = _shown(list(rows.values()), decider)
    marked = [place for place, one in enumerate(order) if one.startswith("model (")]
    values = [rows[one].get(decider) for one in order]
    columns = [
        Column("", is_number=False),
        Column(metric_name(decider), metric_text(decider)),
        Column("", "the same as a bar", is_number=False),
        *(Column(metric_name(metric), metric_text(metric)) for metric in shown),
    ]
    cells = [
        [
            one,
            rows[one].get(decider),
            bar(rows[one].get(decider), values, ours=place in marked),
            *(_score(rows[one].get(metric), metric) for metric in shown),
        ]
        for place, one in enumerate(order)
    ]
    caption = f"Scores on the {name} part, best first" + (f"; errors in {unit}" if unit else "")
    return section(
        "scores",
        title,
        sortable(caption, columns, cells, marked),
        _left_out(part),
        _meanings([decider, *shown]),
        _outputs(part, order, marked),
        _marks(part),
    )


def _shown(rows: list[Mapping[str, Any]], decider: str) -> list[str]:
    """Metrics beside the one that decides, where any row has a number."""
    brier = [name for name in rows[0] if name.startswith("brier_within_")]
    # errors of the intervals that ended alone favour whoever forecasts too early
    wanted = ["nll_all", "log_score", *brier] if decider == "censored_crps" else SHOWN
    return [name for name in wanted if name != decider and any(_is_known(row, name) for row in rows)]


def _meanings(metrics: list[str]) -> Html:
    """What the columns are, folded away."""
    texts = [f"{metric_name(metric)}: {metric_text(metric)}." for metric in metrics]
    return tag("details", tag("summary", "What the columns mean"), note_lines(texts))


def _score(value: float | None, metric: str) -> object:
    """A score in a cell; shares in percent."""
    is_share = metric.startswith("coverage_") or metric in ("accuracy", "top_5")
    return Cell(share(value), value) if is_share and value is not None else value


def _left_out(part: Mapping[str, Any]) -> Html:
    """Baselines that were not scored."""
    names = ", ".join(part["baselines_left_out"])
    return tag("p", f"Not scored for the time it takes: {names}.", class_="note") if names else Html("")


def _outputs(part: Mapping[str, Any], order: Sequence[str], marked: Sequence[int]) -> Html:
    """Scores of each of several outputs, in the order of the other table; nothing of one."""
    names = [name.removeprefix("r2_") for name in part["model"] if name.startswith("r2_")]
    if not names:
        return Html("")
    metrics = [f"{metric}_{name}" for name in names for metric in ("rmse", "r2")]
    called = [Column(f"{name}: {metric_name(metric)}") for name in names for metric in ("rmse", "r2")]
    rows = {one: part["model"] if one.startswith("model (") else part["baselines"][one] for one in order}
    cells = [[one, *(scores.get(metric) for metric in metrics)] for one, scores in rows.items()]
    return sortable("Scores of each output", [Column("", is_number=False), *called], cells, marked)


def _marks(part: Mapping[str, Any]) -> Html:
    """How well the marks of the next events were forecast."""
    if not (marks := part.get("marks")):
        return Html("")
    rows = {"model": marks["model"], **marks["baselines"]}
    scores = list(marks["model"])
    called = (Column(name.removeprefix("mark_").replace("_", " ")) for name in scores)
    columns = [Column("", is_number=False), *called]
    cells = [[name, *(one.get(score) for score in scores)] for name, one in rows.items()]
    return sortable("Mark of the next event", columns, cells, [0])


def _decider(scores: Mapping[str, Any], metric: str) -> float:
    """The deciding score of a row, inf where there is none."""
    value = scores.get(metric)
    if value is None or not math.isfinite(value):
        return math.inf
    return float(-value if metric in MORE_IS_BETTER else value)


def _is_known(scores: Mapping[str, Any], metric: str) -> bool:
    """Whether a row has a number for a metric."""
    return math.isfinite(_decider(scores, metric))


def quality_section(report: dict[str, Any]) -> Html:
    """Error by step, calibration, forecast against what came, residuals, and bins that were mistaken.

    Args:
        report: As report.json.

    Returns:
        The section; nothing without scores.
    """
    name = scored_part(report)
    if name is None or "scored" in report["scores"][name]:
        return Html("")
    part, unit = report["scores"][name], in_words(report["data"]["unit"])
    drawn: tuple[Callable[[Mapping[str, Any], str], Html], ...] = (_steps, _pit, _pairs, _residuals)
    figures = [draw(part, unit) for draw in drawn]
    return section(
        "quality",
        "How good the forecasts were",
        tag("p", f"All figures are of the {name} part, which the model had not seen in training."),
        tag("div", *figures, class_="figures"),
        confusion(part, report["settings"].get("predict") == "direction"),
    )


def _steps(part: Mapping[str, Any], unit: str) -> Html:
    """Error of each step ahead; nothing for one step."""
    by_step = part["model_by_step"].get("mae", [])
    if len(by_step) < 2:
        return Html("")
    best = part["best_baseline"]
    rival = part["baselines"][best].get("mae") if best else None
    said = "Mean error of the forecast by how far ahead it looks"
    said += f"; the line is the best simple method, '{best}', over all steps." if best else "."
    return figure(said, step_chart(by_step, rival, unit), title="Error by step")


def _pit(part: Mapping[str, Any], _unit: str) -> Html:
    """Calibration."""
    pit = part["pit"]
    if not pit or any(value is None or not math.isfinite(value) for value in pit):
        return Html("")
    scores = part["model"]
    covered = [
        f"{share(scores[name])} of the values lay in the {name.removeprefix('coverage_')} % interval"
        for name in scores
        if name.startswith("coverage_") and scores[name] is not None
    ]
    said = "Bars as high as the line mean that probabilities are right"
    said += f". {'; '.join(covered)}." if covered else "."
    return figure(said, pit_chart(pit), title="Calibration")


def _pairs(part: Mapping[str, Any], _unit: str) -> Html:
    """Forecast against what came."""
    if not (pairs := part.get("pairs")):
        return Html("")
    said = f"{len(pairs['actual']):,} forecasts beside what came; on the line they are right."
    return figure(said, pairs_chart(pairs), title="Forecast and outcome")


def _residuals(part: Mapping[str, Any], unit: str) -> Html:
    """How far forecasts were off."""
    pairs, residuals = part.get("pairs"), part.get("residuals")
    if not pairs or not residuals:
        return Html("")
    at = dict(zip(residuals["levels"], residuals["quantiles"], strict=True))
    said = (
        f"Nine of ten forecasts were off by {number(at[0.05])} to {number(at[0.95])}"
        f"{' ' + unit if unit else ''}, by {number(residuals['mean'])} on average. The outermost 1 % are in "
        "the first and the last bar."
    )
    return figure(said, residual_chart(pairs, unit), title="Residuals")


def confusion(part: Mapping[str, Any], is_direction: bool) -> Html:
    """Which bins were taken for which.

    Args:
        part: Scores of report.json.
        is_direction: Whether the bins are directions of prices.

    Returns:
        A table; nothing without bins.
    """
    if not (counts := part.get("confusion")):
        return Html("")
    names = bin_names(part.get("bin_edges"), len(counts))
    if is_direction and len(counts) == len(DIRECTIONS):
        names = list(DIRECTIONS)
    total = sum(sum(row) for row in counts)
    right = sum(row[place] for place, row in enumerate(counts))
    part_right = share(right / total if total else None)
    said = f"The likeliest bin was right in {right:,} of {total:,} cases ({part_right}); these are framed. "
    said += "The darker a cell, the larger its share of the row."
    return tag(
        "div",
        tag("h3", "Bins that were mistaken for each other"),
        tag("p", said),
        grid(
            "Confusion matrix: values by the bin they came in and the likeliest bin",
            names,
            counts,
            ("came", "likeliest"),
        ),
    )


def bin_names(edges: list[float] | None, n_bins: int) -> list[str]:
    """What bins are called: their limits, else their number."""
    if edges is None or len(edges) != n_bins + 1:
        return [f"bin {number + 1}" for number in range(n_bins)]
    inner = [number(edge) for edge in edges[1:-1]]
    middle = [f"{low}\N{EN DASH}{high}" for low, high in itertools.pairwise(inner)]
    return [f"below {inner[0]}", *middle, f"from {inner[-1]}"] if inner else ["all"]


def learning_section(report: dict[str, Any]) -> Html:
    """How the networks learnt.

    Args:
        report: As report.json.

    Returns:
        The section.
    """
    figures = []
    for fit in report["training"]:
        members = [one for one in fit["members"] if one["history"]]
        if not members or fit["stage"] != "first":
            continue
        n_members = len(members)
        seconds = sum(one["seconds"] for one in members)
        said = f"{n_members} network{'s' * (n_members != 1)} of {fit['n_parameters']:,} weights, "
        said += f"{number(seconds, 3)} s."
        if any(epoch["valid_loss"] is not None for one in members for epoch in one["history"]):
            said += " The large dots are the weights that were kept."
        figures.append(figure(said, learning_chart(members), title=f"Head '{fit['head']}'"))
    if not figures:
        return Html("")
    fit = "the fit on all rows" if report["shipped"] == "final fit on all rows" else "this fit"
    what = "what the run says" if report["data"].get("goal") else "the forecast"
    said = f"The fit that was measured; {what} comes from {fit}."
    return section("learning", "How it learnt", tag("p", said), tag("div", *figures, class_="figures"))
