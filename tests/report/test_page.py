"""The page of real runs: what is on it, what it may load, and how it looks in a browser."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.errors import ConfigError, RunError
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.forecaster import Forecaster
from forecaster.report.build import Wanted, report_page
from forecaster.run.load import load_run
from tests.conftest import TINY, SavedRun
from tests.report.browser import Browser, find_chromium, open_browser

EVIL = "<script>alert(1)</script>"
EMPTY = ("meta", "br", "hr")


def prices(n: int) -> pd.DataFrame:
    """Daily prices of one ticker."""
    rng = np.random.default_rng(1)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    days = pd.bdate_range("2022-01-03", periods=n)
    return pd.DataFrame(
        {
            "date": days,
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": 1000.0,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, events_run: SavedRun) -> Path:
    """A saved run of every kind; the ids of the first are no friends of HTML."""
    folder = tmp_path_factory.mktemp("pages")
    days = pd.date_range("2024-01-01", periods=60, freq="D")
    names = [EVIL, 'b" onload="alert(2)', "c" * 120]
    values = pd.concat(
        pd.DataFrame({"unique_id": name, "ds": days, "y": level + np.sin(np.arange(60) / 3)})
        for name, level in zip(names, (1.0, 10.0, 100.0), strict=True)
    )
    gaps = pd.DataFrame({"wait": np.random.default_rng(0).gamma(3.0, 20.0, 90).round()})
    with contextlib.chdir(folder):
        Forecaster(**TINY, look_back=6, horizon=4).fit(values).save("values")
        Forecaster(**TINY, kind="intervals", unit="minutes", task="both").fit(gaps).save("intervals")
        Forecaster(**TINY, look_back=5).fit(prices(120)).save("ohlc")
        Forecaster(**TINY, look_back=5, predict="direction").fit(prices(120)).save("direction")
    (folder / "events").symlink_to(events_run.folder)
    return folder


KINDS = ("values", "events", "intervals", "ohlc", "direction")


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """The page of every kind."""
    return {kind: report_page(load_run((folder / kind).resolve()))[0] for kind in KINDS}


class Outline(HTMLParser):
    """Elements of a page, which are checked to be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("kind", KINDS)
