"""Where the work is done: in this process, or by Ray on this machine or a cluster."""

from __future__ import annotations

from typing import Literal

from forecaster.config.fields import Section, setting
from forecaster.errors import ConfigError


class EngineSettings(Section):
    """What runs the work. A run does not record them: it is the same wherever it was made."""

    engine: Literal["local", "ray"] = setting(
        "local", "Where the work is done: local, in this process; ray, by workers (it needs forecaster[ray])."
    )
    address: str | None = setting(
        None,
        "Ray cluster to join: HOST:PORT, or auto for the one that this machine belongs to; Ray is started on "
        "this machine when not given.",
        metavar="ADDRESS",
    )
    workers: int | None = setting(
        None,
        "Workers of Ray, of one thread each; as many as there are processors when not given.",
        metavar="N",
        ge=1,
        le=100_000,
    )
    gpus_per_worker: float = setting(
        0.0, "GPUs of each worker of Ray; a fraction shares one among workers.", metavar="N", ge=0, le=64
    )


def uses_ray(engine: EngineSettings) -> bool:
    """Whether Ray does the work; every command asks this before it begins.

    Args:
        engine: As it was set.

    Returns:
        False for this process.

    Raises:
        ConfigError: What only Ray takes was given without it.

    Example:
        >>> uses_ray(EngineSettings(engine="ray", workers=2))
        True
    """
    if engine.engine == "ray":
        return True
    for option, value, unset in (
        ("--address", engine.address, None),
        ("--workers", engine.workers, None),
        ("--gpus-per-worker", engine.gpus_per_worker, 0.0),
    ):
        if value != unset:
            raise ConfigError(f"{option} {value}: only for --engine ray. Add it, or leave {option} out.")
    return False
