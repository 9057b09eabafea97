"""Potentials learnt from values or from derivatives."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_array, validate_data

from ._base import SINGLE, Surface, selected
from ._multiwell import fit_potential

#: Warning of a fit of derivatives to scaled inputs.
_SCALED = (
    "{} standard deviation 1 or interquartile range 1, as after StandardScaler or RobustScaler, which leave derivatives unscaled; fit to the unscaled "
    "inputs, because GradientRegressor scales them itself, unless the derivatives are by the scaled inputs."
)


def _is_scaled(column):
    """Returns true if an input has the standard deviation 1 up to rounding, or the interquartile range 1 without being evenly spaced.

    Values with at most three decimals are not taken for scaled ones, because their deviation or range may be 1 by chance.
    """
    if np.allclose(column, np.round(column, 3), rtol=0, atol=1e-9):
        return False
    if any(abs(column.std(ddof=ddof) - 1) < 1e-6 for ddof in (0, 1)):
        return True
    steps = np.diff(np.unique(column))
    return abs(np.subtract(*np.percentile(column, [75, 25])) - 1) < 1e-6 and not np.allclose(steps, steps[0])


def _warnings_of_scaled(X, names):
    """Returns a warning that names the scaled inputs, or nothing."""
    scaled = [name for name, column in zip(names, X.T) if _is_scaled(column)]
    return [_SCALED.format(f"{', '.join(scaled)} {'have' if len(scaled) > 1 else 'has'}")] if scaled else []


def _weighed(sample_weight, X):
    """Returns the rows with a positive weight, and their standard errors; none if all weights are equal."""
    if sample_weight is None:
        return slice(None), None
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    rows = weights > 0
    if not rows.any():
        raise ValueError("all weights are zero; give at least one row a positive weight")
    weights = weights[rows]
    return rows, None if np.all(weights == weights[0]) else 1 / np.sqrt(weights)


class MultiwellRegressor(RegressorMixin, Surface):
    """A potential with several wells, learnt from its values: the soft minimum of convex networks. The fit finds the number of networks.

    Parameters
    ----------
    modes : int, optional
        Number of modes that are offered; the fit may leave some unused.
    hidden : int or sequence of int, optional
        Widths of the hidden layers of each mode.
    epochs : int, optional
        The last epoch.
    recipe : {"reliable", "paper"}, optional
        Recipe of the training.
    random_state : int, RandomState instance or None, default 1
        Seed of the initial weights. Equal integers, data and settings give equal bits, also by ``--seed`` on the command line. ``None`` draws another
        seed at each fit, as in scikit-learn.
    n_jobs : int, optional
        Number of threads of a fit, as in scikit-learn: ``None`` is one, and ``-1`` all processors. The bits of the fit do not depend on it.
    periodic : str or dict, optional
        Periodic inputs with their periods: ``"phi:360, psi:2pi"``, or one period for all. A dict has a period or a range ``(low, high)`` by the name or
        the index of each input: ``{"phi": 360, 1: (-np.pi, np.pi)}``.
    skip : {"none", "quadratic", "quartic"}, optional
        Convex polynomial that is added to the layers of each mode.
    symmetry : {"none", "exchange"}, optional
        Symmetry of the potential.
    hold_out : float, optional
        Fraction of the rows that is held out from training; the errors on these rows are in ``metrics_["held_out"]``.
    uncertainty : bool or int, default False
        Whether minima and barriers get intervals, which contain the truth with a probability of nine tenths. ``predict(X, return_std=True)`` needs it.
    settings : dict, optional
        Any other setting of the command line by its name, such as ``{"lr": 0.01, "stop_loss": 1e-6}``.
    progress : bool or callable, default False
        ``True`` shows progress by tqdm. A function is called with the work done, all work, and the name of the stage. If it
        returns ``True``, training ends early.

    Attributes
    ----------
    landscape_ : Landscape
        Minima with barriers and intervals, saddles, and paths.
    metrics_ : dict
        The numbers that ``multiwell fit --json`` prints.
    warnings_ : list of str
        Sentences to read before the fit is used.
    history_ : dict of arrays
        The history of training.
    model_ : str
        The text of the model file.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import MultiwellRegressor
    >>> x = np.linspace(-2, 2, 100)
    >>> model = MultiwellRegressor(uncertainty=True).fit(x[:, np.newaxis], (x**2 - 1) ** 2)
    >>> [(round(float(well.x[0]), 1), round(well.barrier, 1)) for well in model.landscape_.wells]
    [(-1.0, 1.0), (1.0, 1.0)]
    >>> mean, deviation = model.predict([[0.5]], return_std=True)
    """

    _kinds = ("potential",)

    def __init__(
        self,
        modes=None,
        *,
        hidden=None,
        epochs=None,
        recipe=None,
        random_state=1,
        n_jobs=None,
        periodic=None,
        skip=None,
        symmetry=None,
        hold_out=None,
        uncertainty=False,
        settings=None,
        progress=False,
    ):
        self.modes = modes
        self.hidden = hidden
        self.epochs = epochs
        self.recipe = recipe
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.periodic = periodic
        self.skip = skip
        self.symmetry = symmetry
        self.hold_out = hold_out
        self.uncertainty = uncertainty
        self.settings = settings
        self.progress = progress

    def fit(self, X, y, sample_weight=None):
        """Learns from values ``y`` at points ``X``. Weights are relative: a row with twice the weight has half the variance."""
        target = getattr(y, "name", None)
        X, y = validate_data(self, X, y, dtype=np.float64, order="C", y_numeric=True, ensure_min_samples=2)
        rows, sigma = _weighed(sample_weight, X)
        names = [*self._names(), "y" if target is None else str(target)]
        y = np.ascontiguousarray(y[rows], dtype=np.float64)
        return self._train(fit_potential, X[rows], y, None, sigma, names)

    def predict(self, X, return_std=False):
        """Potential at points, ``(n_samples,)``.

        ``return_std=True`` also returns its standard deviation. It is that of the fit, by the delta method as for ``landscape_``, without the noise of a
        single row, and infinite where the data do not determine the potential. It needs ``uncertainty=True`` in the constructor.
        """
        X = self._checked(X)
        return (self._model.value(X), self._deviations().value(X)) if return_std else self._model.value(X)


class GradientRegressor(RegressorMixin, Surface):
    """A potential with several wells, learnt from its derivatives, or from forces, which are minus the derivatives.

    ``predict`` returns derivatives or forces, and ``potential`` returns the potential. Derivatives do not determine its constant, unless ``fit``
    also receives values. All parameters except ``forces`` and ``measured`` are those of :class:`MultiwellRegressor`.

    The estimator scales its inputs itself. A scaler of the inputs in a pipeline, such as ``StandardScaler``, leaves the derivatives by the unscaled
    inputs, so that all barriers are wrong. An input with standard deviation 1 or interquartile range 1, as after ``StandardScaler`` or
    ``RobustScaler``, causes a warning. ``MinMaxScaler``, ``MaxAbsScaler``, and ``RobustScaler`` of evenly spaced values cannot be detected.

    Parameters
    ----------
    forces : bool, default False
        Whether ``y`` are forces.
    measured : int, str or sequence of them, optional
        Inputs whose derivatives are the columns of ``y``, by index or name, if some were never measured. With a single one that is not in a
        sequence, ``y`` and predictions have the shape ``(n_samples,)``. By default ``y`` has a column for each input, with NaN in rows where a
        derivative is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import GradientRegressor
    >>> x = np.linspace(-2, 2, 100)
    >>> model = GradientRegressor(forces=True).fit(x[:, np.newaxis], 4 * x * (1 - x**2))
    >>> [round(well.barrier, 1) for well in model.landscape_.wells]
    [1.0, 1.0]

    The derivative by the first of two inputs, which determines the potential along this input alone:

    >>> x = np.random.default_rng(0).uniform(-2, 2, size=(300, 2))
    >>> model = GradientRegressor(measured=0).fit(x, 4 * x[:, 0] * (x[:, 0] ** 2 - 1))
    >>> model.predict([[1.4, 0]]).round(), model.gradient([[1.4, 0]]).shape
    (array([5.]), (1, 2))
    """

    _kinds = ("potential",)
    #: Indices of the inputs whose derivatives are the columns of ``y``.
    _columns = slice(None)

    def __init__(
        self,
        modes=None,
        *,
        forces=False,
        measured=None,
        hidden=None,
        epochs=None,
        recipe=None,
        random_state=1,
        n_jobs=None,
        periodic=None,
        skip=None,
        symmetry=None,
        hold_out=None,
        uncertainty=False,
        settings=None,
        progress=False,
    ):
        self.modes = modes
        self.forces = forces
        self.measured = measured
        self.hidden = hidden
        self.epochs = epochs
        self.recipe = recipe
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.periodic = periodic
        self.skip = skip
        self.symmetry = symmetry
        self.hold_out = hold_out
        self.uncertainty = uncertainty
        self.settings = settings
        self.progress = progress

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = not isinstance(self.measured, SINGLE)
        return tags

    def fit(self, X, y, values=None, sample_weight=None):
        """Learns from derivatives ``y`` ``(n_samples, n_features)`` at points ``X``, NaN where one was not measured, and from values of the
        potential if they are given. ``measured`` selects the columns of ``y``."""
        of_slopes = {"dtype": np.float64, "ensure_2d": False, "ensure_all_finite": "allow-nan"}
        of_points = {"dtype": np.float64, "order": "C", "ensure_min_samples": 2}
        X, y = validate_data(self, X, y, validate_separately=(of_points, of_slopes))
        self._columns = selected(self._names(), self.measured)
        slopes = np.full(X.shape, np.nan)
        slopes[:, self._columns] = self._slopes(y, slopes[:, self._columns].shape)
        rows, sigma = _weighed(sample_weight, X)
        target = getattr(values, "name", None)
        if values is not None:
            values = check_array(values, dtype=np.float64, ensure_2d=False)
            if values.shape != (len(X),):
                raise ValueError(f"values must have one number for each of the {len(X)} rows of X, not the shape {values.shape}")
            values = np.ascontiguousarray(values[rows])
        names = [*self._names(), "Psi" if target is None else str(target)]
        warned = _warnings_of_scaled(X, names)
        return self._train(fit_potential, X[rows], values, slopes[rows], sigma, names, has_forces=bool(self.forces), warned=warned)

    def _slopes(self, y, shape):
        """Validates derivatives of the shape of predictions."""
        y = check_array(y, dtype=np.float64, order="C", ensure_2d=False, ensure_all_finite="allow-nan", input_name="y")
        if len(shape) == 1:
            y = column_or_1d(y, warn=True)
        elif y.ndim == 1 and shape[1] == 1:
            y = y[:, np.newaxis]
        if y.shape != shape:
            columns = "one derivative for each input, the shape {} of X, not {}; measured names the inputs if the derivatives by others are unknown"
            columns = columns if self.measured is None else "the shape {} for the inputs in measured, not {}"
            raise ValueError(f"y must have {columns.format(shape, y.shape)}")
        return y

    def predict(self, X, return_std=False):
        """Derivatives, or forces, at points, in the columns of ``y``: ``(n_samples, n_features)`` unless ``measured`` selects some.
        ``return_std=True`` also returns their standard deviations, as in :meth:`MultiwellRegressor.predict`."""
        X = self._checked(X)
        slopes = self._model.gradient(X)[:, self._columns]
        slopes = -slopes if self.forces else slopes
        return (slopes, self._deviations().gradient(X)[:, self._columns]) if return_std else slopes

    def potential(self, X):
        """Potential at points, ``(n_samples,)``."""
        X = self._checked(X)
        return self._model.value(X)

    def score(self, X, y, sample_weight=None):
        """Mean coefficient of determination over the columns of ``y``, at the rows where each is known."""
        from sklearn.metrics import r2_score

        found = self.predict(X)
        y = self._slopes(y, found.shape)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        scores = []
        for y, found in zip(np.atleast_2d(y.T), np.atleast_2d(found.T)):
            known = ~np.isnan(y)
            scores.append(r2_score(y[known], found[known], sample_weight=None if weights is None else weights[known]))
        return float(np.mean(scores))
