"""Evaluates exported models at the points of a folder, for the test of the languages.

`models.txt` has a line for each model: its name, the function with all results, the lengths of the arguments, whether it has a formula.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tracemalloc

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np
import onnx
import onnxruntime
import sympy

try:
    import torch
except ImportError:
    torch = None

folder = pathlib.Path(sys.argv[1])

# Where points lie.
PLACES = ("inside", "outside", "nowhere")
# Of these the expression is read by SymPy, which takes seconds each.
FORMULAS = ("single", "quadratic", "exchange", "periodic", "density", "closed")
# Of these the check at the end of the module is run, which takes as long as starting Python and JAX: one input, several inputs, a material.
CHECKED = ("single", "closed", "play")


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def columns(results, points):
    return np.concatenate([np.asarray(result, dtype=float).reshape(points, -1) for result in results], axis=1)


def check_single(name, found, expected):
    """Single precision, relative to the largest number of each result."""
    for k, (one, other) in enumerate(zip(found, expected)):
        other = np.asarray(other).reshape(one.shape)
        difference = np.max(np.abs(one - other)) / np.max(np.abs(other))
        # A step of play multiplies the rounding of its modes by their ratio to the hardening, and again by that of its smoothness.
        limit = 1e-3 if name == "play" else [1e-5, 1e-5, 1e-4, 1e-4, 1e-4][k]
        assert difference < limit, f"{name} in single precision is off by {difference}"


def check_formula(name, x, value):
    line = (folder / f"{name}.tex").read_text().splitlines()[-1]
    expression = sympy.sympify(line.removeprefix("% "))
    symbols = sorted(expression.free_symbols, key=str)
    found = sympy.lambdify(symbols, expression, "numpy")(*x.T)
    difference = np.max(np.abs(found - value)) / np.max(np.abs(value))
    assert difference < 1e-12, f"the formula of {name} is off by {difference}"


def check_reader(name, x, value):
    """The reader of model files in their documentation."""
    if json.loads((folder / f"{name}.json").read_text())["format"] == "multiwell-lse-icnn":
        found = reader.read(folder / f"{name}.json")(x)
        difference = np.max(np.abs(found - value)) / np.max(np.abs(value))
        assert difference < 1e-13, f"the documented reader of {name} is off by {difference}"


def check_torch(name, function, loaded, given):
    """PyTorch's own differentiation gives what is written, and single precision stays what it is."""
    if function == "hessian":
        single = loaded.value(torch.tensor(given[0][:3], dtype=torch.float32))
        assert single.dtype == torch.float32, f"the precision of {name}"
        x = torch.tensor(given[0][:5], requires_grad=True)
        value = loaded.value(x)
        (slope,) = torch.autograd.grad(value.sum(), x, create_graph=True)
        assert torch.allclose(slope, loaded.gradient(x)[1], rtol=1e-9, atol=1e-12), f"the gradient of {name}"
        (second,) = torch.autograd.grad(slope.sum(), x)
        written = loaded.hessian(x)[2]
        written = written if x.ndim == 1 else written.sum(-1)
        assert torch.allclose(second, written, rtol=1e-7, atol=1e-9), f"the Hessian of {name}"
    else:
        single = loaded.step(*(torch.tensor(argument[:3], dtype=torch.float32) for argument in given))
        assert all(result.dtype == torch.float32 for result in single), f"the precision of {name}"


def check_jax(name, loaded, x):
    """JAX's own differentiation gives what is written. One compilation of both is several times faster than one of each operation."""
    found, written = jax.jit(lambda x: (jax.grad(lambda x: loaded.value(x).reshape(()))(x), loaded.gradient(x)[1]))(x)
    assert np.allclose(found, written, rtol=1e-9, atol=1e-12), f"the gradient of {name}"


def check_value_alone(name, arguments, value):
    """The graph of the value without derivatives has one result, the same numbers."""
    session = onnxruntime.InferenceSession(folder / f"{name}_value.onnx")
    assert [result.name for result in session.get_outputs()] == ["value"], f"the results of {name}"
    (found,) = session.run(None, {session.get_inputs()[0].name: arguments[0]})
    assert np.array_equal(found.reshape(-1), np.reshape(value, -1), equal_nan=True), f"the value of {name} alone"


