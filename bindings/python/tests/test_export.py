"""Fits in other forms."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from multiwell import Hysteresis, MultiwellDensity, MultiwellRegressor


@pytest.fixture(scope="module")
def model(curve):
    return MultiwellRegressor(3, epochs=300).fit(*curve)


def test_exported_python_agrees_with_estimator(model, curve):
    x = curve[0]
    exported = {}
    exec(model.export("python", hessian=True), exported)
    value, gradient = exported["gradient"](x[:, 0])[:2]
    assert np.allclose(value, model.predict(x), rtol=0, atol=1e-12)
    assert np.allclose(np.ravel(gradient), model.gradient(x)[:, 0], rtol=0, atol=1e-11)


@pytest.mark.parametrize("to", ["c", "rust", "python", "jax", "torch", "js", "fortran", "formula", "plumed", "onnx", "npz"])
def test_every_form_is_exported(model, to, tmp_path):
    written = model.export(to, name="potential")
    assert isinstance(written, bytes if to in ("onnx", "npz") else str) and len(written) > 500
    path = tmp_path / "potential.out"
    assert model.export(to, path) is None
    assert path.read_bytes() == (written if isinstance(written, bytes) else written.encode())
    assert [file.name for file in tmp_path.iterdir()] == ["potential.out"]


def test_invalid_exports_are_refused(model, samples):
    with pytest.raises(ValueError, match="exported to c, rust, python, .*not to \"cobol\""):
        model.export("cobol")
    with pytest.raises(ValueError, match="at least 2 points along each input"):
        model.export("npz", points=1)
    many = np.column_stack([samples, samples[:, 1] + np.random.default_rng(2).normal(size=400)])
    with pytest.raises(ValueError, match="does not hold principal components"):
        MultiwellDensity(2, components=1, hidden=4, epochs=100).fit(many).export("c")


def test_bounds_of_grids_and_roles_of_inputs(model, tmp_path):
    model.export("npz", tmp_path / "grid.npz", points=5, bounds={"x": (-1, 1)})
    assert np.array_equal(np.load(tmp_path / "grid.npz")["x"], np.linspace(-1, 1, 5))
    assert model.export("plumed", points=5, bounds={0: (-1, 1)}).splitlines()[1:3] == ["#! SET min_x -1", "#! SET max_x 1"]
    x = np.random.default_rng(1).uniform(-1, 1, size=(100, 5))
    material = MultiwellRegressor(2, hidden=3, epochs=50).fit(x, np.sum(x**2, axis=1))
    roles = {"x1": "11", "x2": "22", "x3": "33", 3: "12", 4: "field1"}
    subroutine = material.export("umat", roles=roles)
    assert "field variable 1" in subroutine and material.export("umat", roles=roles, measure="lagrange") != subroutine
    for options, sentence in [
        ({"to": "npz", "bounds": {"z": (0, 1)}}, "bounds has the key 'z', but the inputs are x"),
        ({"to": "npz", "bounds": {"x": (1, 0)}}, "low < high"),
        ({"to": "c", "bounds": {"x": (0, 1)}}, "bounds has no effect on the form c; leave it out"),
        ({"to": "c", "measure": "lagrange"}, "measure has no effect on the form c"),
        ({"to": "js", "fast": True}, "fast has no effect on the form js"),
        ({"to": "c", "float32": True}, "float32 has no effect on the form c"),
        ({"to": "c", "points": 5}, "points has no effect on the form c"),
        ({"to": "npz", "hessian": True}, "hessian has no effect on the form npz"),
        ({"to": "onnx", "hessian": True, "values": True}, "choose one"),
        ({"to": "umat"}, 'call the input e11, for example, or give its role by roles={"x": "11"}'),
        ({"to": "umat", "roles": {"x": "11"}, "measure": "lagrange"}, "choose the measure small"),
        ({"to": "umat", "measure": "other"}, 'measure must be small or lagrange, not "other"'),
        ({"to": "umat", "roles": {"x": "colour"}}, '"colour" is no role of an input'),
    ]:
        with pytest.raises(ValueError, match=sentence):
            model.export(**options)


def test_grids_have_numbers_of_points_by_input(tmp_path):
    x = np.random.default_rng(1).uniform(-1, 1, size=(60, 2))
    surface = MultiwellRegressor(2, hidden=3, epochs=20, recipe="paper").fit(x, np.sum(x**2, axis=1))
    for points, shape in [(4, (4, 4)), ([4, 3], (4, 3)), ({"x1": 4, 1: 3}, (4, 3)), ({"x2": 3}, (100, 3))]:
        surface.export("npz", tmp_path / "grid.npz", points=points)
        assert np.load(tmp_path / "grid.npz")["value"].shape == shape
    for points, sentence in [([4, 3, 2], "by one number or by one for each"), ([4, 1], "at least 2 points"), ({"z": 4}, "points has the key 'z'")]:
        with pytest.raises(ValueError, match=sentence):
            surface.export("npz", points=points)


def test_onnx_has_values_alone_on_request(model, curve, trajectories):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(model.export("onnx", values=True), providers=["CPUExecutionProvider"])
    (output,) = session.get_outputs()
    (values,) = session.run(None, {session.get_inputs()[0].name: curve[0]})
    assert np.allclose(values.ravel(), model.predict(curve[0]), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="values has no effect on the form c; leave it out"):
        model.export("c", values=True)
    time, inputs, outputs = trajectories
    material = Hysteresis("play", epochs=2).fit(inputs[:, :, np.newaxis], outputs, time)
    with pytest.raises(ValueError, match="values has no effect on the form onnx of a material"):
        material.export("onnx", values=True)


def test_renamed_inputs_cause_a_warning(curve):
    frame = pd.DataFrame({"value": curve[0][:, 0]})
    model = MultiwellRegressor(2, hidden=2, epochs=20, recipe="paper").fit(frame, curve[1])
    with pytest.warns(UserWarning, match="the input value is called value_2 in the grid"):
        model.export("npz", points=5)


def test_jax_functions_are_differentiable(model, curve):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    exported = model.to_jax()
    x = curve[0][::17]
    slopes = jax.jit(jax.vmap(jax.grad(lambda x: exported.value(x).sum())))(x[:, 0])
    assert np.allclose(slopes, model.gradient(x)[:, 0], rtol=0, atol=1e-10)


def test_pytorch_module_is_twice_differentiable(model, curve):
    torch = pytest.importorskip("torch")
    exported = model.to_torch()
    x = curve[0][::17]
    points = torch.tensor(x[:, 0], requires_grad=True)
    value = exported(points)
    assert value.dtype == torch.float64
    assert np.allclose(value.detach(), model.predict(x), rtol=0, atol=1e-12)
    (slopes,) = torch.autograd.grad(value.sum(), points, create_graph=True)
    assert np.allclose(slopes.detach(), model.gradient(x)[:, 0], rtol=0, atol=1e-10)
    (curvatures,) = torch.autograd.grad(slopes.sum(), points)
    assert np.allclose(curvatures, model.hessian(x)[:, 0, 0], rtol=0, atol=1e-8)
    assert exported(torch.tensor([0.5], dtype=torch.float32)).dtype == torch.float32
    assert exported(0.5).dtype == torch.float64
    with torch.no_grad():
        value, gradient, hessian = exported.hessian(torch.tensor(x[:, 0]))
    assert np.allclose(gradient, model.gradient(x)[:, 0], rtol=0, atol=1e-10)
    assert np.allclose(hessian, model.hessian(x)[:, 0, 0], rtol=0, atol=1e-8)


def test_pytorch_module_has_derivatives_in_several_inputs(samples):
    torch = pytest.importorskip("torch")
    density = MultiwellDensity(2, hidden=4, epochs=200).fit(samples)
    exported, x = density.to_torch(), samples[:7]
    with torch.no_grad():
        value, gradient, hessian = exported.hessian(torch.tensor(x))
    assert np.allclose(value, density.potential(x)) and np.allclose(gradient, density.gradient(x), atol=1e-9)
    assert np.allclose(hessian, density.hessian(x), atol=1e-8)
    assert np.allclose(exported.density(torch.tensor(x)).detach(), np.exp(density.score_samples(x)))


def test_pytorch_module_of_material_is_saved(trajectories):
    torch = pytest.importorskip("torch")
    time, inputs, outputs = trajectories
    exported = Hysteresis("play", epochs=20).fit(inputs[:, :, np.newaxis], outputs, time).to_torch()
    assert not list(exported.parameters()) and exported.state_dict()
    strain, state = torch.tensor([0.1, 0.2], requires_grad=True), torch.zeros(2, 1, dtype=torch.float64)
    stress, tangent = exported(strain, state)[:2]
    assert np.allclose(torch.autograd.grad(stress.sum(), strain)[0], tangent.detach().ravel())
    assert torch.equal(pickle.loads(pickle.dumps(exported))(strain, state)[0], stress)


def test_pytorch_module_is_trained_pickled_and_saved(model, curve):
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor(numbers) for numbers in (curve[0][:, 0], curve[1] + 0.2 * curve[0][:, 0]))
    exported = model.to_torch()
    assert len(list(exported.parameters())) >= 4
    optimizer = torch.optim.Adam(exported.parameters(), lr=1e-3)

    def loss():
        value, gradient = exported.gradient(x)
        return ((value - y) ** 2).mean() + 0.0 * gradient.sum()

    before = loss().item()
    for _ in range(100):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert loss().item() < 0.5 * before
    found = exported(x)
    assert torch.equal(pickle.loads(pickle.dumps(exported))(x), found) and torch.equal(copy.deepcopy(exported)(x), found)
    fresh = model.to_torch()
    assert not torch.equal(fresh(x), found)
    fresh.load_state_dict(exported.state_dict())
    assert torch.equal(fresh(x), found)
