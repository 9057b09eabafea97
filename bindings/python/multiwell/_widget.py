"""A playground in a notebook."""

import base64
import html
import json
import pathlib
import uuid

import numpy as np

from ._base import _history, _replace
from ._density import MultiwellDensity
from ._multiwell import Model
from ._regression import GradientRegressor, MultiwellRegressor

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise ImportError("multiwell.Playground needs anywidget; install it, or multiwell[widget]") from error

#: Front end in one file, with the compiled module inside.
_FILE = pathlib.Path(__file__).with_name("playground.js")

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<div id="playground"></div>
<script type="application/json" id="state">{state}</script>
<script type="module">
{module}
const state = JSON.parse(document.getElementById("state").textContent);
const listeners = {{}};
const model = {{
  get: (name) => state[name],
  set(name, value) {{
    if (state[name] === value) return;
    state[name] = value;
    for (const act of listeners[`change:${{name}}`] ?? []) act();
  }},
  save_changes() {{}},
  on: (name, act) => (listeners[name] ??= []).push(act),
  off: (name, act) => (listeners[name] = (listeners[name] ?? []).filter((other) => other !== act)),
}};
window.playground = state;
multiwellPlayground.render({{ model, el: document.getElementById("playground") }});
</script>
</html>
"""


def _module():
    if not _FILE.exists():
        raise ImportError(
            "this build of multiwell is without the notebook widget; in the repository, run `cargo xtask widget` and install the package again"
        )
    return _FILE.read_text(encoding="utf-8")


def _floats(array):
    return np.ascontiguousarray(array, dtype="<f8").tobytes()


def _rows(name, table):
    table = np.asarray(table, dtype=float)
    table = table[:, np.newaxis] if table.ndim == 1 else table
    if table.ndim != 2 or table.size == 0:
        raise ValueError(f"{name} must have the shape (n_samples, n_features), not {table.shape}")
    return table


def _table(array):
    return {"data": _floats(array), "columns": array.shape[1]}


def _listed(name, columns):
    columns = [columns] if isinstance(columns, str) else list(columns)
    if not columns:
        raise ValueError(f"{name} must name at least one column")
    return columns


def _of_frame(data, inputs, target, gradient, forces, density):
    """Returns the parts of a data frame: points, values, slopes, names."""
    slopes = gradient if gradient is not None else forces
    slopes = None if slopes is None else _listed("gradient" if forces is None else "forces", slopes)
    others = ([] if target is None else [target]) + (slopes or [])
    if inputs is None:
        inputs = [name for name in data.columns if name not in others]
        # As on the command line, the last column is learnt by default.
        if not density and not others:
            *inputs, target = inputs
    inputs = _listed("inputs", inputs)
    missing = [name for name in inputs + others if name not in data.columns]
    if missing:
        raise ValueError(f"the data frame has no column {missing[0]!r}; it has {', '.join(map(repr, data.columns))}")
    y = None if target is None else data[target]
    return data[inputs], y, None if slopes is None else data[slopes], inputs, target


class Playground(anywidget.AnyWidget):
    """A playground in a notebook that trains in the browser: in JupyterLab, VS Code, marimo, and in pages without a kernel.

    Parameters
    ----------
    data : data frame or array, optional
        A data frame, or points ``(n_samples, n_features)``. By default, the last column of a data frame is learnt from the others. Without data,
        the benchmark ``benchmark`` is learnt.
    y : array, optional
        Values at the points, if ``data`` is not a data frame.
    inputs, target : str or sequence of str, optional
        Columns of the inputs, and the column that is learnt.
    gradient, forces : sequence of str, or array, optional
        Columns, or an array, of the derivatives by the inputs, or of forces, which are minus the derivatives; NaN where one is missing.
    density : bool, default False
        Whether the rows are samples, whose density is learnt.
    sample_weight : array, optional
        Weights of the rows.
    benchmark : str, default "double-well"
        Benchmark that is learnt without data.
    height : int, default 360
        Height of the picture in pixels.
    settings
        All other arguments are settings of the fit by their names: ``modes``, ``hidden``, ``epochs``, ``recipe``, ``seed``, ``epsilon``, ``lr``,
        ``periodic``, ``uncertainty`` and so on.

    Attributes
    ----------
    settings : dict
        Settings. A change here or in the picture applies to both.
    frame : data frame
        Data of the fit.
    model : str
        Text of the model file; empty until there is a fit.
    status : str
        ``"loading"``, ``"ready"``, ``"training"``, ``"fitted"`` or ``"failed"``; ``message`` has the error.
    metrics : dict
        Numbers of the fit that ``multiwell fit --json`` prints.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import MultiwellRegressor, Playground
    >>> x = np.linspace(-2, 2, 100)
    >>> playground = Playground(x, (x**2 - 1) ** 2, modes=3)

    The last line of a cell, ``playground``, shows it. Training begins by *Train* or ``playground.train()``. The fit is ``playground.estimator``.

    >>> playground.estimator = MultiwellRegressor(3).fit(x[:, np.newaxis], (x**2 - 1) ** 2)
    >>> len(playground.landscape.wells)
    2
    """

    _esm = _FILE if _FILE.exists() else ""
    _id = traitlets.Unicode().tag(sync=True)
    data = traitlets.Dict().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    model = traitlets.Unicode("").tag(sync=True)
    metrics = traitlets.Dict().tag(sync=True)
    notes = traitlets.List().tag(sync=True)
    status = traitlets.Unicode("loading").tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(360).tag(sync=True)
    _history = traitlets.Unicode("").tag(sync=True)
    _runs = traitlets.Int(0).tag(sync=True)
    _stops = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        data=None,
        y=None,
        *,
        inputs=None,
        target=None,
        gradient=None,
        forces=None,
        density=False,
        sample_weight=None,
        benchmark="double-well",
        height=360,
        **settings,
    ):
        given = {name: value.tolist() if isinstance(value, np.generic) else value for name, value in settings.items()}
        _module()
        super().__init__(_id=uuid.uuid4().hex, settings=given, height=height)
        if data is None:
            self.data = {"benchmark": benchmark}
        else:
            self.set_data(
                data, y, inputs=inputs, target=target, gradient=gradient, forces=forces, density=density, sample_weight=sample_weight
            )

    def set_data(self, data, y=None, *, inputs=None, target=None, gradient=None, forces=None, density=False, sample_weight=None):
        """Replaces the data, which have the form of the constructor, and discards the present fit."""
        if gradient is not None and forces is not None:
            raise ValueError("give gradient or forces, not both: forces are minus the gradient")
        slopes = gradient if gradient is not None else forces
        if hasattr(data, "columns"):
            data, y, slopes, names, target = _of_frame(data, inputs, target, gradient, forces, density)
        else:
            data = _rows("data", data)
            names = ["x"] if data.shape[1] == 1 else [f"x{k + 1}" for k in range(data.shape[1])]
        x = _rows("data", data)
        if not density and y is None and slopes is None:
            raise ValueError("give values y, gradient or forces to learn from, or density=True if the rows are samples")
        known = {"names": [str(name) for name in names]}
        if sample_weight is not None:
            known["weights"] = _floats(sample_weight)
        if density:
            known["samples"] = _table(x)
        else:
            known["x"] = _table(x)
            if y is not None:
                known["y"] = _floats(y)
            if slopes is not None:
                known["gradient" if forces is None else "forces"] = _table(_rows("slopes", slopes))
            if target is not None:
                known["target"] = str(target)
        with self.hold_sync():
            self.model, self.metrics, self.notes, self._history, self.message = "", {}, [], "", ""
            self.data = known

    @property
    def frame(self):
        """Data of the fit as a data frame of pandas, also if a table was opened in the browser."""
        import pandas as pd

        if "benchmark" in self.data:
            raise ValueError("a benchmark is learnt, which is no table")

        def numbers(value):
            return np.frombuffer(value, dtype="<f8") if isinstance(value, (bytes, memoryview)) else np.asarray(value, dtype=float)

        def rows(name):
            return numbers(self.data[name]["data"]).reshape(-1, self.data[name]["columns"])

        names = self.data["names"]
        found = pd.DataFrame(rows("samples" if "samples" in self.data else "x"), columns=names)
        if "y" in self.data:
            found[self.data.get("target", "y")] = numbers(self.data["y"])
        for kind in {"gradient", "forces"} & self.data.keys():
            found[[f"{'d' if kind == 'gradient' else 'f'}{name}" for name in names]] = rows(kind)
        if "weights" in self.data:
            found["weight"] = numbers(self.data["weights"])
        return found

    def train(self):
        """Starts training in the browser, where the playground is shown, and returns at once. ``status`` and ``model`` change when there is a fit."""
        self._runs += 1

    def stop(self):
        """Ends training early."""
        self._stops += 1

    @property
    def estimator(self):
        """Fit as a fitted estimator: a `MultiwellRegressor`, a `GradientRegressor` or a `MultiwellDensity`."""
        if not self.model:
            raise ValueError(f"there is no fit yet: {self.message or 'show the playground and press Train, or call train()'}")
        model = Model(self.model)
        if model.kind in MultiwellDensity._kinds:
            found = MultiwellDensity()
        elif "gradient" in self.data or "forces" in self.data:
            found = GradientRegressor(forces="forces" in self.data)
        else:
            found = MultiwellRegressor()
        settings = {name.replace("-", "_"): value for name, value in self.settings.items()}
        known = {name for name in settings if found._parameters({name: settings[name]})}
        found.set_params(**found._parameters(settings))
        found.set_params(settings={name: value for name, value in settings.items() if name not in known} or None)
        found._restore(model)
        if self.metrics:
            found.metrics_, found.warnings_, found.notes_ = dict(self.metrics), list(self.metrics["warnings"]), list(self.notes)
            found._describe()
        if self._history:
            found.history_ = _history(self._history)
        return found

    @estimator.setter
    def estimator(self, estimator):
        with self.hold_sync():
            self.metrics, self.notes, self._history = dict(estimator.metrics_), list(estimator.notes_), ""
            self.model = estimator.model_

    @property
    def landscape(self):
        """Minima with barriers, saddles and paths of the fit."""
        return self.estimator.landscape_

    def state_json(self):
        """Returns the state as JSON for pages without a kernel: the body of MyST's directive ``anywidget``."""

        def plain(value):
            if isinstance(value, bytes):
                return base64.b64encode(value).decode()
            if isinstance(value, dict):
                return {name: plain(part) for name, part in value.items()}
            return value

        names = ["data", "settings", "model", "metrics", "notes", "height"]
        return json.dumps({name: plain(getattr(self, name)) for name in names}, allow_nan=False)

    def to_html(self, path=None, title="multiwell"):
        """Writes a page with this playground, its data and its fit to a file, or returns it. The page needs neither a kernel nor a network."""
        module = _module()
        # The default export gets a name, because the page contains the module itself.
        head, tail = module.rsplit("export{", 1)
        name = tail.split(" as default", 1)[0]
        page = _PAGE.format(
            title=html.escape(title),
            state=self.state_json().replace("</", "<\\/"),
            module=f"{head.replace('</script', '<' + chr(92) + '/script')}\nconst multiwellPlayground = {name};",
        )
        if path is None:
            return page
        _replace(path, page.encode())
        return None

    @staticmethod
    def write_module(path):
        """Writes the front end to one file, for pages that load it by its address, such as pages of MyST."""
        _replace(path, _module().encode())

