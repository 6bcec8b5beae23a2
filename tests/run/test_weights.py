from __future__ import annotations

import json

import numpy as np
import pytest

from forecaster.errors import RunError
from forecaster.run.weights import read_weights, weights_bytes

MEMBERS = [
    {"lstm/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.int64(7)},
    {"lstm/kernel": -np.arange(6, dtype=np.float32).reshape(3, 2).T, "steps": np.int64(8)},
]
EXPECTED = [{"lstm/kernel": ((2, 3), np.float32), "steps": ((), "int64")}] * 2


def test_tensors_come_back_as_they_were() -> None:
    found = read_weights(weights_bytes(MEMBERS), EXPECTED)
    assert len(found) == 2
    for one, other in zip(found, MEMBERS, strict=True):
        assert list(one) == ["lstm/kernel", "steps"]
        assert one["lstm/kernel"].dtype == np.float32
        assert one["lstm/kernel"].tolist() == other["lstm/kernel"].tolist()
        assert one["steps"].shape == ()
        assert one["steps"] == other["steps"]


def test_same_tensors_give_the_same_bytes() -> None:
    assert weights_bytes(MEMBERS) == weights_bytes(MEMBERS)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ([*EXPECTED, {"a": ((1,), np.float32)}], r"no tensor member2/a\."),
        (EXPECTED[:1], r"unknown tensor member1/lstm/kernel, member1/steps\."),
        (
            [{**EXPECTED[0], "steps": ((2,), "int64")}, EXPECTED[1]],
            r"tensor member0/steps is int64 \[\], the spec needs int64 \[2\]\.",
        ),
        (
            [EXPECTED[0], {**EXPECTED[1], "lstm/kernel": ((2, 3), np.float64)}],
            r"tensor member1/lstm/kernel is float32 \[2, 3\], the spec needs float64 \[2, 3\]\.",
        ),
    ],
)
def test_tensor_that_does_not_fit_is_named(expected: list, message: str) -> None:
    with pytest.raises(RunError, match=message):
        read_weights(weights_bytes(MEMBERS), expected)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_must_be_finite(value: float) -> None:
    bad = np.array([0.0, value], dtype=np.float32)
    with pytest.raises(RunError, match=r"weights: tensor member0/a holds NaN or infinity"):
        weights_bytes([{"a": bad}])
    whole = weights_bytes([{"a": np.zeros(2, dtype=np.float32)}])
    with pytest.raises(RunError, match=r"run/w: tensor member0/a holds NaN or infinity"):
        read_weights(whole[:-8] + bad.tobytes(), [{"a": ((2,), np.float32)}], "run/w")


def file_of(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"abc",
        (2**60).to_bytes(8, "little") + b"{}",
        file_of(b"[" * 100_000),
        file_of(b"{"),
        file_of([]),
        file_of(b"\xff\xfe"),
        file_of({"member0/a": 1}),
        file_of(b'{"member0/a":1,"member0/a":2}'),
        file_of({"member0/a": entry([2], 0, 8)}, b"\0" * 4),
        file_of({"member0/a": entry([2], 4, 12)}, b"\0" * 12),
        file_of({"member0/a": entry([2], 0, 4)}, b"\0" * 8),
        file_of({"member0/a": {"dtype": "F32", "shape": [2]}}, b"\0" * 8),
    ],
)
def test_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(RunError, match=r"^weights.safetensors: "):
        read_weights(data, [{"a": ((2,), np.float32)}])


def test_huge_tensor_is_refused_before_it_is_allocated() -> None:
    data = file_of({"member0/a": entry([10**12], 0, 4 * 10**12)})
    with pytest.raises(RunError, match=r"its tensors need 4000000000000"):
        read_weights(data, [{"a": ((10**12,), np.float32)}])
