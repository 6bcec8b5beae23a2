"""The example that goes with exported networks: one window with its forecast, and a program that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.data.future import lacks_future
from forecaster.data.panel import Panel
from forecaster.distributions import AffineStep, LogStep, Step
from forecaster.network.architecture import Architecture
from forecaster.network.heads import BinsHead, QuantileHead
from forecaster.network.predict import predict_outputs
from forecaster.training.fitted import Fitted, known_series
from forecaster.windows.batch import Batch, Gathered
from forecaster.windows.gather import WindowSource
from forecaster.windows.rows import gather_past
from forecaster.windows.windows import Windows, last_origins, windows_at

# Windows that an exported network is compared on, of the run's last rows, and made up.
N_REAL, N_RANDOM = 64, 16

LOADS = {
    "onnx": """\
import onnxruntime
def network(name, inputs):
    session = onnxruntime.InferenceSession(folder / name)
    return session.run(["outputs"], inputs)[0]
""",
    "keras": """\
os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
def network(name, inputs):
    return keras.saving.load_model(folder / name).predict(inputs, verbose=0)
""",
    "keras-json": """\
os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
def network(name, inputs):
    model = keras.models.model_from_json((folder / name).read_text())
    model.load_weights(folder / name.replace(".json", ".weights.h5"))
    return model.predict(inputs, verbose=0)
""",
}

BISECTED = """\
low, high = np.full(one.shape[1], -1e3), np.full(one.shape[1], 1e3)
for _ in range(100):  # the median of all members together
    middle = (low + high) / 2
    low, high = np.where(cdf(middle) < 0.5, middle, low), np.where(cdf(middle) < 0.5, high, middle)
forecast = back(np.where(cdf(np.full(one.shape[1], 1e3)) < 0.5, np.inf, high))
"""
DECODES = {
    "point": """\
k = how["levels"].index(0.5)
forecast = back(np.median(one[..., 0], axis=0) + np.array(how["residuals"])[:, k])
""",
    "quantile": """\
gaps = np.logaddexp(0, one[..., 1:] + how["offsets"])
quantiles = np.median(how["center"] + one[..., :1] + gaps @ np.array(how["sums"]), axis=0)
if model["conformal"]:
    quantiles = quantiles + model["conformal"]["shift"]
forecast = back(quantiles[:, how["middle"]])
""",
    "bins": """\
powers = np.exp(one - one.max(axis=-1, keepdims=True))
forecast = np.mean(powers / powers.sum(axis=-1, keepdims=True), axis=0)  # probability of each bin
""",
    "hazard": """\
edges, rates = np.array(how["edges"]), np.logaddexp(0, one + how["offsets"]) + how["least"]
def cdf(z):
    inside = np.clip(z[:, None] - edges, 0, np.append(np.diff(edges), np.inf))
    return np.mean(1 - np.exp(-np.sum(rates * inside, axis=-1)), axis=0)
"""
    + BISECTED,
    "mixture": """\
from math import erf
n, linear = len(how["loc"]), one[..., -1:] if any(how["follows"]) else 0.0
loc = one[..., :n] + how["loc"] + linear * np.array(how["follows"])
scale = how["widening"] * (np.logaddexp(0, one[..., n : 2 * n] + how["offsets"]) + how["least"])
powers = np.exp(one[..., 2 * n : 2 * n + len(how["weights"])]) * how["weights"]
weights = (powers / powers.sum(axis=-1, keepdims=True))[..., :n]
def cdf(z):
    normal = np.vectorize(erf)((z[:, None] - loc) / scale / 2**0.5) / 2 + 0.5
    return np.mean(np.sum(weights * normal, axis=-1), axis=0)
"""
    + BISECTED,
}

HEAD = '''\
"""{title}"""

import json{more}
from pathlib import Path

import numpy as np

folder = Path(__file__).parent
'''
BODY = """
model = json.loads((folder / "metadata.json").read_text())["models"][0]
window = json.loads((folder / "example.json").read_text())
how, steps = model["decoding"], window["steps"]

def forward(step, x):
    return np.log(np.maximum(x, step["floor"])) if "floor" in step else (x - step["shift"]) / step["scale"]

def back(z):
    for step in reversed(steps):
        z = np.exp(z) if "floor" in step else z * step["scale"] + step["shift"]
    return z if model["lowest"] is None else np.maximum(z, model["lowest"])

inputs = {name: np.array(given, model["inputs"][name]["dtype"]) for name, given in window["inputs"].items()}
if window["target"] is not None:  # the target's own channel, from values in the unit of the data
    x = np.array(window["target"], float)
    for step in steps[: len(model["transforms"])]:
        x = forward(step, x)
    x = (x - model["input_scale"]["shift"]) / model["input_scale"]["scale"]
    inputs["past"][0, :, model["target_channel"]] = np.nan_to_num(x)
