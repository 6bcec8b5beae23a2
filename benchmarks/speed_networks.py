"""The same network four times: the product's training path, stock Keras with ``fit``, plain PyTorch.

Two LSTM layers with dropout after each, one dense output, mean squared error, RMSprop at a constant rate, no
clipping, windows in shuffled order. All see the same windows: each step has the values and the observed flags
of a segment. The rivals find them gathered, as tensors in memory; the product starts from a panel.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from forecaster.config.build import make_settings
from forecaster.data.panel import Clock, Panel
from forecaster.training.fit import fit, training_source
from forecaster.training.fitted import Fitted
from forecaster.training.prepare import Prepared, prepare

N_LAYERS, DROPOUT, RATE = 2, 0.2, 1e-3
# Series of the panels that networks are trained on.
N_SERIES = 8


@dataclass(frozen=True)
class Shape:
    """A network and its batch.

    Attributes:
        look_back: Rows that it sees.
        units: Of both layers.
        batch: Windows of a step; None leaves it to the product.
        segment: Rows of a step of the recurrent layers.
    """

    look_back: int
    units: int
    batch: int | None
    segment: int = 1

    @property
    def name(self) -> str:
        """Such as ``24 x 64 x 256``, or ``7 of 24 x 128 x 256`` with segments."""
        steps = f"{self.look_back // self.segment} of {self.segment}" if self.segment > 1 else self.look_back
        return f"{steps} x {self.units}" + ("" if self.batch is None else f" x {self.batch}")

    @property
    def flops(self) -> float:
        """Multiplications and additions of a window's training step: forward once, backward twice."""
        widths = [2 * self.segment, *[self.units] * (N_LAYERS - 1)]
        a_step = sum(2 * 4 * self.units * (width + self.units) for width in widths)
        return 3.0 * (self.look_back // self.segment) * a_step


def make_panel(n_rows: int, length: int) -> Panel:
    """Waves with noise, series of one length.

    Args:
        n_rows: Rows in all.
        length: Rows of a series.

    Returns:
        A panel of ``n_rows // length`` series.
    """
    n_series = n_rows // length
    values = np.random.default_rng(0).normal(size=(n_series * length, 1))
    values += 2 * np.sin(np.arange(len(values)) / 5)[:, None]
    return Panel(
        kind="values",
        values=values,
        offsets=np.arange(n_series + 1) * length,
        times=np.tile(np.arange(length), n_series),
        ids=np.array([f"s{number:06d}" for number in range(n_series)]),
        channels=("y",),
        target=0,
        clock=Clock("integer", step=1),
        columns={"id": "unique_id", "time": "ds", "target": "y"},
    )


def panel_of(shape: Shape, n_windows: int) -> Panel:
    """A panel with so many full windows.

    Args:
        shape: Its look-back.
        n_windows: A multiple of ``N_SERIES``.

    Returns:
        A panel of ``N_SERIES`` series.
    """
    length = n_windows // N_SERIES + shape.look_back
    return make_panel(N_SERIES * length, length)


def prepared_for(panel: Panel, shape: Shape, **settings: Any) -> Prepared:
    """The product's settings and windows of a panel: one epoch of all windows, nothing held out.

    Args:
        panel: Rows.
        shape: Network and batch.
        settings: More settings, or others, by name.

    Returns:
        What ``fit`` takes.
    """
    given = {
        "look_back": shape.look_back,
        "min_history": shape.look_back,
        "segment": shape.segment,
        "test_size": 0,
        "valid_size": 0,
        "season": 1,
        "transforms": ("standard",),
        "scope": "panel",
        "residual": "none",
        "head": "point",
        "loss": "mse",
        "cell": "lstm",
        "layers": N_LAYERS,
        "units": (shape.units,),
        "dropout": DROPOUT,
        "dense_layers": (),
        "decoder": "direct",
        "series_units": 0,
        "optimizer": "rmsprop",
        "learning_rate": RATE,
        "schedule": "constant",
        "clip": 0.0,
        "batch_size": shape.batch,
        "epochs": 1,
        "ensemble": 1,
    }
    return prepare(panel, make_settings(given | settings))


class Ours:
    """The product's fit of one epoch."""

    def __init__(self, prepared: Prepared) -> None:
        """Args: from ``prepared_for``."""
        self.prepared = prepared

    def fitted(self) -> tuple[Fitted, float]:
        """The trained network, and windows a second of its epochs."""
        prepared = self.prepared
        outcome = fit(prepared.panel, prepared.parts, prepared.settings, "point")
        seconds = sum(epoch.seconds for epoch in outcome.results[0].history)
        return outcome.fitted, prepared.parts.train.n_windows / seconds

    def rate(self) -> float:
        """Windows a second, of a fresh network."""
        return self.fitted()[1]


def gathered(prepared: Prepared) -> tuple[np.ndarray, np.ndarray]:
    """The training windows as the product's network sees them.

    Args:
        prepared: From ``prepared_for``.

    Returns:
        (n_windows, n_steps, 2 * segment) float32 values, then flags, of each step, and (n_windows, 1) float32
        targets.
    """
    source = training_source(prepared.panel, prepared.parts, prepared.settings)
    batch, _ = source.gather_all()
    joined = np.concatenate([batch.past, batch.observed], axis=2)  # (n_windows, look_back, 2)
    width = 2 * (prepared.settings.network.segment or 1)
    return joined.reshape(len(joined), -1, width), batch.target.astype(np.float32)


class Net(torch.nn.Module):
    """The network in plain PyTorch."""

    def __init__(self, width: int, units: int) -> None:
        """Args: numbers of a step, units of both layers."""
        super().__init__()
        self.recurrent = torch.nn.LSTM(width, units, N_LAYERS, batch_first=True, dropout=DROPOUT)
        self.drop = torch.nn.Dropout(DROPOUT)
        self.dense = torch.nn.Linear(units, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, n_steps, width) to (batch, 1)."""
        outputs: torch.Tensor = self.dense(self.drop(self.recurrent(x)[0][:, -1]))
        return outputs


class Plain:
    """A loop as one writes it by hand: tensors in memory, shuffled indices, no Python for each window."""

    def __init__(self, arrays: tuple[np.ndarray, np.ndarray], units: int, batch: int, device: str) -> None:
        """Args: from ``gathered``, the network's width, windows of a step, where to train."""
        self.x, self.y = (torch.from_numpy(array).to(device) for array in arrays)
        self.batch = batch
        torch.manual_seed(0)
        self.net = Net(self.x.shape[2], units).to(device)
        self.optimizer = torch.optim.RMSprop(self.net.parameters(), RATE)

    def rate(self) -> float:
        """Windows a second of one epoch."""
        began = time.perf_counter()
        loss = torch.zeros(())
        order = torch.randperm(len(self.x), device=self.x.device)
        for begin in range(0, len(order), self.batch):
            rows = order[begin : begin + self.batch]
            self.optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(self.net(self.x[rows]), self.y[rows])
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        loss.item()  # waits for the device
        return len(self.x) / (time.perf_counter() - began)

    def predicted(self) -> float:
        """Windows a second in inference mode."""
        self.net.eval()
        began = time.perf_counter()
        with torch.inference_mode():
            parts = [self.net(part).cpu() for part in torch.split(self.x, self.batch)]
        torch.cat(parts).numpy()
        seconds = time.perf_counter() - began
        self.net.train()
        return len(self.x) / seconds


class StockKeras:
    """Keras's own layers with ``fit``."""

    def __init__(self, arrays: tuple[np.ndarray, np.ndarray], units: int, batch: int, device: str) -> None:
        """As of ``Plain``."""
        # Keras takes the backend that the product sets, which is imported by now.
        import keras

        self.arrays, self.batch, self.device = arrays, batch, device
        with keras.device(device):
            layers: list[Any] = [keras.Input(arrays[0].shape[1:])]
            for number in range(1, N_LAYERS + 1):
                layers.append(keras.layers.LSTM(units, return_sequences=number < N_LAYERS))
                layers.append(keras.layers.Dropout(DROPOUT))
            self.model = keras.Sequential([*layers, keras.layers.Dense(1)])
            self.model.compile(optimizer=keras.optimizers.RMSprop(RATE), loss="mse")

    def rate(self) -> float:
        """Windows a second of one epoch, without what ``fit`` does before it."""
        import keras

        moments = []
        clock = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda *_: moments.append(time.perf_counter()),
            on_epoch_end=lambda *_: moments.append(time.perf_counter()),
        )
        with keras.device(self.device):
            self.model.fit(*self.arrays, batch_size=self.batch, epochs=1, verbose=0, callbacks=[clock])
        return len(self.arrays[0]) / (moments[1] - moments[0])
