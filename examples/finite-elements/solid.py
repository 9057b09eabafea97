"""Quasi-static structures of points that a UMAT answers for, by scikit-fem and Newton's method."""

import dataclasses

import numpy as np
import scipy.sparse
import skfem

# Abaqus's order of the entries of a tensor.
PAIRS = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]


def tensor(entries):
    """Symmetric tensors [..., 3, 3] of vectors of entries [..., 4 or 6]."""
    full = np.zeros(entries.shape[:-1] + (3, 3))
    for k in range(entries.shape[-1]):
        i, j = PAIRS[k]
        full[..., i, j] = full[..., j, i] = entries[..., k]
    return full


def tensor4(matrix):
    """A tangent in Voigt's order [..., n, n], its columns by shear angles, as [..., 3, 3, 3, 3]."""
    full = np.zeros(matrix.shape[:-2] + (3, 3, 3, 3))
    for a in range(matrix.shape[-2]):
        for b in range(matrix.shape[-1]):
            (i, j), (k, l) = PAIRS[a], PAIRS[b]
            for p, q in {(i, j), (j, i)}:
                for r, s in {(k, l), (l, k)}:
                    full[..., p, q, r, s] = matrix[..., a, b]
    return full


def entries(full):
    """The vectors with shear angles [..., 6] of symmetric tensors of strain."""
    return np.stack([full[..., i, j] * (1 if i == j else 2) for i, j in PAIRS], axis=-1)


def nominal(stress, tangent, f):
    """Cauchy's stress and the tangent of the Jaumann rate, as UMAT gives them, to the stress of Piola by the reference area and its derivative by the deformation gradient."""
    ratio, inverse, one = np.linalg.det(f), np.linalg.inv(f), np.eye(3)
    tau = tensor(stress) * ratio[:, None, None]
    a = tensor4(tangent) * ratio[:, None, None, None, None]
    turn = np.einsum("ik,xlj->xijkl", one, tau) - np.einsum("il,xkj->xijkl", one, tau)
    turn += np.einsum("xil,jk->xijkl", tau, one) - np.einsum("xik,jl->xijkl", tau, one)
    a += 0.5 * turn - np.einsum("xil,jk->xijkl", tau, one)
    return tau @ np.swapaxes(inverse, 1, 2), np.einsum("xJj,xijkl,xLl->xiJkL", inverse, a, inverse, optimize=True)


@dataclasses.dataclass
class Step:
    """What came of an increment."""

    u: np.ndarray
    stress: np.ndarray
    states: np.ndarray
    energies: np.ndarray
    totals: np.ndarray
    forces: np.ndarray
    residuals: list


