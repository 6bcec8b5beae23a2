from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, save

import forecaster.run.load as module
from forecaster.distributions import Quantiles
from forecaster.errors import ConfigError, RunError
from forecaster.forecaster import Forecaster
from forecaster.network.heads import BinsHead, Head, MixtureHead, PointHead, QuantileHead
from forecaster.run.weights import read_weights
from forecaster.training.fit import fit_again
from forecaster.training.fitted import Fitted
from tests.conftest import TINY
from tests.training.test_fit import fit_of, prepared_with

NOISE = np.random.default_rng(0).normal(20.0, 1.0, size=300)


def of(head: Head, *outputs: list[float]) -> Any:
    """The forecast of members that put out these numbers for one step."""
    fitted = Fitted(head, None, None, (), np.array([]), None)  # type: ignore[arg-type]
    return fitted.combine([np.array([[output]]) for output in outputs])


def noisy(**given: Any) -> Any:
    return prepared_with([*NOISE], conformal=True, valid_size=100, test_size=50, **given)


def test_quantiles_of_members_are_averaged_level_by_level() -> None:
    head = QuantileHead((0.1, 0.5, 0.9))
    apart = 1.2815515655446004  # between the quantiles of a normal distribution
    low, middle, high = [0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [5.0, 0.0, 0.0]
    both = of(head, low, middle)
    assert both.values == pytest.approx(np.array([[[0.5 - apart, 0.5, 0.5 + apart]]]), abs=1e-6)
    three = of(head, low, middle, high)
    assert isinstance(three, Quantiles)
    assert three.values == pytest.approx(np.array([[[1 - apart, 1, 1 + apart]]]), abs=1e-6)
    assert of(head, low).values == pytest.approx(np.array([[[-apart, 0, apart]]]), abs=1e-6)


def test_median_of_quantiles_is_taken_at_each_level_by_itself() -> None:
    head = QuantileHead((0.1, 0.5, 0.9))
    narrow, wide = [0.0, -9.0, -9.0], [0.3, 9.0, 9.0]
    values = of(head, narrow, [0.1, 0.0, 0.0], wide).values[0, 0]
    assert values[1] == pytest.approx(0.1)
    assert values == pytest.approx([0.1 - 1.28155, 0.1, 0.1 + 1.28155], abs=1e-5)


def test_other_heads_mix_their_members() -> None:
    bins = BinsHead(np.array([0.0, 1.0, 2.0]))
    view = of(bins, [0.0, np.log(3.0)], [0.0, 0.0]).binned_view()
    assert view is not None
    assert view[1] == pytest.approx(np.array([[[0.375, 0.625]]]))  # means of 1/4, 3/4 and 1/2, 1/2
    assert of(PointHead(), [1.0], [2.0], [9.0]).median() == pytest.approx(2.0)
    mixture = MixtureHead(np.array([1.0]), np.array([0.0]), np.array([1.0]))
    n_outputs = mixture.n_outputs
    assert of(mixture, [0.0] * n_outputs, [0.0] * n_outputs).median() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("head", "n_levels"), [("quantile", 13), ("mixture", 13), ("hazard", 13)])
def test_quantiles_of_every_head_of_values_are_corrected(head: str, n_levels: int) -> None:
    prepared = noisy(epochs=1)
    fitted = fit_of(prepared, head).fitted
    assert fitted.conformal is not None
    assert fitted.conformal.shift.shape == (1, n_levels)
    forecast = fitted.predict(prepared.panel, prepared.parts.valid)
    # of 100 windows every level takes the error of its rank: 90 below the 0.9-quantile, or 91 with their own
    below = (prepared.panel.y[prepared.parts.valid.origins + 1] <= forecast.quantile(0.9)[:, 0] + 1e-9).sum()
    assert below == 91
    plain = Fitted(**{**vars(fitted), "conformal": None}).predict(prepared.panel, prepared.parts.valid)
    assert forecast.median() == pytest.approx(plain.median())


def test_quantiles_stay_as_they_were_learnt_unless_asked() -> None:
    prepared = prepared_with([*NOISE], epochs=1)
    assert prepared.settings.training.conformal is False
    assert fit_of(prepared).fitted.conformal is None


