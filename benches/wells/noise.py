#!/usr/bin/env python3
"""Counts wells that noise invents, and wells that are missed, over random sets of rows whose truth is known.

    python3 benches/wells/noise.py PROGRAM [--inputs 1|2] [--sets N] [--seed N] [--rows FILE]

Each set is fitted by `PROGRAM fit` with default settings. Sets of one input are flat, a parabola, two wells and three wells, with
20 to 1,000 rows, noise of 0 to 1 barriers (Gaussian, Laplace, Student's t with 3 degrees of freedom), at even, random and uneven places.
Sets of two inputs are flat, a bowl, two wells and four, with 60 to 800 rows. `--rows` keeps a line of JSON for each set. Needs numpy.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ONE = {
    "flat": lambda x: 0 * x,
    "one": lambda x: x**2,
    "two": lambda x: (x**2 - 1) ** 2,
    "three": lambda x: 0.5 * (1 - np.cos(2 * np.pi * x / 1.3)) + 0.15 * x**2,
}
TWO = {
    "flat": lambda x, y: 0 * x,
    "one": lambda x, y: x**2 + y**2,
    "two": lambda x, y: (x**2 - 1) ** 2 + y**2,
    "four": lambda x, y: (x**2 - 1) ** 2 + (y**2 - 1) ** 2,
}
WELLS = {"flat": 0, "one": 1, "two": 2, "three": 3, "four": 4}
NOISE = {
    "gauss": lambda r, n: r.normal(size=n),
    "laplace": lambda r, n: r.laplace(size=n) / np.sqrt(2),
    "t3": lambda r, n: r.standard_t(3, n) / np.sqrt(3),
}
FRESH = 2000


def places(random, inputs, rows, how):
    """Places `[rows, inputs]` of rows."""
    if inputs == 2:
        x = random.normal(0, 0.9, (rows, 2)) if how == "uneven" else random.uniform(-1.6, 1.6, (rows, 2))
        return np.clip(x, -1.6, 1.6)
    if how == "even":
        return np.linspace(-2, 2, rows)[:, None]
    uneven = np.where(random.random(rows) < 0.7, random.normal(-0.7, 0.6, rows), random.uniform(-2, 2, rows))
    return np.sort(np.clip(uneven, -2, 2) if how == "uneven" else random.uniform(-2, 2, rows))[:, None]


def weights(x, at, width):
    """Weights of rows in a local polynomial of the second degree at a place."""
    kernel = np.exp(-0.5 * ((x - at) / width) ** 2)
    terms = np.vander(x - at, 3, increasing=True)
    return np.linalg.lstsq((kernel[:, None] * terms).T @ terms, (kernel[:, None] * terms).T, rcond=None)[0][0]


def true_wells(truth, x, sigma):
    """Basins of the true wells between the rows, with their barriers in standard errors: those of a local polynomial whose width
    has the least mean squared error, which takes the truth to know."""
    grid = np.linspace(x.min(), x.max(), 2001)
    values = truth(grid)
    inner = np.arange(1, 2000)
    minima = inner[(values[inner] < values[inner - 1]) & (values[inner] <= values[inner + 1])]
    maxima = np.r_[0, inner[(values[inner] > values[inner - 1]) & (values[inner] >= values[inner + 1])], 2000]
    if sigma > 0:
        coarse = grid[::50]

        def error(width):
            all_weights = np.array([weights(x, at, width) for at in coarse])
            return np.mean((all_weights @ truth(x) - truth(coarse)) ** 2 + sigma**2 * np.sum(all_weights**2, axis=1))

        width = min(np.geomspace(1.5 * (x.max() - x.min()) / len(x), x.max() - x.min(), 16), key=error)
    for well in minima:
        low, high = maxima[maxima < well].max(), maxima[maxima > well].min()

        def rise(top):
            if sigma == 0:
                return np.inf
            difference = weights(x, grid[well], width) - weights(x, grid[top], width)
            return (values[top] - values[well]) / (sigma * np.linalg.norm(difference))

        yield grid[low], grid[high], min(rise(low), rise(high))


def measured(program, inputs, random, folder):
    """One set, fitted."""
    kinds = list((ONE if inputs == 1 else TWO).items())
    kind, truth = kinds[random.integers(len(kinds))]
    rows = int(random.choice([20, 40, 60, 100, 200, 500, 1000] if inputs == 1 else [60, 100, 200, 400, 800]))
    sigma = float(random.choice([0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0] if inputs == 1 else [0.05, 0.1, 0.2, 0.3, 0.5, 1.0]))
    sigma = 1.0 if kind == "flat" and sigma == 0 else sigma
    distribution = str(random.choice(list(NOISE)))
    how = str(random.choice(["even", "random", "uneven"] if inputs == 1 else ["random", "uneven"]))
    x = places(random, inputs, rows, how)
    fresh = places(random, inputs, FRESH, how)
    if inputs == 1:
        fresh = fresh[(fresh[:, 0] >= x.min()) & (fresh[:, 0] <= x.max())]
    y, y_fresh = (truth(*at.T) + sigma * NOISE[distribution](random, len(at)) for at in (x, fresh))
    names = ["x", "y"][:inputs]
    table, model, points = (folder / name for name in ("rows.csv", "model.json", "points.csv"))
    np.savetxt(table, np.c_[x, y], header=",".join([*names, "E"]), comments="", delimiter=",", fmt="%.12g")
    np.savetxt(points, fresh, header=",".join(names), comments="", delimiter=",", fmt="%.12g")
    fit = [program, "fit", table, "--inputs", ",".join(names), "--target", "E", "--json", "--model-out", model]
    found = json.loads(subprocess.run(fit, capture_output=True, text=True, check=True).stdout)
    lines = subprocess.run([program, "eval", model, points], capture_output=True, text=True, check=True).stdout.split()[1:]
    psi = np.array([float(line.split(",")[inputs]) for line in lines])
    held_out = found.get("held_out") or {"r2": found["r2"]}
    supported = [minimum["x"][0] for minimum in found["minima"] if minimum["supported"]]
    wells = list(true_wells(truth, x[:, 0], sigma)) if inputs == 1 and kind != "flat" else []
    return {
        "kind": kind, "rows": rows, "noise": sigma, "distribution": distribution, "places": how,
        "wells": found["wells"], "true": WELLS[kind], "r2": found["r2"], "expected": held_out["r2"],
        "fresh": 1 - np.mean((y_fresh - psi) ** 2) / np.var(y_fresh),
        "true_wells": [(rise, any(low <= x <= high for x in supported)) for low, high, rise in wells],
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--inputs", type=int, choices=[1, 2], default=1)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sets = []
        for k in range(given.sets):
            sets.append(measured(given.program, given.inputs, np.random.default_rng([given.seed, given.inputs, k]), Path(folder)))
            if given.rows:
                with given.rows.open("a") as file:
                    file.write(json.dumps(sets[-1], default=float) + "\n")
    more = [s for s in sets if s["wells"] > s["true"]]
    print(f"{len(sets)} sets; too many wells in {len(more)}, too few in {sum(s['wells'] < s['true'] for s in sets)}")
    for s in more:
        print("  too many:", {key: s[key] for key in ("kind", "rows", "noise", "distribution", "places", "wells")})
    rises = np.array([well for s in sets for well in s["true_wells"]], dtype=float).reshape(-1, 2)
    for low, high in [(0, 2), (2, 4), (4, np.inf)]:
        inside = (rises[:, 0] > low) & (rises[:, 0] <= high)
        if inside.any():
            print(f"  true wells of {low} to {high} standard errors: {inside.sum()}, found {rises[inside, 1].mean():.1%}")
    # A fit that explains nothing explains less than nothing by any amount.
    apart = lambda s, of: max(s[of], 0) - max(s["fresh"], 0)
    for low, high in [(0, 60), (60, 200), (200, np.inf), (0, np.inf)]:
        some = [s for s in sets if low < s["rows"] <= high]
        for of, name in [("expected", "expected"), ("r2", "of the fit")]:
            d = np.array([apart(s, of) for s in some])
            if len(d):
                print(f"  R^2 {name} - R^2 fresh, {low} to {high} rows: median {np.median(d):.3f}, within 0.05 in {np.mean(abs(d) <= 0.05):.0%}")


if __name__ == "__main__":
    main()
