"""Common parts of all estimators."""

import csv
import io
import json
import numbers
import os
import types
import warnings
from collections.abc import Mapping

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from . import _landscape
from ._multiwell import Model, Uncertainty, export

#: Parameters of the constructors that are not settings of the fit.
_NO_SETTINGS = ("settings", "progress", "forces", "measured", "components", "input_names", "output_names", "random_state", "n_jobs")
#: Largest seed that a generator of random numbers draws.
_MAX_SEED = np.iinfo(np.int32).max


def _written(value):
    """Converts a setting to the text that the library reads."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return repr(float(value))
    if isinstance(value, (list, tuple, np.ndarray)):
        return ",".join(_written(part) for part in value)
    return str(value)


def _by_name(names, given, what):
    """Replaces the keys of a dict, which are names or indices of inputs, by the names."""
    found = {}
    for key, value in given.items():
        is_index = isinstance(key, numbers.Integral) and 0 <= key < len(names)
        if not is_index and key not in names:
            raise ValueError(f"{what} has the key {key!r}, but the inputs are {', '.join(names)}; use a name or an index from 0")
        found[names[key] if is_index else key] = value
    return found


#: Types of an entry that names one input.
SINGLE = (str, numbers.Integral)


def selected(names, measured):
    """Indices of the inputs that `measured` names: one, a list, or a slice of all if it is None."""
    if measured is None:
        return slice(None)
    keys = [measured] if isinstance(measured, SINGLE) else list(measured)
    columns = [names.index(name) for name in _by_name(names, dict.fromkeys(keys), "measured")]
    if not columns or len(columns) < len(keys):
        raise ValueError(f"measured must name at least one input, and each input once, not {measured!r}")
    return columns[0] if isinstance(measured, SINGLE) else columns


def _range(ends, what):
    """Validates the ends of a range."""
    low, high = (float(end) for end in ends)
    if not low < high:
        raise ValueError(f"{what} must be a pair (low, high) with low < high, not ({low:g}, {high:g})")
    return low, high


def _column(cells):
    """Converts a column of the history to numbers, or to texts if a cell is not a number."""
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells, dtype=object)


def _history(text):
    """Reads the columns of a history in CSV, by their names."""
    head, *rows = csv.reader(io.StringIO(text))
    return {name: _column(cells) for name, cells in zip(head, zip(*rows))}


class _Progress:
    """Passes progress to a function, or shows it by tqdm."""

    def __init__(self, progress):
        self.bar = None
        self.call = progress if callable(progress) else None
        if progress is True:
            try:
                from tqdm.auto import tqdm
            except ImportError as error:
                raise ImportError("progress=True needs tqdm; install it, or give a function in place of True") from error
            self.bar = tqdm(unit="epoch")
            self.call = self._show

    def _show(self, done, total, stage):
        self.bar.total = total
        self.bar.set_description(stage, refresh=False)
        self.bar.update(done - self.bar.n)

    def __enter__(self):
        return self.call

    def __exit__(self, *_):
        if self.bar is not None:
            self.bar.close()


def _replace(path, written):
    """Writes a file. An existing file is either replaced as a whole or left unchanged."""
    path = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(path)
    beside = os.path.join(folder, f".{name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as file:
            file.write(written)
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


class Base(BaseEstimator):
    """Training, the model file, and the landscape."""

    def _given(self):
        """Settings given by the user, as texts by their names."""
        given = {}
        for name, value in self.get_params(deep=False).items():
            if isinstance(value, Mapping) and name == "periodic":
                value = self._periods(value)
            if name not in _NO_SETTINGS and value is not None and value is not False:
                given[name.replace("_", "-")] = _written(value)
        is_seed = isinstance(self.random_state, numbers.Integral)
        given["seed"] = _written(self.random_state if is_seed else check_random_state(self.random_state).randint(_MAX_SEED))
        for name, value in (self.settings or {}).items():
            given[name.replace("_", "-")] = _written(value)
        return sorted(given.items())

    def _periods(self, periods):
        """Converts periods or ranges by input to the text that the library reads."""

        def written(name, period):
            if isinstance(period, (list, tuple, np.ndarray)):
                return "{!r}..{!r}".format(*_range(period, f"the period of {name}"))
            return _written(period)

        return ",".join(f"{name}:{written(name, period)}" for name, period in _by_name(self._names(), periods, "periodic").items())

    def _train(self, fit, *arguments, warned=(), **more):
        """Trains by one of the compiled functions and keeps the result. Its warnings are added to those of the data, `warned`."""
        with _Progress(self.progress) as report:
            jobs = effective_n_jobs(self.n_jobs)
            text, metrics, self.notes_, history, covariance = fit(*arguments, self._given(), jobs, report=report, **more)
        self._model = Model(text)
        self._uncertainty = None if covariance is None else Uncertainty(covariance)
        self.metrics_ = json.loads(metrics)
        self.warnings_ = [*warned, *self.metrics_["warnings"]]
        self.history_ = _history(history)
        self._describe()
        for sentence in self.warnings_:
            warnings.warn(sentence, ConvergenceWarning, stacklevel=3)
        return self

    def _describe(self):
        survey = self.metrics_.get("landscape") or json.loads(self._model.landscape())
        self.landscape_ = _landscape.of_survey(survey)

    @property
    def model_(self):
        """Text of the model file, which the command line and the page also read."""
        check_is_fitted(self, "_model")
        return self._model.text

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_model")

    def _checked(self, X):
        """Validates the points of an evaluation."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=np.float64, order="C")

    def _names(self):
        """Names of the inputs: those of a data frame, or default names."""
        if hasattr(self, "feature_names_in_"):
            return [str(name) for name in self.feature_names_in_]
        count = self.n_features_in_
        return ["x"] if count == 1 else [f"x{k + 1}" for k in range(count)]

    def save(self, path):
        """Writes the model file. An existing file is either replaced as a whole or left unchanged."""
        _replace(path, self.model_.encode())

    def export(
        self,
        to,
        path=None,
        *,
        name=None,
        hessian=False,
        fast=False,
        float32=False,
        values=False,
        points=None,
        bounds=None,
        roles=None,
        measure="small",
    ):
        """Writes the fit in another form, which does not need multiwell, to a file. Returns it if no path is given.

        ``to`` is ``"c"``, ``"rust"``, ``"python"``, ``"jax"``, ``"torch"``, ``"js"``, ``"fortran"``, ``"umat"``, ``"vumat"`` or ``"formula"`` for a
        text, ``"onnx"``, or ``"npz"`` or ``"plumed"`` for a grid with ``points`` points along each input. ``name`` is the name of the functions.
        ``hessian`` adds second derivatives, ``fast`` uses built-in polynomials in C, ``float32`` uses single precision in ONNX, and ``values`` leaves
        all derivatives out of ONNX. An input that gets another name in a grid, or a constant in the grid, causes a warning.

        ``points`` is one number (by default 100), a list with a number for each input, or a dict such as ``{"x": 200}``; other inputs have 100.
        ``bounds`` are the ends of a grid by the name or index of an input, such as ``{"x": (-2, 2)}``; other inputs have the domain of the data, or
        a whole period. ``roles`` are the roles of inputs of a material for Abaqus whose names do not state them, such as ``{"c": "field1"}``:
        ``11`` to ``23``, ``gamma12`` to ``gamma23``, ``invariants``, ``field1``, ``constant2`` and so on. ``measure`` is its strain, ``"small"`` or
        ``"lagrange"``.
        """
        if values and hessian:
            raise ValueError("values leaves all derivatives out, and hessian adds second ones; choose one of them")
        stem = "multiwell" if path is None else os.path.splitext(os.path.basename(os.fspath(path)))[0]
        text, names = self._exported(), self._model.inputs
        given = _by_name(names, bounds or {}, "bounds")
        if isinstance(points, Mapping):
            points = [*(dict.fromkeys(names, 100) | _by_name(names, points, "points")).values()]
        options = {
            "order": 0 if values else 2 if hessian else 1,
            "fast": fast,
            "float32": float32,
            "points": [] if points is None else np.ravel(points).tolist(),
            "bounds": [_range(given[name], f"the bounds of {name}") if name in given else (np.nan, np.nan) for name in names if given],
            "roles": [(name, str(role)) for name, role in _by_name(names, roles or {}, "roles").items()],
            "measure": measure,
        }
        written, notes = export(text, to, name or stem, options)
        for note in notes:
            warnings.warn(note, UserWarning, stacklevel=2)
        if path is not None:
            _replace(path, written)
            return None
        return written if to in ("onnx", "npz") else written.decode()

    def _exported(self):
        """Text of the model file, if it contains the whole fit."""
        return self.model_

    def to_jax(self):
        """Returns a module of JAX functions, such as `value`, `gradient` and `hessian`. They can be compiled, mapped and differentiated further."""
        module = types.ModuleType("multiwell_exported")
        module.__doc__ = "A fit of multiwell as functions of JAX."
        exec(compile(self.export("jax", hessian=self._model.kind != "material"), "<multiwell>", "exec"), module.__dict__)
        return module

    def to_torch(self):
        """Returns a PyTorch module (``torch.nn.Module``). A call returns the value at a tensor of points, or the step of a material.

        `value`, `gradient` and `hessian`, or `step`, are its functions of tensors, which can be differentiated further. Results have the precision
        and the device of the points. The module can be pickled and saved. The weights of a potential or a density are its parameters, so that it can
        be trained further, which does not keep the modes convex. Those of a material are buffers.
        """
        from . import _torch

        return (_torch.Step if self._model.kind == "material" else _torch.Surface)(self.export("torch"))

    @classmethod
    def load(cls, path):
        """Reads a model file, which the command line and the page also write. It does not contain properties that need the data, such as
        intervals and errors."""
        with open(path, encoding="utf-8") as file:
            text = file.read()
        model = Model(text)
        if model.kind not in cls._kinds:
            raise ValueError(f"{path}: this is a model file of a {model.kind}, which {cls.__name__} cannot read")
        estimator = cls()
        kept = json.loads(text).get("settings") or {}
        known = {name: kept[name] for name in ("modes", "hidden", "epochs", "seed") if kept.get(name) is not None}
        estimator.set_params(**estimator._parameters(known))
        estimator._restore(model)
        return estimator

    def _parameters(self, settings):
        """Parameters of the constructor that belong to settings by name."""
        settings = {"random_state" if name == "seed" else name: value for name, value in settings.items()}
        return {name: value for name, value in settings.items() if name in self.get_params(deep=False)}

    def _restore(self, model):
        self._uncertainty = None
        self._model, self.metrics_, self.warnings_, self.notes_, self.history_ = model, {}, [], [], {}
        self.n_features_in_ = len(model.inputs)
        usual = self._names()
        if list(model.inputs) != usual and model.kind != "density":
            self.feature_names_in_ = np.array(model.inputs, dtype=object)
        self._describe()