def test_page_is_whole_small_and_loads_nothing(kind: str, pages: dict[str, str]) -> None:
    page = pages[kind]
    outline = Outline(page)
    assert not outline.open
    assert len(page.encode()) < 2_000_000
    for tag, attributes in outline.found:
        assert (
            not {"src", "srcset", "style", "onload", "onclick", "data", "xlink:href"} & attributes.keys()
        ), tag
        assert (attributes.get("href") or "#").startswith("#")
    assert not {"link", "img", "iframe", "object", "embed", "form"} & {tag for tag, _ in outline.found}
    assert "http://" not in page and "https://" not in page
    ids = [attributes["id"] for _, attributes in outline.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {
        attributes["href"][1:] for tag, attributes in outline.found if tag == "a" and attributes["href"]
    }
    assert targets <= set(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_policy_allows_the_pages_own_style_and_script_alone(kind: str, pages: dict[str, str]) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', pages[kind])
    for name in ("style", "script"):
        (content,) = re.findall(f"<{name}>(.*?)</{name}>", pages[kind], re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src &#x27;sha256-{digest}&#x27;" in policy
    assert policy.startswith("default-src &#x27;none&#x27;")


@pytest.mark.parametrize("kind", KINDS)
def test_every_drawing_and_table_says_what_it_is(kind: str, pages: dict[str, str]) -> None:
    outline = Outline(pages[kind]).found
    drawings = [attributes for tag, attributes in outline if tag == "svg" and "aria-hidden" not in attributes]
    assert len(drawings) >= 4
    assert all(one["role"] == "img" and len(one["aria-label"] or "") > 20 for one in drawings)
    assert sum(tag == "table" for tag, _ in outline) == sum(tag == "caption" for tag, _ in outline)
    assert all("scope" in attributes for tag, attributes in outline if tag == "th")


def sections(page: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"', page)


def test_each_kind_has_its_sections(pages: dict[str, str]) -> None:
    common = ["scores", "quality", "learning", "data", "settings", "run"]
    assert sections(pages["values"]) == sections(pages["intervals"]) == ["forecast", *common]
    assert sections(pages["events"]) == ["forecast", "events", *common]
    assert sections(pages["ohlc"]) == ["forecast", "scores", "market", *common[1:]]


def test_page_has_what_a_manager_asks_for(pages: dict[str, str]) -> None:
    values = pages["values"]
    for text in ("The next value of", "2 other series are forecast too.", "Tried on", "Error by step"):
        assert text in values
    for text in (
        "Calibration",
        "Forecast and outcome",
        "Residuals",
        "What was repaired",
        "the head of --task",
    ):
        assert text in values
    assert "Confusion matrix" in pages["intervals"] and "model (bins)" in pages["intervals"]
    assert "Of 30 series we expect" in pages["events"] and "Overdue: the first" in pages["events"]
    assert "The model by year" in pages["ohlc"] and "no investment advice" in pages["ohlc"]
    assert re.search(r'<th scope="row">down</th>.*<th scope="row">flat</th>', pages["direction"], re.DOTALL)


def test_names_in_the_data_stay_text(pages: dict[str, str]) -> None:
    assert EVIL not in pages["values"] and "&lt;script&gt;alert(1)" in pages["values"]
    assert pages["values"].count("<script>") == 1
    assert 'onload="alert' not in pages["values"]


def test_numbers_of_the_page_are_those_of_the_report(folder: Path, pages: dict[str, str]) -> None:
    run = load_run(folder / "values")
    part = run.report["scores"]["test"]
    assert f"{part['model'][part['deciding']]:.4g}" in pages["values"]
    table = Forecaster.load(folder / "values").predict()
    assert f"is forecast to be {table['forecast'][0]:.4g}" in pages["values"]
    assert len(part["pairs"]["actual"]) == part["n_windows"] * 4


def test_chosen_series_are_drawn_and_unknown_ones_are_refused(folder: Path) -> None:
    run = load_run(folder / "values")
    page, _ = report_page(run, Wanted(series=["c" * 120]))
    assert 'data-name="' + "c" * 120 in page and page.count("data-name=") == 1
    with pytest.raises(ConfigError, match=r"--series z: .* has no such id, but .* Name one"):
        report_page(run, Wanted(series=["z"]))


def without_context(run: TrainedRun) -> TrainedRun:
    """The run as it is loaded when it was saved without its rows."""
    begins = run.panel.offsets[1:]
    return replace(run, panel=run.panel.take(begins, begins))


def test_a_run_without_rows_has_a_page_that_says_so(folder: Path) -> None:
    run = without_context(load_run(folder / "values"))
    page, notes = report_page(run)
    assert "Nothing is forecast here." in page and "holds no rows to go on from" in page
    assert notes and sections(page)[0] == "forecast"
    with pytest.raises(RunError, match="holds no rows"):
        report_page(run, Wanted(series=["a"]))


def test_a_run_saved_without_context_keeps_no_values_of_the_data(folder: Path, tmp_path: Path) -> None:
    forecaster = Forecaster.load(folder / "values")
    forecaster.save(tmp_path / "bare", context=False)
    page, _ = report_page(load_run(tmp_path / "bare"))
    assert "Forecast and outcome" not in page and "Calibration" in page


def test_a_run_without_scores_has_a_page(tmp_path: Path) -> None:
    waits = pd.DataFrame({"wait": [3.0, 5, 2, 8, 4, 6, 3, 5, 7, 2]})
    settings = {**TINY, "kind": "intervals", "look_back": 2, "test_size": 0, "valid_size": 0}
    Forecaster(**settings).fit(waits).save(tmp_path / "few")
    page, _ = report_page(load_run(tmp_path / "few"))
    assert "could not be measured" in page and "quality" not in sections(page)
    assert not Outline(page).open


# In a browser.

needs_browser = pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@needs_browser
@pytest.mark.parametrize("kind", KINDS)
def test_browser_has_nothing_to_complain_of(
    kind: str, pages: dict[str, str], browser: Browser, tmp_path: Path
) -> None:
    place = tmp_path / f"{kind}.html"
    place.write_text(pages[kind], encoding="utf-8")
    browser.complaints.clear()
    browser.requests.clear()
    for width in (375, 1200):
        for dark in (False, True):
            browser.show(place, width, dark=dark)
            assert browser.run("document.documentElement.scrollWidth") <= width
            paper = browser.run("getComputedStyle(document.body).backgroundColor")
            assert paper == ("rgb(20, 23, 28)" if dark else "rgb(255, 255, 255)")
            shown = browser.run(
                "[...document.querySelectorAll('svg.wide')].some((one) => one.clientWidth > 0)"
            )
            assert shown == (width == 1200)
    assert not browser.complaints
    assert set(browser.requests) == {place.resolve().as_uri()}
    browser.shot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000
    browser.paper(tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


@needs_browser
def test_browser_sorts_tables_and_shows_one_series_at_a_time(
    pages: dict[str, str], browser: Browser, tmp_path: Path
) -> None:
    place = tmp_path / "values.html"
    place.write_text(pages["values"], encoding="utf-8")
    browser.show(place)
    column = "[...document.querySelectorAll('#scores tbody tr')].map((row) => Number(row.cells[1].dataset.v))"
    first = browser.run(column)
    assert first == sorted(first)
    for falls in (False, True):
        browser.run("document.querySelectorAll('#scores thead th')[1].querySelector('button').click()")
        assert browser.run(column) == sorted(first, reverse=falls)
    assert browser.run("document.querySelector('#scores th[aria-sort]').ariaSort") == "descending"
    visible = "[...document.querySelectorAll('.series')].map((one) => !one.hidden)"
    assert browser.run(visible) == [True, False, False]
    choose = "const box = document.querySelector('select'); box.selectedIndex = 2;"
    browser.run(f"{{{choose} box.dispatchEvent(new Event('change'))}}")
    assert browser.run(visible) == [False, False, True]


@needs_browser
def test_browser_refuses_other_scripts(pages: dict[str, str], browser: Browser, tmp_path: Path) -> None:
    place = tmp_path / "evil.html"
    place.write_text(pages["values"].replace("</main>", "<script>window.evil = 1</script></main>"), "utf-8")
    browser.show(place)
    assert browser.run("window.evil === undefined")
    assert any("Content Security Policy" in text for text in browser.complaints)
    browser.complaints.clear()
