"""State of the random numbers that a training step draws, as arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecaster.network.placement import on_torch

if on_torch():
    import torch

RANDOM = "random/"


def random_arrays(device: str) -> dict[str, np.ndarray]:
    """State of torch's generators.

    Args:
        device: Where training runs; a GPU has a generator of its own.

    Returns:
        Arrays of bytes by name; none on other backends, whose random numbers are variables of the model.
    """
    if not on_torch():
        return {}
    found = {f"{RANDOM}cpu": torch.get_rng_state()}
    if device.startswith("cuda"):
        found[f"{RANDOM}cuda"] = torch.cuda.get_rng_state(device)
    if device.startswith("mps"):
        found[f"{RANDOM}mps"] = torch.mps.get_rng_state()
    return {name: state.cpu().numpy() for name, state in found.items()}


def restore_random(arrays: Mapping[str, np.ndarray], device: str) -> None:
    """Let random numbers go on from a state.

    Args:
        arrays: Of ``random_arrays``, among others.
        device: Where training runs.

    Raises:
        ValueError: There is no state of this device's generator, or it is none.
    """
    for name, now in random_arrays(device).items():
        state = arrays.get(name)
        if state is None or state.shape != now.shape or state.dtype != now.dtype:
            raise ValueError(f"no state of the random numbers {name}")
        tensor = torch.from_numpy(state.copy())
        if name.endswith("cuda"):
            torch.cuda.set_rng_state(tensor, device)
        elif name.endswith("mps"):
            torch.mps.set_rng_state(tensor)
        else:
            torch.set_rng_state(tensor)
