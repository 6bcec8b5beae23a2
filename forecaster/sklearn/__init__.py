"""The networks of this package as scikit-learn estimators.

X is one window a row: (n, look_back), or (n, look_back, n_channels) where the first channel is the target's.
NaN is a value that was not observed.
"""

from forecaster.sklearn.classifier import WindowClassifier
from forecaster.sklearn.regressor import WindowRegressor

__all__ = ["WindowClassifier", "WindowRegressor"]
