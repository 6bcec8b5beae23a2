"""The whole page: one HTML file that loads nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath
from typing import Any

import pandas as pd

from forecaster.data.units import in_words
from forecaster.report.facts import data_section, has_times, run_section, settings_section
from forecaster.report.forecasts import event_lists, forecast_section
from forecaster.report.market import market_section
from forecaster.report.markup import Html, tag
from forecaster.report.picture import Path, Wait
from forecaster.report.scores import learning_section, quality_section, score_section
from forecaster.report.sequences import class_section, goal_words
from forecaster.report.words import headline, moment, verdict

# Keys of the sections in their order, and what the contents call them; those that a run has are shown.
CONTENTS = {
    "forecast": "Forecast",
    "events": "Overdue",
    "scores": "Scores",
    "market": "Prices",
    "quality": "Quality",
    "classes": "Classes",
    "learning": "Learning",
    "data": "Data",
    "settings": "Settings",
    "run": "Run",
}

# What was learnt of sequences, as a title says it.
LEARNT = {"label": "Classes", "outputs": "Outputs", "tags": "Tags", "marks": "Symbols"}


@dataclass(frozen=True)
class Content:
    """What a page is made of.

    Attributes:
        name: Of the run.
        report: As report.json.
        drawn: Forecasts that are drawn.
        events: The next event of every series; None for other kinds.
        level: Interval that the headline names, in percent.
        why_not: Why nothing is drawn, where nothing is.
    """

    name: str
    report: dict[str, Any]
    drawn: Sequence[Path] | Sequence[Wait]
    events: pd.DataFrame | None = None
    level: float = 80
    why_not: str = ""


def build_page(content: Content) -> str:
    """The page.

    Args:
        content: What it is made of.

    Returns:
        HTML that loads nothing, asks for nothing and runs one small script of its own.
    """
    report = content.report
    sections = [
        _forecast(content),
        event_lists(content.events) if content.events is not None else Html(""),
        score_section(report),
        market_section(report),
        quality_section(report),
        class_section(report),
        learning_section(report),
        data_section(report),
        settings_section(report),
        run_section(report, content.name),
    ]
    keys = [key for key, part in zip(CONTENTS, sections, strict=True) if part]
    links = [tag("a", CONTENTS[key], href=f"#{key}") for key in keys]
    title = _title(report)
    style, script = _own("page.css"), _own("page.js")
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", style),
    ]
    body = [
        tag("a", "Skip to the content", href=f"#{keys[0]}", class_="skip"),
        _header(content, title),
        tag("nav", *links, aria_label="Contents"),
        tag("main", *sections),
        tag("footer", f"Made by forecaster {report['versions']['forecaster']} of {content.name}."),
        tag("script", script),
    ]
    page = tag("html", tag("head", *head), tag("body", *body), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _title(report: dict[str, Any]) -> str:
    """What the page is on."""
    goal, source = report["data"].get("goal"), PurePath(report["data"]["source"]).name
    return f"{LEARNT[goal['kind']] if goal else 'Forecast'} of {source}"


def _forecast(content: Content) -> Html:
    """The forecast, or why there is none; nothing for sequences, of which none is made."""
    if content.report["data"].get("goal"):
        return Html("")
    return forecast_section(content.drawn, content.report["data"]["n_series"], content.why_not)


def _header(content: Content, title: str) -> Html:
    """What was forecast, and whether to believe it."""
    facts = content.report["data"]
    said = goal_words(facts) or headline(content.report, content.drawn, content.level, content.events)
    unit = f", in {in_words(facts['unit'])}" if facts["unit"] else ""
    n_series = facts["n_series"]
    about = f"{facts['kind']}: {facts['n_rows']:,} rows of {n_series:,} series"
    if has_times(facts):
        about += f", {moment(facts['first'])} to {moment(facts['last'])}{unit}"
    elif facts["shortest_series"] < facts["longest_series"]:
        about += f", of {facts['shortest_series']:,} to {facts['longest_series']:,} rows"
    stopped = content.report["state"] == "interrupted"
    return tag(
        "header",
        tag("h1", title),
        tag("p", said, class_="headline") if said else "",
        tag("p", verdict(content.report), class_="verdict"),
        tag("p", "Training was interrupted: these are the best weights so far.", class_="note")
        if stopped
        else "",
        tag("p", about, class_="about"),
    )


def _own(name: str) -> Html:
    """A file of this package, as it is."""
    text = resources.files("forecaster.report").joinpath(name).read_text(encoding="utf-8")
    return Html(text)


def _policy(style: str, script: str) -> str:
    """What the page may load: its own style and script, by their checksums, and nothing else."""
    allowed = {"style-src": style, "script-src": script}
    parts = [f"{name} 'sha256-{_digest(text)}'" for name, text in allowed.items()]
    return "; ".join(["default-src 'none'", *parts, "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    """SHA-256 in base 64, as a Content-Security-Policy has it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
