from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster import Forecaster
from forecaster.cluster.beside import cut_moments
from forecaster.cluster.own_parts import read_own
from forecaster.cluster.session import Session
from forecaster.cluster.shards import _parts_of
from forecaster.config.build import make_settings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.data.parted import PartedData, even_cuts, parted
from forecaster.data.shards import write_shards
from forecaster.data.some_series import join_panels
from forecaster.errors import DataError
from forecaster.training.digest import panel_digest
from tests.cluster.holders import held_in_parts, meeting
from tests.cluster.test_train import SETTINGS, losses, waves

DATASETS = Path(__file__).parents[2] / "datasets"


def cut(source: Any, folder: Path, n: int, **settings: Any) -> PartedData:
    """A source as a folder of parts."""
    write_shards(source, folder, n, make_settings(settings).data)
    found = parted(folder, make_settings(settings).data)
    assert found is not None
    return found


def marked() -> pd.DataFrame:
    """Events of 40 customers with marks, most of them rare."""
    random = np.random.default_rng(1)
    n = 400
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.sort(random.integers(0, 500, n)), unit="D")
    marks = np.where(random.random(n) < 0.7, "buy", random.choice(["ask", "return", "visit"], n))
    return pd.DataFrame({"customer": random.integers(0, 40, n).astype(str), "date": days, "what": marks})


def with_category() -> pd.DataFrame:
    """Values with a category that differs between series."""
    data = waves(12, 40)
    return data.assign(place=data["unique_id"].map(lambda name: f"town {int(name[5:]) % 5}"))


CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "events": (DATASETS / "cdnow.csv", {}),
    "values": (DATASETS / "m4_hourly.csv", {}),
    "counted": (DATASETS / "cdnow.csv", {"count_per": "month"}),
    "marks": (marked(), {"mark": "what"}),
    "categories": (with_category(), {"static": "place"}),
}


def series_of(panel: Panel) -> dict[str, tuple[Any, ...]]:
    """Rows, moments and marks of every series by its id."""
    found = {}
    for place, name in enumerate(panel.ids):
        rows = slice(panel.offsets[place], panel.offsets[place + 1])
        marks = () if panel.marks is None else panel.marks[rows].tolist()
        static = () if panel.static is None else panel.static[place].tolist()
        as_of = None if panel.as_of is None else panel.as_of[place]
        values = [[None if np.isnan(one) else one for one in row] for row in panel.values[rows].tolist()]
        found[name] = values, panel.times[rows].tolist(), marks, static, as_of
    return found


@pytest.mark.parametrize("case", CASES)
def test_parts_are_read_as_the_whole(case: str, tmp_path: Path) -> None:
    source, settings = CASES[case]
    data = cut(source, tmp_path / "parts", 6, **settings)
    whole = read_panel(source, make_settings(settings).data)
    panels = meeting(3, lambda holder: read_own(data, holder))
    joined = join_panels(panels)
    assert series_of(joined) == series_of(whole)
    for panel in panels:
        for name in ("kind", "unit", "channels", "mark_names", "static_names", "lowest", "unit_length"):
            assert getattr(panel, name) == getattr(whole, name), name
        assert panel.clock == whole.clock
        assert dict(panel.columns) == dict(whole.columns)
        assert dict(panel.levels) == dict(whole.levels)
        repairs = {note.code: note.count for note in panel.repairs}
        assert repairs == {note.code: note.count for note in whole.repairs}


