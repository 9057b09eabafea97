"""Densities learnt from samples."""

import json

import numpy as np
from sklearn.base import DensityMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from . import _landscape
from ._base import Surface
from ._components import Components
from ._multiwell import fit_density

#: Maximum number of cells for drawing samples.
_CELLS = 1 << 18


class MultiwellDensity(DensityMixin, Surface):
    """The density of samples of one to three quantities as ``exp(-Psi / kT) / Z``, with a potential that has a well for each of its modes.

    Parameters
    ----------
    modes : int, optional
        Number of modes that are offered; the fit may leave some unused.
    components : int, optional
        Number of principal components, from one to three, in which the density of more quantities is learnt. The remainder of the samples is
        assumed to be normal and equally wide in all directions. Without it, more than three quantities are refused.
    hidden : int or sequence of int, optional
        Widths of the hidden layers of each mode.
    epochs : int, optional
        The last epoch.
    random_state : int, RandomState instance or None, default 1
        Seed of the initial weights, as in :class:`MultiwellRegressor`.
    n_jobs : int, optional
        Number of threads of a fit, as in :class:`MultiwellRegressor`.
    kT : float, optional
        Thermal energy, for several quantities or weighted samples. The potential has its unit; one if absent.
    blocks : int, optional
        Number of independent blocks of consecutive samples. Without it, the number of independent samples is computed from the order of the
        rows. 1 states that all samples are independent; rows that were joined mode by mode need this.
    periodic : str or dict, optional
        Periodic quantities with their periods, as in :class:`MultiwellRegressor`.
    uncertainty : bool or int, default False
        Whether minima, barriers and free energies get intervals.
    settings : dict, optional
        Any other setting of the command line by its name.
    progress : bool or callable, default False
        As in :class:`MultiwellRegressor`.

    Attributes
    ----------
    landscape_ : Landscape
        Minima of ``Psi`` (for one quantity, of ``-log q``) with barriers, populations and free energies; saddles; and paths.
    metrics_, warnings_, history_, model_, n_features_in_, feature_names_in_
        As in :class:`MultiwellRegressor`.

    Examples
    --------
    >>> import numpy as np
    >>> from multiwell import MultiwellDensity
    >>> random = np.random.default_rng(0)
    >>> samples = np.concatenate([random.normal(-2, 0.5, 200), random.normal(2, 0.5, 600)])
    >>> model = MultiwellDensity().fit(random.permutation(samples)[:, np.newaxis])
    >>> [round(well.population, 2) for well in model.landscape_.wells]
    [0.25, 0.75]
    >>> model.sample(5, random_state=0).shape
    (5, 1)
    """

    _kinds = ("density", "joint")

    def __init__(
        self,
        modes=None,
        *,
        components=None,
        hidden=None,
        epochs=None,
        random_state=1,
        n_jobs=None,
        kT=None,
        blocks=None,
        periodic=None,
        uncertainty=False,
        settings=None,
        progress=False,
    ):
        self.modes = modes
        self.components = components
        self.hidden = hidden
        self.epochs = epochs
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.kT = kT
        self.blocks = blocks
        self.periodic = periodic
        self.uncertainty = uncertainty
        self.settings = settings
        self.progress = progress

    def fit(self, X, y=None, sample_weight=None):
        """Learns the density from which the rows of ``X`` were drawn. Weights correct for a bias under which they were drawn."""
        X = validate_data(self, X, dtype=np.float64, order="C", ensure_min_samples=2)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            if np.all(sample_weight == sample_weight[0]):
                sample_weight = None
        self._components, names = None, self._names()
        if self.components is not None and not 1 <= self.components <= 3:
            raise ValueError(f"components must be a whole number from 1 to 3, not {self.components}")
        if self.components is not None and self.components < X.shape[1]:
            self._components = Components(X, sample_weight, self.components)
            X, names = self._components.of(X), [f"component {k + 1}" for k in range(self.components)]
        return self._train(fit_density, X, sample_weight, names)

    def _restore(self, model):
        self._components = None
        super()._restore(model)

    def save(self, path):
        """Writes the model file, which cannot contain principal components."""
        self._exported()
        super().save(path)

    def _exported(self):
        if getattr(self, "_components", None) is not None:
            raise ValueError("a model file does not hold principal components; pickle the estimator, or fit the components themselves")
        return super()._exported()

    def _describe(self):
        super()._describe()
        metrics = self.metrics_
        if self._model.kind == "density":
            survey = {"threshold": 0.0, "maxima": [], "paths": [], "partial": False}
            wells = metrics["minima"][-1] if metrics else json.loads(self._model.wells())
            self.landscape_.minima = _landscape.of_survey(survey, wells).minima
            # The potential is known up to a constant, and is shown as -log q.
            for saddle in self.landscape_.saddles:
                saddle.value += self._model.log_z
        elif metrics.get("density"):
            joint = metrics["density"]
            unknown = [None] * len(self.landscape_.minima)
            intervals = [joint.get(name) or unknown for name in ("population_intervals", "free_energy_intervals")]
            of_basins = zip(self.landscape_.minima, joint["populations"], joint["free_energies"], *intervals)
            for minimum, population, energy, of_population, of_energy in of_basins:
                minimum.population, minimum.free_energy = population, energy
                minimum.population_interval = None if of_population is None else tuple(of_population)
                minimum.free_energy_interval = None if of_energy is None else tuple(of_energy)
        self._drawn = self.landscape_
        if self._components is not None:
            self.landscape_ = _landscape.in_place(self.landscape_, self._components.back)

    def potential(self, X):
        """``-kT log q`` at points, ``(n_samples,)``. Its derivatives are ``gradient`` and ``hessian``."""
        X, kT = self._checked(X), self._model.kt or 1.0
        if self._components is None:
            return self._model.value(X) + self._model.log_z
        return self._model.value(self._components.of(X)) + self._model.log_z + kT * self._components.energy(X)

    def gradient(self, X):
        """Derivatives of the potential by the quantities, ``(n_samples, n_features)``."""
        if getattr(self, "_components", None) is None:
            return super().gradient(X)
        X, of, kT = self._checked(X), self._components, self._model.kt or 1.0
        return self._model.gradient(of.of(X)) @ of.axes + kT * of.beside(X) / of.variance

    def hessian(self, X):
        """Second derivatives of the potential, ``(n_samples, n_features, n_features)``."""
        if getattr(self, "_components", None) is None:
            return super().hessian(X)
        X, of, kT = self._checked(X), self._components, self._model.kt or 1.0
        return of.axes.T @ self._model.hessian(of.of(X)) @ of.axes + kT * of.curvature()

    def responsibilities(self, X):
        """Contributions of the modes to the soft minimum, ``(n_samples, modes)``; each row sums to one."""
        if getattr(self, "_components", None) is None:
            return super().responsibilities(X)
        X = self._checked(X)
        return self._model.responsibilities(self._components.of(X))

    def score_samples(self, X):
        """Logarithm of the density at points, ``(n_samples,)``."""
        return self.potential(X) / -(self._model.kt or 1.0)

    def score(self, X, y=None):
        """Mean logarithm of the density at points."""
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples=1, random_state=None):
        """Draws samples from the density inside its domain, ``(n_samples, n_features)``."""
        check_is_fitted(self)
        random = check_random_state(random_state)
        domain = np.array(self._model.domain)
        low, width, inputs = domain[:, 0], domain[:, 1] - domain[:, 0], len(domain)
        count = max(2, int(_CELLS ** (1 / inputs)))
        axes = [low[k] + width[k] * (np.arange(count) + 0.5) / count for k in range(inputs)]
        centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, inputs)
        log_q = self._log_density(centres)
        total = np.cumsum(np.exp(log_q - log_q.max()))
        drawn, found = [], 0
        # Cells are drawn by the density at their centres, and points inside them uniformly. The ratio of the two densities decides which are kept.
        bound = 1.0
        while found < n_samples:
            many = max(1024, 2 * (n_samples - found))
            cells = np.minimum(np.searchsorted(total, random.uniform(0, total[-1], many), side="right"), len(total) - 1)
            places = centres[cells] + width / count * random.uniform(-0.5, 0.5, (many, inputs))
            ratio = np.exp(self._log_density(places) - log_q[cells])
            if ratio.max() > bound:
                bound, drawn, found = 1.1 * ratio.max(), [], 0
            kept = places[random.uniform(0, bound, many) < ratio]
            drawn.append(kept)
            found += len(kept)
        places = np.concatenate(drawn)[:n_samples]
        return places if self._components is None else self._components.draw(places, random)

    def _log_density(self, X):
        return (self._model.value(np.ascontiguousarray(X)) + self._model.log_z) / -(self._model.kt or 1.0)
