from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from accuracy import earlier_rows, main, processor
from accuracy_rows import ROWS
from accuracy_table import markdown_lines, singles_standing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five series of the M3 competition that nobody has seen."""
    (tmp_path / "m3").mkdir()
    ids = [f"N{number}" for number in range(5)]
    meta = pd.DataFrame({"series_id": ids, "period": "other", "h": 8})
    rows = [
        (name, t, "train" if t < 40 else "test", 50 + t + 5 * np.sin(t + len(name)))
        for name in ids
        for t in range(48)
    ]
    meta.to_csv(tmp_path / "m3/m3_meta.csv.gz", index=False)
    values = pd.DataFrame(rows, columns=["series_id", "t", "split", "value"])
    values.to_csv(tmp_path / "m3/m3_values.csv.gz", index=False)
    published = [("A", "MASE", 1.0), ("B", "MASE", 2.0), ("C", "MASE", 9.0), ("A", "sMAPE", 5.0)]
    table = pd.DataFrame(published, columns=["method", "metric", "value"]).assign(frequency="other")
    table.to_csv(tmp_path / "m3/published.csv", index=False)
    return tmp_path


def test_a_row_is_trained_scored_and_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "found.json"
    arguments = ["--data", str(folder), "--only", "m3_other", "--presets", "balanced", "--fast"]
    main([*arguments, "--seeds", "0,1", "--out", str(out)])
    found = json.loads(out.read_text())
    one = found["rows"]["m3_other"]["balanced"]
    assert [result["seed"] for result in one["results"]] == [0, 1]
    assert one["mean"]["mase"] == pytest.approx(np.mean([result["mase"] for result in one["results"]]))
    assert one["known"]["mase"] == {"A": 1.0, "B": 2.0, "C": 9.0, "median": 2.0}
    assert one["bars"] == [
        {"metric": "mase", "from": None, "to": 2.0, "met": bool(one["mean"]["mase"] <= 2.0)}
    ]
    assert one["mean"]["seconds_train"] <= one["mean"]["seconds"]
    assert {"torch", "forecaster"} <= set(found["versions"]) and found["machine"]["cores"] >= 1
    printed = capsys.readouterr()
    assert out.with_suffix(".md").read_text() == printed.out
    assert "A fast run" in printed.out and "| m3_other | balanced | mase |" in printed.out
    assert printed.err.count("m3_other, balanced") == 2


def test_a_wrong_name_or_a_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(SystemExit, match=r"--presets best: no such preset. Name some of"):
        main(["--presets", "best"])
    with pytest.raises(SystemExit, match=r"m4/Hourly-train.csv.gz is missing, which m4_hourly needs"):
        main(["--data", str(folder), "--only", "m4_hourly", "--presets", "balanced"])
    with pytest.raises(SystemExit, match=r"--out a.txt: not a .json file"):
        main(["--data", str(folder), "--only", "m3_other", "--presets", "balanced", "--out", "a.txt"])


def test_bars_are_those_of_the_preset() -> None:
    bars = ROWS["m4_hourly"].bars
    assert bars("balanced", {}) == {"owa": (-np.inf, 0.435), "coverage_80": (0.76, 0.84)}
    assert bars("accurate", {})["owa"] == (-np.inf, 0.409)
    assert bars("fast", {}) == {"coverage_80": (0.76, 0.84)}
    known = {"mase": {"mstl_week": 0.2, "naive": 1.0, "theta": 0.9, "auto_ets": 1.1}}
    assert ROWS["taylor"].bars("balanced", known)["mase"][1] == pytest.approx(0.9)
    assert ROWS["taylor"].bars("balanced", known)["mase"][1] < 0.9


def test_single_series_are_counted_together() -> None:
    known = {"mase": {"naive": 1.0, "theta": 0.9, "auto_ets": 1.1}}

    def one(mase: float) -> dict[str, object]:
        seconds = {"seconds_train": 1.0, "seconds_predict": 1.0, "seconds": 2.0, "threads": 1.0}
        return {"mean": {"mase": mase, **seconds}, "results": [{"mase": mase}], "bars": [], "known": known}

    names = ("taylor", "victoria", "sunspots", "air_passengers", "min_temp")
    rows = {
        name: {"balanced": one(mase)} for name, mase in zip(names, (0.5, 0.6, 0.7, 0.8, 0.95), strict=True)
    }
    found = singles_standing(rows)["balanced"]
    assert found == {"n_ahead": 4, "n_run": 5, "met": True, "not_ahead": {"min_temp": ["theta"]}}
    tree = {
        "rows": rows, "singles": {"balanced": found}, "seeds": [0], "fast": False, "versions": {"torch": "2"},
        "machine": {"processor": "P", "cores": 2, "threads": 2},
    }  # fmt: skip
    lines = list(markdown_lines(tree))
    assert "ahead of naive, AutoETS and Theta in 4 of 5" in lines[-1] and "min_temp: theta." in lines[-1]
    assert (
        "| taylor | balanced | mase | 0.5 |  |  | naive 1, theta 0.9, auto_ets 1.1 | 1.0 | 1.0 | 2.0 | 1 |"
        in lines
    )


def test_the_processor_is_named(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: Some CPU: 2\n")
    assert processor(tmp_path / "cpuinfo") == "Some CPU: 2"
    assert processor(tmp_path / "none")


def test_rows_that_are_in_the_file_are_kept_under_the_same_seeds_and_versions(tmp_path: Path) -> None:
    head = {"versions": {"python": "3"}, "seeds": [0], "fast": False}
    out, rows = tmp_path / "a.json", {"etth1": {"balanced": {"mean": {"mse": 0.4}}}}
    assert earlier_rows(out, head) == {}
    out.write_text(json.dumps({**head, "rows": rows}), encoding="utf-8")
    assert earlier_rows(out, head) == rows
    assert earlier_rows(out, {**head, "seeds": [0, 1]}) == earlier_rows(None, head) == {}
