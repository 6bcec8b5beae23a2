"""The page of runs of outputs, tags and symbols: what is on it, and how it looks in a browser."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.forecaster import Forecaster
from forecaster.report.build import report_page
from forecaster.run.load import load_run
from tests.report.browser import open_browser
from tests.report.test_page import Outline, needs_browser, sections

TINY: dict[str, Any] = {"epochs": 2, "units": 4, "layers": 1, "threads": 1, "look_back": 8}


def rows() -> pd.DataFrame:
    """A wave, what follows from it, a word for where it is, and a symbol in a circle."""
    wave = np.sin(np.arange(120) / 4)
    word = np.where(wave > 0, "<b>high</b>", "low")
    circle = np.array(list("abcd"))[np.arange(120) % 4]
    return pd.DataFrame({"x": wave, "heat": 2 * wave, "power": wave**2, "word": word, "note": circle})


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The page of a run of each goal."""
    folder, table = tmp_path_factory.mktemp("sequences"), rows()
    goals: dict[str, dict[str, Any]] = {
        "output": {"outputs": "heat", "past": "x"},
        "outputs": {"outputs": "heat,power", "past": "x"},
        "tags": {"outputs": "word", "past": "x"},
        "marks": {"mark": "note"},
    }
    with contextlib.chdir(folder):
        for name, goal in goals.items():
            Forecaster(**TINY, **goal).fit(table).save(name)
    return {name: report_page(load_run(folder / name))[0] for name in goals}


KINDS = ("output", "outputs", "tags", "marks")


def test_each_goal_has_its_sections(pages: dict[str, str]) -> None:
    common = ["learning", "data", "settings", "run"]
    assert sections(pages["output"]) == sections(pages["outputs"]) == ["scores", *common]
    assert sections(pages["tags"]) == sections(pages["marks"]) == ["scores", "classes", *common]
    assert not any(Outline(pages[kind]).open for kind in KINDS)


def test_the_page_says_what_was_learnt_and_how_well(pages: dict[str, str]) -> None:
    assert "1 number of each row: heat." in pages["output"] and "Outputs of" in pages["output"]
    assert re.search(
        r"Tried on 12 rows that it had not seen, the model was off by [\d.]+ on", pages["output"]
    )
    assert "2 numbers of each row: heat, power." in pages["outputs"]
    assert "A class of each row, &#x27;word&#x27;, one of 2: " in pages["tags"]
    assert "The next symbol of each sequence, one of 4: a, b, c, d." in pages["marks"]
    assert "the model had forecast as the likeliest" in pages["marks"]
    assert "&lt;b&gt;high" in pages["tags"] and "<b>high" not in pages["tags"]


def test_several_outputs_have_scores_of_their_own(pages: dict[str, str]) -> None:
    for column in ("heat: RMSE", "heat: R2", "power: RMSE", "power: R2"):
        assert column in pages["outputs"] and column not in pages["output"]
    assert "<caption>Scores of each output</caption>" in pages["outputs"]


def test_rows_without_a_time_have_no_first_and_last_moment(pages: dict[str, str]) -> None:
    for page in pages.values():
        data = page[page.index('<section id="data"') : page.index('<section id="settings"')]
        names = re.findall(r'<th scope="row">([^<]+)</th>', data)
        assert not {"From", "To", "Step"} & set(names) and "Missing inputs" in names
        assert "<td>sequences, because --" in data
        assert "How the rows were cut: by time" in data and '<th scope="col">from</th>' in data
        assert "120 rows of 1 series</p>" in page


def test_no_dots_are_named_where_no_part_chose(tmp_path: Path) -> None:
    table = rows().assign(id=np.arange(120) // 4, kind=np.where(np.arange(120) // 4 % 2, "up", "down"))
    label = {"label": "kind", "id": "id", "past": "x", "ensemble": 1, "test_size": 0}
    Forecaster(**(TINY | {"look_back": 4}), **label).fit(table).save(tmp_path / "label")
    page, _ = report_page(load_run(tmp_path / "label"))
    assert "The large dots" not in page and "what the run says comes from" in page


@needs_browser
def test_pages_fit_every_width_and_load_nothing(pages: dict[str, str], tmp_path: Path) -> None:
    with open_browser(tmp_path / "profile") as browser:
        for kind, page in pages.items():
            place = tmp_path / f"{kind}.html"
            place.write_text(page, encoding="utf-8")
            browser.requests.clear()
            for width in (375, 800, 1200):
                browser.show(place, width)
                assert browser.run("document.documentElement.scrollWidth") <= width
                drawn = (
                    "Math.max(...[...document.querySelectorAll('figure svg')].map((one) => one.clientWidth))"
                )
                assert 200 < browser.run(drawn) <= 34 * 16
            assert set(browser.requests) == {place.resolve().as_uri()}
        assert not browser.complaints
