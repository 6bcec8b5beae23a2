"""Ray on this machine, started once for all tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

from forecaster.cluster.session import Session, ray_session
from forecaster.config.engine import EngineSettings


@pytest.fixture(scope="session")
def ray_here() -> Iterator[Session]:
    """A session of two workers."""
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        os.environ["RAY_TMPDIR"] = folder  # paths of sockets have a limit of 107 characters
        try:
            with ray_session(EngineSettings(engine="ray", workers=2)) as session:
                yield session
        finally:
            del os.environ["RAY_TMPDIR"]
