from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from forecaster.data.panel import Clock, Panel


@pytest.fixture
def event_panel() -> Callable[..., Panel]:
    """Make an events panel from the times of each series, whole numbers (cells of 1) or any."""

    def make(*times: Sequence[float], as_of: float | None = None, whole: bool = False) -> Panel:
        flat = np.concatenate([np.asarray(one, dtype=np.int64 if whole else np.float64) for one in times])
        offsets = np.cumsum([0] + [len(one) for one in times]).astype(np.int64)
        gaps = np.diff(flat, prepend=flat[:1]).astype(np.float64)
        gaps[offsets[:-1]] = np.nan
        moment = flat.max() if as_of is None else as_of
        return Panel(
            kind="events",
            values=gaps[:, None],
            offsets=offsets,
            times=flat,
            ids=np.array([f"s{k}" for k in range(len(times))]),
            channels=("gap",),
            target=0,
            clock=Clock("integer", resolution=1.0) if whole else Clock("float"),
            unit_length=1.0,
            lowest=0.0,
            as_of=np.full(len(times), moment, dtype=flat.dtype),
        )

    return make


@pytest.fixture
def price_panel() -> Callable[..., Panel]:
    """Make a panel of prices from the closes of each ticker."""

    def make(*closes: Any, predict: str = "return", ids: Sequence[str] | None = None) -> Panel:
        prices = np.concatenate([np.asarray(one, dtype=np.float64) for one in closes])
        offsets = np.cumsum([0] + [len(one) for one in closes]).astype(np.int64)
        returns = np.diff(np.log(prices), prepend=np.nan)
        returns[offsets[:-1]] = np.nan
        y = prices if predict == "close" else returns
        return Panel(
            kind="ohlc",
            values=y[:, None],
            offsets=offsets,
            times=np.concatenate([np.arange(len(one)) for one in closes]),
            ids=np.array(ids if ids is not None else [f"s{k}" for k in range(len(closes))]),
            channels=("price" if predict == "close" else "close",),
            target=0,
            clock=Clock("integer", 1),
            closes=prices,
            predict=predict,
        )

    return make
