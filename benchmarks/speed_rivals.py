"""The same network in neuralforecast and Darts, where they are installed: windows a second of their own fit.

Their start-up does not count: a callback of their trainer starts the clock some steps into the training.
Both see values without flags, and neuralforecast ends with two layers of its own in place of one; the layers
that take the time are the same.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from speed_networks import DROPOUT, N_LAYERS, N_SERIES, RATE, Shape
from speed_rounds import Subject

from forecaster.data.panel import Panel

# Steps before the clock starts.
N_WARM = 5
PACKAGES = {"neuralforecast": "neuralforecast", "darts": "darts"}


def rivals_of(
    panel: Panel, shape: Shape, n_steps: int, device: str
) -> tuple[dict[str, Subject], dict[str, str]]:
    """Those that can train a shape.

    Args:
        panel: Rows, series of one length.
        shape: Network and batch.
        n_steps: Steps that are timed.
        device: Where to train.

    Returns:
        Subjects by name, and of the others why not.
    """
    subjects, skipped = {}, {}
    for name, package in PACKAGES.items():
        if importlib.util.find_spec(package) is None:
            skipped[f"{name}, {shape.name}"] = f"{package} is not installed"
        elif shape.segment > 1:
            skipped[f"{name}, {shape.name}"] = f"{package} has no segments"
        else:
            subjects[name] = _RIVALS[name](panel, shape, n_steps, device)
    return subjects, skipped


def frame_of(panel: Panel) -> pd.DataFrame:
    """The rows of a panel as ``unique_id, ds, y``."""
    ids = np.repeat(panel.ids, panel.lengths)
    return pd.DataFrame({"unique_id": ids, "ds": panel.times, "y": panel.y.astype(np.float32)})


@contextmanager
def quiet() -> Iterator[None]:
    """Without what Lightning says of every training."""
    os.environ.setdefault("NIXTLA_ID_AS_COL", "1")
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def trainer_settings(device: str) -> dict[str, Any]:
    """What keeps Lightning from writing files and bars."""
    return {
        "accelerator": "gpu" if device == "cuda" else device,
        "devices": 1,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }


def _clock() -> tuple[Any, list[float]]:
    """A callback, and the moments at which steps ended; neuralforecast trains with a copy of the callback."""
    from pytorch_lightning.callbacks import Callback

    moments: list[float] = []

    class Clock(Callback):  # type: ignore[misc]
        """Looks at the time."""

        def on_train_batch_end(self, *_: Any, **__: Any) -> None:
            """A step has ended."""
            moments.append(time.perf_counter())

    return Clock(), moments


def _rate(moments: list[float], shape: Shape) -> float:
    """Windows a second from the step on at which the clock starts."""
    steps = len(moments) - N_WARM
    return steps * (shape.batch or 0) / (moments[-1] - moments[N_WARM - 1])


def _neuralforecast(panel: Panel, shape: Shape, n_steps: int, device: str) -> Subject:
    """Neuralforecast's LSTM."""
    with quiet():
        from neuralforecast import NeuralForecast
        from neuralforecast.losses.pytorch import MSE
        from neuralforecast.models import LSTM
    frame = frame_of(panel)

    def rate() -> float:
        """Windows a second."""
        clock, moments = _clock()
        with quiet():
            model = LSTM(
                h=1,
                input_size=shape.look_back,
                encoder_n_layers=N_LAYERS,
                encoder_hidden_size=shape.units,
                encoder_dropout=DROPOUT,
                decoder_layers=1,
                decoder_hidden_size=shape.units,
                loss=MSE(),
                optimizer=torch.optim.RMSprop,
                learning_rate=RATE,
                max_steps=N_WARM + n_steps,
                batch_size=N_SERIES,
                windows_batch_size=shape.batch,
                callbacks=[clock],
                **trainer_settings(device),
            )
            NeuralForecast(models=[model], freq=1).fit(frame)
        return _rate(moments, shape)

    return rate


def _darts(panel: Panel, shape: Shape, n_steps: int, device: str) -> Subject:
    """Darts' BlockRNNModel."""
    with quiet():
        from darts import TimeSeries
        from darts.models import BlockRNNModel
    series = [
        TimeSeries.from_values(panel.values[begin:end].astype(np.float32))
        for begin, end in zip(panel.offsets[:-1], panel.offsets[1:], strict=True)
    ]
    n_batches = panel.n_rows // (shape.batch or 1)

    def rate() -> float:
        """Windows a second."""
        clock, moments = _clock()
        with quiet():
            model = BlockRNNModel(
                model="LSTM",
                input_chunk_length=shape.look_back,
                output_chunk_length=1,
                hidden_dim=shape.units,
                n_rnn_layers=N_LAYERS,
                dropout=DROPOUT,
                batch_size=shape.batch,
                n_epochs=1 + (N_WARM + n_steps) // max(n_batches - 1, 1),
                optimizer_cls=torch.optim.RMSprop,
                optimizer_kwargs={"lr": RATE},
                loss_fn=torch.nn.MSELoss(),
                pl_trainer_kwargs={
                    **trainer_settings(device),
                    "callbacks": [clock],
                    "max_steps": N_WARM + n_steps,
                },
            )
            model.fit(series)
        return _rate(moments, shape)

    return rate


_RIVALS: Mapping[str, Any] = {"neuralforecast": _neuralforecast, "darts": _darts}
