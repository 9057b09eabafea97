"""Pictures of docs/clients.md, from the files of the runs. The argument is their folder.

A `profile.txt` has free energies, a `path.txt` pairs of columns with positions, and a `map.txt` points with values and, if there are more columns, derivatives.
"""

import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

work = Path(sys.argv[1])
sys.path.insert(0, str(work / "common"))
import well

#: Highest value that is drawn, in kJ/mol.
TOP = 30


def surface(axes):
    """Draws contours of the fit."""
    grid = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-1.5, 1.5, 31), indexing="ij")
    psi = well.value(np.stack(grid, axis=-1).reshape(-1, 2)).reshape(grid[0].shape)
    axes.contour(*grid, psi, levels=np.arange(0, TOP + 1, 5), linewidths=0.8)
    axes.set(xlabel="x [nm]", ylabel="y [nm]", xlim=(-2, 2), ylim=(-1.5, 1.5))


def profile(axes, rows):
    places, exact, found = rows
    axes.plot(places, exact - exact.min(), label="fit")
    axes.plot(places, found - exact.min(), "o", label="run")
    axes.set(xlabel="x [nm]", ylabel="free energy [kT]")
    axes.legend()


def path(axes, rows):
    surface(axes)
    for x, y in rows.T.reshape(-1, 2, len(rows)):
        axes.plot(x, y, "k-", linewidth=0.8)
        axes.plot(x[-1], y[-1], "ko", markersize=4)


def values(axes, rows):
    surface(axes)
    x, y, psi, *slopes = rows[rows[:, 2] < TOP].T
    if slopes:
        axes.quiver(x, y, *(-part for part in slopes), angles="xy", width=0.006)
    else:
        axes.figure.colorbar(axes.scatter(x, y, c=psi), label="value [kJ/mol]")


plt.rcParams.update({"svg.hashsalt": "multiwell", "svg.fonttype": "none"})
for file, draw in [("profile", profile), ("path", path), ("map", values)]:
    for table in work.glob(f"*/{file}.txt"):
        figure, axes = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
        draw(axes, np.loadtxt(table))
        name = re.sub(r"\W", "-", table.parent.name.lower())
        figure.savefig(work / f"clients-{name}.svg", metadata={"Date": None})
        plt.close(figure)
