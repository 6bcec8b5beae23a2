"""A trained run on its way between machines: the files of its version, by name."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.trained_run import AnyRun, TrainedRun


def pack_run(run: AnyRun) -> dict[str, bytes]:
    """The files of a run's version.

    Args:
        run: A trained run.

    Returns:
        Content by name.
    """
    from forecaster.run.save import save_run

    with tempfile.TemporaryDirectory() as name:
        version = save_run(run, Path(name) / "run")
        return {path.name: path.read_bytes() for path in sorted(version.iterdir())}


def unpack_run(files: Mapping[str, bytes]) -> TrainedRun | SequenceRun:
    """The run of its files.

    Args:
        files: As ``pack_run`` gives them.

    Returns:
        A run that predicts what the packed one does, without a name of its own.
    """
    from forecaster.run.load import load_run

    with tempfile.TemporaryDirectory() as name:
        version = Path(name) / "run" / "v0001"
        version.mkdir(parents=True)
        for file, data in files.items():
            (version / file).write_bytes(data)
        (version.parent / "CURRENT").write_text("v0001\n")
        return replace(load_run(version.parent), name=TrainedRun.name)