def test_each_part_is_read_up_to_the_moments_of_its_series(tmp_path: Path) -> None:
    names = [str(number) for number in range(40)]
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.arange(42), unit="D")
    moments = pd.DataFrame({"customer": [*names, "ghost", "spook"], "day": days})
    moments.to_csv(tmp_path / "moments.csv", index=False)
    settings = {"as_of": str(tmp_path / "moments.csv"), "id": "customer"}
    data = cut(marked(), tmp_path / "parts", 6, **settings)
    whole = read_panel(marked(), make_settings(settings).data)
    beside = cut_moments(data.columns, data.settings.as_of, data.parting, tmp_path, lambda *_: None)
    panels = meeting(3, lambda holder: read_own(data, holder, beside))
    assert series_of(join_panels(panels)) == series_of(whole)
    assert len(np.unique(whole.as_of)) == 40
    notes = {note.code: note.count for note in panels[0].repairs}
    assert notes == {note.code: note.count for note in whole.repairs}
    assert notes["as_of_ids"] == 2


def test_other_moments_are_another_data_set(tmp_path: Path) -> None:
    (tmp_path / "moments.csv").write_text("customer,day\n1,2021-01-01\n")
    data = cut(marked(), tmp_path / "parts", 2, as_of=str(tmp_path / "moments.csv"))
    before = data.digest
    (tmp_path / "moments.csv").write_text("customer,day\n1,2021-01-01\n2,2021-01-01\n")
    again = parted(tmp_path / "parts", data.settings)
    assert again is not None and again.digest != before


def test_only_a_folder_of_whole_series_is_read_in_parts(tmp_path: Path) -> None:
    settings = make_settings({}).data
    assert parted(DATASETS / "cdnow.csv", settings) is None
    assert parted(waves(2), settings) is None
    (tmp_path / "plain").mkdir()
    waves(2).to_parquet(tmp_path / "plain/a.parquet")
    assert parted(tmp_path / "plain", settings) is None


def test_parts_are_named_for_processes_that_work_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(waves(8), tmp_path / "parts", 3)
    monkeypatch.chdir(tmp_path)
    found = parted("parts", make_settings({}).data)
    assert found is not None and found.source == "parts"
    assert list(found.parts) == [str(path) for path in sorted((tmp_path / "parts").glob("*.parquet"))]
    assert [one.source for one in _parts_of("parts", None)] == list(found.parts)


def test_a_changed_part_is_another_data_set(tmp_path: Path) -> None:
    data = cut(waves(8), tmp_path / "parts", 3)
    before = panel_digest(data)
    again = parted(tmp_path / "parts", make_settings({}).data)
    assert again is not None and panel_digest(again) == before
    waves(9).to_parquet(tmp_path / "parts/part-00001.parquet")
    changed = parted(tmp_path / "parts", make_settings({}).data)
    assert changed is not None and panel_digest(changed) != before


def test_shares_are_consecutive_and_even() -> None:
    assert even_cuts([0, 10, 20, 30, 40], 2) == [0, 2, 4]
    assert even_cuts([0, 97, 98, 99, 100], 3) == [0, 1, 2, 4]
    assert even_cuts([0, 1, 2, 3, 100], 3) == [0, 2, 3, 4]
    assert even_cuts([0, 1], 1) == [0, 1]


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    data = cut(waves(8), tmp_path / "parts", 4)
    Path(data.parts[-1]).write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"part-0000\d\.parquet"):
        meeting(1, lambda holder: read_own(data, holder))


@pytest.mark.slow
def test_a_folder_of_parts_trains_as_it_does_in_one_process(ray_here: Session, tmp_path: Path) -> None:
    del ray_here
    cut(waves(), tmp_path / "parts", 5)
    local = Forecaster(**SETTINGS).fit(tmp_path / "parts")
    found = Forecaster(**SETTINGS, engine="ray", workers=2).fit(tmp_path / "parts")
    np.testing.assert_allclose(losses(found), losses(local), rtol=0.01)
    for part in ("split", "settings", "defaults"):
        assert found.report[part] == local.report[part]
    assert found.report["data"] == local.report["data"] | {"why": found.report["data"]["why"]}
    assert sorted(found.context.ids) == sorted(local.context.ids)
    assert held_in_parts(local.context, 2, lambda part: part.n_series) == [15, 15]
