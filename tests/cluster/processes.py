"""Processes of a command and of what it has begun, as Linux shows them."""

from __future__ import annotations

from pathlib import Path

WORKER = "ray::RayTrainWorker"


def family_of(pid: int) -> list[int]:
    """All processes that a process has begun, and those that these have begun."""
    parents = {int(place.name): _parent(place) for place in Path("/proc").glob("[0-9]*")}
    found, wanted = [], {pid}
    while wanted:
        wanted = {child for child, parent in parents.items() if parent in wanted}
        found += sorted(wanted)
    return found


def workers_of(pid: int) -> list[int]:
    """Those of them that train."""
    return [one for one in family_of(pid) if title_of(one).startswith(WORKER)]


def is_running(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    return bool(title_of(pid))


def _parent(place: Path) -> int | None:
    """Parent of a process; None for one that has ended."""
    try:
        return int((place / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def title_of(pid: int) -> str:
    """How a process calls itself; empty for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""
