#!/usr/bin/env python3
"""Fits tables of known potentials many times, and compares wells, barriers and values with the truth.

    python3 benches/wells/potentials.py PROGRAM CASE [--seeds 1..10] [options of CASE]

`tilted`: 300 values of a tilted double well of 8 kT with noise of 0.36 kT. `walls`: `--samples` values of tilted double wells with barriers of about one
below walls of 60 to 10,000, without noise and with noise of 0.02. `muller-brown`: 1,000 values below 30, with noise of `--noise` standard deviations.
`paraboloids`: derivatives of the soft minimum of three paraboloids at 800 points. `gaussians`: `-log p` of three Gaussians in `--inputs` dimensions, learnt
at `--samples` points from `--learnt` values, derivatives or samples. Needs numpy and scipy.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from common import evaluated, run, save
from scipy import optimize, stats
from scipy.special import logsumexp


def fitted(program, x, folder, y=None, slopes=None, points=None, seed=1):
    """The result of a fit of values, of derivatives or of samples, and its values at some points."""
    names = [f"x{k}" for k in range(x.shape[1])]
    columns, roles = [x], ["--inputs", ",".join(names)]
    if y is not None:
        columns, names_of_all, roles = [x, y[:, None]], [*names, "y"], [*roles, "--target", "y"]
    elif slopes is not None:
        gradient = [f"g{k}" for k in range(x.shape[1])]
        columns, names_of_all, roles = [x, slopes], [*names, *gradient], [*roles, "--gradient", ",".join(gradient)]
    else:
        names_of_all, roles = names, [*roles, "--density", "--independent"]
    save(folder / "rows.csv", np.hstack(columns), names_of_all)
    result = json.loads(run(program, "fit", folder / "rows.csv", *roles, "--seed", seed, "--json", "--model-out", folder / "model.json"))
    if points is None:
        return result, None
    save(folder / "points.csv", points, names)
    return result, evaluated(program, folder / "model.json", folder / "points.csv", x.shape[1])


def barriers(result):
    """Barriers of the wells that the data support, in the order of the values of the wells."""
    minima = sorted(result["minima"], key=lambda minimum: minimum["value"])
    return [minimum["barrier"] for minimum in minima if minimum["barrier"] and minimum["supported"]]


def tilted(random, given, folder):
    energy = lambda x: 8 * (x * x - 1) ** 2 / 1.28 + 1.8 * x
    grid = np.linspace(-1.6, 1.6, 32_001)
    values = energy(grid)
    top = values[8_000:24_000].max()
    truth = [top - values[:16_000].min(), top - values[16_000:].min()]
    x = random.uniform(-1.6, 1.6, (300, 1))
    result, _ = fitted(given.program, x, folder, y=energy(x[:, 0]) + 0.36 * random.normal(size=300))
    found = barriers(result)
    return len(found) == 2, [one / true - 1 for one, true in zip(found, truth)]


def walls(random, given, folder):
    reach, tilt = random.uniform(3, 10), random.uniform(0, 0.8)
    energy = lambda x: (x * x - 1) ** 2 + tilt * x
    grid = np.linspace(-2, 2, 40_001)
    values = energy(grid)
    top = values[10_000:30_000].max()
    truth = [top - values[:20_000].min(), top - values[20_000:].min()]
    x = np.linspace(-reach, reach, given.samples)[:, None]
    noise = 0.02 * (given.seed % 2) * random.normal(size=len(x))
    result, _ = fitted(given.program, x, folder, y=energy(x[:, 0]) + noise)
    found = barriers(result)
    # The barrier of the lowest well leads over the walls if the other one is missed.
    return len(found) == 2, [one / true - 1 for one, true in zip(found, truth)] if len(found) == 2 else [np.nan, np.nan]


def muller_brown(random, given, folder):
    a, b, c = np.array([-1, -1, -6.5, 0.7]), np.array([0, 0, 11, 0.6]), np.array([-10, -10, -6.5, 0.7])
    height, x0, y0 = np.array([-200, -100, -170, 15]), np.array([1, 0, -0.5, -1]), np.array([0, 0.5, 1.5, 1])

    def energy(x):
        dx, dy = x[:, :1] - x0, x[:, 1:] - y0
        return np.sum(height * np.exp(a * dx**2 + b * dx * dy + c * dy**2), axis=1)

    x = random.uniform([-1.5, -0.25], [1.2, 2.0], (20_000, 2))
    x = x[energy(x) < 30][:1000]
    y = energy(x)
    result, _ = fitted(given.program, x, folder, y=y + given.noise * y.std() * random.normal(size=len(y)))
    found = barriers(result)
    return len(found) == 3, [one / true - 1 for one, true in zip(found, [106.03, 35.92])]


def paraboloids(random, given, folder):
    centres = np.array([[-1.2, -1.0], [1.2, -0.8], [0.0, 1.2]])

    def slopes(x):
        apart = x[:, None] - centres
        weights = -4 * np.sum(apart**2, axis=2)
        weights = np.exp(weights - logsumexp(weights, axis=1, keepdims=True))
        return np.sum(2 * weights[..., None] * apart, axis=1)

    x = random.uniform(-2, 2, (800, 2))
    result, _ = fitted(given.program, x, folder, slopes=slopes(x), seed=given.seed)
    return result["wells"] == 3, [1 - min(result["r2_components"])]


def gaussians(random, given, folder):
    """Standard deviations are 0.6 to 1.4 along random axes, weights at least a fifth, and means at least five apart."""
    n, reach = given.inputs, 8.0 if given.inputs == 1 else 4.5
    means = np.zeros((3, n))
    while min(np.linalg.norm(means[i] - means[j]) for i, j in [(0, 1), (0, 2), (1, 2)]) < 5:
        means = random.uniform(-reach, reach, (3, n))
    axes = [stats.ortho_group.rvs(n, random_state=random) if n > 1 else np.eye(1) for _ in means]
    covariances = [q.T @ np.diag(random.uniform(0.6, 1.4, n) ** 2) @ q for q in axes]
    weights = 0.2 + 0.4 * random.dirichlet(np.ones(3))
    parts = [stats.multivariate_normal(*part) for part in zip(means, covariances)]
    logs = lambda x: np.stack([np.log(w) + np.reshape(part.logpdf(x), len(x)) for w, part in zip(weights, parts)], axis=1)
    energy = lambda x: -logsumexp(logs(x), axis=1)

    def slopes(x):
        shares = np.exp(logs(x) + energy(x)[:, None])
        each = [np.linalg.solve(covariance, (x - mean).T).T for mean, covariance in zip(means, covariances)]
        return sum(share[:, None] * slope for share, slope in zip(shares.T, each))

    wider = 1 if given.learnt == "samples" else 2
    draw = lambda count: np.concatenate([
        np.reshape(stats.multivariate_normal(mean, wider**2 * covariance).rvs(k, random_state=random), (k, n))
        for mean, covariance, k in zip(means, covariances, random.multinomial(count, weights))
    ])  # fmt: skip
    x, fresh = draw(given.samples), draw(2000)
    learnt = {"values": {"y": energy(x)}, "derivatives": {"slopes": slopes(x)}, "samples": {}}[given.learnt]
    result, psi = fitted(given.program, random.permutation(x) if not learnt else x, folder, points=fresh, seed=given.seed, **learnt)
    known = energy(fresh)
    error = psi - known - np.mean(psi - known)
    modes = [optimize.minimize(lambda at: energy(at[None])[0], mean).x for mean in means]
    wells = [np.array(minimum["x"]) for minimum in result["minima"] if minimum["supported"]]
    found = all(any(np.linalg.norm(well - mode) < 0.5 for well in wells) for mode in modes)
    return found and len(wells) == 3, [np.mean(error**2) / np.var(known)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("case", choices=["tilted", "walls", "muller-brown", "paraboloids", "gaussians"])
    parser.add_argument("--seeds", default="1..10")
    parser.add_argument("--noise", type=float, default=0.02)
    parser.add_argument("--inputs", type=int, default=2)
    parser.add_argument("--samples", type=int, default=800)
    parser.add_argument("--learnt", choices=["values", "derivatives", "samples"], default="values")
    given = parser.parse_args()
    case = globals()[given.case.replace("-", "_")]
    first, last = map(int, given.seeds.split(".."))
    right, errors = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for given.seed in range(first, last + 1):
            is_right, error = case(np.random.default_rng(given.seed), given, Path(folder))
            print(f"{given.seed}: {'right' if is_right else 'other'} wells, errors", *(f"{one:.2e}" for one in error), flush=True)
            right, errors = right + is_right, errors + [error]
    name = "relative errors of barriers" if given.case in ("tilted", "walls", "muller-brown") else "1 - R^2"
    print(f"wells right in {right} of {len(errors)}; {name}:")
    for column in zip(*errors):
        print(f"  mean {np.nanmean(column):+.2e}, mean size {np.nanmean(np.abs(column)):.2e}, largest size {np.nanmax(np.abs(column)):.2e}")


if __name__ == "__main__":
    main()
