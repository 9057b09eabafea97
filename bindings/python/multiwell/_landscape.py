"""Minima, saddles and paths of a fitted landscape."""

from dataclasses import dataclass, field, replace

import numpy as np


def _array(numbers):
    return np.array(numbers, dtype=np.float64)


def _pair(ends):
    return None if ends is None else (float(ends[0]), float(ends[1]))


@dataclass(eq=False)
class Minimum:
    """A local minimum. Intervals contain the truth with a probability of nine tenths; they exist if `uncertainty` was set.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import MultiwellRegressor
    >>> x = np.linspace(-2, 2, 100)
    >>> model = MultiwellRegressor().fit(x[:, np.newaxis], (x**2 - 1) ** 2)
    >>> minimum = model.landscape_.minima[0]
    >>> round(float(minimum.x[0]), 1), round(minimum.barrier, 1), minimum.is_well
    (-1.0, 1.0, True)
    """

    x: np.ndarray
    value: float
    #: Lowest rise on a path to another well or out of the domain.
    barrier: float | None = None
    barrier_at: np.ndarray | None = None
    #: Whether `barrier_at` lies on the edge of the data, beyond which the barrier may be higher.
    barrier_at_edge: bool = False
    #: Whether the barrier is above the threshold. Other minima are ripples.
    is_well: bool = True
    #: Eigenvalues of the Hessian.
    curvatures: np.ndarray = field(default_factory=lambda: _array([]))
    #: Modes that hold the minimum: a single one, or those that share it. Empty for a density of one quantity.
    modes: list = field(default_factory=list)
    #: Responsibilities of these modes at the minimum.
    responsibilities: np.ndarray = field(default_factory=lambda: _array([]))
    x_interval: np.ndarray | None = None
    value_interval: tuple | None = None
    barrier_interval: tuple | None = None
    #: Lower bound of the barrier in place of an interval. `barrier_at` then lies on the edge of the data, or a density has too few samples
    #: around it.
    barrier_bound: float | None = None
    #: Probability of the basin, and its free energy above the most probable basin, for a density.
    population: float | None = None
    population_interval: tuple | None = None
    free_energy: float | None = None
    free_energy_interval: tuple | None = None
    #: Whether the samples support the well at 95 %, for a density of one quantity.
    is_certain: bool | None = None


@dataclass(eq=False)
class Saddle:
    """A saddle; for a curve, a maximum. `curvatures` is empty on a kink between two modes, where the slope jumps.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import MultiwellRegressor
    >>> x = np.linspace(-2, 2, 100)
    >>> model = MultiwellRegressor().fit(x[:, np.newaxis], (x**2 - 1) ** 2)
    >>> [round(saddle.value, 1) for saddle in model.landscape_.saddles]
    [1.0]
    """

    x: np.ndarray
    value: float
    curvatures: np.ndarray


@dataclass(eq=False)
class Path:
    """A minimum energy path over a saddle. `minima` are indices; `None` is a path out of the domain.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import MultiwellRegressor
    >>> x = np.random.default_rng(0).uniform(-1.5, 1.5, size=(300, 2))
    >>> model = MultiwellRegressor(4).fit(x, (x[:, 0] ** 2 - 1) ** 2 + x[:, 1] ** 2)
    >>> [(path.minima, round(path.height, 1)) for path in model.landscape_.paths if None not in path.minima]
    [((0, 1), 1.0)]
    """

    minima: tuple
    saddle: np.ndarray
    height: float
    points: np.ndarray
    values: np.ndarray


