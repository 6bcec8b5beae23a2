"""Scores of models and of the baselines on held-out windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forecaster.baselines import all_baselines
from forecaster.data.panel import Panel
from forecaster.distributions import Distribution
from forecaster.evaluation.metrics import Scores, ScoringContext, score, seasonal_scale
from forecaster.training.fitted import Fitted
from forecaster.training.prepare import Prepared
from forecaster.windows.bins import value_resolution
from forecaster.windows.gather import gather_targets
from forecaster.windows.windows import Span, Windows, thin

# Values that are scored of each part, in evenly spaced windows where there are more; the report says how
# many windows that were.
MOST_SCORED = 200_000


@dataclass(frozen=True)
class Part:
    """Scores of one part.

    Attributes:
        models: Scores by head, the first that of the forecast.
        baselines: Scores by name.
        n_windows: Windows scored.
        n_all: Windows there are.
        bin_edges: (n_bins + 1,) edges of a classifier's bins, in the unit of the data; None without, and
            where they differ between windows.
        deciding: Metric that says who is ahead: CRPS, proper and in the unit of the data; of several
            value series, whose sizes may differ by any factor, CRPS over each one's own scale.
    """

    models: dict[str, Scores]
    baselines: dict[str, Scores]
    n_windows: int
    n_all: int
    bin_edges: np.ndarray | None = None
    deciding: str = "crps"

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
            "deciding": self.deciding,
            "model": first.overall,
            "model_by_step": {name: values.tolist() for name, values in first.by_step.items()},
            "baselines": {name: scores.overall for name, scores in self.baselines.items()},
            "best_baseline": self.best_baseline,
            "beaten_by": self.beaten_by,
        }
        if len(self.models) > 1:
            tree["models"] = {name: scores.overall for name, scores in self.models.items()}
        if self.bin_edges is not None:
            tree["bin_edges"] = self.bin_edges.tolist()
        return tree


@dataclass(frozen=True)
class PartScores:
    """Scores of the validation and the test part; None for a part without windows."""

    valid: Part | None = None
    test: Part | None = None
    resolution: float | None = None
    notes: list[str] = field(default_factory=list)


def score_parts(prepared: Prepared, fitted: Sequence[Fitted]) -> PartScores:
    """Scores of models on validation and test windows, of baselines on both.

    Args:
        prepared: Panel, split and windows.
        fitted: Models of the first fits, one a head.

    Returns:
        The scores; empty parts are None.
    """
    panel, parts = prepared.panel, prepared.parts
    resolution = value_resolution(_training_values(panel, parts.fit))
    found: list[Part | None] = []
    for windows in (parts.valid, parts.test):
        if windows.n_windows == 0:
            found.append(None)
            continue
        found.append(score_windows(panel, windows, parts.fit, fitted, resolution=resolution))
    return PartScores(found[0], found[1], resolution)


def _training_values(panel: Panel, span: Span) -> np.ndarray:
    """Target of the training rows."""
    return panel.take(span.begins, span.ends).y


def score_windows(
    panel: Panel,
    windows: Windows,
    train: Span,
    fitted: Sequence[Fitted],
    *,
    resolution: float | None,
    levels: Sequence[float] = (80, 95),
) -> Part:
    """Scores of models and baselines on some windows.

    Args:
        panel: The rows.
        windows: What is scored; thinned where there are very many.
        train: Rows that baselines and scales are fitted on.
        fitted: Models, one a head.
        resolution: Step of which all target values are multiples.
        levels: Central intervals whose coverage is scored, in percent.

    Returns:
        The scores.
    """
    scored = thin(windows, max(MOST_SCORED // windows.horizon, 100))
    series = panel.series_of(scored.origins)
    y = gather_targets(panel, scored.starts, series, scored)
    scale = seasonal_scale(panel.y, train.begins, train.ends, panel.season_length)[series]
    edges = bin_edges(fitted, panel, scored)
    context = ScoringContext(
        scale=scale,
        levels=tuple(levels),
        resolution=resolution,
        bin_edges=edges,
        lower=0.0 if panel.kind in ("events", "intervals") else None,
    )

    def scores_of(forecast: Distribution) -> Scores:
        """Scores against what came."""
        return score(forecast, y, np.isfinite(y), context)

    models = {one.head.name: scores_of(one.predict(panel, scored)) for one in fitted}
    baselines = {}
    for baseline in all_baselines(panel, edges):
        ready = baseline.fit(panel, train.ends, scored.look_back, scored.horizon)
        baselines[baseline.name] = scores_of(ready.predict(panel, scored.origins))
    several = panel.kind == "values" and panel.n_series > 1 and bool(np.isfinite(scale).any())
    deciding = "scaled_crps" if several else "crps"
    return Part(models, baselines, scored.n_windows, windows.n_windows, edges, deciding)


def bin_edges(fitted: Sequence[Fitted], panel: Panel, windows: Windows) -> np.ndarray | None:
    """Edges of a classifier's bins in the unit of the data, None where windows differ or nothing is binned.

    Args:
        fitted: Models, one a head.
        panel: The rows.
        windows: Some windows, one at least.

    Returns:
        (n_bins + 1,) rising, or None.
    """
    for model in fitted:
        if model.head.name == "bins" and model.normaliser.is_common:
            view = model.predict(panel, windows.select(np.array([0]))).binned_view()
            if view is not None:
                edges: np.ndarray = np.asarray(view[0]).reshape(-1, view[0].shape[-1])[0]
                return edges
    return None
