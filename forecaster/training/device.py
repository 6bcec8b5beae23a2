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


# Units times windows of a step from which on bfloat16 is faster than float32; half of it for wide layers.
LEAST_MIXED = 64 * 256
WIDE = 64


def choose_precision(asked: str, device: str, units: int, batch_size: int) -> str:
    """Precision of the products in training.

    Args:
        asked: ``auto``, ``float32`` or ``bfloat16``.
        device: Where training runs.
        units: Width of the widest layer.
        batch_size: Windows of a step.

    Returns:
        ``float32`` or ``bfloat16``; auto takes the latter where the hardware multiplies it natively and a
        step is large enough to gain by it.

    Raises:
        ConfigError: bfloat16 is asked for on another backend than torch.
    """
    if asked == "bfloat16" and not on_torch():
        raise ConfigError("--precision bfloat16: only with the torch backend. Leave it out.")
    if asked != "auto":
        return asked
    is_large = units * batch_size >= (LEAST_MIXED // 2 if units >= WIDE else LEAST_MIXED)
    return "bfloat16" if is_large and on_torch() and _multiplies_bfloat16(device) else "float32"


def _multiplies_bfloat16(device: str) -> bool:
    """Whether a device has instructions for it; emulation is slower than float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    # these have no public name yet: a torch that lacks them trains in float32
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in asked)


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
