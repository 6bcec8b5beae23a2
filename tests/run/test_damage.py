"""A run folder with every field, tensor and file damaged in turn, checksums made to fit."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from forecaster.errors import RunError
from forecaster.forecaster import Forecaster

GOLDEN = Path(__file__).parents[1] / "files" / "golden" / "v1"
# One kind in the normal set: a network is built for every damage that is found last.
KINDS = [
    "values",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("events", "intervals", "prices")),
]


@pytest.fixture(params=KINDS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a golden run that may be damaged."""
    shutil.copytree(GOLDEN / request.param, tmp_path / "run")
    return tmp_path / "run"


def rewrite(run: Path, name: str, content: bytes) -> None:
    """Replace a file of the version, and its checksum with it."""
    version = run / "v0001"
    (version / name).write_bytes(content)
    sums = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(version.iterdir())
        if path.name != "SHA256SUMS"
    )
    (version / "SHA256SUMS").write_text(sums)


def message_of(run: Path) -> str:
    with pytest.raises(RunError) as caught:
        Forecaster.load(run)
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".") and len(text) < 600, text
    return text


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values that are no object, and of the first entry of every list."""
    if isinstance(tree, dict):
        for name, part in tree.items():
            yield from leaves(part, (*path, name))
        return
    yield path
    if isinstance(tree, list) and tree:
        yield from leaves(tree[0], (*path, 0))


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> bytes:
    new = copy.deepcopy(tree)
    place = new
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(new).encode()


def test_every_field_of_the_spec_is_refused_by_name_when_it_is_of_another_type(run: Path) -> None:
    tree = json.loads((run / "v0001" / "spec.json").read_text())
    paths = list(leaves(tree))
    assert len(paths) > 130
    for path in paths:
        rewrite(run, "spec.json", changed(tree, path, {"x": 1}))
        named = next(part for part in reversed(path) if isinstance(part, str))
        text = message_of(run)
        assert text.startswith(f"{run}/v0001/spec.json: ") and named in text, (path, text)


def test_every_object_of_the_spec_refuses_a_name_it_does_not_know(run: Path) -> None:
    tree = json.loads((run / "v0001" / "spec.json").read_text())
    model = ("models", 0)
    places: list[tuple[Any, ...]] = [(), ("settings",), ("panel",), ("panel", "clock"), model]
    places += [("settings", name) for name in tree["settings"]]
    places += [(*model, name) for name in ("architecture", "head", "normaliser")]
    for place in places:
        rewrite(run, "spec.json", changed(tree, (*place, "colour"), "red"))
        assert "colour" in message_of(run), place


def test_every_tensor_is_refused_by_name_when_it_is_damaged(run: Path) -> None:
    tensors = dict(load((run / "v0001" / "weights.safetensors").read_bytes()))
    for name, array in tensors.items():
        damages: list[np.ndarray | None] = [
            None,
            array.astype(np.float16),
            array[None],
            array[..., None, None],
        ]
        if array.size:
            damages.append(np.where(np.arange(array.size).reshape(array.shape) == 0, np.nan, array))
        for damage in damages:
            new = {key: part for key, part in tensors.items() if key != name}
            if damage is not None:
                new[name] = damage.astype(array.dtype) if damage.dtype == np.float64 else damage
            rewrite(run, "weights.safetensors", save(new))
            assert name in message_of(run), name


def test_every_file_is_refused_by_name_when_it_is_damaged(run: Path) -> None:
    for path in sorted((run / "v0001").iterdir()):
        content = path.read_bytes()
        damages = [b"", content[: len(content) // 2], b"\0" * len(content), None]
        damages += [
            content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in (0, len(content) // 2)
        ]
        for damage in damages:
            if damage is None:
                path.unlink()
            else:
                path.write_bytes(damage)
            text = message_of(run)
            assert path.name in text or path.name == "SHA256SUMS", text
            path.write_bytes(content)
    Forecaster.load(run)


def test_every_file_with_a_checksum_of_its_own_is_refused_when_it_is_no_such_file(run: Path) -> None:
    for path in sorted((run / "v0001").iterdir()):
        if path.name == "SHA256SUMS":
            continue
        content = path.read_bytes()
        for damage in (b"", b"[]", b"null", content[: len(content) // 2], content[1:]):
            rewrite(run, path.name, damage)
            assert path.name in message_of(run)
        rewrite(run, path.name, content)
    Forecaster.load(run)


def test_every_column_of_the_tables_is_refused_by_name_when_it_is_damaged(run: Path) -> None:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    for name in ("context.parquet", "series.parquet"):
        content = (run / "v0001" / name).read_bytes()
        table = pq.read_table(io.BytesIO(content))
        for column in table.column_names:
            if name == "context.parquet" and column == "unique_id":
                continue  # for other programs; ours takes the ids of series.parquet
            place = table.column_names.index(column)
            for damaged in (
                table.remove_column(place),
                table.set_column(place, column, pa.array([[1]] * table.num_rows)),
                table.set_column(place, column, pa.nulls(table.num_rows)),
            ):
                sink = io.BytesIO()
                pq.write_table(damaged, sink)
                rewrite(run, name, sink.getvalue())
                if column in ("first", "as_of", "began", "n_earlier", "n_rows", "close", "mark"):
                    with_errors_of_ours_only(run)
                else:
                    text = message_of(run)
                    assert name in text, (column, text)
        rewrite(run, name, content)


def with_errors_of_ours_only(run: Path) -> None:
    """Columns that other kinds and earlier versions lack may be missing; what is there is of its type."""
    try:
        Forecaster.load(run).predict()
    except RunError as error:
        assert ".parquet" in str(error)
