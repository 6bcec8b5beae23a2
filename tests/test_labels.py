"""Labels of sequences, the whole way: train, save, load, predict and evaluate, by command and library."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from forecaster.config.data_settings import DataSettings
from forecaster.data.load import hold_out, read_panel
from forecaster.errors import ConfigError, DataError, RunError
from forecaster.forecaster import Forecaster
from forecaster.report.build import report_page
from forecaster.run.load import load_run
from forecaster.training.sequence_prepare import prepare_sequences

TINY = {"epochs": 30, "ensemble": 1, "units": 8, "threads": 1}


def waves(n: int, seed: int) -> pd.DataFrame:
    """``n`` sequences of 8 to 12 rows and two channels, that rise or fall, by turns."""
    rng = np.random.default_rng(seed)
    parts = []
    for one in range(n):
        length, sign = int(rng.integers(8, 13)), 1 if one % 2 else -1
        steps = np.linspace(0, sign, length)
        parts.append(
            pd.DataFrame(
                {
                    "case": f"s{one}",
                    "class": "up" if sign > 0 else "down",
                    "x": steps + rng.normal(0, 0.1, length),
                    "y": rng.normal(0, 1, length),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a training and a test file and a run of both."""
    folder = tmp_path_factory.mktemp("labels")
    waves(40, 0).to_csv(folder / "train.csv", index=False)
    waves(20, 1).to_csv(folder / "test.csv", index=False)
    with contextlib.chdir(folder):
        options = "--label class --id case --test test.csv --epochs 30 --ensemble 1 --units 8 --threads 1"
        result = call(f"train train.csv {options} --out run --report")
        (folder / "out.txt").write_text(result.output)
        assert result.exit_code == 0, result.output
        yield folder


def call(line: str) -> Result:
    return CliRunner().invoke(cli, line.split())


def test_training_prints_scores_beside_baselines_and_who_is_ahead(place: Path) -> None:
    printed = (place / "out.txt").read_text()
    assert "Scores on the test part, 20 sequences" in printed
    for name in ("model (classes)", "majority", "logistic", "1nn_euclidean"):
        assert name in printed
    assert "beats every baseline" in printed or "baseline beats the model" in printed


@pytest.mark.usefixtures("place")
def test_the_report_has_the_confusions_and_what_was_held_out() -> None:
    report = Forecaster.load("run").report
    part = report["scores"]["test"]
    assert part["classes"] == ["down", "up"] or part["classes"] == ["up", "down"]
    assert np.sum(part["confusion"]) == 20 and part["deciding"] == "accuracy"
    assert part["model"]["accuracy"] >= 0.9
    assert report["split"]["kind"] == "the file of --test"
    assert report["split"]["test"]["n_series"] == 20 and report["split"]["train"]["n_series"] == 40


@pytest.mark.usefixtures("place")
def test_predict_gives_the_class_and_the_probabilities() -> None:
    loaded = Forecaster.load("run")
    table = loaded.predict(waves(6, 2).drop(columns="class"))
    classes = loaded.report["scores"]["test"]["classes"]
    assert list(table.columns) == ["unique_id", "label", *(f"p-{name}" for name in classes)]
    np.testing.assert_allclose(table.filter(like="p-").sum(axis=1), 1)
    likeliest = table.filter(like="p-").idxmax(axis=1).str.removeprefix("p-")
    assert (likeliest == table["label"]).all() and table["unique_id"].tolist()[:2] == ["s0", "s1"]


@pytest.mark.usefixtures("place")
def test_command_and_library_say_the_same() -> None:
    waves(6, 2).drop(columns="class").to_csv("new.csv", index=False)
    result = call("predict new.csv --run run --out labels.csv")
    assert result.exit_code == 0, result.output
    written, table = pd.read_csv("labels.csv"), Forecaster.load("run").predict("new.csv")
    assert written["label"].tolist() == table["label"].tolist()
    np.testing.assert_allclose(written.filter(like="p-"), table.filter(like="p-"), rtol=1e-6)


@pytest.mark.usefixtures("place")
def test_evaluate_scores_the_series_of_a_file() -> None:
    result = call("evaluate test.csv --run run --json")
    assert result.exit_code == 0, result.output
    trained = Forecaster.load("run").report["scores"]["test"]["model"]
    found = json.loads(result.stdout)
    assert found["n_windows"] == 20 and found["best_baseline"] == "majority"
    assert found["baselines"]["majority"]["accuracy"] == 0.5  # half of the 20 are of either class
    assert found["baselines"]["majority"]["log_loss"] == pytest.approx(np.log(2))
    assert "of the baselines a run knows 'majority' alone" in result.stderr
    assert found["model"]["log_loss"] == pytest.approx(trained["log_loss"], rel=1e-6)


