"""Scores of models and of the baselines on held-out windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.baselines import Baseline, choose_baselines
from forecaster.config.settings import BaselineChoice
from forecaster.data.panel import Note, Panel
from forecaster.distributions import Distribution
from forecaster.evaluation.baseline_scores import deciding
from forecaster.evaluation.calls import Market, has_calls
from forecaster.evaluation.context import find_resolution, observed_until, scoring_context
from forecaster.evaluation.diagnostics import Diagnostics, diagnose
from forecaster.evaluation.market import MarketScores
from forecaster.evaluation.marks import mark_scores
from forecaster.evaluation.metrics import Scores, ScoringContext, score
from forecaster.training.fitted import Fitted
from forecaster.training.prepare import Prepared
from forecaster.windows.outcomes import Outcomes, gather_outcomes
from forecaster.windows.windows import Span, Windows, thin

# Values that are scored of each part, in evenly spaced windows where there are more; the report says how
# many windows that were.
MOST_SCORED = 200_000

# What the training frequencies of a classifier's bins are called among the baselines.
FREQUENCIES = "frequencies"


@dataclass(frozen=True)
class Asked:
    """What the scores of a part are to say.

    Attributes:
        levels: Central intervals whose coverage is scored, in percent.
        within: Durations (events): how well P(an event within) is forecast.
        baselines: Which baselines are scored beside the models.
        diagnostics: Whether forecasts are kept beside what came.
    """

    levels: Sequence[float] = (80, 95)
    within: Sequence[str] = ()
    baselines: BaselineChoice = "auto"
    diagnostics: bool = False


@dataclass(frozen=True)
class Part:
    """Scores of one part.

    Attributes:
        models: Scores by head, the first that of the forecast.
        baselines: Scores by name.
        n_windows: Windows scored.
        n_all: Windows there are.
        bin_edges: (n_bins + 1,) edges of the bins that are scored, in the unit of the data; None without,
            and where they differ between windows.
        deciding: Metric that says who is ahead: CRPS, proper and in the unit of the data; of several
            value series or closes, whose sizes may differ by any factor, CRPS over each one's own scale; of
            events whose observation ends, CRPS over the time observed; of directions the log score of the
            class that came.
        marks: How well the marks of next events are forecast, as in report.json; None without marks.
        market: Of prices, one session ahead; None for other kinds.
        diagnostics: Forecasts of the first model beside what came; None where it was not asked for.
        left_out: Baselines that would have taken too long.
        note: What the user is told of them.
    """

    models: dict[str, Scores]
    baselines: dict[str, Scores]
    n_windows: int
    n_all: int
    bin_edges: np.ndarray | None = None
    deciding: str = "crps"
    marks: dict[str, Any] | None = None
    market: MarketScores | None = None
    diagnostics: Diagnostics | None = None
    left_out: tuple[str, ...] = ()
    note: Note | None = None

    @property
    def best_baseline(self) -> str | None:
        """The best baseline by ``deciding``; None without baselines."""
        ranked = sorted(self.baselines, key=lambda name: self._decider(self.baselines[name]))
        return ranked[0] if ranked else None

    @property
    def beaten_by(self) -> list[str]:
        """Baselines that are ahead of the model by ``deciding``, best first."""
        ours = self._decider(next(iter(self.models.values())))
        ahead = [name for name, scores in self.baselines.items() if self._decider(scores) < ours]
        return sorted(ahead, key=lambda name: self._decider(self.baselines[name]))

    def _decider(self, scores: Scores) -> float:
        """The deciding score, inf where there is none."""
        value = scores.overall.get(self.deciding, np.nan)
        return value if np.isfinite(value) else np.inf

    def to_json(self) -> dict[str, Any]:
        """Plain values for report.json."""
        first = next(iter(self.models.values()))
        tree: dict[str, Any] = {
            "n_windows": self.n_windows,
            "n_windows_in_all": self.n_all,
            "n_open": first.n_open,
            "deciding": self.deciding,
            "model": first.overall,
            "model_by_step": {name: values.tolist() for name, values in first.by_step.items()},
            "pit": first.pit.tolist(),
            "baselines": {name: scores.overall for name, scores in self.baselines.items()},
            "baselines_left_out": list(self.left_out),
            "best_baseline": self.best_baseline,
            "beaten_by": self.beaten_by,
        }
        if len(self.models) > 1:
            tree["models"] = {name: scores.overall for name, scores in self.models.items()}
        if self.bin_edges is not None:
            tree["bin_edges"] = self.bin_edges.tolist()
        if self.marks is not None:
            tree["marks"] = self.marks
        if self.market is not None:
            tree["market"] = self.market.to_json()
        return tree if self.diagnostics is None else tree | self.diagnostics.to_json()


@dataclass(frozen=True)
class PartScores:
    """Scores of the validation and the test part; None for a part without windows."""

    valid: Part | None = None
    test: Part | None = None
    resolution: float | None = None

    @property
    def notes(self) -> list[Note]:
        """What the user should know of the scores."""
        return [part.note for part in (self.valid, self.test) if part is not None and part.note is not None]


def score_parts(prepared: Prepared, fitted: Sequence[Fitted], refitted: Sequence[Fitted] = ()) -> PartScores:
    """Scores of models on validation and test windows, of baselines on both.

    Args:
        prepared: Panel, split and windows.
        fitted: Models of the first fits, one a head.
        refitted: Those fitted again on training and validation rows, for the test part, where there are any;
            the baselines of the test part then know the same rows.

    Returns:
        The scores; empty parts are None.
    """
    panel, parts = prepared.panel, prepared.parts
    resolution = find_resolution(panel, parts.fit)
    window = prepared.settings.window
    asked = Asked(within=window.within or (), baselines=window.baselines, diagnostics=True)
    found: list[Part | None] = []
    last = (prepared.split.before_test, refitted) if refitted else (parts.fit, fitted)
    first = parts.fit, fitted
    for windows, n_all, (train, models) in (
        (parts.valid, parts.n_valid, first),
        (parts.test, parts.n_test, last),
    ):
        if windows.n_windows == 0:
            found.append(None)
            continue
        scores = score_windows(panel, windows, train, models, resolution=resolution, asked=asked)
        found.append(replace(scores, n_all=n_all))
    return PartScores(found[0], found[1], resolution)


def score_windows(
    panel: Panel,
    windows: Windows,
    train: Span,
    fitted: Sequence[Fitted],
    resolution: float | None,
    asked: Asked,
) -> Part:
    """Scores of models and baselines on some windows.

    Args:
        panel: The rows.
        windows: What is scored; thinned where there are very many.
        train: Rows that baselines and scales are fitted on.
        fitted: Models, one a head.
        resolution: Step of which all target values are multiples.
        asked: What the scores are to say.

    Returns:
        The scores.

    Raises:
        ConfigError: Baselines are asked for that are not installed.
    """
    scored = thin(windows, max(MOST_SCORED // windows.horizon, 100))
    outcomes = gather_outcomes(panel, scored)
    y, mask = outcomes.y, np.isfinite(outcomes.y)
    forecasts = {one.head.name: one.predict(panel, scored) for one in fitted}
    context = _context(panel, scored, train, (outcomes, asked, resolution), forecasts.get("bins"))
    first = forecasts[fitted[0].head.name]
    market = Market.of(panel, scored.origins, first, fitted[0]) if has_calls(panel) else None
    chosen = choose_baselines(panel, asked.baselines, scored.origins, scored.horizon)
    rivals = {}
    for name, one in baseline_forecasts(panel, scored, train, fitted, chosen.baselines):
        rivals[name] = score(one, y, mask, context)
        if market is not None and name != FREQUENCIES:
            market.add(name, one)
    return Part(
        models={name: score(one, y, mask, context) for name, one in forecasts.items()},
        baselines=rivals,
        n_windows=scored.n_windows,
        n_all=windows.n_windows,
        bin_edges=_shared(context.bin_edges),
        deciding=deciding(panel, context),
        marks=mark_scores(panel, scored, train, fitted[0]),
        market=None if market is None else market.scores(train.begins, train.ends),
        diagnostics=diagnose(first, y, mask, context) if asked.diagnostics else None,
        left_out=chosen.left_out,
        note=chosen.note,
    )


def _shared(edges: np.ndarray | None) -> np.ndarray | None:
    """Edges of bins that all windows share; None where each has its own."""
    return edges if edges is not None and edges.ndim == 1 else None


def _context(
    panel: Panel,
    windows: Windows,
    train: Span,
    about: tuple[Outcomes, Asked, float | None],
    classifier: Distribution | None,
) -> ScoringContext:
    """What scores need beside forecasts and truth, the bins those of a classifier where there is one."""
    outcomes, asked, resolution = about
    context = scoring_context(panel, windows, train, outcomes, asked.within)
    context = replace(context, levels=tuple(asked.levels), resolution=resolution)
    edges = bin_edges(classifier)
    return context if edges is None else replace(context, bin_edges=edges, is_classified=True)


def baseline_forecasts(
    panel: Panel, windows: Windows, train: Span, fitted: Sequence[Fitted], baselines: Sequence[Baseline]
) -> Iterator[tuple[str, Distribution]]:
    """The forecasts of baselines, and for a classifier the training frequencies of its bins.

    Args:
        panel: The rows.
        windows: What is forecast.
        train: Rows that baselines are fitted on.
        fitted: Models, one a head.
        baselines: Not fitted yet.

    Yields:
        Name and forecast, of shape (n_windows, horizon).
    """
    seen = observed_until(panel, train)
    for baseline in baselines:
        ready = baseline.fit(seen, train.ends, windows.look_back, windows.horizon)
        yield baseline.name, ready.predict(panel, windows.origins)
    for one in fitted:
        rates = one.base_rates(panel, windows)
        if rates is not None:
            yield FREQUENCIES, rates


def bin_edges(forecast: Distribution | None) -> np.ndarray | None:
    """Edges of a classifier's bins in the unit of the data.

    Args:
        forecast: Of the classifier, of shape (n_windows, horizon); None without one.

    Returns:
        (n_bins + 1,) where all windows share them, (n_windows, horizon, n_bins + 1) where each has its own;
        None without bins.
    """
    view = forecast.binned_view() if forecast is not None else None
    if view is None:
        return None
    edges = view[0]
    first: np.ndarray = edges.reshape(-1, edges.shape[-1])[0]
    return first if (edges == first).all() else edges
