"""Search over settings on rolling origins inside the training part."""

import importlib.util

from forecaster.errors import ConfigError

if importlib.util.find_spec("optuna") is None:
    raise ConfigError(
        'forecast tune: optuna is not installed. Install it with: pip install "forecaster[tune]".'
    )
