"""Whatever a file holds: no exception but ours, no NaN in JSON, and one table however it is written."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecaster.commands._show import as_json
from forecaster.data.load import read_panel
from forecaster.data.summary import summarise
from forecaster.errors import ForecasterError
from tests.corpus import refused_numbers, refused_rows, refused_text, refused_times
from tests.corpus.cases import DAYS
from tests.corpus.taken import TAKEN

REFUSED = (
    *refused_text.REFUSED,
    *refused_numbers.REFUSED,
    *refused_times.REFUSED,
    *refused_rows.REFUSED,
)

SEEDS = [case.data for case in (*REFUSED, *TAKEN) if len(case.data) < 2000]
PIECES = st.sampled_from(
    [
        piece.encode()
        for piece in ',|;|\n|\r|"|\0|-|e|inf|nan|1e400|1e308|-1e308|#|24:00|Z|+14:00|0'.split("|")
    ]
    + [b"\xff", b"\xef\xbb\xbf", b"2020-02-30", b"0001-01-01", b"9999-12-31", b"true", b"9" * 30, b"sep=;\n"]
)
EDITS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 12), PIECES), min_size=1, max_size=5)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(data=st.sampled_from(SEEDS), edits=EDITS)
def test_a_changed_file_is_read_or_refused_in_words(
    data: bytes, edits: list[tuple[int, int, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    for place, n_lost, piece in edits:
        place %= len(data) + 1
        data = data[:place] + piece + data[place + n_lost :]
    try:
        panel = read_panel(io.BytesIO(data))
    except ForecasterError as error:
        assert len(str(error)) < 1000
        return
    assert not np.isinf(panel.values).any()
    as_json(summarise(panel))
    json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))


@settings(max_examples=60)
@given(
    values=st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=len(DAYS)),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quote=st.sampled_from(["", '"']),
)
def test_a_table_is_the_same_however_it_is_written(
    values: list[int], delimiter: str, end: str, encoding: str, quote: str
) -> None:
    decimal = "," if delimiter == ";" else "."
    numbers = [f"{value // 10}{decimal}{abs(value) % 10}" for value in values]
    lines = [
        f"ds{delimiter}y",
        *(f"{day}{delimiter}{quote}{n}{quote}" for day, n in zip(DAYS, numbers, strict=False)),
    ]
    panel = read_panel(io.BytesIO(end.join(lines).encode(encoding)))
    expected = [float(number.replace(",", ".")) for number in numbers]
    np.testing.assert_array_equal(panel.y, expected)
    assert panel.n_rows == len(values)
