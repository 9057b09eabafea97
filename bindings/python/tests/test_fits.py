"""What the estimators learn."""

import numpy as np
import pytest

from multiwell import GradientRegressor, Hysteresis, MultiwellDensity, MultiwellRegressor


def differences(function, x, step=1e-5):
    """Central differences of a function of points by each input."""
    shifts = step * np.eye(x.shape[1])
    return np.stack([(function(x + shift) - function(x - shift)) / (2 * step) for shift in shifts], axis=1)


def test_double_well_has_barriers_with_intervals(curve):
    x, y = curve
    model = MultiwellRegressor(uncertainty=True).fit(x, y)
    left, right = model.landscape_.wells
    roots = np.sort(np.roots([4, 0, -4, 0.3]).real)
    energy = (roots**2 - 1) ** 2 + 0.3 * roots
    for well, place, value in [(left, roots[0], energy[0]), (right, roots[2], energy[2])]:
        assert abs(well.x[0] - place) < 0.03
        assert abs(well.barrier - (energy[1] - value)) < 0.04
        low, high = well.barrier_interval
        assert low < well.barrier < high < low + 0.2
        assert well.x_interval.shape == (1, 2) and well.curvatures[0] > 0
    assert len(left.modes) == len(right.modes) == 1 and left.modes != right.modes
    assert len(model.landscape_.saddles) == 1
    assert model.score(x, y) > 0.999 and model.metrics_["wells"] == 2
    assert "2 wells" in str(model.landscape_) and "±" in str(model.landscape_)
    assert len(model.history_["epoch"]) > 1


def test_derivatives_of_prediction_match_differences():
    random = np.random.default_rng(5)
    x = random.uniform(-2, 2, (80, 2))
    y = (x[:, 0] ** 2 - 1) ** 2 + x[:, 1] ** 2
    model = MultiwellRegressor(4, hidden=6, epochs=300, settings={"recipe": "paper"}).fit(x, y)
    at = random.uniform(-2, 2, (7, 2))
    assert np.allclose(model.gradient(at), differences(model.predict, at), atol=1e-5)
    hessian = model.hessian(at)
    assert hessian.shape == (7, 2, 2) and np.allclose(hessian, differences(model.gradient, at), atol=1e-4)
    assert np.allclose(model.responsibilities(at).sum(axis=1), 1)
    # Any layout in memory, and any number of rows.
    assert np.array_equal(model.predict(np.asfortranarray(at)), model.predict(at))
    assert np.array_equal(model.predict(at[::2]), model.predict(at)[::2])


def test_rows_with_zero_weight_are_ignored(curve):
    x, y = curve
    weight = np.ones(len(y))
    weight[::10] = 0
    wrong = np.where(weight == 0, 50.0, y)
    with_all = MultiwellRegressor(3, epochs=200).fit(x, wrong, sample_weight=weight)
    without = MultiwellRegressor(3, epochs=200).fit(x[weight > 0], y[weight > 0])
    assert with_all.model_ == without.model_


def test_forces_are_negative_gradient():
    random = np.random.default_rng(6)
    x = random.uniform(-1.6, 1.6, (150, 2))
    slopes = np.column_stack([4 * x[:, 0] * (x[:, 0] ** 2 - 1), 2 * x[:, 1]])
    slopes[3, 1] = np.nan
    model = GradientRegressor(4, hidden=6, epochs=300).fit(x, slopes)
    of_forces = GradientRegressor(4, hidden=6, epochs=300, forces=True).fit(x, -slopes)
    assert np.array_equal(of_forces.predict(x), -model.predict(x))
    assert model.score(x, slopes) > 0.99 and of_forces.score(x, -slopes) > 0.99
    assert np.allclose(model.predict(x), differences(model.potential, x), atol=1e-4)
    assert len(model.landscape_.wells) == 2 and len(model.landscape_.paths) > 0
    values = (x[:, 0] ** 2 - 1) ** 2 + x[:, 1] ** 2
    both = GradientRegressor(4, hidden=6, epochs=300).fit(x, slopes, values=values)
    assert np.abs(both.potential(x) - values).mean() < 0.1


