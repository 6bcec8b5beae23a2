"""Symbols from a file to what comes next: learnt, scored, saved, loaded, and gone on with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecaster.commands import cli
from forecaster.errors import ConfigError, RunError
from forecaster.forecaster import Forecaster

SMALL = {"units": 16, "layers": 1, "threads": 1, "epochs": 25, "look_back": 8, "learning_rate": 0.02}
LETTERS = np.array(list("abc"))


def turns(n_series: int = 3, n_rows: int = 60) -> pd.DataFrame:
    """a b c a b c ..., each series beginning where it will."""
    pieces = [
        pd.DataFrame({"who": f"s{number}", "what": LETTERS[(np.arange(n_rows) + number) % 3]})
        for number in range(n_series)
    ]
    return pd.concat(pieces, ignore_index=True)


@dataclass(frozen=True)
class Trained:
    """A run and its file."""

    forecaster: Forecaster
    folder: Path
    data: Path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("symbols")
    data = folder / "turns.csv"
    turns().to_csv(data, index=False)
    forecaster = Forecaster(id="who", mark="what", final_fit=False, **SMALL).fit(data)
    forecaster.save(folder / "run")
    return Trained(forecaster, folder / "run", data)


def test_scores_of_symbols_stand_beside_markov(trained: Trained) -> None:
    part = trained.forecaster.report["scores"]["test"]
    assert part["deciding"] == "log_loss" and part["scored"] == "rows" and part["n_windows"] == 3 * 6
    assert list(part["baselines"]) == ["frequencies", "markov", "markov_2"]
    assert part["model"]["accuracy"] == part["baselines"]["markov"]["accuracy"] == 1.0
    assert part["model"]["perplexity"] < 1.2 < 2.9 < part["baselines"]["frequencies"]["perplexity"]


def test_symbols_go_on_in_turn_from_the_last_rows_of_the_run(trained: Trained) -> None:
    table = trained.forecaster.predict(horizon=7)
    assert list(table) == ["unique_id", "step", "mark", "probability"]
    assert table["step"].tolist() == [1, 2, 3, 4, 5, 6, 7] * 3
    by_series = table.groupby("unique_id", sort=False)["mark"].agg("".join)
    assert by_series.tolist() == ["abcabca", "bcabcab", "cabcabc"]
    assert table["probability"].between(0.5, 1.0).all()
    assert len(trained.forecaster.predict()) == 3  # one symbol of each


def test_a_loaded_run_goes_on_as_the_one_that_was_saved(trained: Trained) -> None:
    loaded = Forecaster.load(trained.folder)
    for given in ({"horizon": 4}, {"horizon": 9, "sample": True, "seed": 5, "temperature": 3.0}):
        ours, theirs = (one.predict(**given) for one in (trained.forecaster, loaded))
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-6)


def test_symbols_of_a_file_go_on_and_new_ones_are_unknown(trained: Trained) -> None:
    table = pd.DataFrame({"who": "new", "what": list("abcabcab")})
    assert trained.forecaster.predict(table, horizon=3)["mark"].tolist() == ["c", "a", "b"]
    table.loc[0, "what"] = "z"
    assert trained.forecaster.predict(table, horizon=2)["mark"].tolist() == ["c", "a"]
    assert any("not trained on" in note for note in trained.forecaster.notes)


def test_new_rows_are_scored(trained: Trained) -> None:
    scores = trained.forecaster.evaluate(turns(2, 10))
    assert scores["n_windows"] == 18 and scores["model"]["accuracy"] > 0.8
    assert list(scores["baselines"]) == ["frequencies"] and scores["beaten_by"] == []
    with pytest.raises(RunError, match=r"holds no symbol that was trained on after the first row of a"):
        trained.forecaster.evaluate(turns(2, 1))


def test_one_symbol_alone_is_nothing_to_learn() -> None:
    with pytest.raises(ConfigError, match=r"one class only, a\. Bring rows of several"):
        Forecaster(mark="note", threads=1).fit(pd.DataFrame({"note": ["a", "a"]}))


def test_a_run_without_its_rows_needs_a_file(trained: Trained, tmp_path: Path) -> None:
    trained.forecaster.save(tmp_path / "run", context=False)
    loaded = Forecaster.load(tmp_path / "run")
    with pytest.raises(RunError, match="keeps no rows"):
        loaded.predict(horizon=2)
    assert len(loaded.predict(trained.data, horizon=2)) == 6


def test_symbols_are_continued_by_the_command(trained: Trained) -> None:
    asked = ["predict", "--run", str(trained.folder), "--horizon", "5", "--json"]
    found = CliRunner().invoke(cli, asked)
    assert found.exit_code == 0, found.output
    assert [row["mark"] for row in json.loads(found.stdout)][:5] == list("abcab")
    drawn = [CliRunner().invoke(cli, [*asked, "--sample", "--seed", "2"]).stdout for _ in range(2)]
    assert drawn[0] == drawn[1]
    cold = CliRunner().invoke(cli, [*asked, "--temperature", "0.5"])
    assert cold.exit_code == 1 and "--temperature 0.5: only draws have one. Add --sample." in cold.stderr


def test_a_seed_below_zero_is_refused(trained: Trained) -> None:
    with pytest.raises(ConfigError, match="--seed -1: must not be negative"):
        trained.forecaster.predict(sample=True, seed=-1)


@pytest.mark.parametrize("horizon", [0, -3])
def test_a_horizon_below_one_is_refused(trained: Trained, horizon: int) -> None:
    with pytest.raises(ConfigError, match=f"--horizon {horizon}: must be 1 or more"):
        trained.forecaster.predict(horizon=horizon)


@pytest.mark.parametrize(
    ("name", "value"), [("as_of", "2020-01-01"), ("within", ["7d"]), ("quantile", [0.5])]
)
def test_what_is_said_of_numbers_is_refused(trained: Trained, name: str, value: object) -> None:
    option = name.replace("_", "-")
    with pytest.raises(
        ConfigError, match=f"--{option}: this run was trained on sequences, which have no use"
    ):
        trained.forecaster.predict(**{name: value})  # type: ignore[arg-type]


def test_symbols_are_not_read_backwards() -> None:
    with pytest.raises(ConfigError, match="--bidirectional: every step gives its own successor; backwards"):
        Forecaster(id="who", mark="what", bidirectional=True, **SMALL).fit(turns())


def test_numbers_beside_symbols_are_not_known_ahead() -> None:
    table = turns(1, 30).assign(x=np.arange(30.0))
    settings = {**SMALL, "epochs": 1}
    forecaster = Forecaster(mark="what", past="x", kind="sequences", **settings).fit(table)
    assert len(forecaster.predict()) == 1
    with pytest.raises(ConfigError, match="--horizon 2: this run sees x beside the symbols"):
        forecaster.predict(horizon=2)


def test_only_symbols_are_drawn() -> None:
    table = turns(12, 6).assign(y=np.arange(72.0))
    forecaster = Forecaster(id="who", label="first", past="y", **{**SMALL, "epochs": 1})
    forecaster.fit(table.assign(first=table["who"].str[-1].isin(list("02468"))))
    with pytest.raises(ConfigError, match="--sample: only symbols are drawn; this run is of labels"):
        forecaster.predict(table, sample=True)
    with pytest.raises(ConfigError, match="--horizon 3: this run says labels of the rows it is given"):
        forecaster.predict(table, horizon=3)
    plain = Forecaster(**{**SMALL, "epochs": 1}).fit(
        pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=40), "y": np.arange(40.0)})
    )
    with pytest.raises(ConfigError, match="--sample: only symbols are drawn; this run is of values"):
        plain.predict(sample=True)


def test_a_later_symbol_changes_no_earlier_probability(trained: Trained) -> None:
    from forecaster.evaluation.sequence_tables import read_sequences_like
    from forecaster.windows.windows import Span

    run = trained.forecaster._trained()
    said = []
    for last in ("a", "c"):
        table = turns(1, 12)
        table.loc[9, "what"] = last
        panel = read_sequences_like(run, table)  # type: ignore[arg-type]
        rows, probs = run.models[0].predict(panel, Span(np.array([0]), np.array([12])))  # type: ignore[attr-defined]
        said.append(probs[rows <= 9])
    assert said[0] == pytest.approx(said[1], abs=1e-6)
