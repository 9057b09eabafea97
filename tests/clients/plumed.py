"""Grids in PLUMED: values, forces and free energies of a run in one input, in two, and in a periodic one.

`run.py` calls this script, with PLUMED and multiwell on PATH.
"""

import itertools
import subprocess

import numpy as np

KT = 2.494
#: Name, formula, ends of the inputs, start and steps of the run. The document has the free energies of two inputs.
#: At the ends the potential is more than 30 kT above the wells, because PLUMED stops a run that leaves the grid.
CASES = [
    ("one input", "4*(x^2 - 1)^2 + x", [("x", -2.5, 2.5, False)], [-1.0], 1_000_000),
    ("two inputs", "4*(x^2 - 1)^2 + 20*(y - x/2)^2 + x", [("x", -2.5, 2.5, False), ("y", -2.5, 2.5, False)], [-1.0, -0.5], 200_000),
    ("periodic", "3*cos(2*x) + 2*sin(x)", [("x", -np.pi, np.pi, True)], [1.5], 1_000_000),
]


def run(*words, text=None):
    subprocess.run(words, input=text, text=True, check=True, stdout=subprocess.DEVNULL)


def table(file):
    return np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)


def splines(axes, values, slopes, points):
    """Values and gradients of PLUMED's splines: products of cubics, in which slopes are divided by the value of each corner."""
    periods = [periodic for *_, periodic in axes]
    ends = np.array([[low, high] for _, low, high, _ in axes])
    counts = np.array(values.shape)
    steps = (ends[:, 1] - ends[:, 0]) / np.where(periods, counts, counts - 1)
    places = (points - ends[:, 0]) / steps
    cells = np.floor(places).astype(int)
    total, gradient = np.zeros(len(points)), np.zeros(points.shape)
    for corner in itertools.product([0, 1], repeat=len(axes)):
        index = tuple((cells[:, k] + corner[k]) % counts[k] for k in range(len(axes)))
        cubics, derivatives = [], []
        for k, side in enumerate(corner):
            t, sign = np.abs(places[:, k] - cells[:, k] - side), 1 - 2 * side
            ratio = slopes[index + (k,)] / values[index] * sign * steps[k]
            cubics.append(1 - 3 * t**2 + 2 * t**3 + ratio * (t - 2 * t**2 + t**3))
            derivatives.append((6 * t**2 - 6 * t + ratio * (1 - 4 * t + 3 * t**2)) * sign / steps[k])
        total += values[index] * np.prod(cubics, axis=0)
        for k, derivative in enumerate(derivatives):
            gradient[:, k] += values[index] * derivative * np.prod(cubics[:k] + cubics[k + 1 :], axis=0)
    return total, gradient


def check(formula, axes, start, steps):
    count = 100
    names = [name for name, *_ in axes]
    periodic = axes[0][3]
    bounds = ["--bounds=-pi..pi", "--periodic=-pi..pi"] if periodic else [f"--bounds={axes[0][1]}..{axes[0][2]}"]
    run("multiwell", "fit", "--formula", formula, *bounds, "--samples", "600", "--model-out", "fit.json")
    run("multiwell", "export", "fit.json", "--to", "plumed", "--grid", str(count), "--out", "psi.dat")
    label = "PERIODIC=-pi,pi" if periodic else "PERIODIC=NO"
    variables = "".join(f"{name}: COMBINE ARG=p.{name} {label}\n" for name in names)
    arguments = f"ARG={','.join(names)}"
    with open("plumed.dat", "w") as file:
        file.write(f"p: DISTANCE ATOMS=1,2 COMPONENTS\n{variables}external: EXTERNAL {arguments} FILE=psi.dat\n")
        file.write(f"PRINT {arguments},external.bias STRIDE=10 FILE=COLVAR FMT=%.12f\n")
        file.write(f"DUMPFORCES {arguments} STRIDE=10 FILE=FORCES FMT=%.12f\n")
    box = f"periodic true\nmin {-np.pi}\nmax {np.pi}\n" if periodic else "periodic false\n"
    position = ",".join(map(str, start))
    settings = f"nstep {steps}\ntemperature {KT}\nfriction 2\ntstep 0.03\ndimension {len(axes)}\nplumed plumed.dat\nipos {position}\nidum 7\n"
    run("plumed", "--no-mpi", "pesmd", text=settings + box)
    walk, forces = np.loadtxt("COLVAR")[:, 1:], np.loadtxt("FORCES")[:, 1:]
    points, biases = walk[:, :-1], walk[:, -1]

    # Values and forces at points of the run.
    some = slice(None, None, 100)
    np.savetxt("points.csv", points[some], delimiter=",", header=",".join(names), comments="", fmt="%.17g")
    run("multiwell", "eval", "fit.json", "points.csv", "--gradient", "--out", "expected.csv")
    expected = table("expected.csv")[:, len(axes) :]
    rows = np.loadtxt("psi.dat")
    values, slopes = rows[:, len(axes)], rows[:, len(axes) + 1 :]
    shape = (count,) * len(axes)
    constant = 0.0
    if len(axes) > 1:
        run("multiwell", "eval", "fit.json", "--grid", str(count), "--out", "grid.csv")
        constant = np.round(values.min() - table("grid.csv")[:, -1].min())
        assert values.min() >= 9.9 * np.ptp(values), "the values are far from zero"
    # The first input changes fastest.
    cubes = values.reshape(shape, order="F"), slopes.reshape((*shape, len(axes)), order="F")
    interpolated, gradient = splines(axes, *cubes, points[some])
    # PLUMED rounds the points of its output to 12 decimals.
    assert np.abs(biases[some] - interpolated).max() < 1e-8, "the values are not those of the splines"
    assert np.abs(forces[some] + gradient).max() < 1e-6, "the forces are not those of the splines"
    error = np.abs(biases[some] - constant - expected[:, 0])
    bound = np.abs(interpolated - constant - expected[:, 0])
    assert error.max() < bound.max() + 1e-8, f"{error.max()} beside {bound.max()}"
    force_error = np.abs(-forces[some] - expected[:, 1:]).max()

    if len(axes) > 1:
        return error.max(), bound.max(), force_error, None
    # Free energies. The points of the grid are the middles of 200 cells, of which each bin has 10.
    low, high = axes[0][1:3]
    half = (high - low) / 400
    run("multiwell", "eval", "fit.json", "--grid", "200", f"--bounds={low + half}..{high - half}", "--out", "grid.csv")
    exact = np.exp(-table("grid.csv")[:, 1].reshape(20, 10) / KT).sum(axis=1)
    found = np.histogram(points[:, 0], np.linspace(low, high, 21))[0]
    low = exact > exact.max() * np.exp(-2.5)
    differences = np.log(found[low] / found[low].sum()) - np.log(exact[low] / exact[low].sum())
    assert np.all(np.abs(differences) < 0.1), f"free energies: {differences}"
    return error.max(), bound.max(), force_error, np.abs(differences).max()


for name, *case in CASES:
    value, bound, force, free_energy = check(*case)
    print(f"{name}: values within {value:.1e} (interpolation {bound:.1e}), forces {force:.1e}")
    if free_energy is not None:
        print(f"{name}: free energies within {free_energy:.3f} kT")
