from __future__ import annotations

from forecaster.report.markup import Html, escape, figure, join, note_lines, section, tag


def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", "<b>", Html("<i>"), title='"') == '<p title="&quot;">&lt;b&gt;<i></p>'
    assert join(["a & b", tag("br")]) == "a &amp; b<br>"
    assert escape(3) == "3"


def test_attributes_are_spelled_as_html_has_them() -> None:
    made = tag("div", class_="x", aria_label="y", hidden=True, id=None, open=False)
    assert made == '<div class="x" aria-label="y" hidden></div>'


def test_control_characters_are_replaced() -> None:
    assert escape("a\x00b\x1bc\td") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\td"


def test_a_section_without_content_is_left_out() -> None:
    assert section("a", "A", "", Html("")) == ""
    made = section("a", "A", "b")
    assert made == '<section id="a" aria-labelledby="a-title"><h2 id="a-title">A</h2>b</section>'
    assert note_lines([]) == ""
    assert figure("what", Html("<svg></svg>")) == "<figure><svg></svg><figcaption>what</figcaption></figure>"
