"""Materials with memory, learnt from trajectories."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, validate_data

from ._base import SINGLE, Base, selected
from ._multiwell import fit_material


def _is_single(X):
    """Returns true for the table of one trajectory, and false for several tables."""
    return np.asarray(X[0]).ndim < 2 if isinstance(X, (list, tuple)) and X else np.asarray(X).ndim < 3


def _like(found, X, is_flat):
    """Gives results the form of the trajectories: one array, or a list of arrays. Flat results have no axis of columns."""
    found = [result[:, 0] for result in found] if is_flat else found
    return found[0] if _is_single(X) else np.stack(found) if isinstance(X, np.ndarray) else found


class Hysteresis(RegressorMixin, Base):
    """A material with memory: hidden states on an energy landscape determine the outputs from the history of the inputs.

    Parameters
    ----------
    dynamics : {"play", "onsager", "node", "auto"}, optional
        Evolution law of the hidden states: play, Onsager's equations, a network, or (the default) the one of these that
        predicts held-out trajectories best.
    hidden : int or sequence of int, optional
        Widths of the hidden layers.
    epochs : int, optional
        Passes over the data.
    random_state : int, RandomState instance or None, default 1
        Seed of the initial weights, as in :class:`MultiwellRegressor`.
    n_jobs : int, optional
        Number of threads of a fit, as in :class:`MultiwellRegressor`.
    measured : int, str or sequence of them, optional
        Inputs whose outputs are the columns of ``y``, by index or name, if those of the last inputs were not measured. With a single one that is not
        in a sequence, ``y`` and predictions have no axis of columns. By default ``y`` has a column for each input, or two for a single input.
    input_names, output_names : sequence of str, optional
        Names of the columns.
    settings : dict, optional
        Any other setting of the command line by its name.
    progress : bool or callable, default False
        As in :class:`MultiwellRegressor`.

    Attributes
    ----------
    metrics_, warnings_, history_, model_, n_features_in_, feature_names_in_
        As in :class:`MultiwellRegressor`. ``landscape_`` is empty, because the energy depends on hidden states.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import Hysteresis
    >>> time = np.linspace(0, 1, 50)
    >>> strain = np.linspace(0.5, 2, 10)[:, np.newaxis] * np.sin(6 * time)
    >>> stress = 3 * strain
    >>> model = Hysteresis("play", epochs=50).fit(strain[:, :, np.newaxis], stress, time)
    >>> model.predict(strain[:2, :, np.newaxis], time).shape
    (2, 50)
    """

    _kinds = ("material",)

    def __init__(
        self,
        dynamics=None,
        *,
        hidden=None,
        epochs=None,
        random_state=1,
        n_jobs=None,
        measured=None,
        input_names=None,
        output_names=None,
        settings=None,
        progress=False,
    ):
        self.dynamics = dynamics
        self.hidden = hidden
        self.epochs = epochs
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.measured = measured
        self.input_names = input_names
        self.output_names = output_names
        self.settings = settings
        self.progress = progress

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = not isinstance(self.measured, SINGLE)
        # Outputs depend on the history of the inputs, so rows that are unrelated cannot be predicted.
        tags.regressor_tags.poor_score = True
        return tags

    def fit(self, X, y, time=None):
        """Learns outputs ``y`` along trajectories of inputs ``X``. A fifth of the trajectories is held out.

        ``X`` is one trajectory ``(n_rows, n_inputs)``, an array of trajectories ``(n_trajectories, n_rows, n_inputs)``, or a list of trajectories
        with any numbers of rows. ``y`` has the same form; its last axis may be left out for one output. ``time`` has the times of the rows of all
        trajectories, ``(n_rows,)``, or one such array for each; by default the numbers of the rows.
        """
        tables = self._tables(X, reset=True)
        outputs = self._outputs(X, y, tables)
        self._is_flat = isinstance(self.measured, SINGLE) or np.asarray(y if _is_single(X) else y[0]).ndim < 2
        known = self.input_names if self.input_names is not None else getattr(self, "feature_names_in_", None)
        inputs = self._called(known, tables, "x")
        names = (inputs, self._called(self.output_names, outputs, "y") + ["-"] * self._unmeasured(inputs, outputs[0].shape[1]))
        return self._train(fit_material, self._times(X, time, tables), tables, outputs, names)

    def _unmeasured(self, inputs, outputs):
        """Number of inputs without an output."""
        if self.measured is None:
            if len(inputs) != outputs and (len(inputs), outputs) != (1, 2):
                raise ValueError(
                    f"y has {outputs} outputs and X {len(inputs)} inputs; a material has one output for each input, or two for a single input; "
                    "measured names the inputs if the outputs of others are unknown"
                )
            return 0
        columns = np.atleast_1d(selected(inputs, self.measured)).tolist()
        if columns != [*range(len(columns))]:
            raise ValueError("measured must name the first inputs in their order; move the inputs whose outputs are unknown to the end")
        if len(columns) != outputs:
            raise ValueError(f"y has {outputs} outputs, but measured names {len(columns)} inputs")
        return len(inputs) - outputs

    def _tables(self, X, reset=False):
        """Inputs of each trajectory, ``(n_rows, n_inputs)``."""
        of_rows = {"dtype": np.float64, "order": "C", "ensure_min_samples": 3 if reset else 1}
        trajectories = enumerate([X] if _is_single(X) else X)
        return [validate_data(self, one, reset=reset and k == 0, **of_rows) for k, one in trajectories]

    def _outputs(self, X, y, tables):
        """Outputs of each trajectory, ``(n_rows, n_outputs)``."""
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = [y] if _is_single(X) else y
        check_consistent_length(tables, y)
        outputs = [check_array(table, dtype=np.float64, ensure_2d=False, input_name="y") for table in y]
        for table, output in zip(tables, outputs):
            check_consistent_length(table, output)
        if isinstance(self.measured, SINGLE):
            outputs = [column_or_1d(output, warn=True) for output in outputs]
        return [np.ascontiguousarray(output.reshape(len(output), -1)) for output in outputs]

    @staticmethod
    def _times(X, time, tables):
        """Times of each trajectory, ``(n_rows,)``."""
        if time is None:
            return [np.arange(len(table), dtype=np.float64) for table in tables]
        is_shared = np.asarray(time[0]).ndim == 0
        times = [np.ascontiguousarray(one, dtype=np.float64) for one in ([time] * len(tables) if is_shared else time)]
        if [one.shape for one in times] != [(len(table),) for table in tables]:
            raise ValueError("time must have one number for each row of a trajectory, for all trajectories or for each of them")
        return times

    @staticmethod
    def _called(names, tables, letter):
        count = tables[0].shape[1]
        if names is None:
            return [letter] if count == 1 else [f"{letter}{k + 1}" for k in range(count)]
        names = [names] if isinstance(names, str) else [str(name) for name in names]
        if len(names) != count:
            raise ValueError(f"there are {count} columns, but {len(names)} names")
        return names

    def _restore(self, model):
        self._is_flat = len(model.outputs) == 1
        self.input_names, self.output_names = model.inputs, model.outputs
        super()._restore(model)
        # The names need not be those of a data frame.
        vars(self).pop("feature_names_in_", None)

    def _follow(self, X, time):
        check_is_fitted(self)
        tables = self._tables(X)
        return zip(*self._model.respond(self._times(X, time, tables), tables))

    def predict(self, X, time=None):
        """Outputs along trajectories, in the form of ``y``."""
        outputs, _ = self._follow(X, time)
        return _like(outputs, X, self._is_flat)

    def dissipation(self, X, time=None):
        """Energy that is dissipated at each step of each trajectory, ``(n_steps,)``."""
        _, dissipation = self._follow(X, time)
        return _like(dissipation, X, False)

    def score(self, X, y, time=None):
        """Mean coefficient of determination over the outputs."""
        from sklearn.metrics import r2_score

        tables = self._tables(X)
        found, _ = zip(*self._model.respond(self._times(X, time, tables), tables))
        return float(r2_score(np.concatenate(self._outputs(X, y, tables)), np.concatenate(found)))