class Structure:
    """A mesh of one material: a bar (of one direction), or a solid in small or large displacements."""

    def __init__(self, mesh, element, material, finite=False, areas=None, fibres=0.0):
        """`areas` are those of the cells of a bar, which linear elastic fibres of the stiffness `fibres` may go along with."""
        self.dimension = mesh.dim()
        vector = element if self.dimension == 1 else skfem.ElementVector(element)
        self.mesh, self.basis = mesh, skfem.Basis(mesh, vector, intorder=2)
        self.material, self.finite, self.fibres = material, finite, fibres
        d, local = self.dimension, self.basis.Nbfun
        grads = [np.broadcast_to(self.basis.basis[k][0].grad, (d, *self.basis.dx.shape)) if d == 1 else self.basis.basis[k][0].grad for k in range(local)]
        # Derivatives of the local functions, [points, d * d, local].
        self.b = np.stack([g.reshape(d * d, -1) for g in grads], axis=-1).transpose(1, 0, 2)
        weights = self.basis.dx * (1.0 if areas is None else areas[:, None])
        self.weights = weights.ravel()
        self.places = self.basis.element_dofs
        points = len(self.weights)
        count = material.shape[3]
        self.u, self.states, self.energies = np.zeros(self.basis.N), np.zeros((points, count)), np.zeros((points, 3))
        self.forces = np.zeros(self.basis.N)

    def gradient(self, u):
        """The gradient of displacements at the points, [points, d, d]."""
        local = np.repeat(u[self.places].T, self.basis.dx.shape[1], axis=0)
        return np.einsum("xdl,xl->xd", self.b, local).reshape(-1, self.dimension, self.dimension)

    def loads(self, stress):
        """The forces of a stress that is given for each cell, [cells, d * d]."""
        at = np.repeat(stress, self.basis.dx.shape[1], axis=0) * self.weights[:, None]
        local = np.einsum("xdl,xd->xl", self.b, at).reshape(*self.basis.dx.shape, -1).sum(axis=1)
        return np.bincount(self.places.T.ravel(), local.ravel(), self.basis.N)

    def strain(self, gradient):
        if self.dimension == 1:
            return gradient[:, 0]
        return entries(0.5 * (gradient + np.swapaxes(gradient, 1, 2)))

    def response(self, u, dtime, field):
        """Stress by the reference area and its tangent, both flat, and the states and energies after an increment to `u`."""
        old, new = self.gradient(self.u), self.gradient(u)
        strain = self.strain(old)
        f = None if not self.finite else np.stack([old, new]) + np.eye(3)
        stress, tangent, states, energies, pnewdt = self.material(
            strain, self.strain(new) - strain, self.states, self.energies, dtime, field, f
        )
        assert pnewdt == 1.0, "the material asks for a shorter increment"
        if self.dimension == 1:
            whole = stress + self.fibres * new[:, 0], tangent + self.fibres
            return *whole, (states, energies, stress, np.ones(len(stress)))
        if not self.finite:
            return tensor(stress).reshape(-1, 9), tensor4(tangent).reshape(-1, 9, 9), (states, energies, stress, np.ones(len(stress)))
        p, a = nominal(stress, tangent, f[1])
        return p.reshape(-1, 9), a.reshape(-1, 9, 9), (states, energies, stress, np.linalg.det(f[1]))

    def internal(self, u, dtime, field):
        """The internal forces, their derivative, and what is kept."""
        stress, tangent, kept = self.response(u, dtime, field)
        bw = self.b * self.weights[:, None, None]
        local = self.basis.Nbfun
        cells = self.basis.dx.shape
        r = np.einsum("xdl,xd->xl", bw, stress).reshape(*cells, local).sum(axis=1)
        k = np.matmul(np.swapaxes(bw, 1, 2), np.matmul(tangent, self.b)).reshape(*cells, local, local).sum(axis=1)
        forces = np.bincount(self.places.T.ravel(), r.ravel(), self.basis.N)
        rows = np.repeat(self.places.T[:, :, None], local, axis=2)
        matrix = scipy.sparse.coo_matrix((k.ravel(), (rows.ravel(), np.swapaxes(rows, 1, 2).ravel())), shape=(self.basis.N,) * 2)
        return forces, matrix.tocsr(), kept

    def step(self, held, values, loads, dtime, field=0.0, tolerance=1e-9, most=25):
        """An increment by Newton's method: displacements `values` at the degrees of freedom `held`, `loads` at the others."""
        u, residuals = self.u.copy(), []
        free = np.setdiff1d(np.arange(self.basis.N), held)
        change = np.zeros_like(u)
        change[held] = values - u[held]
        for _ in range(most):
            forces, matrix, kept = self.internal(u, dtime, field)
            rest = loads - forces
            if residuals or not np.any(change):
                scale = max(np.abs(forces).max(), np.abs(loads).max(), 1e-30)
                residuals.append(np.abs(rest[free]).max() / scale)
                if residuals[-1] < tolerance:
                    break
            else:
                residuals.append(np.inf)
            moved = skfem.solve(*skfem.condense(matrix, rest, x=change, D=held))
            u = u + moved
            change = np.zeros_like(u)
        else:
            raise RuntimeError(f"Newton's method does not converge: {residuals}")
        (states, energies, stress, volume), self.u = kept, u
        self.states, self.energies, self.forces = states, energies, forces
        totals = (self.weights[:, None] * volume[:, None] * energies).sum(axis=0)
        if self.fibres:
            totals[0] += 0.5 * self.fibres * (self.weights * self.gradient(u)[:, 0, 0] ** 2).sum()
        return Step(u, stress, states, energies, totals, forces, [r for r in residuals if np.isfinite(r)])
