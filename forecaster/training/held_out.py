"""What is learnt from held-out windows once the networks are trained: errors, widths, shifts of quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecaster.config.facts import QUANTILE_LEVELS
from forecaster.config.settings import Settings
from forecaster.data.panel import Note
from forecaster.distributions import median_of
from forecaster.network.heads import Head, MixtureHead, PointHead, QuantileHead
from forecaster.network.predict import predict_outputs
from forecaster.training.calibrate import widen
from forecaster.training.conformal import Conformal, check_conformal, few_targets
from forecaster.training.fitted import Fitted
from forecaster.training.members import Member
from forecaster.windows.batch import Batch, Gathered
from forecaster.windows.gather import WindowSource

# Windows that the best weights are chosen by; more change the choice little and cost an epoch's time.
MOST_VALID = 4096


def learn_errors(
    head: Head,
    members: Sequence[Member],
    chooser: WindowSource | None,
    source: WindowSource,
    before: Head | None,
) -> Head:
    """What a head takes from errors on held-out windows; those of the first fit where none are held out.

    Args:
        head: Of the networks, without that of marks.
        members: Trained networks.
        chooser: Held-out windows; None for none.
        source: Training windows.
        before: The head of the first fit; None for the first one itself.

    Returns:
        A head with residuals or widening, where it has any.
    """
    if isinstance(head, PointHead):
        return before if isinstance(before, PointHead) else with_residuals(head, members, chooser or source)
    if isinstance(head, MixtureHead) and isinstance(before, MixtureHead):
        return replace(head, widening=before.widening)
    batch = chooser.gather_all()[0] if chooser is not None else None
    if isinstance(head, MixtureHead) and batch is not None and batch.cell is not None:
        outputs = [predict_outputs(member.model, Gathered(batch)) for member in members]
        return widen(head, [one[:, :, : head.n_outputs] for one in outputs], batch.cell)
    return head


def with_residuals(head: PointHead, members: Sequence[Member], source: WindowSource) -> PointHead:
    """A point head whose distribution is its errors on some windows.

    Args:
        head: Without residuals.
        members: Trained networks.
        source: Windows that were not trained on, where there are any.

    Returns:
        A new head.
    """
    source = source.thinned(MOST_VALID)
    batch, _ = source.gather_all()
    outputs = [predict_outputs(member.model, Gathered(batch))[:, :, 0] for member in members]
    return head.with_residuals(batch.target - median_of(outputs), batch.mask)


def to_correct_by(valid: WindowSource, settings: Settings, name: str) -> Batch | None:
    """The validation windows that quantiles are corrected by.

    Args:
        valid: All of them.
        settings: None open.
        name: Of the head.

    Returns:
        A batch; None where quantiles are left as they are.

    Raises:
        ConfigError: There are none to correct by, or the head has no quantiles.
    """
    beside_another = settings.network.task == "both" and name == "bins"  # which gives the forecasts
    if not settings.training.conformal or beside_another:
        return None
    batch = valid.gather_all()[0] if valid.peers.any(valid.n_windows > 0) else None
    check_conformal(valid.panel.kind, name, 0 if batch is None else int(batch.mask.sum()))
    return batch


def corrected(fitted: Fitted, batch: Batch | None) -> tuple[Fitted, list[Note]]:
    """The networks with their quantiles corrected by some windows.

    Args:
        fitted: Trained networks.
        batch: The windows; None to leave quantiles as they are.

    Returns:
        The networks, and what must be said of it.
    """
    if batch is None:
        return fitted, []
    head = fitted.head.unmarked
    levels = np.asarray(head.levels if isinstance(head, QuantileHead) else QUANTILE_LEVELS)
    forecast = fitted.combine([predict_outputs(model, Gathered(batch)) for model in fitted.models])
    conformal = Conformal.fit(forecast, levels, batch.target, batch.mask)
    return replace(fitted, conformal=conformal), few_targets(levels, int(batch.mask.sum()))
