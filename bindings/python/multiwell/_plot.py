"""Figures by matplotlib."""

import numpy as np


def surface(estimator, X, y, ax, inputs, points):
    """Draws a curve, or contours over two inputs."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plot() needs matplotlib; install it") from error
    ax = plt.gca() if ax is None else ax
    model = estimator._model
    if not model.domain:
        raise ValueError("the model file does not contain the domain of its fit, so there is nothing to draw")
    domain = np.array(model.domain)
    draw = _curve if len(domain) == 1 else _contours
    X = None if X is None else np.asarray(X, dtype=float)
    components = getattr(estimator, "_components", None)
    if X is not None and components is not None:
        X = components.of(X)
    draw(estimator, getattr(estimator, "_drawn", estimator.landscape_), X, y, ax, inputs, points, domain)
    return ax


def _psi(estimator, x):
    return estimator._model.value(np.ascontiguousarray(x)) + estimator._model.log_z


def _curve(estimator, landscape, X, y, ax, _inputs, points, domain):
    model = estimator._model
    if X is not None and y is not None:
        ax.plot(X.ravel(), np.asarray(y, dtype=float).ravel(), ".", color="0.6", markersize=4, label="data")
    elif X is not None:
        ax.plot(X.ravel(), np.zeros(X.size), "|", color="0.6", label="data", transform=ax.get_xaxis_transform())
    x = np.linspace(*domain[0], max(points, 2))
    ax.plot(x, _psi(estimator, x[:, np.newaxis]), color="C0", label="fit")
    for minimum in landscape.minima:
        ax.plot(minimum.x, [minimum.value], "o", color="C3" if minimum.is_well else "0.5")
        if minimum.is_well and minimum.barrier is not None:
            ax.annotate(
                f"{minimum.barrier:.3g}", (minimum.x[0], minimum.value), (0, -14), textcoords="offset points", ha="center", color="C3"
            )
    is_density = model.kind == "density"
    ax.set_xlabel(model.inputs[0])
    ax.set_ylabel("−log q" if is_density else model.outputs[0])
    ax.margins(y=0.12)
    if X is not None:
        ax.legend()


def _contours(estimator, landscape, X, y, ax, inputs, points, domain):
    model = estimator._model
    i, j = inputs
    axes = [np.linspace(*domain[k], max(points, 2)) for k in (i, j)]
    lowest = min(landscape.minima, key=lambda m: m.value).x if landscape.minima else domain.mean(axis=1)
    places = np.tile(lowest, (len(axes[0]) * len(axes[1]), 1))
    places[:, i], places[:, j] = (grid.ravel() for grid in np.meshgrid(*axes))
    psi = _psi(estimator, places).reshape(len(axes[1]), len(axes[0]))
    # Far from the data the potential grows without bound and would take all colours, so the colours end at twice the height of the passes.
    passes = [m.value + m.barrier for m in landscape.minima if m.barrier is not None] + [p.height for p in landscape.paths]
    top = psi.min() + 2 * (max(passes) - psi.min()) if passes else np.percentile(psi, 75)
    top = min(psi.max(), top) if top > psi.min() else psi.max()
    drawn = ax.contourf(*axes, psi, levels=np.linspace(psi.min(), top, 25), extend="max", cmap="viridis")
    ax.figure.colorbar(drawn, ax=ax, label=model.outputs[0])
    if X is not None:
        ax.plot(X[:, i], X[:, j], ".", color="white", alpha=0.4, markersize=2)
    for path in landscape.paths:
        ax.plot(path.points[:, i], path.points[:, j], color="white", linewidth=1.2)
        ax.plot(path.saddle[i], path.saddle[j], "x", color="white")
    for minimum in landscape.wells:
        ax.plot(minimum.x[i], minimum.x[j], "o", color="C3", markeredgecolor="white")
    ax.set_xlim(*domain[i])
    ax.set_ylim(*domain[j])
    ax.set_xlabel(model.inputs[i])
    ax.set_ylabel(model.inputs[j])
