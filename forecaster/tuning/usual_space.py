"""The space that is searched when none is given: around the defaults by rule, within what the data allows."""

from __future__ import annotations

from collections.abc import Iterable

from forecaster.config.settings import Settings
from forecaster.config.value_rules import MOST_SEGMENTS
from forecaster.training.prepare import Prepared
from forecaster.tuning.space import Choice, Range
from forecaster.windows.parts import data_facts

# Factor by which sizes go below and above the default.
REACH = 4
# Limits of it for the units: below, products are all overhead; above, a trial takes very long on a CPU.
LEAST_UNITS, MOST_UNITS = 8, 512
LEAST_BATCH = 8
MOST_LAYERS, MOST_DROPOUT, DROPOUT_STEP = 3, 0.5, 0.05
# Steps of the recurrent layer at most, in multiples of those that the rules take at most.
MOST_STEPS = REACH * MOST_SEGMENTS

# Heads that forecast the same thing, by kind.
HEADS = {"events": ("mixture", "hazard"), "intervals": ("mixture", "hazard"), "ohlc": ("quantile", "bins")}


def usual_space(latest: Prepared, earliest: Prepared, given: Settings) -> dict[str, Range | Choice]:
    """Ranges around the defaults of a panel.

    Args:
        latest: The fold with most rows: its settings are the defaults.
        earliest: The fold with fewest, which limit what fits.
        given: Settings as the user gave them.

    Returns:
        Ranges and choices by setting; each holds its default.
    """
    settings, kind = latest.settings, latest.panel.kind
    network, training = settings.network, settings.training
    look_back = _look_back(latest, earliest)
    found: dict[str, Range | Choice | None] = {"look_back": look_back}
    if kind == "values":
        found["segment"] = _segments(latest, look_back)
    if kind in HEADS and given.network.task == "regress" and not latest.panel.mark_names:
        found["head"] = Choice(HEADS[kind]) if network.head in HEADS[kind] else None
    units = (network.units or (LEAST_UNITS,))[0]
    found["units"] = _powers(units, LEAST_UNITS, MOST_UNITS)
    if given.network.units is None or len(given.network.units) == 1:
        found["layers"] = Range(1, max(MOST_LAYERS, network.layers or 1))
    dropout = network.dropout or 0.0
    on_grid = abs(dropout / DROPOUT_STEP - round(dropout / DROPOUT_STEP)) < 1e-9
    found["dropout"] = Range(0.0, max(MOST_DROPOUT, dropout), step=DROPOUT_STEP if on_grid else None)
    rate = training.learning_rate or 1e-3
    found["learning_rate"] = Range(_rounded(rate / 10), _rounded(rate * REACH), log=True)
    n_windows = earliest.parts.train.n_windows
    found["batch_size"] = _powers(training.batch_size or LEAST_BATCH, LEAST_BATCH, n_windows // REACH)
    return {name: part for name, part in found.items() if part is not None}


def _look_back(latest: Prepared, earliest: Prepared) -> Range | None:
    """Look-backs that the rows allow; whole seasons where the default is some. None for a single one."""
    settings, season = latest.settings, latest.panel.season_length
    chosen, horizon = settings.window.look_back or 1, settings.window.horizon
    facts = data_facts(earliest.panel, earliest.split.train, horizon)
    most = facts.usual_length if facts.has_ids else (facts.usual_length - horizon) // 2
    unit = season if chosen >= 2 * season and chosen % season == 0 else 1
    low, high = chosen // REACH // unit * unit, min(chosen * REACH, most) // unit * unit
    low, high = max(low, 2 * unit if unit > 1 else 1), max(high, chosen)
    if low == high:
        return None
    return Range(low, high, step=unit) if unit > 1 else Range(low, high, log=True)


def _segments(latest: Prepared, look_back: Range | None) -> Choice | None:
    """Segments that fit into every look-back and do not make the network very long."""
    chosen, season = latest.settings.network.segment or 1, latest.panel.season_length
    least = most = latest.settings.window.look_back or 1
    if look_back is not None:
        least, most = int(look_back.low), int(look_back.high)
    parts = [season // share for share in (1, 2, REACH) if season % share == 0] if season > 1 else [2, REACH]
    fitting = {size for size in (1, *parts) if size <= least and most <= MOST_STEPS * size}
    return _choices({*fitting, chosen})


def _powers(chosen: int, low: int, high: int) -> Choice | None:
    """The default, its halves and doubles."""
    sizes = {chosen // REACH, chosen // 2, chosen * 2, chosen * REACH}
    return _choices({size for size in sizes if low <= size <= high} | {chosen})


def _choices(sizes: Iterable[int]) -> Choice | None:
    """Sizes in rising order; None for a single one."""
    ordered = tuple(sorted(sizes))
    return Choice(ordered) if len(ordered) > 1 else None


def _rounded(rate: float) -> float:
    """A rate without the digits that dividing leaves."""
    return float(f"{rate:.6g}")
