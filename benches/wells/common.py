"""Functions that the scripts of this folder share."""

import subprocess

import numpy as np


def run(*words):
    """Standard output of a command."""
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=True).stdout


def save(file, columns, names):
    """Writes a table with a header."""
    np.savetxt(file, columns, header=",".join(names), comments="", delimiter=",", fmt="%.12g")


def evaluated(program, model, points, inputs):
    """The values of a model at the points of a file."""
    return np.array([float(line.split(",")[inputs]) for line in run(program, "eval", model, points).split()[1:]])


def covers(interval, value):
    """True if an interval, which may have no upper or lower end, has a value."""
    low, high = interval
    return (low is None or low <= value) and (high is None or value <= high)
