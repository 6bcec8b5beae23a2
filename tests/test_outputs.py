"""Outputs of every row from a file to the saved run: refused settings, missing values, several outputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from forecaster.config.data_settings import DataSettings
from forecaster.config.settings import WindowSettings
from forecaster.data.load import read_panel
from forecaster.errors import ConfigError
from forecaster.forecaster import Forecaster
from forecaster.windows.sequence_split import split_sequences

TINY: dict[str, Any] = {"epochs": 2, "units": 6, "layers": 1, "threads": 1, "look_back": 8, "batch_size": 4}


def filtered(n_rows: int = 120, n_series: int = 1) -> pd.DataFrame:
    """Noise, its sum over three rows, and whether that is above zero."""
    rng = np.random.default_rng(5)
    parts = []
    for number in range(n_series):
        x = rng.normal(size=n_rows + number)
        y = x + np.r_[0, x[:-1]] + np.r_[0, 0, x[:-2]]
        sign = np.where(y > 0, "up", "down")
        parts.append(
            pd.DataFrame({"unique_id": f"s{number}", "x": x, "y": y, "twice": 200 * y, "sign": sign})
        )
    table = pd.concat(parts, ignore_index=True)
    return table if n_series > 1 else table.drop(columns="unique_id")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments])


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"outputs": "y", "bidirectional": True},
            "--bidirectional: every step gives its outputs from what came before; backwards it would see the "
            "answer. Leave it out.",
        ),
        (
            {"outputs": "sign", "stateful": True, "bidirectional": True},
            "--stateful: no state goes on backwards. Leave it out.",
        ),
        (
            {"outputs": "y", "stride": 9},
            "--stride 9: above --look-back 8, so rows between windows would never be learnt. Lower it to 8, "
            "or raise --look-back.",
        ),
        (
            {"outputs": "y", "stateful": True, "stride": 2},
            "--stride 2: with --stateful each window begins where the one before ended. Leave it out.",
        ),
        (
            {"outputs": "y", "stateful": True, "steps_per_epoch": 3},
            "--steps-per-epoch 3: with --stateful an epoch is every series once. Leave it out.",
        ),
        ({"outputs": "y", "horizon": 3}, "--horizon 3: sequences have no use for it. Leave it out."),
        ({"outputs": "y", "preset": "fast"}, "--preset fast: sequences have no use for it. Leave it out."),
        ({"outputs": "y", "conformal": True}, "--conformal: sequences have no use for it. Leave it out."),
        ({"outputs": "y", "censor": False}, "--no-censor: sequences have no use for it. Leave it out."),
        ({"outputs": "y", "unit": "bar"}, "--unit bar: sequences have no use for it. Leave it out."),
        (
            {"outputs": "y", "target": "x"},
            "--target x: --outputs says what is learnt of sequences. Leave one of the two out.",
        ),
        (
            {"outputs": "y", "transforms": "log"},
            "--transforms log: sequences have no use for it. Leave it out.",
        ),
        (
            {"outputs": "y,sign"},
            "--outputs y,sign: 'sign' holds categories, which are learnt alone. Name it alone, or columns of "
            "numbers.",
        ),
        (
            {"outputs": "y", "test_size": "2024-01-01"},
            "--test-size 2024-01-01: a date cuts no sequences. Give a fraction, or a number of series or of "
            "rows.",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Forecaster(**(TINY | settings)).fit(filtered().assign(unique_id="s"))
    assert str(caught.value) == message


def test_tags_may_look_at_rows_behind_and_outputs_do_not() -> None:
    tags = Forecaster(outputs="sign", past="x", **TINY).fit(filtered())
    numbers = Forecaster(outputs="y", past="x", **TINY).fit(filtered())
    assert tags.report["settings"]["bidirectional"] is True
    assert numbers.report["settings"]["bidirectional"] is False


def test_missing_outputs_are_left_out_of_training_and_scores() -> None:
    table = filtered()
    table.loc[::2, "y"] = np.nan
    run = Forecaster(outputs="y", past="x", test_size=20, **TINY).fit(table)
    assert run.report["scores"]["test"]["n_windows"] == 10
    assert run.predict(table)["y"].notna().all()


def test_several_outputs_have_scores_of_their_own() -> None:
    run = Forecaster(outputs="y,twice", past="x", **TINY).fit(filtered())
    part = run.report["scores"]["test"]
    assert part["deciding"] == "r2"
    model = part["model"]
    assert model["rmse_twice"] > 20 * model["rmse_y"]
    assert model["r2"] == pytest.approx((model["r2_y"] + model["r2_twice"]) / 2)
    assert part["baselines"]["linear"]["r2"] > 0.9999 and part["beaten_by"][0] == "linear"
    assert run.predict(filtered()).columns.tolist() == ["unique_id", "ds", "y", "twice"]


def test_many_series_are_held_out_as_a_whole_and_few_are_cut_in_time() -> None:
    many = filtered(12, 20)
    run = Forecaster(outputs="y", past="x", id="unique_id", **TINY).fit(many)
    assert run.report["scores"]["test"]["n_windows"] == rows_held_out(many)
    few = filtered(40, 2)
    cut = Forecaster(outputs="y", past="x", id="unique_id", test_size=5, **TINY).fit(few)
    assert cut.report["scores"]["test"]["n_windows"] == 10


def rows_held_out(table: pd.DataFrame) -> int:
    """Rows of the series that seed 0 holds out, four of twenty."""
    panel = read_panel(table, DataSettings(outputs=("y",), past=("x",), id="unique_id"))
    test = split_sequences(panel, WindowSettings(), 0).test
    assert int((test.ends > test.begins).sum()) == 4
    return test.n_rows


@pytest.mark.parametrize("stateful", [False, True])
def test_a_saved_run_gives_the_same_outputs(stateful: bool) -> None:
    table = filtered(30, 3)
    run = Forecaster(outputs="y", past="x", id="unique_id", stateful=stateful, **TINY).fit(table)
    run.save("runs/one")
    loaded = Forecaster.load("runs/one")
    new = filtered(50, 2).drop(columns=["y", "twice", "sign"])
    pd.testing.assert_frame_equal(loaded.predict(new), run.predict(new))
    scores = loaded.evaluate(filtered(50, 2))
    assert scores["n_windows"] == 101 and scores["best_baseline"] == "mean"
    y, usual = filtered(50, 2)["y"], table["y"].mean()  # all rows were learnt from in the end
    assert scores["baselines"]["mean"]["rmse"] == pytest.approx(np.sqrt(((y - usual) ** 2).mean()))
    assert run.evaluate(filtered(50, 2))["baselines"] == scores["baselines"]


def test_commands_train_predict_and_evaluate() -> None:
    filtered().to_csv("data.csv", index=False)
    few = ["--units", 6, "--layers", 1, "--threads", 1, "--epochs", 2, "--look-back", 8]
    trained = call("train", "data.csv", "--outputs", "sign", "--past", "x", *few)
    assert trained.exit_code == 0, trained.output
    assert "Scores on the test part, 12 rows" in trained.stdout and "macro_f1" in trained.stdout
    assert "logistic" in trained.stdout and "frequencies" in trained.stdout
    assert call("predict", "data.csv", "--out", "tags.csv").exit_code == 0
    tags = pd.read_csv("tags.csv")
    assert tags.columns.tolist() == ["unique_id", "ds", "sign", "probability"] and len(tags) == 120
    assert set(tags["sign"]) <= {"up", "down"} and tags["probability"].between(0.5, 1).all()
    shown = call("predict", "data.csv")
    assert "Tags by runs/data" in shown.stdout and "0.5" in shown.stdout
    scores = json.loads(call("evaluate", "data.csv", "--json").stdout)
    assert scores["n_windows"] == 120 and scores["model"]["accuracy"] > 0
    lacking = call("evaluate", write(filtered().drop(columns="sign")))
    assert lacking.exit_code == 1 and "holds no sign to score by. Use a file with it." in lacking.stderr
    nothing = call("predict")
    assert nothing.exit_code == 1 and "keeps no rows" in nothing.stderr


def write(table: pd.DataFrame) -> str:
    table.to_csv("other.csv", index=False)
    return "other.csv"


def test_a_column_that_was_an_input_must_be_there(write_csv: Callable[..., Path]) -> None:
    run = Forecaster(outputs="y", past="x", **TINY).fit(filtered())
    with pytest.raises(Exception, match="lacks x"):
        run.predict(write_csv("z,y", "1,2", "2,3"))
