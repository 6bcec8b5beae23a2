"""Ray is started, joined and ended."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import forecaster
from forecaster.cluster.session import Session, _check_address, ray_session
from forecaster.config.build import make_settings
from forecaster.config.engine import EngineSettings, uses_ray
from forecaster.errors import ConfigError

ENGINE = EngineSettings(engine="ray", workers=2)


@pytest.mark.parametrize(("is_cut", "said"), [(True, ""), (False, "the interpreter's own end\n")])
def test_a_session_that_a_signal_has_ended_leaves_at_once(is_cut: bool, said: str) -> None:
    code = (
        "import atexit, sys\n"
        "from forecaster.cluster import session\n"
        'atexit.register(print, "the interpreter\'s own end")\n'
        f"{'session._CUT.set()' if is_cut else ''}\n"
        "session.leave_at_once(143)\n"
        "sys.exit(143)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (143, said)


def test_workers_import_the_same_package_and_have_one_thread(ray_here: Session) -> None:
    import ray

    def here() -> tuple[str, int]:
        import torch

        import forecaster

        return forecaster.__file__, torch.get_num_threads()

    assert ray.get(ray.remote(**ray_here.resources)(here).remote()) == (forecaster.__file__, 1)


def test_a_running_ray_is_used_and_stays(ray_here: Session) -> None:
    import ray

    with ray_session(ENGINE) as session:
        assert session == replace(ray_here, stays=True) == Session(2, 0.0, stays=True)
    assert ray.is_initialized()


def test_what_ray_says_of_itself_is_not_between_the_results(
    ray_here: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    from ray._private import worker

    del ray_here
    worker.print_to_stdstream({"lines": ["A worker died"], "pid": "raylet", "is_err": False}, False)
    said = capsys.readouterr()
    assert said.out == "" and "A worker died" in said.err


def test_more_than_there_is_is_refused(ray_here: Session) -> None:
    del ray_here
    with pytest.raises(ConfigError, match=r"^--workers 3: Ray has 2 processors here"):
        with ray_session(EngineSettings(engine="ray", workers=3)):
            pass
    with pytest.raises(ConfigError, match=r"^--gpus-per-worker 0\.5: 2 workers need 1 GPUs; Ray has 0"):
        with ray_session(EngineSettings(engine="ray", workers=2, gpus_per_worker=0.5)):
            pass


def test_without_the_extra_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> Any:
        return None if name == "ray" else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(ConfigError) as caught:
        with ray_session(ENGINE):
            pass
    assert str(caught.value) == (
        '--engine ray: ray is not installed. Install it with: pip install "forecaster[ray]".'
    )


def test_options_of_ray_need_the_engine() -> None:
    assert not uses_ray(EngineSettings())
    assert uses_ray(make_settings({"engine": "ray", "workers": 2}).cluster)
    with pytest.raises(ConfigError, match=r"^--workers 2: only for --engine ray\. Add it"):
        uses_ray(make_settings({"workers": 2}).cluster)


def test_a_run_does_not_record_the_engine() -> None:
    settings = make_settings({"look_back": 3, "engine": "ray", "workers": 2})
    assert settings.cluster.workers == 2
    assert "cluster" not in settings.model_dump()
    assert type(settings).model_validate_json(settings.model_dump_json()).cluster == EngineSettings()


# A Ray of its own, started and ended, and what is left of it.
LEFT = """
import sys
from pathlib import Path
from forecaster.cluster.session import ray_session
from forecaster.config.engine import EngineSettings

def children(parent):
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(place.parent.name))
    return found

import os
assert "ray" not in sys.modules
try:
    with ray_session(EngineSettings(engine="ray", workers=1)):
        assert children(os.getpid())
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("left:", children(os.getpid()))
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_what_was_started_ends_with_the_job() -> None:
    done = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("left: []\n", 0), done.stderr


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:99999"])
def test_an_address_without_a_cluster_is_said(address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _check_address(address)
    assert str(caught.value).startswith(f"--address {address}: no cluster answers (")