def peak(evaluate, points):
    """Memory of an evaluation in bytes, besides its results."""
    tracemalloc.start()
    results = evaluate(points)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - sum(result.nbytes for result in results)


def check_chunks(name, evaluate, points):
    """NumPy evaluates many points in chunks, whose memory does not depend on the number of points."""
    repeats = 10_000 // len(points) + 1
    many = np.concatenate([points] * repeats)
    found = evaluate(many)
    for one, other in zip(found, evaluate(points)):
        difference = np.nanmax(np.abs(one - np.concatenate([other] * repeats)))
        assert difference <= 1e-12 * np.nanmax(np.abs(other)), f"the chunks of {name} are off by {difference}"
    parts, whole = peak(evaluate, many[:4096]), peak(evaluate, many)
    results = sum(result.nbytes for result in found)
    assert whole < 1.5 * parts + results, f"{name} takes {whole} bytes for {len(many)} points, {parts} for 4096"


reader = module(folder / "reader.py")
for line in (folder / "models.txt").read_text().splitlines():
    name, function, lens, has_formula = line.split()
    lens = [int(length) for length in lens.split(",")]
    modules = {"numpy": module(folder / f"{name}_numpy.py"), "jax": module(folder / f"{name}_jax.py")}
    onnx.checker.check_model(onnx.load(folder / f"{name}.onnx"), full_check=True)
    sessions = [onnxruntime.InferenceSession(folder / f"{name}{end}.onnx") for end in ("", "_single")]
    parts = [np.fromfile(folder / f"{name}.{place}").reshape(-1, sum(lens)) for place in PLACES]
    # All points at once, for JAX compiles a function anew for each number of points.
    points, inside = np.concatenate(parts), len(parts[0])
    count = len(points)
    arguments = np.split(points, np.cumsum(lens)[:-1], axis=1)
    # An argument of one number has no axis of its own.
    given = [argument[:, 0] if argument.shape[1] == 1 else argument for argument in arguments]
    names = [argument.name for argument in sessions[0].get_inputs()]
    if torch is not None:
        modules["torch"] = module(folder / f"{name}_torch.py")
    evaluate = {language: getattr(loaded, function) for language, loaded in modules.items()}
    assert all(np.size(result) == 0 for result in evaluate["numpy"](*(argument[:0] for argument in given)))
    results = {
        "numpy": evaluate["numpy"](*given),
        "jax": jax.jit(evaluate["jax"])(*given),
        "onnx": sessions[0].run(None, dict(zip(names, arguments))),
    }
    if torch is not None:
        results["torch"] = evaluate["torch"](*(torch.tensor(argument) for argument in given))
    for language, found in results.items():
        for place, part in zip(PLACES, np.split(columns(found, count), np.cumsum([len(part) for part in parts])[:-1])):
            part.tofile(folder / f"{name}.{place}.{language}")
    if torch is not None:
        check_torch(name, function, modules["torch"], given)
    single = [argument[:inside].astype(np.float32) for argument in arguments]
    found = sessions[1].run(None, dict(zip(names, single)))
    wide = [s.astype(float)[:, 0] if s.shape[1] == 1 else s.astype(float) for s in single]
    check_single(name, found, evaluate["numpy"](*wide))
    if has_formula == "true":
        value = np.asarray(results["numpy"][0])[:inside]
        check_reader(name, points[:inside], value)
        if name in FORMULAS:
            check_formula(name, points[:50], value[:50])
        check_value_alone(name, arguments, results["onnx"][0])
        check_chunks(name, evaluate["numpy"], given[0])
    if function == "hessian":
        check_jax(name, modules["jax"], points[0] if sum(lens) > 1 else points[0, 0])
    for language in modules if name in CHECKED else ():
        subprocess.run([sys.executable, folder / f"{name}_{language}.py"], check=True, capture_output=True)
