"""The estimators as scikit-learn sees them."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from multiwell import GradientRegressor, Hysteresis, MultiwellDensity, MultiwellRegressor

WEIGHTS = "the noise is estimated from neighbouring rows, so a row with twice the weight is not the same as two rows"
HISTORY = "the output at a row depends on the rows before it"


EXPECTED = {
    MultiwellRegressor: {"check_sample_weight_equivalence_on_dense_data": WEIGHTS},
    GradientRegressor: {"check_sample_weight_equivalence_on_dense_data": WEIGHTS},
    Hysteresis: {"check_methods_subset_invariance": HISTORY, "check_methods_sample_order_invariance": HISTORY},
    MultiwellDensity: {},
}


@parametrize_with_checks(
    [
        MultiwellRegressor(modes=2, hidden=3, epochs=10),
        GradientRegressor(modes=2, hidden=3, epochs=10, measured=0),
        MultiwellDensity(modes=2, components=2, hidden=4, epochs=100),
        Hysteresis("play", epochs=2, measured=0),
    ],
    expected_failed_checks=lambda estimator: EXPECTED[type(estimator)],
)
def test_estimators_pass_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_each_class_has_at_most_three_expected_failures():
    assert all(len(expected) <= 3 for expected in EXPECTED.values())


ALL = [
    MultiwellRegressor(4, hidden=(5, 5), settings={"lr": 0.01}),
    GradientRegressor(4, forces=True, random_state=7, measured=["x1", 1]),
    MultiwellDensity(3, kT=2.5),
    Hysteresis("onsager", epochs=3, measured=["x1"]),
]


@pytest.mark.parametrize("estimator", ALL, ids=lambda estimator: type(estimator).__name__)
def test_parameters_are_kept_in_copies(estimator):
    copies = [clone(estimator), pickle.loads(pickle.dumps(estimator)), type(estimator)().set_params(**estimator.get_params())]
    assert all(copy.get_params() == estimator.get_params() for copy in copies)


def test_invalid_settings_are_refused(curve):
    for parameters, sentence in [
        ({"modes": 0}, "modes must be a whole number from 1 to 64, not 0"),
        ({"recipe": "other"}, "recipe must be"),
        ({"settings": {"colour": 1}}, "there is no setting called colour"),
        ({"settings": {"samples": 50}}, "samples has no effect on a file's rows; leave it out"),
        ({"hidden": (4, 0)}, "hidden must list"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            MultiwellRegressor(**parameters).fit(*curve)
    with pytest.raises(ValueError, match="at most three columns"):
        MultiwellDensity().fit(np.random.default_rng(1).normal(size=(50, 4)))


def test_names_of_data_frame_are_kept(curve, tmp_path):
    x, y = curve
    frame = pd.DataFrame({"angle [rad]": x[:, 0]})
    model = MultiwellRegressor(2, epochs=200).fit(frame, pd.Series(y, name="energy"))
    assert list(model.feature_names_in_) == ["angle [rad]"]
    assert '"angle [rad]"' in model.model_ and '"energy"' in model.model_
    with pytest.raises(ValueError, match="feature names"):
        model.predict(pd.DataFrame({"other": x[:, 0]}))
    model.save(tmp_path / "model.json")
    assert list(MultiwellRegressor.load(tmp_path / "model.json").feature_names_in_) == ["angle [rad]"]


def test_pickles_and_files_contain_same_fit(curve, tmp_path):
    x, y = curve
    model = MultiwellRegressor(3, epochs=300, random_state=5).fit(x, y)
    copy = pickle.loads(pickle.dumps(model))
    assert copy.model_ == model.model_ and copy.metrics_ == model.metrics_
    model.save(tmp_path / "model.json")
    assert (tmp_path / "model.json").read_text() == model.model_
    read = MultiwellRegressor.load(tmp_path / "model.json")
    assert read.get_params()["random_state"] == 5
    for other in (copy, read):
        assert np.array_equal(other.predict(x), model.predict(x))
        assert np.allclose([m.barrier for m in other.landscape_.wells], [m.barrier for m in model.landscape_.wells], rtol=1e-6)
    with pytest.raises(ValueError, match="model file of a potential, which MultiwellDensity cannot read"):
        MultiwellDensity.load(tmp_path / "model.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ValueError):
        MultiwellRegressor.load(tmp_path / "other.json")


def test_periods_by_name_and_index(tmp_path):
    x = np.random.default_rng(2).uniform(-180, 180, size=(150, 2))
    y = np.cos(np.radians(x[:, 0])) + np.sin(np.radians(x[:, 1]))
    frame = pd.DataFrame(x, columns=["phi [deg]", "psi"])

    def periods(X, periodic):
        model = MultiwellRegressor(2, hidden=3, epochs=20, periodic=periodic).fit(X, y)
        return json.loads(model.model_)["periods"]

    assert periods(frame, {"phi [deg]": 360, 1: (0, 360.0)}) == [[-180, 180], [0, 360]]
    assert periods(x, {1: 360}) == periods(x, "x2:360") == [None, [-180, 180]]
    for periodic, sentence in [({"chi": 360}, "periodic has the key 'chi', but the inputs are x1, x2"), ({2: 360}, "key 2"), ({0: (1, 0)}, "low < high")]:
        with pytest.raises(ValueError, match=sentence):
            periods(x, periodic)


def test_a_fit_needs_no_program_on_path():
    program = "import numpy as np; from multiwell import MultiwellRegressor as M; x = np.linspace(-1, 1, 20)[:, None]; M(2, epochs=5).fit(x, x[:, 0] ** 2)"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], env={**os.environ, "PATH": ""}, check=True)


def test_star_import_needs_no_notebook_packages():
    program = "import sys; sys.modules['anywidget'] = None; from multiwell import *; MultiwellRegressor"
    subprocess.run([sys.executable, "-c", program], check=True)
