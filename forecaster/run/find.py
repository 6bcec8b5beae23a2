"""Which run is meant: by name in runs/, by path, or the one that runs/latest names."""

from __future__ import annotations

from pathlib import Path

from forecaster.errors import RunError
from forecaster.files import explained, refuse_link, write_file
from forecaster.run.store import LATEST, RUNS, known_runs


def set_latest(run: Path) -> None:
    """Note in runs/latest of the current folder that this run is the newest.

    Args:
        run: A run folder anywhere; one in runs/ is noted by name, another by its whole path.

    Raises:
        RunError: runs/latest cannot be written.
    """
    inside = run.absolute().parent == RUNS.absolute()
    with explained(RUNS):
        RUNS.mkdir(exist_ok=True)
    write_file(RUNS / LATEST, f"{run.name if inside else run.absolute()}\n".encode())


def find_run(which: str | Path | None = None) -> Path:
    """The run folder that a user means.

    Args:
        which: A name in runs/, a path, or None for the run that was trained last.

    Returns:
        Its folder; the version inside is not looked at.

    Raises:
        RunError: There is none.
    """
    if which is None or str(which) == LATEST or Path(which) == RUNS / LATEST:
        place = RUNS / LATEST
        if not place.is_file():
            raise RunError(f"{place}: no run was trained from this folder yet. {known_runs(RUNS)}")
        refuse_link(place)
        with explained(place), place.open("rb") as file:
            which = file.read(4096).decode("utf-8", "replace").strip()
        if not which or "\0" in which:
            raise RunError(f"{place}: it names no run. Name one with --run.")
    for path in (RUNS / which, Path(which)):
        if path.is_dir() and str(which) not in ("", "."):
            return path
    raise RunError(f"{which}: there is no such run. {known_runs(RUNS)}")
