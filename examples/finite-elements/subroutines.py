"""UMAT and VUMAT as functions of NumPy arrays: exported by `multiwell`, compiled by gfortran, called through ctypes."""

import ctypes
import os
import pathlib
import shutil
import subprocess

import numpy as np

# What compilers may say of the files, but for the arguments that Abaqus hands over and nobody uses.
STRICT = ["-std=f2008", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wno-unused-dummy-argument"]
# Optimisation by the compiler.
LEVEL = "-O2"


def build(model, to, folder, *options):
    """Exports a model file as "umat" or "vumat" and compiles it, unless the folder has it; returns the path of the shared library."""
    program = os.environ.get("MULTIWELL_PROGRAM") or shutil.which("multiwell")
    if not program or not shutil.which("gfortran"):
        raise SystemExit("this needs the program multiwell (on PATH, or its path in MULTIWELL_PROGRAM) and gfortran")
    stem = "_".join([pathlib.Path(model).stem, to, *(option.strip("-").replace("=", "_") for option in options)])
    source, library = pathlib.Path(folder) / f"{stem}.f", pathlib.Path(folder) / f"{stem}.so"
    if library.exists():
        return library
    subprocess.run([program, "export", str(model), "--to", to, "--out", str(source), *options], check=True)
    subprocess.run(["gfortran", LEVEL, "-shared", "-fPIC", *STRICT, f"-J{folder}", str(source), "-o", str(library)], check=True)
    return library


def addresses(array):
    """The address of each point's part of an array [points, ...]."""
    return [array.ctypes.data + k * array.strides[0] for k in range(len(array))]


class Umat:
    """A UMAT, called for many points one after the other."""

    def __init__(self, library, ndi, nshr, states=0, props=(0.0,)):
        self.function = ctypes.CDLL(str(library)).umat_
        self.function.restype = None
        self.shape = (ndi, nshr, ndi + nshr, states)
        self.props = np.array(props, dtype=float)

    def __call__(self, stran, dstran, statev, energies, dtime, field=0.0, gradients=None):
        """From strains [points, ntens], states [points, states] and energies [points, 3] before an increment, and its increments of strain, or the deformation
        gradients before and after it [2, points, 3, 3]: stress, tangent, states, energies (SSE, SPD, SCD) after it, and the least PNEWDT."""
        ndi, nshr, ntens, states = self.shape
        points = len(stran)
        integer, number = (lambda value: np.array([value], dtype=np.intc)), (lambda value: np.array([value], dtype=float))
        stress, tangent = np.zeros((points, ntens)), np.zeros((points, ntens, ntens))
        stran, dstran = (np.ascontiguousarray(a, dtype=float) for a in (stran, dstran))
        # A state at least, so that there is an address.
        after, energies = np.zeros((points, max(states, 1))), np.array(energies, dtype=float)
        after[:, :states] = statev
        if gradients is None:
            gradients = np.broadcast_to(np.eye(3), (2, points, 3, 3))
        # Fortran's matrices are stored by columns.
        before, now = (np.ascontiguousarray(np.swapaxes(f, -1, -2)) for f in gradients)
        fields = np.ascontiguousarray(np.broadcast_to(field, (points,)).reshape(points, 1), dtype=float)
        pnewdt, zero, none = number(1.0), number(0.0), np.zeros(100)
        name = ctypes.create_string_buffer(b"MATERIAL".ljust(80), 80)
        scalars = dict(dtime=number(dtime), ndi=integer(ndi), nshr=integer(nshr), ntens=integer(ntens), nstatv=integer(states))
        scalars.update(nprops=integer(len(self.props)), one=integer(1))
        at = {key: value.ctypes.data for key, value in scalars.items()}
        none_at, zero_at, pnewdt_at, props_at = none.ctypes.data, zero.ctypes.data, pnewdt.ctypes.data, self.props.ctypes.data
        per_point = zip(*map(addresses, (stress, after, tangent, energies, stran, dstran, fields, before, now)))
        void = ctypes.c_void_p
        self.function.argtypes = [void] * 37 + [ctypes.c_size_t]
        name_at = ctypes.addressof(name)
        for s, state, c, energy, e, de, c_field, f0, f1 in per_point:
            self.function(
                s, state, c, energy, energy + 8, energy + 16, zero_at, none_at, none_at, zero_at,
                e, de, none_at, at["dtime"], zero_at, zero_at, c_field, none_at, name_at,
                at["ndi"], at["nshr"], at["ntens"], at["nstatv"], props_at, at["nprops"], none_at, none_at,
                pnewdt_at, zero_at, f0, f1, at["one"], at["one"], at["one"], at["one"], none_at, at["one"], 80,
            )
        return stress, np.swapaxes(tangent, 1, 2), after[:, :states], energies, pnewdt[0]


class Vumat:
    """A VUMAT, called for a block of points at once."""

    def __init__(self, library, ndir, nshr, states, props=(0.0,)):
        self.function = ctypes.CDLL(str(library)).vumat_
        self.function.restype = None
        self.shape = (ndir, nshr, states)
        self.props = np.array(props, dtype=float)

    def __call__(self, strain_inc, stress, states, energies, dt, field=0.0, stretches=None, density=1.0, time=1.0):
        """From increments of strain [points, n] in Abaqus's order (11, 22, 33, 12, 23, 31, entries of the tensor), and the stress, the states and the energies [points, 2]
        before them (or the stretches before and after, [2, points, n]): stress, states and energies (internal and inelastic, per mass)."""
        ndir, nshr, count = self.shape
        points, n = strain_inc.shape
        integer, number = (lambda value: np.array([value], dtype=np.intc)), (lambda value: np.array([value], dtype=float))
        columns = lambda array: np.array(array, dtype=float, order="F")
        stretches = np.zeros((2, points, n)) if stretches is None else stretches
        arrays = [columns(a) for a in (strain_inc, stretches[0], stretches[1], stress, states)]
        inc, stretch_old, stretch_new, stress_old, state_old = arrays
        stress_new, state_new = np.zeros((points, n), order="F"), np.zeros((points, count), order="F")
        old, new = columns(energies), np.zeros((points, 2), order="F")
        fields, none = columns(np.broadcast_to(field, (points, 1))), np.zeros((points, 9), order="F")
        densities = np.full(points, float(density))
        name = ctypes.create_string_buffer(b"MATERIAL".ljust(80), 80)
        head = [integer(points), integer(ndir), integer(nshr), integer(count), integer(1), integer(len(self.props)), integer(0)]
        head += [number(time), number(time), number(dt)]
        body = [none, none, self.props, densities, inc, none, none, stretch_old, none, fields, stress_old, state_old, old[:, 0], old[:, 1]]
        body += [none, stretch_new, none, fields, stress_new, state_new, new[:, 0], new[:, 1]]
        self.function.argtypes = [ctypes.c_void_p] * (len(head) + 1 + len(body)) + [ctypes.c_size_t]
        given = [a.ctypes.data for a in head] + [ctypes.addressof(name)] + [a.ctypes.data for a in body]
        self.function(*given, 80)
        return stress_new, state_new, new