@dataclass(eq=False)
class Landscape:
    """Minima, saddles, and paths between minima.

    Minima of one input are sorted from left to right, those of several inputs by value, the lowest first.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import MultiwellRegressor
    >>> x = np.linspace(-2, 2, 100)
    >>> landscape = MultiwellRegressor().fit(x[:, np.newaxis], (x**2 - 1) ** 2).landscape_
    >>> len(landscape.wells), len(landscape.saddles)
    (2, 1)
    """

    minima: list
    saddles: list
    paths: list
    #: Smallest barrier of a well.
    threshold: float
    #: Whether the search was stopped early. Minima and saddles may then be missing, and barriers may be too high.
    is_partial: bool = False

    @property
    def wells(self):
        """Minima that are wells."""
        return [minimum for minimum in self.minima if minimum.is_well]

    def __str__(self):
        def number(value, interval=None):
            if value is None:
                return "-"
            half = "" if interval is None else f" ± {(interval[1] - interval[0]) / 2:.2g}"
            return f"{value + 0.0:.4g}{half}"

        def place(minimum):
            intervals = minimum.x_interval if minimum.x_interval is not None else [None] * len(minimum.x)
            return ", ".join(number(x, interval) for x, interval in zip(minimum.x, intervals))

        has_populations = any(minimum.population is not None for minimum in self.minima)
        rows = [["minimum at", "value", "barrier", *(["population", "free energy"] if has_populations else []), ""]]
        for minimum in self.minima:
            note = "" if minimum.is_well else "no well"
            if minimum.is_well and minimum.barrier_bound is not None:
                note = "barrier at the edge of the data" if minimum.barrier_at_edge else "too few samples around the pass"
            barrier = number(minimum.barrier, minimum.barrier_interval)
            if minimum.barrier is not None and minimum.barrier_bound is not None:
                barrier = f">= {number(minimum.barrier_bound)}"
            row = [place(minimum), number(minimum.value, minimum.value_interval), barrier]
            if has_populations:
                row += [number(minimum.population, minimum.population_interval), number(minimum.free_energy, minimum.free_energy_interval)]
            rows.append([*row, note])
        widths = [max(map(len, column)) for column in zip(*rows)][:-1]
        lines = ["  ".join([*(cell.rjust(width) for cell, width in zip(row, widths)), row[-1]]) for row in rows]
        def count(many, what):
            return f"{many} {what}" if many == 1 else f"{many} {what}s"

        is_curve = any(len(point.x) == 1 for point in self.minima + self.saddles)
        passes = count(len(self.saddles), "maximum") if is_curve else count(len(self.paths), "path")
        counts = f"{count(len(self.wells), 'well')}, {passes.replace('maximums', 'maxima')}"
        counts += ", the search is not complete" if self.is_partial else ""
        return "\n".join([counts, *(line.rstrip() for line in lines)])


def of_survey(survey, minima=None):
    """Returns the landscape of a survey in JSON. `minima`, if given, replace the minima of the survey."""
    threshold = survey["threshold"]
    given = survey["minima"] if minima is None else minima

    def minimum(found):
        interval, barrier = found.get("interval"), found.get("barrier")
        certain = found.get("supported") if found.get("mass") is not None else None
        return Minimum(
            x=_array(found["x"]),
            value=found["value"],
            barrier=barrier,
            barrier_at=None if found.get("barrier_at") is None else _array(found["barrier_at"]),
            barrier_at_edge=found.get("barrier_at_edge", False),
            # A density of one quantity may have a single well, which has no barrier.
            is_well=found.get("supported", True) and (certain is not None or (barrier is not None and barrier > threshold)),
            curvatures=_array(found.get("curvatures", [])),
            modes=found.get("modes", []),
            responsibilities=_array(found.get("responsibilities", [])),
            x_interval=None if interval is None else _array(interval["x"]),
            value_interval=None if interval is None else _pair(interval["value"]),
            barrier_interval=_pair(found.get("barrier_interval")),
            barrier_bound=found.get("barrier_bound"),
            population=found.get("mass"),
            population_interval=_pair(found.get("mass_interval")),
            free_energy=found.get("delta_g"),
            free_energy_interval=_pair(found.get("delta_g_interval")),
            is_certain=certain,
        )

    return Landscape(
        minima=[minimum(found) for found in given],
        saddles=[Saddle(_array(s["x"]), s["value"], _array(s["curvatures"])) for s in survey["maxima"]],
        paths=[
            Path(tuple(p["minima"]), _array(p["saddle"]), p["height"], _array(p["points"]), _array(p["values"]))
            for p in survey["paths"]
        ],
        threshold=threshold,
        is_partial=survey["partial"],
    )


def in_place(landscape, back):
    """Returns the landscape in other coordinates. Intervals of positions are left out, because they refer to the old coordinates."""

    def moved(place):
        return None if place is None else back(place)

    return replace(
        landscape,
        minima=[replace(m, x=moved(m.x), barrier_at=moved(m.barrier_at), x_interval=None) for m in landscape.minima],
        saddles=[replace(s, x=moved(s.x)) for s in landscape.saddles],
        paths=[replace(p, saddle=moved(p.saddle), points=moved(p.points)) for p in landscape.paths],
    )
