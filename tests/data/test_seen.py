from __future__ import annotations

import pytest

from forecaster.data.seen import Seen, look_over


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (b"", Seen(True, False, 0, 0)),
        (b'a,"b"\n1,2\n', Seen(True, False, 2, 2)),
        ("a\né".encode(), Seen(False, False, 0, 1)),
        (b"a\0", Seen(True, True, 0, 0)),
        (b"x" * 300_000 + b'\n"\xff\0', Seen(False, True, 1, 1)),
    ],
)
def test_bytes_of_any_part_are_seen(data: bytes, seen: Seen) -> None:
    assert look_over(data) == seen


def test_lines_above_the_header_are_taken_off() -> None:
    assert look_over(b'# "\na\n"b"\n').without(b'# "\n') == Seen(True, False, 2, 2)
