"""HTML and SVG put together from parts, with everything that is not markup already escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

# Elements without content or end tag.
EMPTY = ("meta", "br", "hr")

# Characters that no document may hold, however they are written.
_FORBIDDEN = {code: "\N{REPLACEMENT CHARACTER}" for code in [*range(9), 11, 12, *range(14, 32), 127]}


class Html(str):
    """Text that is markup already, and is not escaped again."""

    __slots__ = ()


def escape(text: object) -> Html:
    """Text as it is written in a document, its control characters replaced.

    Args:
        text: Anything; markup stays.

    Returns:
        Markup that shows it.

    Example:
        >>> escape("<b> & 'c'")
        '&lt;b&gt; &amp; &#x27;c&#x27;'
    """
    if isinstance(text, Html):
        return text
    return Html(html.escape(str(text).translate(_FORBIDDEN)))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """One element.

    Args:
        name: Of the element.
        children: Text, which is escaped, and markup, which is not.
        attributes: By name, ``_`` for ``-`` and none at the end (``class_``); True for one without a value,
            None and False for none.

    Returns:
        Its markup.

    Example:
        >>> tag("p", "a < b", class_="x", hidden=True)
        '<p class="x" hidden>a &lt; b</p>'
    """
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        written.append(f" {key}" if value is True else f' {key}="{escape(value)}"')
    start = f"<{name}{''.join(written)}>"
    if name in EMPTY:
        return Html(start)
    return Html(f"{start}{join(children)}</{name}>")


def join(parts: Iterable[object], between: str = "") -> Html:
    """Parts one after the other; text is escaped.

    Args:
        parts: Text and markup.
        between: Markup between two of them.

    Returns:
        Their markup.
    """
    return Html(between.join(escape(part) for part in parts))


def section(key: str, title: str, *content: object) -> Html:
    """A section with its heading, which the contents link to.

    Args:
        key: Of the link.
        title: Heading.
        content: What is below it; nothing gives no section.

    Returns:
        Its markup.
    """
    if not join(content):
        return Html("")
    return tag(
        "section", tag("h2", title, id=f"{key}-title"), *content, id=key, aria_labelledby=f"{key}-title"
    )


def figure(caption: object, *drawings: Html, title: object = "") -> Html:
    """Drawings with a caption that says what they show.

    Args:
        caption: Below them.
        drawings: SVG.
        title: Heading of the figure; empty for none.

    Returns:
        Its markup.
    """
    heading = tag("h3", title) if title else ""
    return tag("figure", heading, *drawings, tag("figcaption", caption))


def note_lines(texts: Sequence[object]) -> Html:
    """A list of sentences; nothing for none.

    Args:
        texts: Of the entries.

    Returns:
        Its markup.
    """
    return tag("ul", *(tag("li", text) for text in texts)) if texts else Html("")
