"""Marks from a file to a forecast: learnt, scored, saved, loaded, and read from another file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.errors import RunError
from forecaster.forecaster import Forecaster
from forecaster.network.heads import BinsHead, MarkedHead, PointHead
from forecaster.run.store import write_version

SMALL = {
    "id": "who",
    "units": 8,
    "layers": 1,
    "ensemble": 1,
    "threads": 1,
    "look_back": 3,
    "unit": "day",
    "epochs": 3,
}


def events(n_series: int = 12, n_events: int = 40) -> pd.DataFrame:
    """Marks take turns; after an ``a`` the next event comes a day later, after a ``b`` ten days later."""
    rng = np.random.default_rng(0)
    pieces = []
    for number in range(n_series):
        codes = (np.arange(n_events) + rng.integers(2)) % 2
        gaps = np.where(codes == 0, 1.0, 10.0) * rng.uniform(0.9, 1.1, n_events)
        days = np.concatenate([[0.0], np.cumsum(gaps)[:-1]]) + rng.uniform(0, 5)
        times = np.datetime64("2020-01-01", "s") + (days * 86400).astype("timedelta64[s]")
        pieces.append(
            pd.DataFrame(
                {"who": f"s{number}", "time": times.astype(str), "what": np.array(["a", "b"])[codes]}
            )
        )
    return pd.concat(pieces, ignore_index=True)


@dataclass(frozen=True)
class Trained:
    """A run and its file."""

    forecaster: Forecaster
    folder: Path
    data: Path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("marked")
    data = folder / "events.csv"
    events().groupby("who", sort=False).head(30).to_csv(data, index=False)
    settings = {**SMALL, "units": 16, "epochs": 12, "learning_rate": 0.01, "final_fit": False}
    forecaster = Forecaster(kind="events", mark="what", **settings).fit(data)
    forecaster.save(folder / "run")
    return Trained(forecaster, folder / "run", data)


def test_mark_decides_the_gap_and_the_next_mark(trained: Trained) -> None:
    part = trained.forecaster.report["scores"]["test"]
    marks = part["marks"]
    assert marks["model"]["mark_accuracy"] == 1.0
    assert marks["model"]["mark_log_loss"] < 0.1 < 0.6 < marks["baselines"]["frequencies"]["mark_log_loss"]
    assert marks["baselines"]["markov"]["mark_accuracy"] == 1.0
    assert part["model"]["mae"] < 0.5
    table = trained.forecaster.predict(horizon=2)
    last = pd.read_csv(trained.data).groupby("who", sort=False)["what"].last().to_numpy()
    steps = table["next_mark"].to_numpy().reshape(-1, 2)
    assert (steps[:, 0] == np.where(last == "a", "b", "a")).all() and (steps[:, 1] == last).all()
    assert table["mark-a"].to_numpy() + table["mark-b"].to_numpy() == pytest.approx(1.0)


def test_loaded_run_forecasts_the_same(trained: Trained) -> None:
    loaded = Forecaster.load(trained.folder)
    for horizon in (1, 3):
        ours, theirs = (one.predict(horizon=horizon) for one in (trained.forecaster, loaded))
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-6)
    model = loaded._trained().models[0]
    assert isinstance(model.head, MarkedHead) and model.architecture.n_marks == 2


def test_new_rows_are_scored_by_their_marks_too(trained: Trained) -> None:
    scores = trained.forecaster.evaluate(events())
    assert scores["marks"]["n_events"] == 12 * 10
    assert scores["marks"]["model"]["mark_accuracy"] == 1.0


@pytest.mark.parametrize(
    ("part", "name", "value", "message"),
    [
        ("architecture", "n_marks", 3, "the panel has 2 marks, the network 3"),
        ("architecture", "mark_units", 0, "0 numbers stand for each of 2 marks"),
        ("architecture", "n_marks", 10**6, "n_marks"),
        ("head", "n_marks", 3, "the head is of 3 marks, the network of 2"),
        ("head", "n_marks", "2", "head.n_marks: Input should be a valid integer, not '2'"),
    ],
)
def test_marks_that_do_not_fit_are_refused(
    trained: Trained, tmp_path: Path, part: str, name: str, value: object, message: str
) -> None:
    version = trained.folder / "v0001"
    files = {path.name: path.read_bytes() for path in version.iterdir() if path.name != "SHA256SUMS"}
    spec = json.loads(files["spec.json"])
    spec["models"][0][part][name] = value
    write_version(tmp_path / "run", files | {"spec.json": json.dumps(spec).encode()})
    with pytest.raises(RunError, match=message):
        Forecaster.load(tmp_path / "run")


def test_another_file_has_the_marks_of_the_run(trained: Trained, tmp_path: Path) -> None:
    table = events(2, 6)
    loaded = Forecaster.load(trained.folder)
    table.to_csv(tmp_path / "more.csv", index=False)
    before = loaded.predict(tmp_path / "more.csv")
    table.loc[0, "what"] = "z"  # before the look-back of the last events
    table.to_csv(tmp_path / "more.csv", index=False)
    found = loaded.predict(tmp_path / "more.csv")
    assert any("not trained on" in note for note in loaded.notes)
    pd.testing.assert_frame_equal(found, before)
    table.loc[5, "what"] = ""
    table.to_csv(tmp_path / "more.csv", index=False)
    changed = loaded.predict(tmp_path / "more.csv")
    assert not changed.iloc[:1].equals(before.iloc[:1])  # the series whose last mark is gone
    pd.testing.assert_frame_equal(changed.iloc[1:], before.iloc[1:])


@pytest.mark.parametrize("head", ["point", "bins"])
def test_other_heads_have_marks_too(head: str, tmp_path: Path) -> None:
    table = events(6, 20)
    settings = SMALL | {"mark_units": 5} | ({"task": "classify"} if head == "bins" else {"head": head})
    forecaster = Forecaster(kind="events", mark="what", **settings).fit(table)
    part = forecaster.report["scores"]["test"]
    assert set(part["marks"]["model"]) == {"mark_log_loss", "mark_perplexity", "mark_accuracy"}
    model = forecaster._trained().models[0]
    assert model.architecture.mark_units == 5
    base = model.head.unmarked
    if isinstance(base, PointHead):
        assert base.residuals is not None
    else:
        assert isinstance(base, BinsHead) and "accuracy" in part["model"]
    forecaster.save(tmp_path / "run")
    ours = forecaster.predict()
    pd.testing.assert_frame_equal(Forecaster.load(tmp_path / "run").predict(), ours, rtol=1e-6)
    assert forecaster.report["training"][0]["head"] == head
