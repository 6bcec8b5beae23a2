"""Where to train: the device and the number of processor threads."""

from __future__ import annotations

from forecaster.errors import ConfigError
from forecaster.network.placement import on_torch

if on_torch():
    import torch


def choose_device(name: str = "auto") -> str:
    """The device that ``--device`` stands for on this machine.

    Args:
        name: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns:
        ``cpu``, ``cuda`` or ``mps``; auto takes a GPU when there is one. On other backends than torch,
        which place arrays themselves, always ``cpu`` for auto.

    Raises:
        ConfigError: The device is unknown or not there.
    """
    if name not in ("auto", "cpu", "cuda", "mps"):
        raise ConfigError(f"--device {name}: unknown. Use auto, cpu, cuda or mps.")
    there = _devices()
    if name == "auto":
        return there[0]
    if name not in there:
        raise ConfigError(f"--device {name}: not available here. Use --device {there[0]} or auto.")
    return name


def set_threads(n_threads: int | None) -> int:
    """Set the number of processor threads.

    Args:
        n_threads: How many; None leaves it as it is.

    Returns:
        The number in force; 0 on other backends than torch, where it cannot be set.
    """
    if not on_torch():
        return 0
    if n_threads is not None:
        torch.set_num_threads(n_threads)
    return torch.get_num_threads()


def _devices() -> list[str]:
    """Devices of this machine, the fastest first."""
    if not on_torch():
        return ["cpu"]
    there = ["cuda"] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        there.append("mps")
    return [*there, "cpu"]
