from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from forecaster.config.build import make_settings
from forecaster.errors import ConfigError
from forecaster.training.fit import FitOutcome, Hooks, fit, fit_again, too_few
from forecaster.training.fitted import known_series
from forecaster.training.prepare import Prepared, prepare
from forecaster.windows.windows import windows_at
from tests.conftest import TINY
from tests.windows.test_windows import panel_of

STEPS = np.arange(120.0)


def prepared_with(*series: list[float], **given: Any) -> Prepared:
    rows = series or ([*(5 + np.sin(STEPS))],)
    return prepare(panel_of(*rows), make_settings({**TINY, "look_back": 4, "season": 1, **given}))


def fit_of(prepared: Prepared, head: str = "quantile", hooks: Hooks | None = None) -> FitOutcome:
    return fit(prepared.panel, prepared.parts, prepared.settings, head, hooks)


def weights_of(outcome: FitOutcome) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(weight) for model in outcome.fitted.models for weight in model.weights]


@pytest.mark.parametrize(("head", "n_outputs"), [("point", 1), ("quantile", 13), ("bins", 5)])
def test_each_head_gives_a_distribution_of_every_target(head: str, n_outputs: int) -> None:
    prepared = prepared_with(horizon=2, n_bins=5)
    outcome = fit_of(prepared, head)
    assert outcome.fitted.head.name == head
    assert outcome.fitted.architecture.n_outputs == n_outputs
    forecast = outcome.fitted.predict(prepared.panel, prepared.parts.test)
    assert forecast.shape == (prepared.parts.test.n_windows, 2)
    assert np.isfinite(forecast.median()).all()
    assert (forecast.quantile(np.array([0.1])) <= forecast.quantile(np.array([0.9]))).all()


def test_members_differ_and_make_one_forecast() -> None:
    prepared = prepared_with(ensemble=3)
    outcome = fit_of(prepared)
    assert len(outcome.fitted.models) == len(outcome.results) == 3
    first, second, _ = (model.weights[0].numpy() for model in outcome.fitted.models)
    assert (first != second).any()
    chunked = list(outcome.fitted.predict_chunks(prepared.panel, prepared.parts.test))
    assert sum(part.shape[0] for part in chunked) == prepared.parts.test.n_windows


def test_second_fit_takes_the_steps_that_the_first_found_best() -> None:
    prepared = prepared_with(epochs=4)
    first = fit_of(prepared)
    again = fit_again(prepared.panel, prepared.parts, prepared.settings, first)
    assert again.results[0].n_steps == first.results[0].best_step
    assert again.fitted.architecture == first.fitted.architecture


def test_point_head_keeps_the_errors_of_the_first_fit() -> None:
    prepared = prepared_with()
    first = fit_of(prepared, "point")
    again = fit_again(prepared.panel, prepared.parts, prepared.settings, first)
    assert again.fitted.head is first.fitted.head


@pytest.mark.parametrize("head", ["point", "quantile", "bins"])
def test_same_seed_gives_the_same_weights(head: str) -> None:
    first, second = (fit_of(prepared_with(seed=4), head) for _ in range(2))
    for one, other in zip(weights_of(first), weights_of(second), strict=True):
        assert one.tobytes() == other.tobytes()
    third = fit_of(prepared_with(seed=5), head)
    assert any(a.tobytes() != b.tobytes() for a, b in zip(weights_of(first), weights_of(third), strict=True))


def test_progress_is_told_after_every_epoch() -> None:
    told: list[tuple[str, int, int]] = []
    hooks = Hooks(progress=lambda stage, member, result: told.append((stage, member, result.epoch)))
    fit_of(prepared_with(ensemble=2, epochs=3), "bins", hooks)
    assert told == [("fit bins", member, epoch) for member in (0, 1) for epoch in (1, 2, 3)]


def test_schedule_of_a_caller_is_followed() -> None:
    rates: list[float] = []
    hooks = Hooks(progress=lambda _s, _m, result: rates.append(result.learning_rate), schedule=halving)
    fit_of(prepared_with(epochs=2), "point", hooks)
    assert rates == [pytest.approx(1e-3), pytest.approx(5e-4)]


def halving(step: int, total: int) -> float:
    return 1e-3 if step < total / 2 else 5e-4


@pytest.mark.parametrize("head", ["point", "quantile", "bins"])
def test_trains_without_a_validation_part(head: str) -> None:
    prepared = prepared_with(valid_size=0, test_size=0)
    assert prepared.parts.valid.n_windows == 0
    outcome = fit_of(prepared, head)
    assert all(result.history[-1].valid_loss is None for result in outcome.results)
    assert np.isfinite(
        outcome.fitted.predict(prepared.panel, windows_at(prepared.panel, np.array([119]), 4, 1)).median()
    ).all()


@pytest.mark.parametrize("head", ["point", "quantile", "bins"])
@pytest.mark.parametrize(
    "series",
    [[3.0] * 60, [0.0] * 60, [1e9 + 0.01 * row for row in range(60)], [*([np.nan, 2.0, 4.0] * 20)]],
    ids=["constant", "zero", "large", "missing"],
)
def test_awkward_series_give_finite_forecasts(series: list[float], head: str) -> None:
    prepared = prepared_with(series)
    forecast = fit_of(prepared, head).fitted.predict(prepared.panel, prepared.parts.test)
    assert np.isfinite(forecast.median()).all() and np.isfinite(forecast.mean()).all()


def test_too_few_rows_say_how_many_are_needed() -> None:
    panel = panel_of([1.0, 2, 3])
    prepared = prepare(panel, make_settings({**TINY, "look_back": 3, "season": 1}))
    with pytest.raises(ConfigError) as caught:
        fit_of(prepared)
    assert str(caught.value) == (
        "data: 3 rows are too few; --look-back 3 needs at least 4. Lower it, or bring more rows."
    )
    longer = prepare(panel, make_settings({**TINY, "look_back": 3, "horizon": 4, "season": 1})).settings
    assert "--look-back 3 and --horizon 4 need at least 7. Lower them" in too_few(panel, longer)


@pytest.mark.parametrize(
    ("ids", "trained", "expected"),
    [
        (["a", "b"], ["a", "b"], [0, 1]),
        (["b", "x", "a"], ["a", "b"], [1, -1, 0]),
        ([], ["a"], []),
        (["a"], [], [-1]),
    ],
)
def test_position_among_the_ids_trained_on(ids: list[str], trained: list[str], expected: list[int]) -> None:
    found = known_series(np.array(ids, dtype=object), np.array(trained, dtype=object))
    assert found.tolist() == expected


def test_many_layers_are_warned_of() -> None:
    outcome = fit_of(prepared_with(layers=4, epochs=1))
    assert "many_layers" in [note.code for note in outcome.warnings]
