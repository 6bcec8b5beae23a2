from __future__ import annotations

import json
from pathlib import Path

import pytest
from speed import ROWS, earlier_rows, main
from speed_rounds import Asked, Bar, Case, Found, race
from speed_table import markdown_lines

FAST = Asked(rounds=2, threads=1, device="cpu", data=Path("none"), n_rows=100, is_fast=True)


def run(tmp_path: Path, *rows: str) -> dict[str, dict]:
    """Rows of a fast run, as the JSON holds them."""
    out = tmp_path / "speed.json"
    main(["--only", ",".join(rows), "--fast", "--data", str(tmp_path), "--out", str(out)])
    found = json.loads(out.read_text())
    assert found["machine"]["gflops"]["float32"] > 0 and found["machine"]["threads"] >= 1
    assert {"torch", "forecaster"} <= set(found["versions"])
    return found["rows"]


def test_training_is_timed_beside_keras_and_a_plain_loop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = run(tmp_path, "train")["train"]
    assert [*row["cases"]] == ["train 4 x 4 x 16", "train 2 of 3 x 4 x 16", "train 8 x 4 x 8"]
    for case in row["cases"].values():
        assert {"auto", "float32", "plain", "keras"} <= set(case["best"]) and min(case["best"].values()) > 0
    first = row["cases"]["train 4 x 4 x 16"]["best"]
    assert row["measures"]["float32 / plain, 24"] == pytest.approx(first["float32"] / first["plain"])
    assert "bfloat16" in row["skipped"]  # networks this small stay in float32
    by_name = {bar["measure"]: bar for bar in row["bars"]}
    assert by_name["auto / plain, geometric mean"]["met"] is None
    assert by_name["float32 / plain, least"]["met"] in (True, False)
    printed = capsys.readouterr()
    assert (tmp_path / "speed.md").read_text() == printed.out and "A fast run" in printed.out
    assert "| train | auto / plain, geometric mean | >= 1.25 |  | not run |" in printed.out


def test_all_train_the_same_weights() -> None:
    from speed_networks import Ours, Plain, Shape, StockKeras, gathered, panel_of, prepared_for

    shape = Shape(6, 4, 16, 3)
    prepared = prepared_for(panel_of(shape, 64), shape, threads=1)
    arrays = gathered(prepared)
    assert arrays[0].shape == (64, 2, 6) and arrays[1].shape == (64, 1)
    ours = [tuple(weight.shape) for weight in Ours(prepared).fitted()[0].models[0].weights]
    stock = [tuple(weight.shape) for weight in StockKeras(arrays, 4, 16, "cpu").model.trainable_weights]
    assert ours == stock
    plain = sum(weight.numel() for weight in Plain(arrays, 4, 16, "cpu").net.parameters())
    n_weights = 4 * 4 * (6 + 4 + 1) + 4 * 4 * (4 + 4 + 1) + 5
    assert plain == n_weights + 2 * 4 * 4  # torch has two biases for each layer


def test_small_networks_forecasts_and_reading_are_timed(tmp_path: Path) -> None:
    rows = run(tmp_path, "reading", "predict", "small", "time_to_accuracy")
    assert [*rows] == ["small", "predict", "reading", "time_to_accuracy"]
    (small,) = rows["small"]["cases"].values()
    plain = max(best for name, best in small["best"].items() if name.startswith("plain"))
    ours = next(best for name, best in small["best"].items() if name.startswith("ours"))
    assert rows["small"]["measures"]["default batch / best plain"] == pytest.approx(ours / plain)
    assert set(rows["predict"]["measures"]) == {"outputs / plain", "forecasts / plain"}
    assert len(rows["reading"]["cases"]) == 8 and len(rows["reading"]["bars"]) == 4
    assert "m4/Hourly-train.csv.gz is missing" in rows["time_to_accuracy"]["skipped"]["time_to_accuracy"]
    assert [bar["met"] for bar in rows["time_to_accuracy"]["bars"]] == [None]


