from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.commands.inspect import BASELINE
from forecaster.config.data_settings import DataSettings
from forecaster.data.doctor import EventFacts, examine_events
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.data.summary import summarise
from forecaster.data.whole import Whole, facts_of, merge_facts

DOC = Path(__file__).parents[2] / "docs" / "inspect.md"
START = np.datetime64("2020-01-01T00:00", "m")


def at(minutes: Any, ids: Any = "a", **settings: Any) -> Panel:
    frame = pd.DataFrame({"machine_id": ids, "time": START + np.asarray(minutes).astype("timedelta64[m]")})
    return read_panel(
        frame, DataSettings(**{"kind": "events", "unit": "hour", "id": "machine_id", **settings})
    )


def warned(panel: Panel) -> set[str]:
    return {note.code for note in panel.warnings}


def test_facts_of_events_worked_out_by_hand() -> None:
    # a: gaps 1, 1, 4 hours, then open for 4; b: one event, open for 9
    facts = examine_events(at([0, 60, 120, 360, 60], list("aaaab"), as_of="2020-01-01T10:00"))
    assert facts.resolution == "whole hours"
    assert (facts.n_events, facts.n_series, facts.n_single, facts.n_gaps) == (5, 2, 1, 3)
    assert (facts.median_events, facts.most_events, facts.span) == (2.5, 4, 10.0)
    assert (facts.median_gap, facts.median_wait) == (1.0, 6.5)
    assert (facts.n_open, facts.open_share) == (2, 0.4)
    assert facts.resolution_share == 1.0
    # over their mean of 2 the gaps are 0.5, 0.5, 2: mean 1, standard deviation sqrt(0.5)
    assert facts.burstiness == pytest.approx((0.5**0.5 - 1) / (0.5**0.5 + 1))
    assert (facts.n_measured, facts.short_share) == (3, 0.0)
    assert facts.unit_proposed == "hour, as the median gap above zero is 1 hours"
    assert facts.time_zone.startswith("none named; a gap over a change of clocks")


def test_burstiness_has_no_unit_and_no_rate() -> None:
    slow, fast = np.cumsum([0, 500, 1000, 4500]), np.cumsum([0, 50, 100, 450])
    one = examine_events(at(slow)).burstiness
    both = examine_events(at(np.concatenate([slow, fast]), list("aaaabbbb"))).burstiness
    assert one == pytest.approx(both)
    assert examine_events(at([0, 60, 120, 180])).burstiness == -1.0


def test_ties_are_counted_kept_or_merged() -> None:
    kept = examine_events(at([0, 0, 60, 60, 60, 120]))
    assert (kept.n_ties, kept.n_merged, kept.n_zero) == (3, 0, 3)
    merged = examine_events(at([0, 0, 60, 60, 60, 120], ties="merge"))
    assert (merged.n_ties, merged.n_merged, merged.n_zero) == (0, 3, 0)
    counted = examine_events(at([0, 60, 1500], unit="day", gap="calendar"))
    assert (counted.n_ties, counted.n_zero) == (0, 1)


def test_zones_are_said() -> None:
    def zone(times: list[str], **settings: Any) -> str:
        frame = pd.DataFrame({"time": times})
        return examine_events(read_panel(frame, DataSettings(kind="events", **settings))).time_zone

    assert zone(["2020-01-01", "2020-01-05"]) == "none named, and none needed for days"
    assert zone(["2020-01-01 09:00"], tz="Europe/Paris") == "Europe/Paris"
    mixed = zone(["2020-01-01T09:00+01:00", "2020-06-01T09:00+02:00"])
    assert mixed.startswith("UTC, as stamps have several offsets")


def test_nothing_is_said_of_good_events() -> None:
    gaps = np.random.default_rng(0).exponential(5000, size=200).astype(np.int64) + 1
    assert warned(at(np.cumsum(gaps))) == set()


def test_series_with_one_event_are_said_when_they_are_more_than_half() -> None:
    half = at([0, 900, 1, 2, 900], list("aabcc"))
    assert "single_events" not in warned(half)
    (note,) = (note for note in at([0, 900, 1, 2], list("aabc")).warnings if note.code == "single_events")
    assert note.count == 2


def test_parts_say_together_how_many_series_have_one_event() -> None:
    settings = DataSettings(kind="events", id="id", unit="day")
    rows = pd.DataFrame({"id": list("aabcdeef"), "time": pd.date_range("2024-01-01", periods=8)})
    parts = [rows[rows["id"].isin(list(ids))] for ids in ("ab", "cd", "ef")]

    def singles(source: pd.DataFrame, whole: Whole | None = None) -> list[int | None]:
        panel = read_panel(source, settings, whole=whole)
        return [note.count for note in panel.warnings if note.code == "single_events"]

    assert [singles(one) for one in (rows, *parts)] == [[4], [], [2], []]
    whole = merge_facts([facts_of(read_panel(part, settings)) for part in parts])
    assert [singles(part, whole) for part in parts] == [[1], [2], [1]]


def test_coarse_stamps_are_said_unless_whole_units_were_asked_for() -> None:
    days = np.arange(4) * 5 * 1440
    panel = at(days, unit="day")
    assert "coarse_stamps" in warned(panel)
    assert "stamps are whole days, 20% of the median gap" in " ".join(note.text for note in panel.warnings)
    assert "coarse_stamps" not in warned(at(days, unit="day", gap="calendar"))
    assert "coarse_stamps" not in warned(at(days * 2, unit="day"))  # a tenth


def test_bursts_are_said_of_gaps_enough() -> None:
    burst = np.concatenate([np.arange(8) + 3000 * number for number in range(5)])
    assert "bursts" in warned(at(burst))
    assert "bursts" not in warned(at(burst[:20]))  # 19 gaps
    facts = examine_events(at(burst))  # 7 gaps of a minute, one of 2993, and so on: the median is a minute
    assert (facts.short_share, facts.burst_share) == (0.0, 35 / 39)


def test_one_event_alone_has_facts_too() -> None:
    facts = examine_events(at([0]))
    assert np.isnan(facts.median_gap) and np.isnan(facts.burstiness) and facts.median_wait == 0
    assert ["bursts", "too few gaps to tell"] in facts.rows()
    assert np.isnan(facts.resolution_share)


def test_other_kinds_have_no_events(tiny_panel: Panel) -> None:
    with pytest.raises(ValueError, match="kind values has no events"):
        examine_events(tiny_panel)


def test_rows_are_text_and_summary_holds_the_facts() -> None:
    panel = at([0, 60, 300])
    assert all(isinstance(cell, str) for row in examine_events(panel).rows() for cell in row)
    assert summarise(panel)["events"]["n_gaps"] == 2


def test_every_fact_is_documented() -> None:
    keys = set(re.findall(r"^\| `events\.(\w+)` \|", DOC.read_text(encoding="utf-8"), re.MULTILINE))
    assert keys == set(EventFacts.__dataclass_fields__)


def test_every_key_of_inspect_is_documented() -> None:
    before, *_ = DOC.read_text(encoding="utf-8").partition("\n## ")  # those of every kind
    keys = set(re.findall(r"^\| `(\w+)` \|", before, re.MULTILINE))
    asked = {"season_reason", "train", *BASELINE}  # which the command adds to the facts
    assert keys == set(summarise(at([0, 60, 300]))) - {"events"} | asked
