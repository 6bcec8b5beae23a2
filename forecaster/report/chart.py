"""One drawing as inline SVG: axes, lines, bands, bars and points, coloured by the page's style sheet.

Nothing carries a colour of its own, so that the page is light or dark as the reader likes; what is drawn is
told apart by dashes, shapes and words too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.report.markup import Html, tag
from forecaster.report.ticks import Axis

# Width of a letter of a label, in the units of the drawing; a little more than any font needs.
LETTER = 7.2


@dataclass(frozen=True)
class Size:
    """Width and height of a drawing, and the room around its axes, in units of which a letter is 13 high."""

    width: float
    height: float
    left: float = 58
    right: float = 14
    top: float = 34
    bottom: float = 44


WIDE = Size(960, 340)
NARROW = Size(440, 330, top=44)
SMALL = Size(460, 290)


class Chart:
    """A drawing with two axes, built up part by part."""

    def __init__(self, x: Axis, y: Axis, size: Size, labels: tuple[str, str] = ("", "")) -> None:
        """An empty drawing.

        Args:
            x: From left to right.
            y: From bottom to top.
            size: Of the drawing; its left edge moves where the labels of ``y`` need it.
            labels: What stands below ``x`` and above ``y``.
        """
        longest = max((len(text) for _, text in y.ticks), default=1)
        self.x, self.y, self.size, self.labels = x, y, size, labels
        self.left = max(size.left - 20, longest * LETTER + 14)
        self.parts: list[Html] = []
        self.keys: list[tuple[str, str, str]] = []

    def across(self, x: float) -> float:
        """Place of a number from left to right."""
        share = (x - self.x.low) / (self.x.high - self.x.low)
        return self.left + share * (self.size.width - self.left - self.size.right)

    def up(self, y: float) -> float:
        """Place of a number from top to bottom."""
        share = (y - self.y.low) / (self.y.high - self.y.low)
        return (
            self.size.height
            - self.size.bottom
            - share * (self.size.height - self.size.top - self.size.bottom)
        )

    def line(self, x: np.ndarray, y: np.ndarray, kind: str, name: str = "") -> None:
        """A line, with gaps where a number is missing.

        Args:
            x: (n,) numbers.
            y: (n,) numbers, NaN for a gap.
            kind: Class in the style sheet.
            name: In the legend; empty for no entry.
        """
        steps = []
        pen = "M"
        for one, other in zip(x, y, strict=True):
            if not (np.isfinite(one) and np.isfinite(other)):
                pen = "M"
                continue
            steps.append(f"{pen}{self.across(one):.1f} {self.up(other):.1f}")
            pen = "L"
        self._add(tag("path", d="".join(steps), class_=f"line {kind}"), f"line {kind}", name)

    def band(self, x: np.ndarray, limits: tuple[np.ndarray, np.ndarray], kind: str, name: str = "") -> None:
        """The area between two lines, where both are known.

        Args:
            x: (n,) rising.
            limits: Lower and upper line, each (n,).
            kind: Class in the style sheet.
            name: In the legend.
        """
        lower, upper = limits
        known = np.isfinite(x) & np.isfinite(lower) & np.isfinite(upper)
        there = [(one, other) for one, other in zip(x[known], upper[known], strict=True)]
        back = [(one, other) for one, other in zip(x[known][::-1], lower[known][::-1], strict=True)]
        points = " ".join(f"{self.across(one):.1f},{self.up(other):.1f}" for one, other in there + back)
        self._add(tag("polygon", points=points, class_=f"band {kind}"), kind, name)

    def dots(self, x: np.ndarray, y: np.ndarray, kind: str, name: str = "", radius: float = 2.5) -> None:
        """A dot for each pair of numbers.

        Args:
            x: (n,) numbers.
            y: (n,) numbers; pairs with a missing one are left out.
            kind: Class in the style sheet.
            name: In the legend.
            radius: Of the dots.
        """
        # one path of round line ends: a thousand circles would be five times as long
        known = np.isfinite(x) & np.isfinite(y)
        spots = [
            f"M{self.across(one):.1f} {self.up(other):.1f}h0"
            for one, other in zip(x[known], y[known], strict=True)
        ]
        drawn = tag("path", d="".join(spots), class_=f"dots {kind}", stroke_width=f"{2 * radius:g}")
        self._add(drawn, f"dots {kind}", name)

    def post(self, x: float, limits: tuple[float, float], kind: str, name: str = "") -> None:
        """An interval at one place, as an upright bar.

        Args:
            x: The place.
            limits: Lower and upper end; nothing is drawn where one is missing.
            kind: Class in the style sheet.
            name: In the legend.
        """
        if not np.isfinite(limits).all():
            return
        place, (lower, upper) = self.across(x), (self.up(limits[0]), self.up(limits[1]))
        shape = tag(
            "rect",
            x=f"{place - 5:.1f}",
            y=f"{upper:.1f}",
            width="10",
            height=f"{lower - upper:.1f}",
            class_=f"band {kind}",
        )
        self._add(shape, kind, name)

    def bars(self, edges: np.ndarray, heights: np.ndarray, kind: str, name: str = "") -> None:
        """Bars from zero, or from the begin of the axis.

        Args:
            edges: (n + 1,) where they begin and end.
            heights: (n,) numbers.
            kind: Class in the style sheet.
            name: In the legend.
        """
        ground = self.up(max(self.y.low, 0.0))
        shapes = []
        for begin, end, height in zip(edges[:-1], edges[1:], heights, strict=True):
            left, right = self.across(begin) + 1, self.across(end) - 1
            top = self.up(height)
            shapes.append(
                tag(
                    "rect",
                    x=f"{left:.1f}",
                    y=f"{min(top, ground):.1f}",
                    width=f"{max(right - left, 0.5):.1f}",
                    height=f"{abs(ground - top):.1f}",
                )
            )
        self._add(tag("g", *shapes, class_=f"bars {kind}"), kind, name)

    def rule(self, kind: str, name: str = "", *, x: float | None = None, y: float | None = None) -> None:
        """A straight line across the drawing: upright at ``x``, or level at ``y``.

        Args:
            kind: Class in the style sheet.
            name: In the legend.
            x: Place of an upright one.
            y: Place of a level one.
        """
        size = self.size
        if x is not None:
            place = f"M{self.across(x):.1f} {size.top:.1f}V{size.height - size.bottom:.1f}"
        else:
            place = f"M{self.left:.1f} {self.up(y or 0.0):.1f}H{size.width - size.right:.1f}"
        self._add(tag("path", d=place, class_=f"line {kind}"), f"line {kind}", name)

    def _add(self, part: Html, kind: str, name: str) -> None:
        """Keep a part, and its entry in the legend."""
        self.parts.append(part)
        shape = "M11 9h0" if kind.startswith("dots") else "M0 9h22"
        if name and (kind, name, shape) not in self.keys:
            self.keys.append((kind, name, shape))

    def draw(self, title: str, text: str = "", kind: str = "") -> Html:
        """The drawing.

        Args:
            title: What it is, for those who cannot see it.
            text: What it shows, likewise.
            kind: Class of the drawing in the style sheet.

        Returns:
            An ``svg`` element.
        """
        size = self.size
        return tag(
            "svg",
            self._grid(),
            *self.parts,
            self._legend(),
            viewBox=f"0 0 {size.width:g} {size.height:g}",
            role="img",
            aria_label=f"{title}. {text}" if text else title,
            class_=kind or None,
        )

    def _grid(self) -> Html:
        """Lines at the ticks of y, and the labels of both axes."""
        size = self.size
        right, ground = size.width - size.right, size.height - size.bottom
        found = []
        for value, text in self.y.ticks:
            at = self.up(value)
            found.append(tag("path", d=f"M{self.left:.1f} {at:.1f}H{right:.1f}", class_="grid"))
            found.append(tag("text", text, x=f"{self.left - 6:.1f}", y=f"{at + 4:.1f}", text_anchor="end"))
        room = -1e9
        for value, text in self.x.ticks:
            at, half = self.across(value), len(text) * LETTER / 2
            if at - half < room:  # it would run into the label before it
                continue
            room = at + half + 6
            middle = min(max(at, half + 2), size.width - half - 2)
            found.append(tag("path", d=f"M{at:.1f} {ground:.1f}v5", class_="axis"))
            found.append(tag("text", text, x=f"{middle:.1f}", y=f"{ground + 18:.1f}", text_anchor="middle"))
        found.append(tag("path", d=f"M{self.left:.1f} {ground:.1f}H{right:.1f}", class_="axis"))
        below, above = self.labels
        if below:
            found.append(
                tag(
                    "text",
                    below,
                    x=f"{right:.1f}",
                    y=f"{size.height - 6:.1f}",
                    text_anchor="end",
                    class_="label",
                )
            )
        if above:
            found.append(tag("text", above, x="4", y="13", class_="label"))
        return tag("g", *found)

    def _legend(self) -> Html:
        """What the parts are called, from the right edge at the top."""
        found: list[Html] = []
        width = sum(len(name) * LETTER + 44 for _, name, _ in self.keys)
        at = self.size.width - self.size.right - width
        down = 0
        if at < len(self.labels[1]) * LETTER + 16:  # below the label of y
            at, down = self.left, 17
        for kind, name, shape in self.keys:
            found.append(tag("path", d=shape, transform=f"translate({at:.1f} {down})", class_=f"key {kind}"))
            found.append(tag("text", name, x=f"{at + 27:.1f}", y=f"{13 + down}"))
            at += len(name) * LETTER + 44
        return tag("g", *found, class_="legend")