@pytest.mark.usefixtures("place")
def test_a_file_with_a_new_class_or_without_the_label_is_refused_by_evaluate() -> None:
    loaded = Forecaster.load("run")
    with pytest.raises(DataError, match=r"column 'class' holds flat, which .*run has none of"):
        loaded.evaluate(waves(4, 3).assign(**{"class": "flat"}))
    with pytest.raises(RunError, match="holds no class to score by"):
        loaded.evaluate(waves(4, 3).drop(columns="class"))


@pytest.mark.usefixtures("place")
def test_what_is_asked_of_forecasts_is_refused_by_evaluate() -> None:
    for asked, option in (("--within 7d", "--within"), ("--level 50", "--level")):
        result = call(f"evaluate test.csv --run run {asked}")
        assert result.exit_code == 1
        assert f"{option}: run was trained on sequences, which have no use for it." in result.output


def test_a_saved_run_says_what_the_one_in_memory_said(tmp_path: Path) -> None:
    trained = Forecaster(**TINY, label="class", id="case").fit(waves(20, 0), test=waves(4, 1))
    table = trained.predict(waves(4, 2))
    trained.save(tmp_path / "run")
    loaded = Forecaster.load(tmp_path / "run").predict(waves(4, 2))
    pd.testing.assert_frame_equal(loaded, table, rtol=1e-6)


@pytest.mark.usefixtures("place")
def test_a_run_keeps_no_rows_of_labels_to_predict() -> None:
    with pytest.raises(RunError, match=r"keeps no rows\. Name a file"):
        Forecaster.load("run").predict()


def test_test_series_change_nothing_that_is_learnt() -> None:
    settings = DataSettings(label="class", id="case")
    train, test = read_panel(waves(20, 0), settings), waves(6, 1)
    strange = test.assign(x=test["x"] * 1e6)
    fits = []
    for held_out in (test, strange):
        trained = Forecaster(**TINY | {"epochs": 2}, label="class", id="case").fit(train, test=held_out)
        fits.append(trained.predict(waves(4, 2)).filter(like="p-").to_numpy())
    np.testing.assert_array_equal(*fits)


@pytest.mark.usefixtures("place")
def test_few_sequences_are_all_learnt_from() -> None:
    settings = Forecaster(label="class", id="case").settings
    panel = hold_out(read_panel("train.csv", settings.data), "test.csv", settings.data)
    prepared = prepare_sequences(panel, settings)
    assert prepared.split.valid.n_rows == 0
    assert "valid_size" in {one.name for one in prepared.defaults}
    waits = Forecaster(label="class", id="case", schedule="plateau").settings
    assert prepare_sequences(panel, waits).split.valid.n_rows > 0


@pytest.mark.usefixtures("place")
def test_inspect_says_classes_lengths_and_the_baseline_to_beat() -> None:
    result = call("inspect train.csv --label class --id case --json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["classes"] == {"down": 0.5, "up": 0.5} and facts["learnt"] == "labels"
    assert facts["rows_per_series"].startswith("8 to 12") and facts["channels"] == ["x", "y"]
    assert facts["baseline_scores"]["logistic"] >= 0.75 and facts["baseline_metric"] == "accuracy"
    assert facts["train"] == "forecast train train.csv --label class --id case"
    plain = call("inspect train.csv --label class --id case")
    assert "8 sequences held out" in plain.output and "n classes" in plain.output


def test_the_page_shows_confusions_and_every_class(place: Path) -> None:
    page = (place / "run" / "report.html").read_text()
    for text in ("Classes of train.csv", "Confusion matrix", "How well each class was found", "macro F1"):
        assert text in page
    assert "named the right class of" in page and "Calibration" not in page


def test_the_page_of_many_classes_lists_the_pairs_most_often_confused(place: Path) -> None:
    run = load_run(place / "run")
    names = [f"k{one}" for one in range(31)]
    counts = np.diag(np.full(31, 5))
    counts[3, 4] = 2
    scores = dict(run.report["scores"]["test"], classes=names, confusion=counts.tolist())
    page, _ = report_page(replace(run, report=run.report | {"scores": {"test": scores}}))
    assert "Classes most often mistaken" in page and "Confusion matrix" not in page


def test_past_moments_of_sequences_are_refused() -> None:
    with pytest.raises(ConfigError, match="sequences have nothing to forecast from past moments"):
        Forecaster(**TINY, label="class", id="case").cross_validation(waves(12, 1))
