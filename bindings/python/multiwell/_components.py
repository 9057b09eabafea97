"""Principal components of samples of many quantities. The density is learnt in the first components."""

import numpy as np


class Components:
    """The first principal components. The remainder of the samples is normal and equally wide in all directions, as in probabilistic principal
    component analysis (Tipping and Bishop, 1999)."""

    def __init__(self, X, weights, count):
        self.mean = np.average(X, axis=0, weights=weights)
        weights = np.ones(len(X)) if weights is None else weights
        shares = weights / weights.sum()
        _, spread, axes = np.linalg.svd((X - self.mean) * np.sqrt(shares)[:, np.newaxis], full_matrices=False)
        # The largest part of an axis is positive, so that equal samples have equal axes.
        largest = np.take_along_axis(axes, np.argmax(np.abs(axes), axis=1)[:, np.newaxis], axis=1)
        self.axes = (axes * np.sign(largest))[:count]
        self.rest = X.shape[1] - count
        self.variance = float((spread[count:] ** 2).sum() / self.rest)
        if self.variance <= 1e-14 * float((spread**2).sum()):
            raise ValueError(f"the samples vary in {count} principal components only, so they have no density in {X.shape[1]} quantities")

    def of(self, X):
        """Converts points to components."""
        return np.ascontiguousarray((X - self.mean) @ self.axes.T)

    def back(self, z):
        """Converts components to points without a remainder."""
        return self.mean + z @ self.axes

    def beside(self, X):
        """Remainder of points after subtraction of their components."""
        return (X - self.mean) - self.of(X) @ self.axes

    def energy(self, X):
        """Minus the logarithm of the normal density of the remainder."""
        squares = (self.beside(X) ** 2).sum(axis=1)
        return 0.5 * (squares / self.variance + self.rest * np.log(2 * np.pi * self.variance))

    def curvature(self):
        """Second derivatives of `energy`."""
        return (np.eye(len(self.mean)) - self.axes.T @ self.axes) / self.variance

    def draw(self, z, random):
        """Draws samples with these components."""
        besides = random.normal(scale=np.sqrt(self.variance), size=(len(z), len(self.mean)))
        return self.back(z) + besides - besides @ self.axes.T @ self.axes
