"""Standard deviations of predictions."""

import pickle

import numpy as np
import pytest

from multiwell import GradientRegressor, MultiwellRegressor


def test_deviations_of_predictions(curve):
    x, y = curve
    truth = (x[:, 0] ** 2 - 1) ** 2 + 0.3 * x[:, 0]
    model = MultiwellRegressor(3, uncertainty=True).fit(x, y)
    mean, deviation = model.predict(x, return_std=True)
    assert np.array_equal(mean, model.predict(x)) and deviation.shape == mean.shape
    assert np.mean(np.abs(mean - truth) <= 1.645 * deviation) > 0.7 and deviation.max() < 0.05
    low, high = model.landscape_.wells[0].value_interval
    at_well = model.predict(model.landscape_.wells[0].x[np.newaxis], return_std=True)[1]
    assert np.isclose(2 * 1.6449 * at_well[0], high - low, rtol=1e-3)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(x, return_std=True)[1], deviation)

    slopes = np.gradient(truth, x[:, 0]) + 0.1 * np.random.default_rng(1).normal(size=120)
    slope, deviation = GradientRegressor(3, forces=True, uncertainty=True).fit(x, -slopes).predict(x, return_std=True)
    assert slope.shape == deviation.shape == (120, 1) and 0.01 < np.median(deviation) < 0.1

    short = MultiwellRegressor(2, epochs=50).fit(x, y)
    with pytest.raises(ValueError, match="needs a fit with uncertainty=True"):
        short.predict(x, return_std=True)
    # Names are listed for completion.
    assert {"predict", "landscape_"} <= set(dir(short))


def test_predictions_on_several_threads_equal_those_of_single_points(curve):
    model = MultiwellRegressor(2, epochs=50, uncertainty=True).fit(*curve)
    points = np.random.default_rng(2).uniform(-1.5, 1.5, (40_001, 1))
    some = slice(0, None, 4_000)
    for evaluate in (model.predict, model.gradient, lambda x: model.predict(x, return_std=True)[1]):
        alone = np.concatenate([evaluate(point[np.newaxis]) for point in points[some]])
        assert np.array_equal(evaluate(points)[some], alone)
