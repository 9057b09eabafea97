"""Figures of the structures."""

import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

TWO = plt.get_cmap("RdBu_r")


def residuals(axis, records, picked):
    for n in picked:
        r = records[n][-1].residuals
        axis.semilogy(range(1, len(r) + 1), r, "o-", markersize=3, label=f"increment {n + 1}")
    axis.set(xlabel="iteration", ylabel="residual / largest force", title="Newton's method")
    axis.legend(frameon=False, fontsize=7)


def bar(path, records):
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    pulled, force = np.array([record[:2] for record in records]).T
    strain = np.array([record[2] for record in records])
    axes[0].plot(pulled, force)
    axes[0].set(xlabel="mean strain", ylabel="stress", title="Pulled from one well to the other")
    image = axes[1].imshow(
        strain, origin="lower", aspect="auto", extent=(0, 1, pulled[0], pulled[-1]), cmap=TWO, vmin=-0.07, vmax=0.07, interpolation="nearest"
    )
    axes[1].set(xlabel="place along the bar", ylabel="mean strain", title="Strain")
    figure.colorbar(image, ax=axes[1])
    residuals(axes[2], records, [len(records) // 4, len(records) // 2, 3 * len(records) // 4])
    figure.savefig(path, dpi=130)
    plt.close(figure)


def block(path, mesh, records):
    figure = plt.figure(figsize=(11, 6), layout="constrained")
    centres = mesh.p[:, mesh.t].mean(axis=1)
    top = np.flatnonzero(centres[2] > centres[2].max() - 1e-9)
    order = top[np.lexsort((centres[0, top], centres[1, top]))]
    shape = tuple(len(np.unique(np.round(centres[k], 9))) for k in (1, 0))
    difference = lambda record: record[2][:, 0] - record[2][:, 1]
    picked = [int(part * (len(records) - 1)) for part in (0.4, 0.5, 0.57, 1.0)]
    for k, n in enumerate(picked):
        axis = figure.add_subplot(2, 4, k + 1)
        image = axis.imshow(difference(records[n])[order].reshape(shape), origin="lower", extent=(0, 1, 0, 1), cmap=TWO, vmin=-0.15, vmax=0.15)
        axis.set(xticks=[], yticks=[], title=f"increment {n + 1}, c = {records[n][1]:.2f}")
    figure.colorbar(image, ax=figure.axes, shrink=0.8, label="E11 - E22")
    solid = figure.add_subplot(2, 2, 3, projection="3d")
    u = records[-1][-1].u
    corners = mesh.p + 1.5 * u.reshape(-1, 3).T
    faces, colours = outside(mesh, corners, difference(records[-1]))
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    solid.add_collection3d(Poly3DCollection(faces, facecolors=TWO(0.5 + colours / 0.3), edgecolors=(0, 0, 0, 0.25), linewidths=0.3))
    low, high = corners.min(axis=1), corners.max(axis=1)
    solid.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]), title="At the end, displacements x 1.5")
    solid.set_box_aspect(high - low, zoom=1.25)
    solid.view_init(50, -60)
    solid.set_axis_off()
    residuals(figure.add_subplot(2, 2, 4), records, picked[1:])
    figure.savefig(path, dpi=130)
    plt.close(figure)


def outside(mesh, corners, values):
    """The outer faces of cells as lists of corners, with the values of their cells."""
    faces, colours = [], []
    for facet in mesh.boundary_facets():
        cell = mesh.f2t[0, facet]
        # The four corners of a face around their middle.
        nodes = mesh.facets[:, facet]
        points = mesh.p[:, nodes].T
        flat = np.argmin(np.ptp(points, axis=0))
        a, b = [k for k in range(3) if k != flat]
        middle = points.mean(axis=0)
        around = np.argsort(np.arctan2(points[:, b] - middle[b], points[:, a] - middle[a]))
        faces.append(corners[:, nodes[around]].T)
        colours.append(values[cell])
    return faces, np.array(colours)


def cycle(path, records):
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    pulled, force = np.array([record[:2] for record in records]).T
    axes[0].plot(pulled, force)
    axes[0].set(xlabel="mean strain", ylabel="force", title="Two cycles of a tapered bar with memory")
    work = np.concatenate([[0], np.cumsum(0.5 * (force[1:] + force[:-1]) * np.diff(pulled))])
    totals = np.array([record[-1].totals for record in records])
    stored = totals[:, 0] - totals[0, 0]
    steps = np.arange(len(records))
    axes[1].stackplot(steps, totals[:, 1], stored, labels=["dissipated", "change of free energy"], alpha=0.6)
    axes[1].plot(steps, work, "k--", linewidth=1, label="work")
    axes[1].set(xlabel="increment", ylabel="energy", title="Balance")
    axes[1].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def draw(folder, pulled, cooled, loops):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    bar(folder / "bar.png", pulled)
    block(folder / "block.png", *cooled)
    cycle(folder / "cycle.png", loops)
