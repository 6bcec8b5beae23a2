from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.data.load import read_panel
from forecaster.errors import ConfigError, DataError, RunError
from forecaster.forecaster import Forecaster
from forecaster.training.checkpoint import Checkpoint
from forecaster.training.interrupts import StopFlag
from tests.conftest import TINY, SavedRun
from tests.run.test_train import Killed, assert_same, killing, message


def table_of(names: str, n_days: int = 80) -> pd.DataFrame:
    """Daily series that go on from those of the run: a is about 10, b about 100, others about 50."""
    days, step = pd.date_range("2024-01-01", periods=n_days, freq="D"), np.arange(n_days)
    level = {"a": 10.0, "b": 100.0}
    return pd.concat(
        pd.DataFrame({"unique_id": name, "ds": days, "y": level.get(name, 50.0) + np.sin(step / 3)})
        for name in names
    )


def weights_of(forecaster: Forecaster) -> list[np.ndarray]:
    tensors = forecaster._trained().models[0].tensors()
    return [array for name, array in tensors.items() if name.startswith("network")]


def test_training_starts_from_the_weights_of_the_run(values_run: SavedRun) -> None:
    before = Forecaster.load(values_run.folder)
    warm = Forecaster(learning_rate=1e-9, epochs=1).fit(table_of("ab"), warm_start=values_run.folder)
    for one, other in zip(weights_of(before), weights_of(warm), strict=True):
        assert np.abs(one - other).max() < 1e-5
    assert before._trained().models[0].architecture == warm._trained().models[0].architecture
    assert before._trained().models[0].head.to_json() == warm._trained().models[0].head.to_json()


def test_report_says_what_training_started_from(values_run: SavedRun) -> None:
    report = Forecaster().fit(table_of("abc"), warm_start=values_run.folder).report
    assert report["warm_start"] == {
        "run": str(values_run.folder),
        "epochs": 1,  # a quarter of 2, one at least
        "learning_rate": pytest.approx(0.3 * report["settings"]["learning_rate"]),
        "n_known": 2,
        "n_new": 1,
    }
    rates = [epoch["learning_rate"] for part in report["training"] for epoch in part["members"][0]["history"]]
    assert max(rates) <= report["warm_start"]["learning_rate"]
    assert Forecaster.load(values_run.folder).report["warm_start"] is None


def test_epochs_and_rate_that_are_given_are_taken(values_run: SavedRun) -> None:
    report = Forecaster(epochs=3, learning_rate=2e-3).fit(table_of("ab"), warm_start=values_run.folder).report
    assert (report["warm_start"]["epochs"], report["warm_start"]["learning_rate"]) == (3, 2e-3)
    assert len(report["training"][0]["members"][0]["history"]) == 3


def test_warm_start_of_a_warm_start_is_not_shorter(values_run: SavedRun, tmp_path: Path) -> None:
    first = Forecaster().fit(table_of("ab"), warm_start=values_run.folder)
    first.save(tmp_path / "a")
    second = Forecaster().fit(table_of("ab", 90), warm_start=tmp_path / "a")
    for name in ("epochs", "learning_rate"):
        assert first.report["warm_start"][name] == second.report["warm_start"][name]


def test_known_series_keep_their_numbers_and_new_ones_get_theirs(tmp_path: Path) -> None:
    settings = TINY | {"look_back": 6, "season": 1, "transforms": "standard,last", "scope": "series"}
    settings |= {"series_units": 3, "cell": "gru"}
    before = Forecaster(**settings).fit(table_of("ab", 60))
    before.save(tmp_path / "a")
    warm = Forecaster(learning_rate=1e-9, epochs=1).fit(table_of("cb"), warm_start=tmp_path / "a")
    (old,), (new,) = (one._trained().models for one in (before, warm))
    assert new.ids.tolist() == ["b", "c"] or new.ids.tolist() == ["c", "b"]
    b, c = new.ids.tolist().index("b"), new.ids.tolist().index("c")
    for was, now in zip(old.normaliser.steps, new.normaliser.steps, strict=True):
        assert now.shift[b] == was.shift[1] and now.scale[b] == was.scale[1]
    standard = new.normaliser.steps[0]
    rows = table_of("c")["y"].to_numpy()
    assert standard.shift[c] == pytest.approx(rows.mean(), abs=0.5)
    assert standard.scale[c] == pytest.approx(rows.std(), rel=0.1)
    vectors, started = (
        next(np.array(w) for w in one.models[0].get_layer("series_vectors").weights) for one in (old, new)
    )
    assert started.shape == (3, 3)
    assert np.abs(started[1 + b] - vectors[2]).max() < 1e-5  # of b
    assert np.abs(started[1 + c] - vectors[0]).max() < 1e-5  # of an unknown series
    warm.save(tmp_path / "b")
    frame = Forecaster.load(tmp_path / "b").predict()
    assert frame["unique_id"].tolist() == new.ids.tolist()
    assert frame.set_index("unique_id")["forecast"]["c"] == pytest.approx(50, abs=5)


