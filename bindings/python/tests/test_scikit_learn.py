"""Seeds, warnings and pipelines of scikit-learn."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler

from multiwell import GradientRegressor, Hysteresis, MultiwellDensity, MultiwellRegressor
from multiwell._regression import _warnings_of_scaled

ALL = [MultiwellRegressor(), GradientRegressor(), MultiwellDensity(), Hysteresis()]


@pytest.mark.parametrize("estimator", ALL, ids=lambda estimator: type(estimator).__name__)
def test_random_state_is_that_of_scikit_learn(estimator):
    def seed():
        return dict(estimator._given())["seed"]

    estimator = clone(estimator).set_params(random_state=11)
    assert seed() == "11"
    estimator.set_params(random_state=None)
    assert len({seed() for _ in range(5)}) == 5
    np.random.seed(3)
    first = seed()
    np.random.seed(3)
    assert seed() == first
    estimator.set_params(random_state=np.random.RandomState(3))
    assert seed() == first and seed() != first
    estimator.set_params(settings={"seed": 4})
    assert seed() == "4"


def test_members_of_bagging_differ(curve):
    x, y = curve
    bagging = BaggingRegressor(MultiwellRegressor(3, epochs=300), n_estimators=3, bootstrap=False, random_state=1).fit(x, y)
    assert np.std([member.predict(x) for member in bagging.estimators_], axis=0).max() > 1e-6


def test_warnings_of_fits_are_convergence_warnings(samples):
    x = samples[:30]
    with pytest.warns(ConvergenceWarning) as caught:
        model = MultiwellRegressor(2, hidden=2, epochs=20).fit(x, np.random.default_rng(1).normal(size=30))
    assert [str(warning.message) for warning in caught] == model.warnings_ and model.warnings_


def uneven(n=90):
    return np.random.default_rng(5).normal([1, -20], [3, 40], size=(n, 2))


SCALERS = [
    StandardScaler(),
    StandardScaler(with_mean=False),
    RobustScaler(),
    RobustScaler(with_centering=False),
    ColumnTransformer([("scaled", StandardScaler(), [1])], remainder="passthrough"),
    ColumnTransformer([("scaled", RobustScaler(), [0])], remainder="passthrough"),
]


def test_derivatives_behind_scaler_cause_a_warning(curve):
    x = curve[0] * 3 + 1
    with pytest.warns(ConvergenceWarning, match="x has standard deviation 1 .* fit to the unscaled inputs"):
        make_pipeline(StandardScaler(), GradientRegressor(3, epochs=100)).fit(x, np.sin(x))


@pytest.mark.parametrize("scaler", SCALERS, ids=str)
def test_scaled_inputs_are_detected(scaler):
    assert len(_warnings_of_scaled(scaler.fit_transform(uneven()), ["x", "y", "Psi"])) == 1


def test_standardized_evenly_spaced_values_cause_a_warning_with_their_names():
    x = StandardScaler().fit_transform(np.linspace(-2, 2, 120)[:, np.newaxis])
    assert _warnings_of_scaled(x, ["x", "Psi"])[0].startswith("x has standard deviation 1")
    assert _warnings_of_scaled(np.hstack([x, x]), ["x", "y", "Psi"])[0].startswith("x, y have standard deviation 1")


def test_unscaled_inputs_cause_no_warning_of_scaling():
    line = np.linspace(-1, 1, 100)
    grid = np.stack(np.meshgrid(line[::5], np.linspace(0, 1.5, 7)), axis=-1).reshape(-1, 2)
    random = np.random.default_rng(6)
    measured = np.round(random.normal(0, 0.74, size=(4000, 1)), 1)
    assert np.subtract(*np.percentile(measured, [75, 25])) == pytest.approx(1)
    plain = [line[:, np.newaxis], np.linspace(0, 2, 51)[:, np.newaxis], grid, measured, uneven(), random.normal(size=(500, 3))]
    plain += [random.uniform(-1, 1, size=(500, 2)), np.arange(3.0)[:, np.newaxis], np.array([[-1.0], [1.0]]), np.zeros((5, 1))]
    for x in plain:
        assert not _warnings_of_scaled(x, ["x"] * x.shape[1])