one = np.stack([network(name, inputs)[0] for name in model["files"]])[..., : how["n_own"]]
"""
PRINT = "print(json.dumps(forecast.tolist()))\n"


@dataclass(frozen=True)
class Probe:
    """Windows that networks are compared on.

    Attributes:
        inputs: Arrays by the names of the network's inputs.
        example: Content of example.json.
    """

    inputs: dict[str, np.ndarray]
    example: dict[str, Any]


def example_program(format_name: str, head_name: str) -> str:
    """A program of NumPy and a runtime that forecasts the window of example.json.

    Args:
        format_name: ``onnx``, ``keras`` or ``keras-json``.
        head_name: Of the first model.

    Returns:
        Its text.
    """
    title = "Forecasts the window of example.json with the networks beside this file."
    more = "" if format_name == "onnx" else "\nimport os"
    return HEAD.format(title=title, more=more) + LOADS[format_name] + BODY + DECODES[head_name] + PRINT


def make_probe(model: Fitted, panel: Panel) -> Probe:
    """Windows for a comparison: the last ones of a run where it keeps them, and made-up ones.

    Args:
        model: A trained model.
        panel: Rows that its run keeps.

    Returns:
        The windows; the example is the first one.
    """
    made_up = _random_inputs(model.architecture)
    if panel.n_rows == 0 or lacks_future(panel, model.architecture.horizon):
        return Probe(made_up, _example({name: part[:1] for name, part in made_up.items()}, [], None))
    sizes = model.architecture
    windows = windows_at(panel, last_origins(panel)[:N_REAL], sizes.look_back, sizes.horizon)
    known = known_series(panel.ids, model.ids)
    source = WindowSource(panel, windows, model.normaliser, known, tells_series=sizes.n_series > 0)
    batch, _ = source.gather_all()
    first, steps = source.gather(np.zeros(1, dtype=np.int64))
    series = panel.series_of(windows.origins[:1])
    past = gather_past(panel, windows.starts[:1], series, sizes.look_back)
    example = _example(_inputs(first), steps, past[0, :, model.normaliser.target])
    example["series"] = str(panel.ids[series[0]])
    example["forecast"] = _forecast(model, panel, windows.select(np.zeros(1, dtype=np.int64)), first)
    inputs = {name: np.concatenate([part, made_up[name]]) for name, part in _inputs(batch).items()}
    return Probe(inputs, example)


def _inputs(batch: Batch) -> dict[str, np.ndarray]:
    """Network inputs of a batch by name, each in memory of its own."""
    return {name: np.ascontiguousarray(part) for name, part in batch.inputs.items()}


def _forecast(model: Fitted, panel: Panel, window: Windows, batch: Batch) -> list[Any]:
    """What the example is to print: the middle quantile of each step, or the probability of each bin."""
    head = model.head.unmarked
    if isinstance(head, BinsHead):
        members = [model.head.distribution(predict_outputs(one, Gathered(batch))) for one in model.models]
        views = (member.binned_view() for member in members)
        probs = np.mean([view[1] for view in views if view is not None], axis=0)
        return list(probs[0].tolist())
    level = head.levels[head.middle] if isinstance(head, QuantileHead) else 0.5
    middle = model.predict(panel, window).quantile(level)[0]
    return [float(value) if np.isfinite(value) else None for value in middle]


def _example(inputs: dict[str, np.ndarray], steps: list[Step], target: np.ndarray | None) -> dict[str, Any]:
    """Content of example.json of one window."""
    return {
        "series": None,
        "target": None if target is None else [None if np.isnan(one) else float(one) for one in target],
        "inputs": {name: part.tolist() for name, part in inputs.items()},
        "steps": [_told(step) for step in steps],
        "forecast": None,
    }


def _told(step: Step) -> dict[str, Any]:
    """A step with its numbers of one window."""
    if isinstance(step, AffineStep):
        return {"shift": step.shift[0].tolist(), "scale": step.scale[0].tolist()}
    if isinstance(step, LogStep):
        return {"floor": np.ravel(step.floor).tolist()}
    raise TypeError(f"no way to write a {type(step).__name__}")


def _random_inputs(sizes: Architecture) -> dict[str, np.ndarray]:
    """Made-up windows: normal numbers, one in ten not observed, every mark and series."""
    random = np.random.default_rng(0)
    n, shape = N_RANDOM, (N_RANDOM, sizes.look_back, sizes.n_channels)
    observed = random.random(shape) > 0.1
    inputs = {"past": random.normal(size=shape) * observed, "observed": observed}
    if sizes.n_marks:
        inputs["marks"] = random.integers(0, sizes.n_marks + 1, shape[:2])
    if sizes.n_static:
        inputs["static"] = random.normal(size=(n, sizes.n_static))
    if sizes.n_series:
        inputs["series"] = random.integers(0, sizes.n_series + 1, n)
    if sizes.n_future:
        inputs["future"] = random.normal(size=(n, sizes.horizon, sizes.n_future))
    whole = ("marks", "series")
    return {name: part.astype(np.int32 if name in whole else np.float32) for name, part in inputs.items()}
