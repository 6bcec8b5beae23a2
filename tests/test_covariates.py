"""Covariates from the file to the forecast, by the commands and from Python."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from forecaster.errors import ConfigError, DataError
from forecaster.forecaster import Forecaster

SMALL: dict[str, Any] = {
    "look_back": 4,
    "horizon": 2,
    "season": 1,
    "epochs": 4,
    "steps_per_epoch": 60,
    "ensemble": 1,
    "units": 16,
    "threads": 1,
    "min_history": 4,
    "baselines": "fast",
    "learning_rate": 0.01,
}


def shops(n_days: int = 123) -> pd.DataFrame:
    """Two shops that sell 10 + 3 on days with a promotion, and a little noise."""
    rng = np.random.default_rng(0)
    promo = (rng.random((2, n_days)) < 0.3).astype(float)
    return pd.DataFrame(
        {
            "unique_id": np.repeat(["a", "b"], n_days),
            "ds": np.tile(pd.date_range("2024-01-01", periods=n_days), 2),
            "y": 10 + 3 * promo.ravel() + 0.1 * rng.normal(size=2 * n_days),
            "promo": promo.ravel(),
            "day": np.tile(np.resize(["mon", "tue", "wed"], n_days), 2),
            "size": np.repeat([3, 5], n_days),
        }
    )


@dataclass(frozen=True)
class Shops:
    """A run trained on all days but the last two, in a folder with ``future.csv``, those two."""

    folder: Path
    forecaster: Forecaster
    data: pd.DataFrame
    future: pd.DataFrame


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    folder = tmp_path_factory.mktemp("shops")
    table = shops()
    is_future = table["ds"] >= "2024-05-01"
    data, future = table[~is_future], table[is_future].drop(columns=["y", "size"])
    data.to_csv(folder / "data.csv", index=False)
    future.to_csv(folder / "future.csv", index=False)
    with contextlib.chdir(folder):
        forecaster = Forecaster(**SMALL, future_known="promo,day", static="size", features="weekday")
        forecaster.fit("data.csv").save("runs/shops")
    return Shops(folder, forecaster, data, future)


def call(folder: Path, *arguments: str) -> Result:
    with contextlib.chdir(folder):
        return CliRunner().invoke(cli, list(arguments))


def test_what_is_known_in_advance_is_worth_knowing(trained: Shops) -> None:
    without = Forecaster(**SMALL).fit(trained.data).report["scores"]["test"]["model"]["mae"]
    known = trained.forecaster.report["scores"]["test"]["model"]["mae"]
    assert without > 0.7  # the promotions come as they like
    assert known < 0.3
    on, off = (
        trained.forecaster.predict(future=trained.future.assign(promo=promo))["forecast"] for promo in (1, 0)
    )
    np.testing.assert_allclose(on - off, 3, atol=0.5)


def test_report_lists_the_covariates(trained: Shops) -> None:
    facts = trained.forecaster.report["data"]
    assert facts["covariates"] == {"past": [], "future_known": ["promo", "day"], "static": ["size"]}
    assert facts["channels"] == ["y", "promo", "day=mon", "day=tue", "day=wed"]
    architecture = trained.forecaster._run.models[0].architecture  # type: ignore[union-attr]
    assert (architecture.n_channels, architecture.n_static, architecture.n_future) == (5 + 7, 1, 4 + 1 + 7)


def test_future_is_taken_from_a_file_a_frame_or_the_end_of_the_data(trained: Shops) -> None:
    first = trained.forecaster.predict(future=trained.future)
    loaded = Forecaster.load(trained.folder / "runs" / "shops")
    assert first["ds"].astype(str).tolist() == ["2024-05-01", "2024-05-02"] * 2
    for data in (None, trained.data, trained.folder / "data.csv"):
        again = loaded.predict(data, future=trained.folder / "future.csv")
        pd.testing.assert_frame_equal(again, first, check_exact=True)
    ended = pd.concat([trained.data, trained.future.assign(size=np.nan)])
    pd.testing.assert_frame_equal(loaded.predict(ended), first, check_exact=True)
    assert loaded.notes == ["rows without a target at the end of their series are taken as its future (4)"]
    other = loaded.predict(ended, future=trained.future.assign(promo=1 - trained.future["promo"]))
    assert (other["forecast"] - first["forecast"]).abs().min() > 1


def test_training_file_may_end_in_the_future(trained: Shops, tmp_path: Path) -> None:
    ended = pd.concat([trained.data, trained.future.assign(size=np.nan)])
    one = Forecaster(**{**SMALL, "epochs": 1}, future_known="promo").fit(ended)
    one.save(tmp_path / "run")
    pd.testing.assert_frame_equal(
        Forecaster.load(tmp_path / "run").predict(), one.predict(), check_exact=True
    )


def test_evaluate_and_backtest_know_the_future_of_their_rows(trained: Shops) -> None:
    assert trained.forecaster.evaluate(shops())["model"]["mae"] < 0.5
    quick = Forecaster(**SMALL, future_known="promo")
    found = quick.cross_validation(trained.data, n_windows=3, step_size=2)
    assert (found["y"] - found["forecast"]).abs().mean() < 0.5


def test_ids_that_were_not_trained_on_bring_their_own(trained: Shops) -> None:
    data = trained.data.assign(unique_id=trained.data["unique_id"] + "x", size=4, day="fri")
    future = trained.future.assign(unique_id=trained.future["unique_id"] + "x")
    found = trained.forecaster.predict(data, future=future)
    assert found["unique_id"].unique().tolist() == ["ax", "bx"]
    assert np.isfinite(found["forecast"]).all()
    text = "categories in day were not trained on; they are taken as none of the known (242)"
    assert text in trained.forecaster.notes


def test_a_future_that_is_not_there_is_an_error(trained: Shops) -> None:
    forecaster, future = Forecaster.load(trained.folder / "runs" / "shops"), trained.future
    with pytest.raises(
        ConfigError, match=r"runs/shops: forecasting needs the future of columns day, promo\."
    ):
        forecaster.predict()
    with pytest.raises(
        DataError, match=r"no value of day, promo for b at 2024-05-02\. Give each series the 2"
    ):
        forecaster.predict(future=future.iloc[:3])
    last = future.assign(promo=future["promo"].where(future["ds"] < "2024-05-02"))
    with pytest.raises(DataError, match=r"no value of promo for a at 2024-05-02, nor for 1 other row\."):
        forecaster.predict(future=last)


def test_predict_reads_the_future_and_says_what_it_lacks(trained: Shops) -> None:
    run = ("predict", "--run", "runs/shops")
    result = call(trained.folder, *run, "--future", "future.csv")
    assert result.exit_code == 0 and result.stdout.count("2024-05-0") == 4
    result = call(trained.folder, *run)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: runs/shops: forecasting needs the future of columns day, promo. Give the 2 rows after the "
        "last ones with --future FILE.\n",
    )
    result = call(trained.folder, *run, "--future", "data.csv")
    assert result.exit_code == 1
    assert "data.csv: no value of day, promo for a at 2024-05-01, nor for 3 other rows." in result.stderr


def test_train_and_inspect_name_the_covariates(trained: Shops) -> None:
    options = ["--future-known", "promo", "--past", "size", "--horizon", "2"]
    result = call(
        trained.folder, "train", "data.csv", *options, "--epochs", "1", "--ensemble", "1", "--out", "runs/b"
    )
    assert result.exit_code == 0, result.output
    assert "Covariates: size (past), promo (future known)" in result.stderr
    assert "The next forecast needs the rows to come: forecast predict --future FILE" in result.stderr
    assert "Forecast" not in result.stdout
    result = call(trained.folder, "inspect", "data.csv", "--static", "size")
    assert "columns of numbers are not used: promo; name covariates with --past" in result.stderr
    assert "static size" in result.stdout


def test_a_run_without_such_columns_takes_no_future(values_run: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"--future: .* uses no column that is known in advance\. Leave it out"
    ):
        Forecaster.load(values_run.folder).predict(future=pd.DataFrame({"ds": [1]}))
