from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.errors import ConfigError, RunError
from forecaster.files import sha256
from forecaster.forecaster import Forecaster
from forecaster.training import checkpoint
from forecaster.training.checkpoint import Checkpoint
from forecaster.training.interrupts import StopFlag
from tests.conftest import TINY

# Trainings of a wave with noise: three epochs of several steps, with a validation part.
SMALL: dict[str, Any] = {**TINY, "look_back": 4, "season": 1, "epochs": 3, "batch_size": 16, "dropout": 0.3}
SMALL["kind"] = "values"


class Killed(Exception):
    """Stands for a kill: nothing after it runs."""


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at the end of every epoch."""
    monkeypatch.setattr(Checkpoint, "every", 0.0)
    monkeypatch.setattr(Checkpoint, "share", 1e9)


@pytest.fixture(scope="module")
def values() -> pd.DataFrame:
    step = np.arange(90)
    noise = np.random.default_rng(0).normal(size=90) / 5
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=90), "y": np.sin(step / 3) + noise})


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    gaps = np.random.default_rng(0).integers(1, 20, size=(20, 8)).cumsum(axis=1)
    names = np.repeat([f"c{number}" for number in range(20)], 8)
    return pd.DataFrame({"customer": names, "date": (np.datetime64("2024-01-01") + gaps.ravel()).astype(str)})


def tensors_of(forecaster: Forecaster) -> list[dict[str, np.ndarray]]:
    return [model.tensors() for model in forecaster._trained().models]


def assert_same(one: Forecaster, other: Forecaster) -> None:
    """Weights, transforms, heads and scores of two forecasters are the same to the last bit."""
    for a, b in zip(tensors_of(one), tensors_of(other), strict=True):
        assert a.keys() == b.keys()
        assert [name for name in a if a[name].tobytes() != b[name].tobytes()] == []
    heads = [[model.head.to_json() for model in each._trained().models] for each in (one, other)]
    assert heads[0] == heads[1]
    scores = [json.dumps(each.report["scores"]) for each in (one, other)]  # NaN is no longer unlike itself
    assert scores[0] == scores[1]
    assert [part["members"] for part in timeless(one)] == [part["members"] for part in timeless(other)]


def timeless(forecaster: Forecaster) -> list[dict[str, Any]]:
    """What the report says of training, without seconds."""
    tree = json.loads(json.dumps(forecaster.report["training"]))
    for part in tree:
        for member in part["members"]:
            member.pop("seconds")
            for epoch in member["history"]:
                epoch.pop("seconds")
    return tree


def killing(number: int) -> Callable[..., None]:
    """Progress that ends everything at the end of the epoch of that number, counted over all networks."""
    seen = iter(range(number))

    def progress(*_: object) -> None:
        if next(seen, None) is None:
            raise Killed

    return progress


def n_epochs(forecaster: Forecaster) -> int:
    parts = forecaster.report["training"]
    return sum(len(member["history"]) for part in parts for member in part["members"])


SETUPS: dict[str, tuple[str, dict[str, Any]]] = {
    "quantile": ("values", SMALL | {"head": "quantile", "refit": True, "conformal": True}),
    "bins": ("values", SMALL | {"task": "classify", "refit": True}),
    "both": ("values", SMALL | {"task": "both", "ensemble": 2, "refit": True}),
    "point": (
        "values",
        SMALL | {"head": "point", "schedule": "plateau", "plateau_patience": 1, "patience": 2},
    ),
    "nadam": ("values", SMALL | {"optimizer": "nadam", "schedule": "cosine", "recurrent_dropout": 0.2}),
    "mixture": ("events", TINY | {"look_back": 3, "unit": "day", "kind": "events", "batch_size": 16}),
    "members": (
        "events",
        TINY | {"look_back": 3, "unit": "day", "kind": "events", "ensemble": 2, "refit": True},
    ),
}


def check_kills(name: str, tables: dict[str, pd.DataFrame], folder: Path, at: list[int] | None) -> None:
    """Kill after the epochs of these numbers (all when None), each time in a new training, and go on."""
    kind, settings = SETUPS[name]
    whole = Forecaster(**settings).fit(tables[kind])
    numbers = range(n_epochs(whole))
    for number in numbers if at is None else [numbers[one] for one in at]:
        run = folder / str(number)
        with pytest.raises(Killed):
            Forecaster(**settings).fit(tables[kind], checkpoint=run, progress=killing(number))
        resumed = Forecaster().fit(tables[kind], resume=run)
        assert_same(whole, resumed)
        assert resumed.report["resumed"] == 1
        assert resumed.report["state"] == "finished"


@pytest.mark.parametrize(("name", "at"), [("both", [4]), ("point", [1]), ("members", [2, -2])])
def test_training_killed_in_any_stage_ends_with_the_same_weights(
    name: str, at: list[int], values: pd.DataFrame, events: pd.DataFrame, tmp_path: Path
) -> None:
    check_kills(name, {"values": values, "events": events}, tmp_path, at)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SETUPS)
def test_training_killed_after_any_epoch_ends_with_the_same_weights(
    name: str, values: pd.DataFrame, events: pd.DataFrame, tmp_path: Path
) -> None:
    check_kills(name, {"values": values, "events": events}, tmp_path, None)


@pytest.mark.parametrize("number", [0, 1, 4])
def test_training_ended_within_an_epoch_goes_on_from_its_last_batch(
    number: int, values: pd.DataFrame, tmp_path: Path
) -> None:
    settings = SMALL | {"batch_size": 8, "head": "quantile"}
    seen = iter(range(number))
    whole = Forecaster(**settings).fit(values, schedule=lambda _step, _total: 1e-3)
    stop = StopFlag()

    def schedule(_step: int, _total: int) -> float:
        """Ends training at the step of that number, in the middle of an epoch."""
        if next(seen, None) is None:
            stop.set("SIGINT")
        return 1e-3

    ended = Forecaster(**settings).fit(values, schedule=schedule, stop=stop, checkpoint=tmp_path / "a")
    assert (ended.report["state"], ended.report["reason"]) == ("interrupted", "SIGINT")
    ended.save(tmp_path / "a")  # an interrupted run keeps its checkpoint
    resumed = Forecaster().fit(values, resume=tmp_path / "a", schedule=lambda _step, _total: 1e-3)
    assert_same(whole, resumed)
    resumed.save(tmp_path / "a")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [".lock", "CURRENT", "v0001", "v0002"]


def test_training_killed_again_and_again_ends_with_the_same_weights(
    values: pd.DataFrame, tmp_path: Path
) -> None:
    settings = SMALL | {"ensemble": 2}
    whole = Forecaster(**settings).fit(values)
    with pytest.raises(Killed):
        Forecaster(**settings).fit(values, checkpoint=tmp_path / "a", progress=killing(1))
    n_kills = 1
    while True:
        try:
            resumed = Forecaster(**settings).fit(values, resume=tmp_path / "a", progress=killing(1))
            break
        except Killed:
            n_kills += 1
    assert n_kills > 3
    assert resumed.report["resumed"] == n_kills
    assert_same(whole, resumed)


# What does not fit, is damaged, or is in the way.


@pytest.fixture
def killed(values: pd.DataFrame, tmp_path: Path) -> Path:
    """A run folder whose training was killed in its second network."""
    run = tmp_path / "runs" / "a"
    with pytest.raises(Killed):
        Forecaster(**{**SMALL, "ensemble": 2}).fit(values, checkpoint=run, progress=killing(4))
    return run


def state_of(run: Path) -> dict[str, Any]:
    tree = json.loads((run / "checkpoint" / "state.json").read_text())["state"]
    assert isinstance(tree, dict)
    return tree


def message(error: type[Exception], call: Callable[[], object]) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_checkpoint_holds_what_was_done_and_only_its_owner_reads_it(killed: Path) -> None:
    state = state_of(killed)
    assert [one["key"] for one in state["finished"]] == ["fit quantile, network 1"]
    assert state["going"]["key"] == "fit quantile, network 2"
    assert state["going"]["standing"]["epoch"] == 2
    names = {path.name for path in (killed / "checkpoint").iterdir()} - {".lock"}
    tensors = {one["tensors"]["file"] for one in [*state["finished"], state["going"]]}
    assert names == {"state.json", *tensors}
    modes = {stat.S_IMODE((killed / "checkpoint" / name).stat().st_mode) for name in names}
    assert modes == {0o600}


def test_other_rows_are_refused(killed: Path, values: pd.DataFrame) -> None:
    changed = values.assign(y=values["y"].where(values.index != 40, 0.0))
    text = message(RunError, lambda: Forecaster().fit(changed, resume=killed))
    assert text == (
        f"data: holds other rows than the training in {killed} was begun with. "
        "Give the same file, or train without --resume."
    )


def test_settings_that_differ_are_named(killed: Path, values: pd.DataFrame) -> None:
    text = message(ConfigError, lambda: Forecaster(look_back=5).fit(values, resume=killed))
    assert text == (
        f"--look-back 5: the training in {killed} was begun with 4. Leave it out, or train without --resume."
    )
    text = message(ConfigError, lambda: Forecaster(layers=1).fit(values, resume=killed))
    assert text.startswith(f"--layers 1: the training in {killed} was begun with none.")


def test_a_schedule_of_the_caller_must_be_given_again(killed: Path, values: pd.DataFrame) -> None:
    again = lambda: Forecaster().fit(values, resume=killed, schedule=lambda _step, _total: 1e-3)  # noqa: E731
    assert "begun with no schedule of its own. Give fit the same schedule." in message(RunError, again)


def test_two_folders_are_one_too_many(values: pd.DataFrame, tmp_path: Path) -> None:
    again = lambda: Forecaster().fit(values, checkpoint=tmp_path / "a", resume=tmp_path / "b")  # noqa: E731
    assert "is another folder than resume" in message(ValueError, again)


def test_nothing_to_go_on_with_is_said(values: pd.DataFrame, tmp_path: Path) -> None:
    text = message(RunError, lambda: Forecaster().fit(values, resume=tmp_path / "a"))
    assert text == (
        f"{tmp_path / 'a' / 'checkpoint'}: there is no training to go on with. "
        "Train from the start, without --resume."
    )


@pytest.mark.parametrize("how", ["cut", "changed", "missing", "linked"])
def test_each_file_of_a_checkpoint_that_is_damaged_is_named(
    killed: Path, values: pd.DataFrame, tmp_path: Path, how: str
) -> None:
    for path in sorted((killed / "checkpoint").iterdir()):
        if path.name == ".lock":
            continue
        content = path.read_bytes()
        if how == "cut":
            path.write_bytes(content[: len(content) // 2])
        elif how == "changed":
            middle = len(content) // 2
            path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        elif how == "missing":
            path.unlink()
        else:
            path.rename(tmp_path / path.name)
            path.symlink_to(tmp_path / path.name)
        text = message(RunError, lambda: Forecaster().fit(values, resume=killed))
        assert (str(killed / "checkpoint") in text and path.name in text) or how == "missing"
        assert text.endswith((".", "--resume.")), text
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    Forecaster().fit(values, resume=killed)


def test_a_newer_format_is_refused(killed: Path, values: pd.DataFrame) -> None:
    body = state_of(killed) | {"format_version": 2}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    (killed / "checkpoint" / "state.json").write_text(
        json.dumps({"sha256": sha256(text.encode()), "state": body})
    )
    found = message(RunError, lambda: Forecaster().fit(values, resume=killed))
    assert "written in format 2; this version reads up to 1. Install a newer forecaster." in found


def test_one_training_at_a_time_writes_to_a_run(values: pd.DataFrame, tmp_path: Path) -> None:
    texts = []

    def second(*_: object) -> None:
        texts.append(message(RunError, lambda: Forecaster(**SMALL).fit(values, checkpoint=tmp_path / "a")))

    Forecaster(**{**SMALL, "epochs": 1, "final_fit": False}).fit(
        values, checkpoint=tmp_path / "a", progress=second
    )
    assert texts == [
        f"{tmp_path / 'a' / 'checkpoint'}: another process is writing here. "
        "Wait until it has ended, or choose another --out."
    ]


def test_checkpoint_of_an_earlier_training_is_set_aside_until_the_run_is_finished(
    killed: Path, values: pd.DataFrame
) -> None:
    before = state_of(killed)
    trained = Forecaster(**SMALL).fit(values, checkpoint=killed)
    aside = json.loads((killed / "checkpoint.old" / "state.json").read_text())
    assert aside["state"] == before
    assert state_of(killed)["name"] != before["name"]
    trained.save(killed)
    assert sorted(path.name for path in killed.iterdir()) == [".lock", "CURRENT", "v0001"]


def test_full_disk_does_not_end_training_and_is_said(
    values: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RunError(f"{tmp_path}: the disk is full. Free some space, or choose another place.")

    progress = lambda *_: monkeypatch.setattr(checkpoint, "write_tensors", full)  # noqa: E731
    trained = Forecaster(**SMALL).fit(values, checkpoint=tmp_path / "a", progress=progress)
    (note,) = [one for one in trained.report["warnings"] if one["code"] == "no_checkpoint"]
    assert note["text"].startswith(f"No checkpoint could be kept: {tmp_path}: the disk is full.")
    monkeypatch.undo()
    resumed = Forecaster().fit(values, resume=tmp_path / "a")  # from the last one that was whole
    assert_same(trained, resumed)


def test_versions_that_differ_are_said(
    killed: Path, values: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.__version__", "9.9")
    resumed = Forecaster().fit(values, resume=killed)
    (note,) = [one for one in resumed.report["warnings"] if one["code"] == "resumed_elsewhere"]
    assert note["text"].startswith("Gone on with forecaster 9.9 in place of ")


def test_training_that_is_ended_before_its_first_step_keeps_nothing(values: pd.DataFrame) -> None:
    text = message(RunError, lambda: Forecaster(**SMALL).fit(values, stop=StopFlag("SIGTERM")))
    assert text == (
        "data: ended by SIGTERM before the first step of training; there is nothing to keep. Train again."
    )


def test_end_between_two_stages_ships_the_first_fit(values: pd.DataFrame, tmp_path: Path) -> None:
    whole = Forecaster(**SMALL, refit=True).fit(values)
    for number, test_fit in ((3, "first"), (6, "refit")):
        run, stop, seen = tmp_path / str(number), StopFlag(), iter(range(number - 1))

        def progress(*_: object, seen: Iterator[int] = seen, stop: StopFlag = stop) -> None:
            if next(seen, None) is None:
                stop.set("SIGINT")

        ended = Forecaster(**SMALL, refit=True).fit(values, checkpoint=run, progress=progress, stop=stop)
        report = ended.report
        assert (report["state"], report["shipped"], report["test_fit"]) == (
            "interrupted",
            "first fit",
            test_fit,
        )
        assert_same(whole, Forecaster().fit(values, resume=run))


def test_a_training_that_cannot_begin_leaves_everything_as_it_was(
    killed: Path, values: pd.DataFrame, tmp_path: Path
) -> None:
    before = {place.name: place.read_bytes() for place in (killed / "checkpoint").iterdir()}
    for folder in (killed, tmp_path / "new" / "run"):
        with pytest.raises(ConfigError):
            Forecaster(**TINY, segment=9, look_back=3).fit(values, checkpoint=folder)
    assert {place.name: place.read_bytes() for place in (killed / "checkpoint").iterdir()} == before
    assert not (tmp_path / "new").exists()
