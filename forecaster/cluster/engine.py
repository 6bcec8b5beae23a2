"""Which class does the work of an engine; ray is imported only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.cluster.session import check_installed
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
