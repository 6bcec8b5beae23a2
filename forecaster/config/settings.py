"""The tree of settings; options, TOML keys and keywords of ``Forecaster`` are made from its fields.

A setting that is None is chosen from the data by the rules of ``defaults.py``, and the report says what was
chosen and why. Field names are unique over all sections, so that keywords need no section.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from forecaster.config.data_settings import DataSettings
from forecaster.config.engine import EngineSettings
from forecaster.config.fields import Listed, Section, Size, setting, split_list

Preset = Literal["fast", "balanced", "accurate", "classic"]
Task = Literal["regress", "classify", "both"]
HeadName = Literal["point", "quantile", "bins", "hazard", "mixture"]
TransformName = Literal["standard", "minmax", "log", "level", "last", "volatility"]
FeatureName = Literal["none", "count", "age", "mean_gap", "single", "hour", "weekday", "month"]
Residual = Literal["none", "last", "season"]
BaselineChoice = Literal["auto", "fast", "all"]
ScheduleName = Literal["constant", "step", "multistep", "exponential", "cosine", "plateau", "one-cycle"]


class WindowSettings(Section):
    """How series are cut into windows, and what is held out."""

    look_back: int | None = setting(None, "Steps the network sees.", metavar="N", ge=1, le=100_000)
    horizon: int = setting(1, "Steps to forecast.", metavar="N", ge=1, le=10_000)
    stride: int = setting(1, "Steps between two training windows.", metavar="N", ge=1)
    min_history: int | None = setting(
        None, "Rows a series must have before a window's first target.", metavar="N", ge=0
    )
    test_size: Size = setting(
        None, "Last part held out for the scores: a fraction, rows per series, or a date.", metavar="SIZE"
    )
    valid_size: Size = setting(
        None, "Part before it that chooses the best weights: likewise.", metavar="SIZE"
    )
    censor: bool = setting(
        True, "Learn from the interval of each series that is still open; without it forecasts are too early."
    )
    features: Annotated[tuple[FeatureName, ...] | None, Listed] = setting(
        None,
        "What is known of a series beyond its look-back: count, age, mean_gap, single (events); of the "
        "calendar: hour, weekday, month; none for nothing.",
        metavar="LIST",
    )
    within: Annotated[tuple[str, ...] | None, Listed] = setting(
        None, "Durations such as 7d: the probability of an event within each is scored.", metavar="LIST"
    )
    baselines: BaselineChoice = setting(
        "auto",
        "What values, prices and labels are scored beside: fast, the built-in baselines; all, of values "
        "AutoETS and Theta too (they need forecaster[baselines]), of prices GARCH (forecaster[markets]), of "
        "labels dynamic time warping (forecaster[labels]); auto, these too where they are installed and take "
        "seconds.",
    )
    embargo: int | None = setting(
        None,
        "Rows left out after each part, and before a backtest's first target: no target of a part is within "
        "them of the next part's.",
        metavar="N",
        ge=0,
    )
    split: Literal["time", "random"] = setting(
        "time", "Hold out the last rows, or random windows (leaky; labelled so in the report)."
    )


class TransformSettings(Section):
    """How windows are normalised, and how values are binned."""

    transforms: Annotated[tuple[TransformName, ...] | None, Listed] = setting(
        None,
        "Applied to every window in this order: standard, minmax, log, level, last, volatility (ohlc).",
        metavar="LIST",
    )
    scope: Literal["panel", "series"] | None = setting(
        None, "Whether standard and minmax are fitted over all series or for each."
    )
    residual: Residual | None = setting(
        None,
        "Naive forecast that the network corrects: none, the last value, the last season.",
    )
    n_bins: int | None = setting(None, "Number of bins of the classifier.", metavar="N", ge=2, le=1000)
    bins: Literal["quantile", "uniform", "log"] | Annotated[tuple[float, ...], Listed] = setting(
        "quantile",
        "How bins are cut: quantile, uniform, log, or rising edges joined by commas.",
        metavar="RULE",
    )
    dead_band: float = setting(
        0.25,
        "Returns that count as flat (--predict direction): up to this many standard deviations of the "
        "training returns.",
        gt=0,
        le=10,
    )
    smoothing: float = setting(
        0.0, "Share of a target's class given to the two bins beside it.", option=False, ge=0, lt=1
    )

    @field_validator("bins", mode="before")
    @classmethod
    def _edges(cls, value: object) -> object:
        """Edges as numbers; a name stays a name."""
        return split_list(value) if isinstance(value, str) and "," in value else value


class NetworkSettings(Section):
    """The recurrent network and what it puts out."""

    task: Task = setting("regress", "Regress, classify into bins, or train one of each.")
    head: HeadName | None = setting(None, "What a step puts out; --task chooses when not given.")
    components: int | None = setting(
        None,
        "Components of the mixture head; as many as the training targets speak for when not given.",
        option=False,
        ge=1,
        le=20,
    )
    linear: bool | None = setting(
        None, "A linear forecast of the look-back beside the recurrent one; the mixture head weighs both."
    )
    loss: Literal["mse", "mae", "huber"] | None = setting(None, "Loss of the point head.")
    quantile_levels: Annotated[tuple[float, ...] | None, Listed] = setting(
        None, "Levels that the quantile head learns.", option=False
    )
    cell: Literal["lstm", "gru", "rnn"] | None = setting(None, "Kind of recurrent layer.")
    layers: int | None = setting(None, "Recurrent layers on top of each other.", metavar="N", ge=1, le=100)
    units: Annotated[tuple[int, ...] | None, Listed] = setting(
        None, "Units of every recurrent layer, or of each: 30,20.", metavar="N[,N]"
    )
    dropout: float | None = setting(None, "Share of units dropped between layers in training.", ge=0, lt=1)
    recurrent_dropout: float = setting(
        0.0, "Share of state units dropped in training (slow path).", option=False, ge=0, lt=1
    )
    activation: str = setting("tanh", "Activation of the recurrent layers.", option=False)
    recurrent_activation: str = setting("sigmoid", "Activation of their gates.", option=False)
    bidirectional: bool | None = setting(None, "Read each window in both directions.")
    segment: int | None = setting(None, "Steps fed to the recurrent layer at once.", metavar="N", ge=1)
    dense_layers: Annotated[tuple[int, ...] | None, Listed] = setting(
        None, "Units of dense layers after the recurrent ones; 0 for none.", metavar="N[,N]"
    )
    decoder: Literal["direct", "parallel"] | None = setting(
        None,
        "How the horizon comes from the last state: direct, all steps at once; parallel, segment by segment.",
    )
    series_units: int | None = setting(
        None,
        "Length of a learned vector for each series; 0 for none.",
        option=False,
        ge=0,
        le=1000,
    )
    mark_units: int | None = setting(
        None, "Length of the learned vector of each mark.", option=False, ge=1, le=1000
    )
    stateful: bool = setting(
        False, "Carry the state over from window to window of a series (--outputs, symbols)."
    )
    branch: tuple[str, ...] | None = setting(
        None,
        "NAME=channel,channel: a recurrent network of its own for these channels; repeatable; none for one "
        "network.",
        repeatable=True,
        metavar="SPEC",
    )


class TrainingSettings(Section):
    """How the network is trained."""

    preset: Preset = setting(
        "balanced", "Effort (values, prices): fast, balanced or accurate; classic is the textbook network."
    )
    optimizer: Literal["rmsprop", "adam", "adamw", "nadam", "sgd", "adagrad"] | None = setting(
        None, "Optimiser."
    )
    learning_rate: float | None = setting(None, "Learning rate; the peak of a one-cycle.", gt=0, le=10)
    momentum: float = setting(0.0, "Momentum of rmsprop and sgd.", option=False, ge=0, lt=1)
    clip: float = setting(1.0, "Largest norm of the gradient; 0 for no limit.", ge=0)
    schedule: ScheduleName | None = setting(None, "How the learning rate goes.")
    step_epochs: int = setting(10, "Epochs between two drops of step.", option=False, ge=1)
    milestones: Annotated[tuple[int, ...], Listed] = setting(
        (), "Epochs at which multistep drops.", option=False
    )
    gamma: float = setting(
        0.1,
        "Factor of a drop (step, multistep, plateau); of an epoch (exponential).",
        option=False,
        gt=0,
        le=1,
    )
    plateau_patience: int = setting(5, "Epochs without gain before plateau drops.", option=False, ge=1)
    epochs: int | None = setting(None, "Most epochs.", metavar="N", ge=1, le=1_000_000)
    steps_per_epoch: int | None = setting(
        None, "Steps of an epoch; all windows once when not given.", option=False, ge=1
    )
    batch_size: int | None = setting(None, "Windows a step.", metavar="N", ge=1, le=1_000_000)
    patience: int | None = setting(
        None, "Epochs without gain on the validation part before training stops.", metavar="N", ge=1
    )
    ensemble: int | None = setting(None, "Networks trained from different seeds.", metavar="N", ge=1, le=100)
    seed: int = setting(0, "Seed of weights, dropout and shuffling.", metavar="N", ge=0)
    device: Literal["auto", "cpu", "cuda", "mps"] = setting("auto", "Where the network runs.")
    threads: int | None = setting(None, "Processor threads.", metavar="N", ge=1, le=1024)
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto",
        "Of the products in training; auto takes bfloat16 where the processor or GPU has it and it pays.",
    )
    refit: bool | None = setting(
        None, "Fit again on training and validation rows before the test part is scored."
    )
    final_fit: bool = setting(True, "Fit the shipped weights on all rows for the steps found.")
    conformal: bool | None = setting(None, "Correct quantiles by what they missed on the validation part.")


class Settings(Section):
    """Everything that can be set, by section."""

    data: DataSettings = DataSettings()
    window: WindowSettings = WindowSettings()
    transform: TransformSettings = TransformSettings()
    network: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()
    # no part of a run, and so never written with one
    cluster: EngineSettings = Field(default=EngineSettings(), exclude=True)


SECTIONS: tuple[str, ...] = tuple(Settings.model_fields)