def test_final_fit_keeps_the_shifts_of_the_first() -> None:
    prepared = noisy(epochs=2, ensemble=2)
    first = fit_of(prepared)
    again = fit_again(prepared.panel, prepared.parts, prepared.settings, first)
    assert again.fitted.conformal is first.fitted.conformal is not None


def test_few_validation_targets_are_told_of() -> None:
    prepared = prepared_with([*NOISE], conformal=True, valid_size=20, epochs=1)
    assert "conformal_few" in [note.code for note in fit_of(prepared).warnings]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"valid_size": 0}, "0 validation targets"),
        ({"head": "bins"}, "--head bins"),
        ({"head": "point"}, "--head point"),
        ({"kind": "intervals"}, "not for intervals"),
    ],
)
def test_what_cannot_be_corrected_is_refused_before_training(given: dict[str, Any], words: str) -> None:
    table = pd.DataFrame({"y": np.abs(NOISE)})
    told: list[Any] = []
    with pytest.raises(ConfigError, match=words):
        Forecaster(**TINY, conformal=True, **given).fit(table, progress=lambda *result: told.append(result))
    assert not told


def test_classifier_beside_the_corrected_head_stays_as_it_is() -> None:
    prepared = noisy(task="both", epochs=1, n_bins=4)
    assert fit_of(prepared, "bins").fitted.conformal is None
    assert fit_of(prepared, "quantile").fitted.conformal is not None


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Forecaster, Path]:
    """A run of two networks, corrected for each of two steps, and its folder."""
    folder = tmp_path_factory.mktemp("corrected") / "run"
    settings = {**TINY, "ensemble": 2, "epochs": 1, "look_back": 3, "horizon": 2, "season": 1}
    run = Forecaster(**settings, valid_size=80, conformal=True).fit(pd.DataFrame({"y": NOISE}))
    run.save(folder)
    return run, folder


def test_saved_run_predicts_the_same(corrected: tuple[Forecaster, Path]) -> None:
    run, folder = corrected
    loaded = Forecaster.load(folder)
    before, after = run._run.models[0].conformal, loaded._run.models[0].conformal
    assert before is not None and after is not None
    assert after.shift.shape == (2, 13)
    assert after.shift.tobytes() == before.shift.tobytes()
    pd.testing.assert_frame_equal(
        loaded.predict(level=(50, 80, 95)), run.predict(level=(50, 80, 95)), check_exact=False, rtol=1e-6
    )


def test_report_says_how_far_each_level_was_shifted(corrected: tuple[Forecaster, Path]) -> None:
    report = corrected[0].report
    for one in report["training"]:
        facts = one["conformal"]
        assert facts["levels"] == [0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975]
        assert facts["mean_absolute_shift"][6] == 0
        assert max(facts["mean_absolute_shift"]) > 0
    assert report["settings"]["conformal"] is True


@pytest.mark.parametrize(
    ("spec", "levels", "words"),
    [
        ({"n_steps": 3}, None, "shifts of 3 steps for a horizon of 2"),
        ({"n_levels": 12}, None, "tensor member0/conformal/"),
        ({}, "reversed", "conformal levels must be two at least, and rise"),
    ],
)
def test_shifts_that_do_not_fit_the_run_are_refused(
    corrected: tuple[Forecaster, Path], spec: dict[str, int], levels: str | None, words: str, monkeypatch
) -> None:
    _, folder = corrected
    parse = module.parse_spec

    def changed(content: bytes, place: str) -> Any:
        tree = json.loads(content)
        tree["models"][0]["conformal"].update(spec)
        return parse(json.dumps(tree).encode(), place)

    def upside_down(content: bytes, *rest: Any) -> Any:
        tensors = dict(load(content))
        tensors["member0/conformal/levels"] = tensors["member0/conformal/levels"][::-1].copy()
        return read_weights(bytes(save(tensors)), *rest)

    monkeypatch.setattr(module, "parse_spec", changed)
    if levels is not None:
        monkeypatch.setattr(module, "read_weights", upside_down)
    with pytest.raises(RunError, match=words):
        Forecaster.load(folder)
