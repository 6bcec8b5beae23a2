from __future__ import annotations

import pytest

from forecaster.data.parts import PART
from forecaster.data.seen import Seen, count_newlines, has_hexadecimal, look_over


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (b"", Seen(True, False, 0)),
        (b'a,"b"\n1,2\n', Seen(True, False, 2)),
        ("a\né".encode(), Seen(False, False, 0)),
        (b"a\0", Seen(True, True, 0)),
        (b"x" * 300_000 + b'\n"\xff\0', Seen(False, True, 1)),
    ],
)
def test_bytes_of_any_part_are_seen(data: bytes, seen: Seen) -> None:
    assert look_over(data) == seen


def test_lines_above_the_header_are_taken_off() -> None:
    assert look_over(b'# "\na\n"b"\n').without(b'# "\n') == Seen(True, False, 2)


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"", 0),
        (b"a\nb\n", 2),
        (b"a\r\nb", 1),
        (b"a\r\nb\r", None),
        (b"a\rb\n", None),
        (b"a\r\r\n", None),
        (b"x" * (PART - 1) + b"\r\n\n", 2),
        (b"x" * (PART - 1) + b"\r", None),
        (b"x" * PART + b"\n", 1),
    ],
)
def test_newlines_are_counted_unless_a_return_stands_alone(data: bytes, count: int | None) -> None:
    assert count_newlines(data) == count


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", False),
        (b"0", False),
        (b"x0", False),
        (b"10X", True),
        (b"a" * (PART - 1) + b"0x", True),
        (b"a" * PART + b"x0X", True),
        (b"a" * (PART - 1) + b"xx", False),
    ],
)
def test_hexadecimal_numbers_are_found_anywhere(data: bytes, found: bool) -> None:
    assert has_hexadecimal(data) == found
