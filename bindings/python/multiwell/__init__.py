"""Differentiable multi-well potentials, densities and materials learnt from data, as scikit-learn estimators.

>>> import numpy as np
>>> from multiwell import MultiwellRegressor
>>> x = np.linspace(-2, 2, 100)
>>> model = MultiwellRegressor().fit(x[:, np.newaxis], (x**2 - 1) ** 2)
>>> len(model.landscape_.wells)
2
"""

from . import _processor

_processor.check()

from ._density import MultiwellDensity
from ._hysteresis import Hysteresis
from ._landscape import Landscape, Minimum, Path, Saddle
from ._multiwell import __version__
from ._regression import GradientRegressor, MultiwellRegressor

__all__ = [
    "GradientRegressor",
    "Hysteresis",
    "Landscape",
    "Minimum",
    "MultiwellDensity",
    "MultiwellRegressor",
    "Path",
    "Saddle",
    "__version__",
]


def __getattr__(name):
    """Loads the playground at its first use, because it needs anywidget."""
    if name == "Playground":
        from ._widget import Playground

        return Playground
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