def test_derivatives_by_some_inputs():
    x = np.random.default_rng(6).uniform(-1.6, 1.6, (150, 2))
    slopes = np.column_stack([4 * x[:, 0] * (x[:, 0] ** 2 - 1), 2 * x[:, 1]])
    with_gaps = GradientRegressor(3, hidden=4, epochs=50).fit(x, slopes * [1, np.nan])
    for measured, columns in [(0, 0), ("x1", 0), ([0], [0]), ((1, 0), [1, 0]), (["x1", "x2"], [0, 1])]:
        model = GradientRegressor(3, hidden=4, epochs=50, measured=measured, uncertainty=True).fit(x, slopes[:, columns])
        prediction, deviation = model.predict(x, return_std=True)
        assert prediction.shape == deviation.shape == slopes[:, columns].shape
        assert np.array_equal(prediction, model.gradient(x)[:, columns])
        assert model.score(x, slopes[:, columns]) > 0.9
        if columns in (0, [0]):
            assert np.array_equal(prediction, with_gaps.predict(x)[:, columns])


def test_derivatives_of_another_shape_are_refused():
    x = np.random.default_rng(6).uniform(-1.6, 1.6, (20, 2))
    for measured, y, sentence in [
        (None, x[:, 0], r"one derivative for each input, the shape \(20, 2\) of X, not \(20,\); measured names the inputs"),
        (None, x[:, :1], r"not \(20, 1\); measured names"),
        ([0], x, r"the shape \(20, 1\) for the inputs in measured, not \(20, 2\)"),
        ([0, 1], x[:, 0], r"the shape \(20, 2\) for the inputs in measured, not \(20,\)"),
        (0, x, "should be a 1d array"),
        ([], x, "at least one input, and each input once"),
        (["x1", 0], x, "each input once"),
        ("x3", x[:, 0], "measured has the key 'x3', but the inputs are x1, x2"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            GradientRegressor(3, epochs=5, measured=measured).fit(x, y)


def test_density_is_normalised_and_sampled(samples):
    one = samples[:, :1]
    model = MultiwellDensity(4).fit(one)
    grid = np.linspace(-8, 8, 4001)[:, np.newaxis]
    q = np.exp(model.score_samples(grid))
    assert abs(q.sum() * 16 / 4000 - 1) < 0.01
    wells = model.landscape_.wells
    assert len(wells) == 2 and abs(sum(well.population for well in wells) - 1) < 0.02
    assert np.allclose([w.value for w in wells], model.potential(np.array([w.x for w in wells])), atol=1e-2)
    drawn = model.sample(20_000, random_state=1)
    assert drawn.shape == (20_000, 1) and np.array_equal(drawn, model.sample(20_000, random_state=1))
    mean = (q * grid[:, 0]).sum() / q.sum()
    assert abs(drawn.mean() - mean) < 0.05
    assert np.allclose(model.gradient(grid[::500]), differences(model.potential, grid[::500]), atol=1e-4)


@pytest.mark.parametrize("columns", [1, 2])
def test_density_is_loaded_from_file(samples, columns, tmp_path):
    X = samples[:, :columns]
    model = MultiwellDensity(3, hidden=6, epochs=300).fit(X)
    model.save(tmp_path / "model.json")
    read = MultiwellDensity.load(tmp_path / "model.json")
    assert np.array_equal(read.score_samples(X), model.score_samples(X))
    assert np.allclose([m.x for m in read.landscape_.wells], [m.x for m in model.landscape_.wells], atol=1e-3)
    assert np.array_equal(read.sample(50, random_state=1), model.sample(50, random_state=1))
    if columns == 1:
        expected = [m.population for m in model.landscape_.wells]
        assert [m.population for m in read.landscape_.wells] == pytest.approx(expected, rel=1e-5)


def test_rows_sorted_by_mode_are_groups(samples):
    ordered = samples[np.argsort(samples[:, 0] > 0, kind="stable"), :1]
    with pytest.warns(UserWarning, match="2 groups one after another"):
        model = MultiwellDensity(3, hidden=6).fit(ordered)
    independent = MultiwellDensity(3, hidden=6, blocks=1).fit(ordered)
    assert len(model.landscape_.wells) == len(independent.landscape_.wells) == 2 and not independent.warnings_
    # As blocks of a trajectory, they determine no populations.
    with pytest.warns(UserWarning, match="400 samples are worth"):
        MultiwellDensity(3, hidden=6, blocks=2).fit(ordered)


def test_joint_density_has_populations(samples):
    model = MultiwellDensity(3, hidden=6).fit(samples)
    wells = model.landscape_.wells
    assert len(wells) == 2 and abs(sum(well.population for well in wells) - 1) < 0.05
    drawn = model.sample(5000, random_state=2)
    assert drawn.shape == (5000, 2)
    # The mean of the log-likelihood over drawn samples is minus the entropy, as over the data.
    assert abs(model.score(drawn) - model.score(samples)) < 0.15
    with pytest.raises(ValueError, match="kT has no effect"):
        MultiwellDensity(kT=2.0).fit(samples[:, :1])


def test_many_quantities_are_reduced_to_principal_components(samples, tmp_path):
    random = np.random.default_rng(11)
    turn = np.linalg.qr(random.normal(size=(5, 5)))[0]
    X = np.column_stack([2 * samples[:, 0], random.normal(scale=0.3, size=(400, 4))]) @ turn + 5
    model = MultiwellDensity(3, components=1).fit(X)
    wells = model.landscape_.wells
    assert len(wells) == 2 and wells[0].x.shape == (5,)
    assert np.allclose((wells[0].x - wells[1].x) @ turn[0], -7, atol=1) or np.allclose((wells[1].x - wells[0].x) @ turn[0], -7, atol=1)
    at = X[:5]
    assert np.allclose(model.gradient(at), differences(model.potential, at), atol=1e-4)
    assert np.allclose(model.hessian(at), differences(model.gradient, at), atol=1e-3)
    drawn = model.sample(4000, random_state=3)
    assert np.allclose(drawn.mean(axis=0), X.mean(axis=0), atol=0.3)
    assert np.allclose(np.cov(drawn.T), np.cov(X.T), atol=0.8)
    # The entropy of what is drawn is that of the data.
    assert abs(model.score(drawn) - model.score(X)) < 0.15
    with pytest.raises(ValueError, match="does not hold principal components"):
        model.save(tmp_path / "model.json")
    with pytest.raises(ValueError, match="components must be a whole number from 1 to 3"):
        MultiwellDensity(components=4).fit(X)


def test_sample_weights_correct_bias(samples):
    one = samples[:, :1]
    weight = np.where(one[:, 0] > 0, 3.0, 1.0)
    model = MultiwellDensity(3, hidden=6).fit(one, sample_weight=weight)
    expected = 3 * 250 / (3 * 250 + 150)
    found = sum(well.population for well in model.landscape_.minima if well.x[0] > 0)
    assert abs(found - expected) < 0.06


def test_hysteresis_follows_trajectories(trajectories, tmp_path):
    time, inputs, outputs = trajectories
    X = inputs[:, :, np.newaxis]
    model = Hysteresis(input_names="strain", output_names=["stress"]).fit(X, outputs, time)
    assert model.score(X, outputs, time) > 0.99
    found = model.predict(X[:3], time)
    assert found.shape == (3, 60)
    # Other trajectories have no effect, and times may differ.
    assert np.allclose(model.predict(X[1:3], np.tile(time, (2, 1))), found[1:], atol=1e-5)
    # Trajectories in a list may have different numbers of rows. A table is a single trajectory.
    short, whole = model.predict([X[0, :20], X[1]], [time[:20], time])
    assert np.allclose(short, found[0, :20], atol=1e-5) and np.allclose(whole, found[1], atol=1e-5)
    assert np.allclose(model.predict(X[2], time), found[2], atol=1e-5)
    assert model.dissipation(X[:3], time).shape == (3, 59) and model.dissipation(X[:3], time).min() > -1e-4
    assert '"strain"' in model.model_ and model.metrics_["outputs"] == ["stress"]
    model.save(tmp_path / "model.json")
    assert np.array_equal(Hysteresis.load(tmp_path / "model.json").predict(X[:3], time), found)
    with pytest.raises(ValueError, match="time must have one number for each row"):
        model.predict(X, time[:5])
    with pytest.raises(ValueError, match="X has 2 features, but Hysteresis is expecting 1"):
        model.predict(np.zeros((2, 60, 2)))


def test_hysteresis_learns_list_of_trajectories(trajectories):
    time, inputs, outputs = trajectories
    lengths = np.arange(60, 36, -2)
    X = [one[:rows, np.newaxis] for one, rows in zip(inputs, lengths)]
    y = [one[:rows, np.newaxis] for one, rows in zip(outputs, lengths)]
    model = Hysteresis("play", epochs=200).fit(X, y, [time[:rows] for rows in lengths])
    assert [one.shape for one in model.predict(X)] == [(rows, 1) for rows in lengths]


def test_hysteresis_of_which_some_outputs_are_measured(trajectories):
    time, inputs, outputs = trajectories
    warmth = np.cumsum(np.random.default_rng(3).normal(scale=0.1, size=inputs.shape), axis=1)
    X, y = np.stack([inputs, warmth], axis=2), outputs * (1 + 0.3 * warmth)
    for measured, target in [(0, y), ([0], y[:, :, np.newaxis])]:
        model = Hysteresis("play", epochs=400, measured=measured, input_names=["strain", "warmth"], output_names="stress").fit(X, target, time)
        found = model.predict(X, time)
        assert found.shape == target.shape and model.score(X, target, time) > 0.95
        assert model.metrics_["outputs"] == ["stress"] and model.metrics_["net_work"] is None
        assert not any("net work" in sentence for sentence in model.warnings_)
    exported = {}
    exec(model.export("python", name="material"), exported)
    state = np.array([-1e6])
    for x, y in zip(X[0], found[0]):
        stress, tangent, state, _, _ = exported["step"](x, state)
        assert np.allclose(stress, y, atol=1e-3) and np.shape(tangent) == (1, 2)
    with pytest.raises(ValueError, match="some strains of the material have no stress"):
        model.export("umat", roles={"strain": "11", "warmth": "22"})


def test_outputs_of_another_shape_are_refused():
    X = np.random.default_rng(1).normal(size=(4, 20, 3))
    for measured, y, sentence in [
        (None, X[:, :, 0], "y has 1 outputs and X 3 inputs; a material has one output for each input"),
        ([0], X, "y has 3 outputs, but measured names 1 inputs"),
        ([0, 1], X[:, :, 0], "y has 1 outputs, but measured names 2 inputs"),
        (0, X, "should be a 1d array"),
        (1, X[:, :, 0], "must name the first inputs in their order"),
        ([1, 0], X[:, :, :2], "must name the first inputs in their order"),
        ([], X, "at least one input"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            Hysteresis(measured=measured).fit(X, y)


def test_figures_are_drawn(curve, samples):
    import matplotlib.pyplot as plt

    x, y = curve
    model = MultiwellRegressor(3, epochs=300).fit(x, y)
    ax = model.plot(x, y)
    assert ax.get_xlabel() == "x" and len(ax.lines) >= 2
    plt.close("all")
    density = MultiwellDensity(2, hidden=4, epochs=200).fit(samples)
    assert density.plot(samples).get_ylabel() == "x2"
    plt.close("all")
