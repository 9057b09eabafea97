"""Seeds, warnings and pipelines of scikit-learn."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from multiwell import GradientRegressor, Hysteresis, MultiwellDensity, MultiwellRegressor

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


def test_derivatives_behind_scaler_cause_a_warning(curve):
    x = curve[0] * 3 + 1
    slopes = np.sin(x)
    with pytest.warns(ConvergenceWarning, match="fit to the unscaled inputs"):
        make_pipeline(StandardScaler(), GradientRegressor(3, epochs=100)).fit(x, slopes)
    assert not any("StandardScaler" in sentence for sentence in GradientRegressor(3, epochs=100).fit(x, slopes).warnings_)
