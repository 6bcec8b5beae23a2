from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from choose_defaults import main, read_results, write_results
from choose_runs import Run, held_out
from choose_table import markdown_lines, relative
from choose_variants import changes
from value_data import Problem

FORCE = {
    "season": 12, "look_back": 24, "units": [128], "epochs": 5, "steps_per_epoch": 100, "dropout": 0.3,
    "cell": "gru", "residual": "season", "preset": "balanced",
}  # fmt: skip


def make_problem(name: str, lengths: list[int], horizon: int, season: int = 1, n_valid: int = 0) -> Problem:
    parts = [
        pd.DataFrame(
            {"unique_id": f"s{number}", "ds": range(length), "y": np.arange(length) + 100.0 * number}
        )
        for number, length in enumerate(lengths)
    ]
    train = pd.concat(parts, ignore_index=True)
    return Problem(name, train, train.iloc[:0], horizon, season, n_valid)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four series of the M3 competition that nobody has seen; test rows that would spoil any score."""
    (tmp_path / "m3").mkdir()
    ids = [f"N{number}" for number in range(4)]
    pd.DataFrame({"series_id": ids, "period": "other", "h": 8}).to_csv(
        tmp_path / "m3/m3_meta.csv.gz", index=False
    )
    rows = [
        (name, t, "train" if t < 48 else "test", 50 + t + 5 * np.sin(t + number) if t < 48 else 1e9)
        for number, name in enumerate(ids)
        for t in range(56)
    ]
    table = pd.DataFrame(rows, columns=["series_id", "t", "split", "value"])
    table.to_csv(tmp_path / "m3/m3_values.csv.gz", index=False)
    return tmp_path


def test_the_last_horizon_of_the_training_part_is_held_out() -> None:
    problem = make_problem("m3_other", [10, 7, 5], horizon=2)
    inner = held_out(problem, 0)
    assert inner.train["y"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 100, 101, 102, 103, 104]
    assert inner.test["y"].tolist() == [8, 9, 105, 106]
    before = held_out(problem, 1)
    assert before.train["y"].tolist() == [0, 1, 2, 3, 4, 5]
    assert before.test["y"].tolist() == [6, 7]


def test_months_of_validation_are_forecast_every_six_hours() -> None:
    inner = held_out(make_problem("etth1", [11_520, 11_520], horizon=96, season=24, n_valid=2_880), 0)
    assert inner.n_cutoffs == 465
    assert inner.train.groupby("unique_id")["y"].max().tolist() == [8_639, 8_739]
    assert inner.test.groupby("unique_id")["y"].agg(["min", "max"]).to_numpy().tolist() == [
        [8_640, 11_519], [8_740, 11_619],
    ]  # fmt: skip


def test_a_variant_goes_by_the_settings_in_force() -> None:
    assert changes("half_units", FORCE) == {"units": (64,)}
    assert changes("half_steps", FORCE) == {"epochs": 2, "steps_per_epoch": 100}
    assert changes("double_steps", FORCE) == {"epochs": 10, "steps_per_epoch": 100}
    assert changes("one_season_more", FORCE) == {"look_back": 36}
    assert changes("lstm", FORCE) == {"cell": "lstm"}
    assert changes("default", FORCE) == {}


def test_what_the_default_does_is_no_variant() -> None:
    assert changes("dropout_03", FORCE) is None
    assert changes("residual_season", FORCE) is None
    assert changes("one_season_fewer", FORCE | {"look_back": 12}) is None
    assert changes("one_season_more", FORCE | {"season": 1}) is None
    assert changes("residual_season", FORCE | {"season": 1, "residual": "last"}) is None


def one_result(mase: float, seconds: float) -> dict[str, Any]:
    scores = {"smape": 10.0, "mase": mase, "coverage_80": 0.8}
    return {
        "settings": {}, "scores": scores, "seconds": seconds, "threads": 1, "date": "2026-11-21",
        "versions": {"torch": "2"},
    }  # fmt: skip


def test_variants_are_held_against_the_default_of_the_same_origin() -> None:
    results = {
        Run("a", "default", 0, 0): one_result(1.0, 10.0),
        Run("a", "default", 1, 0): one_result(9.0, 50.0),
        Run("a", "lstm", 0, 0): one_result(0.8, 20.0),
        Run("b", "default", 0, 0): one_result(2.0, 10.0),
        Run("b", "lstm", 0, 0): one_result(2.5, 20.0),
        Run("b", "dropout_0", 0, 0): one_result(2.008, 5.0),
        Run("b", "mae", 0, 0): one_result(0.0, 0.0) | {"scores": None},
    }
    assert relative("a", "lstm", results) == pytest.approx((0.8, 2.0))
    assert relative("b", "mae", results) is None and relative("a", "mae", results) is None
    lines = list(markdown_lines({"processor": "P", "fast": False}, results))
    assert "| lstm | 2 | 1.0000 | 1 | 1 | 2.00 |" in lines
    assert "| dropout_0 | 1 | 1.0040 | 0 | 0 | 0.50 |" in lines
    assert "| default | 5 | 10 | 0.8 | 30.0 | 1.0000 |" in lines
    assert "| lstm | 0.8 | 10 | 0.8 | 20.0 | 0.8000 |" in lines
    assert lines[-1] == "Not run, being what the default does, or for want of a season: mae."


def test_a_study_goes_on_where_it_was_stopped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "found.json"
    arguments = ["--data", str(folder), "--only", "m3_other", "--fast", "--out", str(out)]
    main([*arguments, "--variants", "half_units"])
    first = read_results(out, True)
    assert list(first) == [Run("m3_other", "default", 0, 0), Run("m3_other", "half_units", 0, 0)]
    assert first[Run("m3_other", "half_units", 0, 0)]["settings"] == {"units": [2]}
    assert first[Run("m3_other", "default", 0, 0)]["settings"]["units"] == [4]
    assert all(one["scores"]["mase"] < 1_000 for one in first.values())
    capsys.readouterr()
    main([*arguments, "--variants", "half_units,residual_season,mae"])
    printed = capsys.readouterr()
    skipped, fitted = printed.err.splitlines()
    assert skipped == "m3_other, residual_season, 0, 0: null" and fitted.startswith("m3_other, mae, 0, 0: {")
    assert out.with_suffix(".md").read_text() == printed.out
    assert "A fast run" in printed.out and "| half_units | 1 |" in printed.out
    found = read_results(out, True)
    assert {run: found[run] for run in first} == first and len(found) == 4


def test_other_defaults_are_not_mixed_into_a_file(folder: Path) -> None:
    out = folder / "found.json"
    arguments = ["--data", str(folder), "--only", "m3_other", "--out", str(out), "--variants", "default"]
    run = Run("m3_other", "default", 0, 0)
    write_results({"processor": "P", "fast": True}, {run: one_result(1.0, 1.0)}, out)
    assert json.loads(out.read_text())["runs"][0]["problem"] == "m3_other"
    with pytest.raises(
        SystemExit, match=r"m3_other was run with other defaults, such as activation None, now"
    ):
        main([*arguments, "--fast"])
    with pytest.raises(SystemExit, match=r"found.json: holds fast runs. Name another file."):
        main(arguments)


def test_a_wrong_variant_or_number_is_named(folder: Path) -> None:
    with pytest.raises(
        SystemExit, match=r"--variants best: no such variant. Name some of default, preset_fast"
    ):
        main(["--variants", "best"])
    with pytest.raises(SystemExit, match=r"--origins 0: below 1. Raise it."):
        main(["--data", str(folder), "--only", "m3_other", "--origins", "0"])
