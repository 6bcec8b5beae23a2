"""Watch: what looks on while one network is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from forecaster.training.interrupts import StopFlag
from forecaster.training.keeper import Keeper
from forecaster.training.plan import EpochResult


@dataclass(frozen=True)
class Watch:
    """What looks on while one network is trained.

    Attributes:
        progress: Called at every epoch's end.
        stop: Ends training after the batch at hand once it is set.
        keeper: Keeps where training stands, and knows where it stood when it was ended; None keeps nothing.
    """

    progress: Callable[[EpochResult], None] | None = None
    stop: StopFlag = field(default_factory=StopFlag)
    keeper: Keeper | None = None
