"""Picture of docs/clients.md, from the files of the runs of PLUMED and ASE. The argument is their folder."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

work = Path(sys.argv[1])
places, exact, found = np.loadtxt(work / "PLUMED/profile.txt")
x, y, psi = np.loadtxt(work / "PLUMED/grid.csv", delimiter=",", skiprows=1).T
path = np.loadtxt(work / "ASE/path.txt")
plt.rcParams.update({"svg.hashsalt": "multiwell", "svg.fonttype": "none"})
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
left.plot(places, exact - exact.min(), label="fit")
left.plot(places, found - exact.min(), "o", label="run in PLUMED")
left.set(xlabel="x [nm]", ylabel="free energy [kT]")
left.legend()
step = 4
n = round(len(psi) ** 0.5)
x, y, psi = (part.reshape(n, n)[::step, ::step] for part in (x, y, psi))
right.contour(x, y, psi, levels=np.arange(-1, 30, 2.5))
right.plot(*path.T, "ko-", markersize=3, label="path by ASE")
right.set(xlabel="x [nm]", ylabel="y [nm]", ylim=(-1.5, 1.5))
right.legend()
figure.savefig(work / "clients.svg", metadata={"Date": None})
