from __future__ import annotations

import pytest
import torch

from forecaster.errors import ConfigError
from forecaster.training import device
from forecaster.training.device import choose_device, set_threads


def test_auto_takes_a_gpu_when_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device() == choose_device("cpu") == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto") == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == "cuda"
    assert choose_device("cpu") == "cpu"


def test_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_devices", lambda: ["cpu"])
    with pytest.raises(ConfigError, match=r"--device cuda: not available here\. Use --device cpu or auto\."):
        choose_device("cuda")
    with pytest.raises(ConfigError, match="--device tpu: unknown"):
        choose_device("tpu")


def test_threads_are_set_and_told() -> None:
    before = torch.get_num_threads()
    assert set_threads(None) == before
    assert set_threads(2) == torch.get_num_threads() == 2
    set_threads(before)


def test_bfloat16_needs_a_step_large_enough_to_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_multiplies_bfloat16", lambda name: name == "cpu")
    assert device.choose_precision("auto", "cpu", 128, 128) == "bfloat16"
    assert device.choose_precision("auto", "cpu", 32, 128) == "float32"
    assert device.choose_precision("auto", "cpu", 32, 256) == "float32"
    assert device.choose_precision("auto", "cpu", 64, 128) == "bfloat16"
    assert device.choose_precision("auto", "mps", 512, 512) == "float32"
    assert device.choose_precision("float32", "cpu", 512, 512) == "float32"
