"""What comes before a fit: the split, then the defaults that the training rows suggest, then the windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from forecaster.baselines import check_baselines
from forecaster.config.defaults import complete, unused_preset
from forecaster.config.facts import Default
from forecaster.config.settings import Settings
from forecaster.data.panel import Note, Panel
from forecaster.data.season import find_season
from forecaster.errors import ConfigError
from forecaster.windows.parts import Parts, data_facts, make_parts, training_span
from forecaster.windows.split import Split, make_split
from forecaster.windows.windows import history_rows


@dataclass(frozen=True)
class Prepared:
    """All that a fit needs.

    Attributes:
        panel: The rows, with the season length that was given or found.
        settings: None open.
        defaults: What was chosen, and why.
        split: Where series are cut.
        parts: Windows of each part.
        warnings: What the user should know.
    """

    panel: Panel
    settings: Settings
    defaults: tuple[Default, ...]
    split: Split
    parts: Parts
    warnings: tuple[Note, ...]


def prepare(panel: Panel, settings: Settings) -> Prepared:
    """Split, defaults and windows of a panel.

    Args:
        panel: All rows.
        settings: As the user gave them.

    Returns:
        Everything chosen from the training rows alone.

    Raises:
        ConfigError: A setting does not fit the data.
    """
    window = settings.window
    if panel.goal is not None:
        raise ConfigError(
            f"{panel.source}: sequences have nothing to forecast from past moments. Train on them, and score "
            "another file with evaluate."
        )
    if window.embargo is not None and window.split == "random":
        raise ConfigError(
            f"--embargo {window.embargo}: random parts are not apart in time. Leave it out, or take "
            f"--split time."
        )
    least = window.min_history if window.min_history is not None else window.look_back
    has_ids = panel.peers.total(panel.n_series) > 1 or "id" in panel.columns
    if window.min_history is None and has_ids:
        least = 0
    split = make_split(panel, window, least_train=history_rows(panel, least or 0) + window.horizon)
    panel, season = _with_season(panel, split, settings)
    complete_settings, defaults = complete(
        settings, data_facts(panel, training_span(split.train, window), window.horizon)
    )
    _check(panel, complete_settings)
    parts = make_parts(panel, split, complete_settings.window, complete_settings.training.seed)
    return Prepared(
        panel,
        complete_settings,
        (*season, *defaults),
        split,
        parts,
        tuple(_warnings(settings, split, parts, panel)),
    )


def _with_season(panel: Panel, split: Split, settings: Settings) -> tuple[Panel, tuple[Default, ...]]:
    """The panel with its season length: the one given, else the one the training rows show."""
    if settings.data.season is not None:
        return replace(panel, season_length=settings.data.season), ()
    train = split.train
    season, reason = find_season(panel.take(train.begins, train.ends))
    return replace(panel, season_length=season), (Default("season", season, reason),)


def _check(panel: Panel, settings: Settings) -> None:
    """Refuse settings that do not fit each other or the data."""
    check_baselines(panel, settings.window.baselines)
    if panel.predict == "direction":
        _check_direction(settings)
    look_back, season = settings.window.look_back or 1, panel.season_length
    if settings.transform.residual == "season" and look_back < season:
        raise ConfigError(
            f"--residual season: --look-back {look_back} is shorter than a season of {season} steps. "
            f"Raise it to {season}, or take --residual last."
        )
    if settings.network.stateful:
        raise ConfigError(
            "--stateful: a forecast begins anew in every window. Leave it out; it is for --outputs and for "
            "symbols."
        )
    if (settings.network.segment or 1) > look_back:
        raise ConfigError(
            f"--segment {settings.network.segment}: longer than --look-back {look_back}. Lower it."
        )
    units, layers = settings.network.units or (), settings.network.layers or 1
    if len(units) > 1 and len(units) != layers:
        raise ConfigError(
            f"--units {','.join(map(str, units))}: {len(units)} numbers for --layers {layers}. "
            f"Give one, or one for each layer."
        )


def _check_direction(settings: Settings) -> None:
    """Refuse a head without classes, and transforms after which no change is not in the middle of flat."""
    if settings.network.head != "bins":
        raise ConfigError(
            f"--head {settings.network.head}: a direction is one of three classes. Leave it out, or take "
            f"--predict return."
        )
    names = settings.transform.transforms or ()
    odd = [f"--transforms {','.join(names)}"] if set(names) & {"minmax", "log", "last"} else []
    odd += [] if settings.transform.residual == "none" else [f"--residual {settings.transform.residual}"]
    if odd:
        raise ConfigError(
            f"{odd[0]}: a direction is up, flat or down from no change, which this moves. Leave it out, or "
            f"take --predict return."
        )


def _unused(settings: Settings, panel: Panel) -> Iterator[Note]:
    """Options of effort, bins and bands that do nothing here."""
    transform, network, predict = settings.transform, settings.network, panel.predict
    if text := unused_preset(settings, panel.kind):
        yield Note("preset_unused", text)
    given = [transform.n_bins is not None and "--n-bins", transform.bins != "quantile" and "--bins"]
    for option in filter(None, given):
        if predict == "direction":
            yield Note("bins_unused", f"{option} has no effect: a direction has three classes (--dead-band).")
        elif network.task == "regress" and network.head != "bins":
            yield Note("bins_unused", f"{option} has no effect: there are bins with --task classify.")
    usual = type(transform).model_fields["dead_band"].default
    if predict != "direction" and transform.dead_band != usual:
        yield Note("bins_unused", "--dead-band has no effect: it is for --predict direction.")


def _warnings(settings: Settings, split: Split, parts: Parts, panel: Panel) -> list[Note]:
    """What must be said of the settings as they were given, and of the parts."""
    notes = [*_unused(settings, panel)]
    beside = f" beside an embargo of {split.embargo}" if split.embargo else ""
    if split.leaky:
        notes.append(
            Note(
                "leaky_split",
                "Random split: windows that share rows are on both sides. The scores are leaky, "
                "better than on time to come; use --split time for honest ones.",
            )
        )
    if parts.n_test == 0 and settings.window.test_size != 0:
        notes.append(Note("no_test_part", f"Too few rows to hold any out{beside}: trained without scores."))
    if parts.n_valid == 0 and parts.n_test > 0 and settings.window.valid_size != 0:
        notes.append(
            Note(
                "no_valid_part",
                f"Too few rows for a validation part{beside}: trained for a fixed number of steps.",
            )
        )
    return notes
