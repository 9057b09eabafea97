"""Materials with memory, learnt from trajectories."""

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from ._base import Base
from ._multiwell import fit_material


def _table(numbers, name, like=None):
    """Validates the numbers of trajectories, ``(n_trajectories, n_rows, n_columns)``."""
    array = check_array(numbers, dtype=np.float64, ensure_2d=False, allow_nd=True, input_name=name)
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or (like is not None and array.shape[:2] != like):
        shape = "(n_trajectories, n_rows, n_columns)" if like is None else f"{like} and one number for each column"
        raise ValueError(f"{name} must have the shape {shape}, not {array.shape}")
    return np.ascontiguousarray(array)


class Hysteresis(Base):
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
    """

    _kinds = ("material",)

    def __init__(
        self,
        dynamics=None,
        *,
        hidden=None,
        epochs=None,
        random_state=1,
        input_names=None,
        output_names=None,
        settings=None,
        progress=False,
    ):
        self.dynamics = dynamics
        self.hidden = hidden
        self.epochs = epochs
        self.random_state = random_state
        self.input_names = input_names
        self.output_names = output_names
        self.settings = settings
        self.progress = progress

    def fit(self, time, inputs, outputs):
        """Learns from trajectories with the same number of rows. A fifth of the trajectories is held out.

        ``time`` is ``(n_rows,)`` or ``(n_trajectories, n_rows)``; ``inputs`` and ``outputs`` are ``(n_trajectories, n_rows, n_columns)``, or
        without the last axis if there is one column.
        """
        inputs = _table(inputs, "inputs")
        outputs = _table(outputs, "outputs", inputs.shape[:2])
        time = self._times(time, inputs)
        self.n_features_in_ = inputs.shape[2]
        names = (self._called(self.input_names, inputs, "x"), self._called(self.output_names, outputs, "y"))
        if self.input_names is not None:
            self.feature_names_in_ = np.array(names[0], dtype=object)
        return self._train(fit_material, time, inputs, outputs, names)

    @staticmethod
    def _times(time, inputs):
        time = check_array(time, dtype=np.float64, ensure_2d=False, input_name="time")
        if time.shape not in (inputs.shape[:2], inputs.shape[1:2]):
            raise ValueError(f"time must have the shape {inputs.shape[:2]} or {inputs.shape[1:2]}, not {time.shape}")
        return np.ascontiguousarray(np.broadcast_to(time, inputs.shape[:2]))

    @staticmethod
    def _called(names, array, letter):
        count = array.shape[2]
        if names is None:
            return [letter] if count == 1 else [f"{letter}{k + 1}" for k in range(count)]
        names = [names] if isinstance(names, str) else [str(name) for name in names]
        if len(names) != count:
            raise ValueError(f"there are {count} columns, but {len(names)} names")
        return names

    def _follow(self, time, inputs):
        check_is_fitted(self)
        inputs = _table(inputs, "inputs")
        if inputs.shape[2] != self.n_features_in_:
            raise ValueError(f"inputs have {inputs.shape[2]} columns, but the model has {self.n_features_in_} inputs")
        return self._model.respond(self._times(time, inputs), inputs)

    def predict(self, time, inputs):
        """Outputs along trajectories, ``(n_trajectories, n_rows, n_outputs)``."""
        return self._follow(time, inputs)[0]

    def dissipation(self, time, inputs):
        """Energy that is dissipated at each step, ``(n_trajectories, n_steps)``."""
        return self._follow(time, inputs)[1]

    def score(self, time, inputs, outputs):
        """Mean coefficient of determination over the outputs."""
        from sklearn.metrics import r2_score

        found = self.predict(time, inputs)
        outputs = _table(outputs, "outputs", found.shape[:2])
        return float(np.mean([r2_score(outputs[..., k].ravel(), found[..., k].ravel()) for k in range(found.shape[2])]))
