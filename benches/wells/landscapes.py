#!/usr/bin/env python3
"""Compares fits of random landscapes with the truth: wells, their modes, R^2, saddles, barriers and the coverage of 90 % intervals.

    python3 benches/wells/landscapes.py PROGRAM [--inputs N] [--kinds smooth,kinked,gaussians] [--seeds 0..9] [options of `fit`]

Each seed has a target, a draw of the rows and initial weights of its own. There are 200 rows of one input and 400 rows for each of several inputs.
A saddle of the truth is found if the fit has one within 0.12. Each interval belongs to one random well of a fit.
Needs numpy.
"""

import argparse
import json
import random
import statistics

from common import covers, run

NEAR = 0.12


def distance(a, b):
    return sum((p - q) ** 2 for p, q in zip(a["x"], b["x"])) ** 0.5


def coverage(fit, truth, match):
    """True for each interval of a matched well, of its place, value and barrier, that covers the truth."""
    if match["fit"] is None or match["truth"] is None:
        return {}
    found, known = fit["minima"][match["fit"]], truth["minima"][match["truth"]]
    if not found["interval"]:
        return {}
    covered = {"place": covers(found["interval"]["x"][0], known["x"][0]), "value": covers(found["interval"]["value"], known["value"])}
    if found["barrier_interval"] and not found["barrier_at_edge"] and known["barrier"] is not None:
        covered["barrier"] = covers(found["barrier_interval"], known["barrier"])
    return covered


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--inputs", type=int, default=2)
    parser.add_argument("--kinds", default="smooth,kinked,gaussians")
    parser.add_argument("--seeds", default="0..9")
    given, options = parser.parse_known_args()
    rows = 200 if given.inputs == 1 else 400 * given.inputs
    command = [given.program, "fit", "random-landscape", "--inputs", str(given.inputs), "--samples", str(rows), "--seeds", given.seeds]
    command += ["--target-seed", "same", "--data-seed", "same", "--uncertainty", "1", "--json", *options]
    for kind in given.kinds.split(","):
        fits = [json.loads(line) for line in run(*command, "--target-kind", kind).splitlines()]
        intervals, barriers, saddles, owned = [], [], [0, 0], 0
        for result in fits:
            fit, chance = result["landscape"], random.Random(result["seed"])
            truth = fit["truth"]
            modes = [minimum["modes"] for minimum in fit["minima"]]
            owned += all(len(one) == 1 for one in modes) and len({one[0] for one in modes}) == len(modes) == fit["responsible_modes"]
            found = [saddle for saddle in truth["maxima"] if any(distance(saddle, other) < NEAR for other in fit["maxima"])]
            saddles = [saddles[0] + len(found), saddles[1] + len(truth["maxima"])]
            barriers += [abs(match["barrier_error"]) for match in truth["matches"] if match["barrier_error"] is not None]
            if truth["matches"]:
                intervals.append(coverage(fit, truth, chance.choice(truth["matches"])))
        right = sum(result["wells"] == result["true_wells"] for result in fits)
        r2 = [min([result["r2"], *result["r2_components"]]) for result in fits]
        print(f"{kind}: wells right in {right} of {len(fits)}, a mode for each well in {owned}, {saddles[0]} of {saddles[1]} saddles")
        print(f"  R^2 {statistics.median(r2):.6f} (lowest {min(r2):.6f}), {statistics.mean(result['seconds'] for result in fits):.1f} s a fit")
        print(f"  errors of barriers {statistics.median(barriers):.2%} (largest {max(barriers):.2%})")
        for name in ("place", "value", "barrier"):
            covered = [one[name] for one in intervals if name in one]
            print(f"  intervals of the {name} cover the truth in {sum(covered)} of {len(covered)}")


if __name__ == "__main__":
    main()