class Surface(Base):
    """An estimator of a potential that can be evaluated at points."""

    def _deviations(self):
        """Standard deviations of the fit."""
        if self._uncertainty is None and self.uncertainty:
            raise ValueError("return_std=True needs a fit whose parameters are determined by the data; give more rows, or fewer modes")
        if self._uncertainty is None:
            raise ValueError("return_std=True needs a fit with uncertainty=True, which no model file contains; set it and fit again")
        return self._uncertainty

    def gradient(self, X):
        """Derivatives of the potential by the inputs, `(n_samples, n_features)`."""
        X = self._checked(X)
        return self._model.gradient(X)

    def hessian(self, X):
        """Second derivatives of the potential, `(n_samples, n_features, n_features)`."""
        X = self._checked(X)
        return self._model.hessian(X)

    def responsibilities(self, X):
        """Contributions of the modes to the soft minimum, `(n_samples, modes)`; each row sums to one."""
        X = self._checked(X)
        return self._model.responsibilities(X)

    def plot(self, X=None, y=None, *, ax=None, inputs=(0, 1), points=200):
        """Draws the potential with its minima, saddles and paths by matplotlib, and the data if they are given.

        With more than two inputs, `inputs` selects the two axes; the others have their values at the lowest minimum.
        """
        from . import _plot

        check_is_fitted(self)
        return _plot.surface(self, X, y, ax, inputs, points)
