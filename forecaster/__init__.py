"""Time-series forecasting with stacked LSTMs on Keras: events, intervals, values and OHLC."""

import os

# Keras reads its backend once, when it is first imported: choose it before anything can import it.
os.environ.setdefault("KERAS_BACKEND", "torch")

__version__ = "0.1.0"