def test_rows_that_the_run_has_seen_are_said_when_they_are_held_out(values_run: SavedRun) -> None:
    seen = Forecaster().fit(table_of("ab", 62), warm_start=values_run.folder)
    (note,) = [one for one in seen.report["warnings"] if one["code"] == "warm_start_seen"]
    assert note["count"] == 20  # of each series six for test and six for validation, the last two of them new
    assert f"{values_run.folder} was trained on 20 of the 24 rows held out here" in note["text"]
    later = Forecaster(test_size=5, valid_size=5).fit(table_of("ab", 80), warm_start=values_run.folder)
    assert "warm_start_seen" not in [one["code"] for one in later.report["warnings"]]


@pytest.mark.parametrize("kind", ["events", "ensemble"])
def test_other_kinds_and_ensembles_start_warm(kind: str, events_run: SavedRun, tmp_path: Path) -> None:
    if kind == "events":
        warm = Forecaster().fit(str(events_run.data), warm_start=events_run.folder)
        assert warm.report["data"]["kind"] == "events" and warm.report["warm_start"]["n_known"] == 30
        return
    settings: dict[str, Any] = TINY | {"look_back": 4, "season": 1, "ensemble": 2, "task": "both"}
    Forecaster(**settings).fit(table_of("ab", 60)).save(tmp_path / "a")
    warm = Forecaster().fit(table_of("ab"), warm_start=tmp_path / "a")
    assert [part["head"] for part in warm.report["training"]] == ["quantile", "bins"] * 2
    assert all(len(part["members"]) == 2 for part in warm.report["training"])


def test_data_and_settings_that_do_not_fit_are_refused(values_run: SavedRun, events_run: SavedRun) -> None:
    folder = values_run.folder
    text = message(ConfigError, lambda: Forecaster(units=16).fit(table_of("ab"), warm_start=folder))
    assert text == f"--units 16: {folder} was trained with 8. Leave it out, or train without --warm-start."
    other = read_panel(table_of("ab").rename(columns={"y": "load"}))
    text = message(RunError, lambda: Forecaster().fit(other, warm_start=folder))
    assert text == (
        f"{folder}: trained on values with y; this panel holds values with load. "
        "Use data with the same columns."
    )
    text = message(DataError, lambda: Forecaster().fit(str(values_run.data), warm_start=events_run.folder))
    assert text.startswith(f"{events_run.folder}: trained on customer, date; ")


def test_a_run_that_was_ended_early_is_refused(tmp_path: Path) -> None:
    stop = StopFlag()
    ended = Forecaster(**TINY, look_back=4, season=1).fit(
        table_of("a", 60), progress=lambda *_: stop.set("SIGINT"), stop=stop
    )
    ended.save(tmp_path / "a")
    text = message(RunError, lambda: Forecaster().fit(table_of("a"), warm_start=tmp_path / "a"))
    assert "was ended early. Finish it with --resume" in text


def test_warm_start_that_is_killed_ends_with_the_same_weights(
    values_run: SavedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoint, "every", 0.0)
    monkeypatch.setattr(Checkpoint, "share", 1e9)
    data, folder = table_of("abc"), values_run.folder
    whole = Forecaster(seed=3).fit(data, warm_start=folder)
    with pytest.raises(Killed):
        Forecaster(seed=3).fit(data, warm_start=folder, checkpoint=tmp_path / "b", progress=killing(1))
    text = message(RunError, lambda: Forecaster().fit(data, resume=tmp_path / "b"))
    assert "begun with --warm-start, and not from what is given now. Name the same run" in text
    resumed = Forecaster().fit(data, warm_start=folder, resume=tmp_path / "b")
    assert_same(whole, resumed)
    assert resumed.report["warm_start"] == whole.report["warm_start"]
