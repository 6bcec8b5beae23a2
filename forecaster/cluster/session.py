"""Ray for as long as a job takes: started here or joined, and nothing left running."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import forecaster
from forecaster.config.engine import EngineSettings
from forecaster.errors import ConfigError

# For an answer from the head of a cluster.
CONNECT_SECONDS = 10.0

# Ray gives its own processes 30 s to begin, which is short on a busy machine.
START_ATTEMPTS = 3

# Whether a signal has ended a session.
_CUT = threading.Event()

# In what Ray says of workers that were still busy when a job has ended, and so were ended.
_OUR_DOING = "killed by `ray.kill`"

# Of a process ended by SIGTERM, as shells count it.
TERMINATED = 143

# Ray reads these when it starts, unless the user has set them: a job for its own user sends nothing, CPU
# workers see no GPU, and workers do not stand back (niceness 15) for all else on this machine: they do what
# somebody waits for, as the process of a local job would.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
}

# Threads of a worker: libraries read these as they are imported, before any setting of ours.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Session:
    """A running Ray.

    Attributes:
        n_workers: Workers of the job, one thread each.
        gpus_per_worker: GPUs of each.
        stays: Whether Ray goes on when the session has ended.
    """

    n_workers: int
    gpus_per_worker: float
    stays: bool = False

    @property
    def resources(self) -> dict[str, float]:
        """What one worker takes, as ``ray.remote`` spells it."""
        return {"num_cpus": 1, "num_gpus": self.gpus_per_worker}


@contextmanager
def ray_session(engine: EngineSettings) -> Iterator[Session]:
    """Ray, started on this machine or joined; what was started here ends with the block.

    Inside a program that has Ray running already, that one is used and stays.

    Args:
        engine: As it was set.

    Yields:
        The session.

    Raises:
        ConfigError: ray is not installed, there is no cluster at the address, or it has not the GPUs.
    """
    check_installed()
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _without_plans(), _nothing_on_stdout():
        import ray

        if ray.is_initialized():
            yield replace(_session(engine), stays=True)
            return
        with _ends_on_sigterm():
            try:
                with _sigterm_is_ours():
                    _start(engine)
                yield _session(engine)
            except (KeyboardInterrupt, SystemExit):
                _CUT.set()
                raise
            finally:
                ray.shutdown()


def leave_at_once(code: Any) -> None:
    """End this process without the interpreter's own end, if a signal has ended a session of Ray.

    Threads of Ray may still be at work then, and crash while their libraries are taken down.

    Args:
        code: Exit code.
    """
    if _CUT.is_set():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


@contextmanager
def _without_plans() -> Iterator[None]:
    """Without what Ray announces of its later versions, which is nothing to our users."""
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", kind)
        yield


@contextmanager
def _nothing_on_stdout() -> Iterator[None]:
    """What Ray says of workers that were lost goes to stderr: stdout is for results."""
    from ray._private import worker

    say = getattr(worker, "print_to_stdstream", None)
    if say is None:  # of Ray's own, and not promised
        yield
        return

    def to_stderr(data: dict[str, Any], ignore_prefix: bool) -> None:
        if not any(_OUR_DOING in str(line) for line in data.get("lines", ())):
            say(data | {"is_err": True}, ignore_prefix)

    worker.print_to_stdstream = to_stderr
    try:
        yield
    finally:
        worker.print_to_stdstream = say


def check_installed() -> None:
    """Refuse to go on where ray is missing.

    Raises:
        ConfigError: It is; the message names the extra.
    """
    if importlib.util.find_spec("ray") is None:
        raise ConfigError(
            '--engine ray: ray is not installed. Install it with: pip install "forecaster[ray]".'
        )


def _start(engine: EngineSettings) -> None:
    """Join the cluster at the address, or start Ray on this machine; without a word on stdout."""
    import ray

    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if engine.address is None:
        options |= {"address": "local", "num_cpus": engine.workers, "include_dashboard": False}
    else:
        _check_address(engine.address)
        options |= {"address": engine.address}
    n_attempts = START_ATTEMPTS if engine.address is None else 1
    for attempt in range(1, n_attempts + 1):
        try:
            ray.init(runtime_env=runtime_env(joins=engine.address is not None), **options)
            return
        except Exception as error:  # Ray has no class of its own for what ends its start
            ray.shutdown()
            if attempt == n_attempts:
                place = "--engine ray" if engine.address is None else f"--address {engine.address}"
                what = (str(error) or type(error).__name__).strip().splitlines()[0].rstrip(".")
                raise ConfigError(f"{place}: Ray does not begin: {what}. Correct what it names.") from error


def _check_address(address: str) -> None:
    """Refuse an address at which nobody listens; Ray itself would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return  # "auto", which Ray looks up
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"--address {address}: no cluster answers ({error}). Start it with `ray start --head`, or leave "
            f"--address out to start Ray on this machine."
        ) from None


def runtime_env(joins: bool) -> dict[str, Any]:
    """What workers need to be as this process is: the same package, one thread, the same backend.

    Args:
        joins: Whether they may be on other machines, which get a copy of the package.

    Returns:
        As ``ray.init`` takes it.
    """
    package = Path(forecaster.__file__).parent
    backend = {"KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "torch")}
    if joins:
        return {"env_vars": ONE_THREAD | backend, "py_modules": [str(package)]}
    path = os.pathsep.join(filter(None, (str(package.parent), os.environ.get("PYTHONPATH"))))
    return {"env_vars": ONE_THREAD | backend | {"PYTHONPATH": path}}


def _session(engine: EngineSettings) -> Session:
    """Workers of a running Ray: those asked for, or one a processor."""
    import ray

    there = ray.cluster_resources()  # type: ignore[no-untyped-call]
    n_cpus, n_gpus = int(there.get("CPU", 0)), there.get("GPU", 0.0)
    n_workers = n_cpus if engine.workers is None else engine.workers
    if n_workers * engine.gpus_per_worker > n_gpus:
        raise ConfigError(
            f"--gpus-per-worker {engine.gpus_per_worker:g}: {n_workers:,} workers need "
            f"{n_workers * engine.gpus_per_worker:g} GPUs; Ray has {n_gpus:g}. Lower it, or --workers."
        )
    if n_workers > n_cpus:
        raise ConfigError(
            f"--workers {n_workers}: Ray has {n_cpus:,} processors here. Lower it, or add machines."
        )
    return Session(n_workers, engine.gpus_per_worker)


@contextmanager
def _sigterm_is_ours() -> Iterator[None]:
    """Puts back what handles SIGTERM, which Ray replaces as it starts by an exit code of its own."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit:  # of Ray's handler
        raise SystemExit(TERMINATED) from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that Ray is shut down; then the process."""
    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_DFL or threading.current_thread() is not threading.main_thread():
        yield  # somebody else, a training that ends in its own way, takes care of it
        return
    caught: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        """Handle the signal.

        Raises:
            KeyboardInterrupt: Always, so that the block ends.
        """
        del frame
        caught.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    except BaseException:
        if caught:
            raise SystemExit(TERMINATED) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
