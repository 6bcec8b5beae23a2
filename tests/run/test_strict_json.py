from __future__ import annotations

import pytest

from forecaster.run.strict_json import strict_json


def message_of(content: bytes) -> str:
    with pytest.raises(ValueError) as caught:
        strict_json(content, 10_000_000, 1_000_000)
    return str(caught.value)


def test_plain_values_come_back() -> None:
    text = '{"a": [1, -0.0, 1e-300, true, null, "é\\ud83d\\ude00"], "b": {}}'.encode()
    tree = strict_json(text, 1000, 100)
    assert tree == {"a": [1, -0.0, 1e-300, True, None, "é\U0001f600"], "b": {}}
    assert strict_json(b"3", 10, 10) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "the name 'c' stands twice"),
        (b"[NaN]", "NaN is no number of JSON"),
        (b"[-Infinity]", "-Infinity is no number of JSON"),
        (b"[1e999]", "the number 1e999 is too large"),
        (b"[" + b"9" * 301 + b"]", "a number of 301 digits; at most 300 are read"),
        (b"[" * 34 + b"]" * 34, "nested more than 32 deep"),
        (b"[" * 900_000, "nested more than 32 deep"),
        (b'{"a":' * 20_000, "nested more than 32 deep"),
        (b'{"a":' * 200_000, "about 200,000 objects; at most 20,000 are read"),
        (b"[" * 1_000_001, "about 1,000,001 values; at most 1,000,000 are read"),
        (b" " * 10_000_001, "10,000,001 bytes; at most 10,000,000 are read"),
        (b'["\\ud800"]', "a text holds half a character"),
        (b'["\xff"]', "not JSON (byte 2 is no UTF-8)"),
        (b"{1}", "not JSON (Expecting property name"),
        (b"", "not JSON (Expecting value"),
    ],
)
def test_what_is_no_strict_json_is_refused(content: bytes, message: str) -> None:
    assert message_of(content).startswith(message)


def test_an_object_of_too_many_names_is_refused() -> None:
    content = b"{" + b",".join(b'"%d":0' % number for number in range(20_001)) + b"}"
    assert message_of(content) == "an object of 20,001 names; at most 20,000 are read"


def test_depth_of_32_is_read() -> None:
    assert strict_json(b"[" * 32 + b"]" * 32, 1000, 1000)
