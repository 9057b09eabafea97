"""The kernel's half of the playground in a notebook. `cargo xtask test --only widget` tests both halves in a browser."""

import json

import numpy as np
import pandas as pd
import pytest

from multiwell import GradientRegressor, MultiwellDensity, MultiwellRegressor

pytest.importorskip("anywidget")
from multiwell import Playground  # noqa: E402


def doubles(value):
    return np.frombuffer(value, dtype="<f8")


def test_columns_of_data_frame_have_roles(curve):
    x, y = curve
    frame = pd.DataFrame({"a": x[:, 0], "b": 2 * x[:, 0], "E": y})
    given = Playground(frame, modes=np.int64(3)).data
    assert (given["names"], given["target"], given["x"]["columns"]) == (["a", "b"], "E", 2)
    assert np.array_equal(doubles(given["x"]["data"]), frame[["a", "b"]].to_numpy().ravel())
    assert np.array_equal(doubles(given["y"]), y)
    assert Playground(frame).frame.equals(frame)
    opened = Playground()
    opened.data = {"x": {"data": [0.0, 1.0, 2.0], "columns": 1}, "y": [1, 0, 1], "names": ["r"], "target": "E"}
    assert opened.frame.to_dict("list") == {"r": [0, 1, 2], "E": [1, 0, 1]}
    one = Playground(frame, inputs="a", target="E").data
    assert (one["names"], one["x"]["columns"]) == (["a"], 1)
    slopes = Playground(frame, inputs="a", forces=["b"]).data
    assert list(Playground(frame, inputs="a", forces=["b"]).frame) == ["a", "fa"]
    assert "y" not in slopes and "target" not in slopes and np.array_equal(doubles(slopes["forces"]["data"]), frame["b"])
    samples = Playground(frame, density=True, sample_weight=np.ones(len(y))).data
    assert samples["samples"]["columns"] == 3 and len(doubles(samples["weights"])) == len(y)
    arrays = Playground(x, y).data
    assert arrays["names"] == ["x"] and "target" not in arrays
    assert Playground().data == {"benchmark": "double-well"}


def test_unsuitable_data_is_refused(curve):
    x, y = curve
    frame = pd.DataFrame({"a": x[:, 0], "E": y})
    with pytest.raises(ValueError, match="no column 'c'; it has 'a', 'E'"):
        Playground(frame, inputs="c", target="E")
    with pytest.raises(ValueError, match="not both"):
        Playground(frame, gradient=["E"], forces=["E"])
    with pytest.raises(ValueError, match="at least one column"):
        Playground(frame[["a"]])
    with pytest.raises(ValueError, match="density=True"):
        Playground(x)
    with pytest.raises(ValueError, match="must have the shape"):
        Playground(np.zeros((2, 2, 2)), y)
    with pytest.raises(ValueError, match="no fit yet: show the playground"):
        Playground(x, y).estimator


def test_estimator_and_playground_exchange_fits(curve, samples):
    x, y = curve
    fitted = MultiwellRegressor(3, epochs=500).fit(x, y)
    playground = Playground(x, y, modes=3, seed=1)
    playground.estimator = fitted
    found = playground.estimator
    assert isinstance(found, MultiwellRegressor) and found.get_params()["modes"] == 3
    assert np.array_equal(found.predict(x), fitted.predict(x)) and len(playground.landscape.wells) == len(fitted.landscape_.wells)
    assert found.metrics_ == fitted.metrics_
    playground.set_data(x, forces=-np.gradient(y, x[:, 0]))
    assert playground.model == "" and playground.metrics == {}
    playground.estimator = GradientRegressor(3, forces=True, epochs=300).fit(x, -np.gradient(y, x[:, 0]))
    assert playground.estimator.forces
    playground.set_data(samples, density=True)
    playground.estimator = MultiwellDensity(2, epochs=200).fit(samples)
    assert isinstance(playground.estimator, MultiwellDensity)


def test_page_without_kernel_contains_data_and_fit(curve, tmp_path):
    playground = Playground(*curve, modes=3)
    playground.estimator = MultiwellRegressor(3, epochs=300).fit(*curve)
    state = json.loads(playground.state_json())
    assert state["model"] == playground.model and isinstance(state["data"]["x"]["data"], str)
    playground.to_html(tmp_path / "page.html", title="a < b")
    page = (tmp_path / "page.html").read_text()
    assert "<title>a &lt; b</title>" in page and page.count("</script>") == 2
    Playground.write_module(tmp_path / "playground.mjs")
    assert (tmp_path / "playground.mjs").stat().st_size <= 1_500_000
