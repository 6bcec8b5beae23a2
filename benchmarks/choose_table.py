"""The log of the study of the defaults, as people read it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from accuracy_scores import LEVEL
from choose_runs import Run
from choose_variants import DEFAULT, VARIANTS

Results = Mapping[Run, Mapping[str, Any]]
COVERAGE = f"coverage_{LEVEL}"
# Metrics by what they are called; the first that a problem has is what variants are compared by.
METRICS = {
    "mase": "MASE",
    "mse": "MSE",
    "smape": "sMAPE",
    "mae": "MAE",
    COVERAGE: f"within the {LEVEL} % level",
}
# A variant that is nearer to the default than this is neither better nor worse.
MARGIN = 0.005


def markdown_lines(head: Mapping[str, Any], results: Results) -> Iterator[str]:
    """Everything that was found, as Markdown.

    Args:
        head: Of the JSON file: ``processor``, ``fast``.
        results: By run.

    Yields:
        Lines.
    """
    yield "# The study behind the defaults of value series"
    yield ""
    yield from _how(head, results)
    problems = list(dict.fromkeys(run.problem for run in results))
    yield from _summary(problems, results)
    for problem in problems:
        yield from _problem(problem, {run: one for run, one in results.items() if run.problem == problem})


def _how(head: Mapping[str, Any], results: Results) -> Iterator[str]:
    """What was run, where and when."""
    yield (
        "Only training parts are looked at: the last horizon of every series is forecast from the rows "
        "before it (origin 0; origin 1 is the horizon before that). Of etth1, 12 months are trained on and "
        "the 4 of validation forecast from every 6th hour. A variant changes one setting of the defaults."
    )
    yield ""
    seeds, origins = ({getattr(run, name) for run in results} for name in ("seed", "origin"))
    dates = [one["date"] for one in results.values()]
    dates = [min(dates), max(dates)] if dates else []
    versions = {f"{name} {version}" for one in results.values() for name, version in one["versions"].items()}
    threads = {str(one["threads"]) for one in results.values()}
    yield (
        f"Seeds {_list(seeds)}; origins {_list(origins)}; {' to '.join(dict.fromkeys(dates))}; "
        f"{head['processor']}, threads: {_list(threads)}; {_list(versions)}. Seconds are those of the fit."
    )
    if head["fast"]:
        yield ""
        yield "**A fast run of a few steps on a few series: the numbers say nothing.**"


def _list(values: Iterable[object]) -> str:
    """Values in order, joined by commas."""
    return ", ".join(map(str, sorted(values, key=str)))


def _summary(problems: Sequence[str], results: Results) -> Iterator[str]:
    """One line a variant, over all problems."""
    yield ""
    yield "## All problems"
    yield ""
    yield (
        f"Error and seconds are geometric means over problems, relative to the default on the same origins "
        f"and seeds (MASE; MSE of etth1). Better and worse: by more than {MARGIN:.1%}."
    )
    yield ""
    yield from _header("variant", "problems", "error", "better", "worse", "seconds")
    for variant in VARIANTS:
        ratios = [relative(problem, variant, results) for problem in problems]
        found = [ratio for ratio in ratios if ratio is not None]
        if found and variant != DEFAULT:
            errors, seconds = zip(*found, strict=True)
            better = sum(error < 1 - MARGIN for error in errors)
            worse = sum(error > 1 + MARGIN for error in errors)
            yield _row(variant, len(found), f"{_mean(errors):.4f}", better, worse, f"{_mean(seconds):.2f}")


def relative(problem: str, variant: str, results: Results) -> tuple[float, float] | None:
    """Error and seconds of a variant over those of the default.

    Args:
        problem: Of the results.
        variant: Likewise.
        results: By run.

    Returns:
        Ratios of the means over all origins and seeds that both have; None where there are none.
    """
    pairs = [
        (one, results[run._replace(variant=DEFAULT)])
        for run, one in results.items()
        if (run.problem, run.variant) == (problem, variant) and run._replace(variant=DEFAULT) in results
    ]
    pairs = [(one, default) for one, default in pairs if one["scores"] is not None]
    if not pairs:
        return None
    metric = _metrics(pairs[0][0])[0]
    ours, theirs = (sum(pair[side]["scores"][metric] for pair in pairs) for side in (0, 1))
    seconds = (sum(pair[side]["seconds"] for pair in pairs) for side in (0, 1))
    return ours / theirs, next(seconds) / next(seconds)


def _problem(problem: str, results: Results) -> Iterator[str]:
    """One line a variant, of one problem."""
    scored = {run: one for run, one in results.items() if one["scores"] is not None}
    yield ""
    yield f"## {problem}"
    yield ""
    metrics = _metrics(next(iter(scored.values())))
    yield from _header("variant", *(METRICS[metric] for metric in metrics), "seconds", "relative")
    for variant in VARIANTS:
        ones = [one for run, one in scored.items() if run.variant == variant]
        if ones:
            means = [sum(one["scores"][metric] for one in ones) / len(ones) for metric in metrics]
            seconds = sum(one["seconds"] for one in ones) / len(ones)
            ratio = relative(problem, variant, results)
            shown = "" if ratio is None else f"{ratio[0]:.4f}"
            yield _row(variant, *(f"{mean:.4g}" for mean in means), f"{seconds:.1f}", shown)
    skipped = {run.variant for run in results if run not in scored}
    if skipped:
        yield ""
        yield f"Not run, being what the default does, or for want of a season: {_list(skipped)}."


def _metrics(one: Mapping[str, Any]) -> list[str]:
    """Metrics that a result has, the one that counts first."""
    return [metric for metric in METRICS if metric in one["scores"]]


def _mean(ratios: Sequence[float]) -> float:
    """Geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def _header(*names: str) -> Iterator[str]:
    """Names of columns, and the line below them."""
    yield _row(*names)
    yield f"|{' --- |' * len(names)}"


def _row(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"
