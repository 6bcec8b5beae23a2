from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.build import make_settings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.data.peers import Peers
from forecaster.data.some_series import join_panels, pick_series
from forecaster.evaluation.report import data_facts, split_facts
from forecaster.evaluation.shared import joined_at_first
from forecaster.training.digest import panel_digest
from forecaster.training.fit import training_source
from forecaster.training.linear import fit_linear
from forecaster.training.prepare import prepare
from forecaster.training.setup import make_head
from tests.cluster.holders import held_in_parts, meeting

DATASETS = Path(__file__).parents[2] / "datasets"


def panel_of(name: str, **settings: Any) -> Panel:
    return read_panel(DATASETS / f"{name}.csv", make_settings(settings).data)


def durations() -> Panel:
    """Intervals of 40 series, whole numbers."""
    random = np.random.default_rng(0)
    ids = np.repeat([f"s{number:02d}" for number in range(40)], random.integers(5, 30, 40))
    return read_panel(pd.DataFrame({"id": ids, "gap": random.integers(1, 200, len(ids))}))


def found_on(panel: Panel, settings: dict[str, Any]) -> dict[str, Any]:
    """All that is fitted before the first step of a training."""
    prepared = prepare(panel, make_settings(settings))
    source = training_source(prepared.panel, prepared.parts, prepared.settings)
    name = prepared.settings.network.head
    linear = fit_linear(source) if prepared.settings.network.linear else None
    head = make_head(name, prepared.settings, source, linear)
    return {
        "settings": prepared.settings,
        "defaults": prepared.defaults,
        "counts": (prepared.parts.n_valid, prepared.parts.n_test),
        "cuts": prepared.split.train_ends - prepared.panel.offsets[:-1],
        "report": (data_facts(prepared.panel), split_facts(prepared.panel, prepared.split)),
        "normaliser": source.normaliser,
        "cell": source.cell,
        "head": head.to_json(),
    }


def numbers_of(tree: Any) -> list[float]:
    """All numbers in a tree of plain values and arrays, in order."""
    if isinstance(tree, dict):
        return [number for value in tree.values() for number in numbers_of(value)]
    if isinstance(tree, list | tuple):
        return [number for value in tree for number in numbers_of(value)]
    if isinstance(tree, np.ndarray):
        return tree.ravel().tolist()
    if hasattr(tree, "__dataclass_fields__"):
        return numbers_of([getattr(tree, name) for name in tree.__dataclass_fields__])
    return [float(tree)] if isinstance(tree, int | float) else []


CASES = {
    "events": (lambda: panel_of("cdnow"), {}),
    "events by date": (lambda: panel_of("cdnow"), {"test_size": "1998-01-01", "task": "classify"}),
    "values": (lambda: panel_of("m4_hourly"), {"horizon": 48}),
    "values of a series each": (
        lambda: panel_of("m4_hourly"),
        {"horizon": 24, "transforms": ["standard"], "scope": "series", "head": "bins"},
    ),
    "intervals": (durations, {"head": "hazard"}),
    "prices": (lambda: panel_of("stocks"), {"head": "bins"}),
    "random": (durations, {"split": "random"}),
}


@pytest.mark.parametrize("case", CASES)
def test_facts_of_three_parts_are_those_of_the_whole(case: str) -> None:
    make, settings = CASES[case]
    panel = make()
    whole = found_on(panel, settings)
    parts = held_in_parts(panel, 3, lambda part: found_on(part, settings))
    for part in parts:
        for name in ("settings", "defaults", "counts", "cell", "report"):
            assert part[name] == whole[name], name
        for name in ("normaliser", "head"):
            np.testing.assert_allclose(
                numbers_of(part[name]), numbers_of(whole[name]), rtol=1e-9, atol=1e-12, err_msg=name
            )
    assert np.concatenate([part["cuts"] for part in parts]).tolist() == whole["cuts"].tolist()


def test_quantiles_of_pooled_values_are_off_by_less_than_the_stated_rank() -> None:
    random = np.random.default_rng(3)
    values = np.sort(np.concatenate([random.lognormal(size=90_000), random.normal(50, 1, size=10_000)]))
    frames = np.array_split(random.permutation(values), 3)
    most = 1_000
    found = meeting(3, lambda holder: holder.pooled(frames[holder.rank], most))
    assert all(np.array_equal(one, found[0]) for one in found)
    assert len(found[0]) <= most + 3
    for level in (0.01, 0.05, 0.25, 0.5, 0.9, 0.95, 0.999):
        rank = np.searchsorted(values, np.quantile(found[0], level)) / len(values)
        assert abs(rank - level) < 3 / most


def test_few_values_are_pooled_whole() -> None:
    assert Peers().pooled(np.array([3.0, 1.0])).tolist() == [3.0, 1.0]


def test_series_that_are_parted_and_joined_are_the_same_panel() -> None:
    panel = panel_of("cdnow")
    parts = [pick_series(panel, np.arange(begin, begin + 100)) for begin in range(0, 300, 100)]
    joined = join_panels(parts)
    assert panel_digest(joined) == panel_digest(pick_series(panel, np.arange(300)))


def test_last_rows_of_all_are_brought_to_the_first_holder() -> None:
    panel = panel_of("cdnow")
    first, *others = held_in_parts(panel, 3, joined_at_first)
    assert panel_digest(first) == panel_digest(panel)
    assert sum(other.n_series for other in others) < panel.n_series
