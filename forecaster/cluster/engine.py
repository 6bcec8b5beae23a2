"""Which class does the work of an engine; ray is imported only where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecaster.cluster.session import check_installed, ray_session
from forecaster.config.engine import EngineSettings, uses_ray

if TYPE_CHECKING:
    from forecaster.run.train import Training


def training_class(engine: EngineSettings) -> type[Training]:
    """The training of an engine.

    Args:
        engine: As it was set.

    Returns:
        ``Training``, or ``RayTraining``, which is made and used like it.

    Raises:
        ConfigError: Ray is not installed, or what only Ray takes was given without it.
    """
    if not uses_ray(engine):
        from forecaster.run.train import Training

        return Training
    check_installed()
    from forecaster.cluster.train import RayTraining

    return RayTraining


@contextmanager
def engine_begun(engine: EngineSettings) -> Iterator[None]:
    """The engine for as long as the block lasts: what is done in it one after the other begins Ray once.

    Args:
        engine: As it was set.

    Yields:
        Nothing; whatever works by these settings finds it.

    Raises:
        ConfigError: Ray is not installed, or does not begin.
    """
    if not uses_ray(engine):
        yield
        return
    with ray_session(engine):
        yield