@pytest.mark.slow
def test_processes_are_timed_and_their_memory_is_measured(tmp_path: Path) -> None:
    rows = run(tmp_path, "commands", "memory", "scaling")
    seconds = rows["commands"]["cases"]["commands"]["best"]
    assert seconds["python"] < seconds["--help"] < seconds["predict"]
    megabytes = rows["memory"]["cases"]["memory, 4,000 rows"]["best"]
    assert megabytes["panel"] == pytest.approx(0.064, abs=0.001) and megabytes["fit"] > 0
    (ratio,) = rows["scaling"]["measures"].values()
    assert ratio >= 1


def test_subjects_take_turns_and_the_best_round_counts() -> None:
    figures = iter([5.0, 50.0, 3.0, 70.0])
    turns: list[str] = []

    def subject(name: str) -> float:
        turns.append(name)
        return next(figures)

    subjects = {"a": lambda: subject("a"), "b": lambda: subject("b")}
    case = race("case", "s", subjects, FAST)
    assert turns == ["a", "b", "a", "b"]
    assert case.rounds == {"a": [5.0, 3.0], "b": [50.0, 70.0]}
    assert case.best("a") == 3.0 and case.ratio("b", "a") == pytest.approx(50 / 3)
    assert Case("case", "windows/s", case.rounds).best("b") == 70.0


def test_the_round_that_warms_up_does_not_count() -> None:
    figures = iter([9.0, 1.0])
    asked = Asked(rounds=1, threads=1, device="cpu", data=Path("none"), n_rows=100)
    assert race("case", "windows/s", {"a": lambda: next(figures)}, asked).rounds == {"a": [1.0]}


def test_bars_say_what_is_met_and_what_was_not_run() -> None:
    measures = {"x": 1.0}
    assert Bar("x", least=1.0).held(measures) == {
        "measure": "x", "wanted": ">= 1", "value": 1.0, "met": True,
    }  # fmt: skip
    assert Bar("x", most=0.9).held(measures)["met"] is False
    assert Bar("y", most=0.9).held(measures) == {
        "measure": "y", "wanted": "<= 0.9", "value": None, "met": None,
    }  # fmt: skip


def test_what_is_not_met_stands_out_in_the_table() -> None:
    found = Found(
        [Case("work", "s", {"ours": [2.0, 1.5]})], {"ours / other": 1.5}, {"other": "not installed"}
    )
    row = found.to_json() | {"bars": [Bar("ours / other", most=1.0).held(found.measures)], "seconds": 1.0}
    machine = {
        "processor": "P", "cores": 2, "threads": 2, "device": "cpu", "gflops": {"float32": 100.4},
    }  # fmt: skip
    tree = {"machine": machine, "versions": {"torch": "2"}, "rounds": 2, "fast": False, "rows": {"row": row}}
    lines = [*markdown_lines(tree)]
    assert "P, 2 cores, 2 threads, cpu; products of matrices: float32 100 GFLOP/s; torch 2." in lines
    assert "| row | ours / other | <= 1 | 1.5 | **NO** |" in lines
    assert "| work | ours | 1.5 | 2 1.5 | s |" in lines and "- other: not installed." in lines


def test_wrong_options_are_named() -> None:
    with pytest.raises(SystemExit, match=r"--only nothing: no such row\. Name some of train, small"):
        main(["--only", "nothing"])
    with pytest.raises(SystemExit, match=r"--out a\.txt: not a \.json file"):
        main(["--out", "a.txt"])


def test_rows_of_an_earlier_run_stay_under_the_same_versions(tmp_path: Path) -> None:
    head = {"versions": {"python": "3"}, "rounds": 6, "fast": False}
    out, rows = tmp_path / "a.json", {"train": {"seconds": 1.0}, "small": {"seconds": 2.0}}
    assert earlier_rows(out, ["train"], head) == {}
    out.write_text(json.dumps({**head, "rows": rows}), encoding="utf-8")
    assert earlier_rows(out, ["train"], head) == {"small": {"seconds": 2.0}}
    assert earlier_rows(out, ["train"], {**head, "rounds": 1}) == earlier_rows(None, [], head) == {}


def test_every_row_has_bars() -> None:
    import importlib

    for name, module in ROWS.items():
        assert importlib.import_module(module).BARS[name]
