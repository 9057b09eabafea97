#!/usr/bin/env python3
"""Compares fitted densities with random known ones: lost and additional modes, total variation or divergence, and the coverage of 90 % intervals.

    python3 benches/wells/densities.py PROGRAM line|plane|torus [--seeds 1..20] [--samples N]

`line`: mixtures of one to three components, Gaussian or skewed, of 200 to 20,000 samples, at any place and scale. `plane`: five Gaussians.
`torus`: five products of von Mises densities, one of them across the seam. Fits of two quantities are compared with the kernel estimate whose
bandwidth is the best one by the truth. Needs numpy and scipy.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from common import covers, evaluated, run, save
from scipy import ndimage, stats

SAMPLE_COUNTS = [200, 600, 2000, 6000, 20_000]
#: Smallest mass and smallest drop of log p to the next valley of a mode that a fit must find.
MASS, DROP = 0.1, 2.0


class Part:
    """A component of given mean and width; a negative width mirrors it."""

    def __init__(self, shape, mean, width):
        self.shape, self.mean, self.factor = shape, mean, shape.std() / width

    def pdf(self, x):
        return abs(self.factor) * self.shape.pdf(self.shape.mean() + self.factor * (x - self.mean))

    def rvs(self, size, random_state):
        return self.mean + (self.shape.rvs(size, random_state=random_state) - self.shape.mean()) / self.factor


def product(parts):
    """A product of densities, one for each quantity."""

    class Product:
        pdf = staticmethod(lambda x: np.prod([part.pdf(x[..., k]) for k, part in enumerate(parts)], axis=0))
        rvs = staticmethod(lambda size, random_state: np.stack([part.rvs(size, random_state=random_state) for part in parts], axis=1))

    return Product


def line(random):
    """Weights and parts. Neighbours are 1.5 to 7 mean widths apart."""
    count = random.integers(1, 4)
    weights = 0.05 + (1 - 0.05 * count) * random.dirichlet(np.ones(count))
    unit = 10 ** random.uniform(-3, 3)
    widths = random.uniform(0.3, 1.0, count)
    steps = random.uniform(1.5, 7.0, count - 1) * (widths[1:] + widths[:-1]) / 2
    means = random.uniform(-20, 20) + np.r_[0, np.cumsum(steps)]
    shapes = [stats.norm()] * 4 + [stats.gumbel_r()] * 2
    shapes += [stats.gamma(random.uniform(2, 8)), stats.lognorm(random.uniform(0.2, 0.6)), stats.skewnorm(random.uniform(-6, 6))]
    return weights, [Part(shapes[random.integers(9)], unit * m, unit * w * random.choice([-1, 1])) for m, w in zip(means, widths)]


def apart(random, middle, width, distance):
    """Five places and widths. The distance of two of them is above the square root of two in units of the sum of their widths."""
    chosen = []
    while len(chosen) < 5:
        new = middle(len(chosen)), width(len(chosen))
        if all(np.sum((distance(new[0], at) / (new[1] + other)) ** 2) > 2 for at, other in chosen):
            chosen.append(new)
    weights = random.uniform(0.3, 1.0, 5)
    return weights / weights.sum(), chosen


def plane(random):
    weights, chosen = apart(random, lambda _: random.uniform(-2.5, 2.5, 2), lambda _: random.uniform(0.25, 0.7, 2), np.subtract)
    return weights, [product([stats.norm(m, s) for m, s in zip(*one)]) for one in chosen]


def torus(random):
    seam = lambda k: np.array([np.pi - 0.1 if k == 0 else random.uniform(-np.pi, np.pi), random.uniform(-np.pi, np.pi)])
    width = lambda k: np.full(2, 6**-0.5) if k == 0 else random.uniform(4, 12, 2) ** -0.5
    weights, chosen = apart(random, seam, width, lambda a, b: 2 * np.sin((a - b) / 2))
    return weights, [product([stats.vonmises(s**-2, m) for m, s in zip(*one)]) for one in chosen]


def drawn(weights, parts, count, random):
    counts = random.multinomial(count, weights)
    x = np.concatenate([part.rvs(n, random_state=random) for part, n in zip(parts, counts)])
    return random.permutation(x)


def peaks(x, p):
    """Ends, mass and drop of each peak on a line."""
    tops = np.flatnonzero((p[1:-1] > p[:-2]) & (p[1:-1] >= p[2:]) & (p[1:-1] > 1e-6 * p.max())) + 1
    valleys = [a + np.argmin(p[a:b]) for a, b in zip(tops, tops[1:])]
    cuts = [0, *valleys, len(p) - 1]
    for k, top in enumerate(tops):
        beside = [p[cuts[k]]] * (k > 0) + [p[cuts[k + 1]]] * (k + 1 < len(tops))
        yield x[cuts[k]], x[cuts[k + 1]], x[top], p[cuts[k] : cuts[k + 1]].sum() * (x[1] - x[0]), np.log(p[top] / max(beside, default=1e-300))


def on_line(program, random, samples, folder):
    weights, parts = line(random)
    table, model, points = (folder / name for name in ("samples.csv", "model.json", "points.csv"))
    save(table, drawn(weights, parts, samples, random)[:, None], ["x"])
    fit = json.loads(run(program, "fit", table, "--density", "--independent", "--uncertainty", 1, "--json", "--model-out", model))
    means, widths = np.array([part.mean for part in parts]), np.array([abs(part.shape.std() / part.factor) for part in parts])
    x = np.linspace((means - 14 * widths).min(), (means + 14 * widths).max(), 40_001)
    save(points, x[:, None], ["x"])
    psi = evaluated(program, model, points, 1)
    p = sum(weight * part.pdf(x) for weight, part in zip(weights, parts))
    inside = p > 0
    divergence = np.sum(p[inside] * (np.log(p[inside]) + psi[inside])) * (x[1] - x[0])
    # Minima that the samples do not confirm have no mass.
    wells, all_peaks = [well for well in fit["minima"][0] if well["mass"] > 0], list(peaks(x, p))
    within = lambda peak: sum(peak[0] <= well["x"][0] < peak[1] for well in wells)
    covered = []
    if len(wells) == len(all_peaks):
        largest = max(all_peaks, key=lambda peak: peak[3])[3]
        for well, (_, _, place, mass, _) in zip(sorted(wells, key=lambda well: well["x"][0]), all_peaks):
            truth = {"place": place, "mass": mass, "delta_g": np.log(largest / mass)}
            given = {"place": (well.get("interval") or {"x": [None]})["x"][0], "mass": well.get("mass_interval"), "delta_g": well.get("delta_g_interval")}
            trivial = (["mass"] if len(wells) == 1 else []) + (["delta_g"] if well["delta_g"] == 0 else [])
            covered += [(name, covers(given[name], truth[name])) for name in truth if given[name] and name not in trivial]
    lost = any(mass >= MASS and drop >= DROP and not within(peak) for peak in all_peaks for mass, drop in [peak[3:]])
    extra = len(wells) > len(all_peaks) or any(within(peak) > 1 for peak in all_peaks)
    return {"lost": lost, "extra": extra, "error": divergence, "seconds": fit["seconds"], "covered": covered}


def on_two(program, kind, random, samples, folder):
    is_torus = kind == "torus"
    weights, parts = (torus if is_torus else plane)(random)
    table, model, grid = (folder / name for name in ("samples.csv", "model.json", "grid.csv"))
    x = drawn(weights, parts, samples, random)
    save(table, x, ["a", "b"])
    end, side = (np.pi, 180) if is_torus else (6.0, 150)
    periodic = ["--periodic=-pi..pi"] if is_torus else []
    fit = json.loads(run(program, "fit", table, "--density", "--inputs", "a,b", "--independent", *periodic, "--json", "--model-out", model))
    ends = np.linspace(-end, end, side + 1)
    middles = (ends[1:] + ends[:-1]) / 2
    places = np.stack(np.meshgrid(middles, middles, indexing="ij"), axis=-1)
    save(grid, places.reshape(-1, 2), ["a", "b"])
    psi = evaluated(program, model, grid, 2)
    p = sum(weight * part.pdf(places) for weight, part in zip(weights, parts))
    cell = (2 * end / side) ** 2
    variation = lambda q: np.sum(np.abs(p - q)) * cell / 2
    histogram = np.histogram2d(*x.T, bins=[ends, ends])[0] / samples / cell
    mode = "wrap" if is_torus else "constant"
    widths = np.geomspace(0.03, 0.3, 12) * (1 if is_torus else x.std())
    oracle = min(variation(ndimage.gaussian_filter(histogram, width / (2 * end / side), mode=mode)) for width in widths)
    peaks = np.sum((p == ndimage.maximum_filter(p, 3, mode=mode)) & (p > 1e-6 * p.max()))
    return {"error": variation(np.exp(-psi).reshape(p.shape)), "oracle": oracle, "seconds": fit["seconds"], "wells": fit["wells"], "peaks": peaks}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("kind", choices=["line", "plane", "torus"])
    parser.add_argument("--seeds", default="1..20")
    parser.add_argument("--samples", type=int)
    given = parser.parse_args()
    first, last = map(int, given.seeds.split(".."))
    fits = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last + 1):
            random = np.random.default_rng([seed, ["line", "plane", "torus"].index(given.kind)])
            samples = given.samples or (SAMPLE_COUNTS[seed % 5] if given.kind == "line" else 5000)
            if given.kind == "line":
                fits.append(on_line(given.program, random, samples, Path(folder)))
            else:
                fits.append(on_two(given.program, given.kind, random, samples, Path(folder)))
            print(seed, samples, {name: float(value) for name, value in fits[-1].items() if name != "covered"}, flush=True)
    errors = [fit["error"] for fit in fits]
    name = "divergence" if given.kind == "line" else "total variation"
    print(f"{len(fits)} fits: {name} {np.median(errors):.4f} (largest {max(errors):.4f}), {np.mean([fit['seconds'] for fit in fits]):.1f} s a fit")
    if given.kind == "line":
        print(f"  a mode lost in {sum(fit['lost'] for fit in fits)}, additional modes in {sum(fit['extra'] for fit in fits)}")
        for name in ("place", "mass", "delta_g"):
            covered = [is_covered for fit in fits for of, is_covered in fit["covered"] if of == name]
            print(f"  intervals of the {name} cover the truth in {sum(covered)} of {len(covered)}")
    else:
        print(f"  kernel estimate with the best bandwidth {np.median([fit['oracle'] for fit in fits]):.4f}")
        print(f"  as many wells as the truth has peaks in {sum(fit['wells'] == fit['peaks'] for fit in fits)}")


if __name__ == "__main__":
    main()
