"""A bar and a block of two wells that form laminates, and a bar with memory: structures of fitted materials, solved with the UMAT that `multiwell export` writes.

    python problems.py [--short] [--out FOLDER]

prints tables of what Newton's method needed, of the balance of energy, and of the tangent and its turning with the axes, and draws the structures.
"""

import argparse
import pathlib
import tempfile
import time

import numpy as np
import skfem

from solid import Structure, entries, tensor, tensor4
from subroutines import Umat, Vumat, build

HERE = pathlib.Path(__file__).parent
MODELS = {name: HERE / f"{name}.json" for name in ("two_wells", "mechanochemical", "metamaterial")}


# Residuals below this part of the forces are rounding: sums of some hundred numbers with 16 digits, through a stiffness.
ROUNDING = 1e-11


def last_three(residuals):
    """The residuals of the last three iterations before rounding."""
    return [value for value in residuals if value > ROUNDING][-3:]


def orders(residuals):
    """The order of convergence in the last three iterations: log(r2 / r1) / log(r1 / r0), or NaN if there are fewer."""
    r = last_three(residuals)
    return np.log(r[2] / r[1]) / np.log(r[1] / r[0]) if len(r) == 3 and r[2] < r[1] < r[0] else np.nan


def factor(residuals):
    """The largest C of r' = C r^2 in the last three iterations: as long as it is bounded, convergence is quadratic."""
    r = np.array(last_three(residuals))
    return (r[1:] / r[:-1] ** 2).max() if len(r) > 1 else np.nan


def bar(folder, cells=120, steps=80, viscosity=0.06):
    """A bar of a double-well energy is pulled from one well to the other."""
    umat = Umat(build(MODELS["two_wells"], "umat", folder, "--roles", "x=11"), 1, 0, props=[viscosity])
    mesh = skfem.MeshLine(np.linspace(0, 1, cells + 1))
    body = Structure(mesh, skfem.ElementLineP1(), umat)
    # Without a small stress that differs from cell to cell the bar would stay homogeneous for ever.
    loads = body.loads(np.random.default_rng(1).normal(size=(cells, 1)) * 2e-4)
    ends = body.basis.nodal_dofs[0, [0, cells]]
    body.u = -0.05 * mesh.p[0]
    records = []
    for n in range(steps + 1):
        pulled = -0.05 + 0.1 * n / steps
        step = body.step(ends, np.array([0.0, pulled]), loads, 1.0 / steps)
        strain = body.gradient(body.u)[::2, 0, 0]
        records.append((pulled, body.forces[ends[1]], strain, step))
    return records


def block(folder, cells=(20, 20, 1), steps=60, viscosity=9.0, finite=True):
    """A block, held at its sides half-way between two of the tetragonal phases, becomes tetragonal as its concentration falls."""
    options = ["--roles", "c=field1", "--measure", "lagrange" if finite else "small"]
    umat = Umat(build(MODELS["mechanochemical"], "umat", folder, *options), 3, 3, states=1, props=[viscosity])
    axes = [np.linspace(0, count / cells[0], count + 1) for count in cells]
    mesh = skfem.MeshHex.init_tensor(*axes)
    body = Structure(mesh, skfem.ElementHex1(), umat, finite=finite)
    basis, size = body.basis, mesh.p.max(axis=1)
    places = mesh.p
    sides = np.flatnonzero(np.any((places[:2] < 1e-9) | (places[:2] > size[:2, None] - 1e-9), axis=0))
    faces = np.flatnonzero((places[2] < 1e-9) | (places[2] > size[2] - 1e-9))
    nodal = basis.nodal_dofs
    held = np.unique(np.concatenate([nodal[0, sides], nodal[1, sides], nodal[2, faces]]))
    mean = np.array([0.25, 0.25, -0.5]) * 0.1 * np.sqrt(2 / 3)
    if finite:
        # The stretches that have these strains of Green and Lagrange.
        mean = np.sqrt(1 + 2 * mean) - 1
    # Long waves of a small stress, without which it would stay homogeneous for ever.
    rng, middles = np.random.default_rng(2), places[:, mesh.t].mean(axis=1)
    waves = [(rng.normal(), rng.uniform(0, 2 * np.pi), k, l) for k in range(-3, 4) for l in range(4) if k or l]
    wave = sum(size * np.cos(2 * np.pi * (k * middles[0] + l * middles[1]) + phase) for size, phase, k, l in waves)
    loads = body.loads(0.005 * wave[:, None] * np.array([1, 0, 0, 0, -1, 0, 0, 0, 0]))
    records = []
    for n in range(1, steps + 1):
        # Both are reached in two fifths of the time: the strain of the sides, and the concentration of the tetragonal phases.
        part, c = min(2.5 * n / steps, 1.0), max(1 - 2.5 * n / steps, 0.0)
        affine = np.zeros(basis.N)
        for k in range(3):
            affine[nodal[k]] = part * mean[k] * places[k]
        step = body.step(held, affine[held], loads, 1.0 / steps, field=c)
        gradient = body.gradient(body.u)
        strain = body.strain(gradient) if not finite else entries(0.5 * (np.swapaxes(gradient + np.eye(3), 1, 2) @ (gradient + np.eye(3)) - np.eye(3)))
        records.append((part, c, strain.reshape(*basis.dx.shape, 6).mean(axis=1), step))
    return mesh, records


def cycle(folder, steps, cells=20, cycles=2, fibres=0.6):
    """A tapered bar of the metamaterial, whose states move by play, and of elastic fibres is pulled and pressed: work, change of free energy, and dissipation.
    While play moves the metamaterial takes no more stress; it is the fibres that make the bar stable."""
    umat = Umat(build(MODELS["metamaterial"], "umat", folder, "--roles", "E11=11"), 1, 0, states=2)
    mesh = skfem.MeshLine(np.linspace(0, 1, cells + 1))
    body = Structure(mesh, skfem.ElementLineP1(), umat, areas=np.linspace(1.0, 0.7, cells), fibres=fibres)
    ends = body.basis.nodal_dofs[0, [0, cells]]
    loads = np.zeros(body.basis.N)
    begun = body.step(ends, np.zeros(2), loads, 0.0)
    records = [(0.0, body.forces[ends[1]], begun)]
    work = 0.0
    for n in range(1, steps + 1):
        pulled = 0.12 * (2 / np.pi) * np.arcsin(np.sin(2 * np.pi * cycles * n / steps))
        step = body.step(ends, np.array([0.0, pulled]), loads, 1.0 / steps)
        force = body.forces[ends[1]]
        work += 0.5 * (force + records[-1][1]) * (pulled - records[-1][0])
        records.append((pulled, force, step))
    stored, spent, _ = records[-1][2].totals
    return records, dict(steps=steps, work=work, stored=stored - begun.totals[0], dissipated=spent)


def turn(rng):
    """A rotation."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


def strains(rng, points, size=0.08):
    return rng.uniform(-size, size, (points, 6)) * [1, 1, 1, 2, 2, 2]


def tangents(folder, points=20):
    """The largest difference of each tangent from central differences of the stress, relative to its largest entry."""
    rng, found = np.random.default_rng(3), {}
    for name, states, options in (("mechanochemical", 1, ["--roles", "c=field1"]), ("metamaterial", 2, [])):
        e, c, history = strains(rng, points), rng.uniform(0, 1, points), strains(rng, points, 0.12)
        umat = Umat(build(MODELS[name], "umat", folder, *options), 3, 3, states=states, props=[0.3])
        zeros, energies = np.zeros((points, states)), np.zeros((points, 3))
        # Play is pushed somewhere first.
        kept = umat(0 * e, history, zeros, energies, 1.0, c)[2]
        at = lambda step: umat(0 * e, e + step, kept, energies, 0.5, c)
        tangent, h = at(0)[1], 1e-6
        columns = [(at(h * one)[0] - at(-h * one)[0]) / (2 * h) for one in np.eye(6)]
        found[name, "small"] = largest(tangent, np.stack(columns, axis=2))

        umat = Umat(build(MODELS[name], "umat", folder, *options, "--measure", "lagrange"), 3, 3, states=states, props=[0.3])
        f0, f1 = np.eye(3) + rng.uniform(-0.05, 0.05, (2, points, 3, 3))
        before = np.eye(3) + rng.uniform(-0.1, 0.1, (points, 3, 3))
        kept = umat(0 * e, 0 * e, zeros, energies, 1.0, c, np.stack([np.broadcast_to(np.eye(3), f0.shape), before]))[2]
        at = lambda f: umat(0 * e, 0 * e, kept, energies, 0.5, c, np.stack([f0, f]))
        tangent = at(f1)[1]
        columns = []
        for k in range(6):
            # Along a rate of deformation without spin the Jaumann rate is the derivative itself.
            moved = [tensor(h * sign * np.eye(6)[k] * ([1] * 3 + [0.5] * 3)) for sign in (1, -1)]
            kirchhoff = [np.linalg.det((np.eye(3) + d) @ f1)[:, None] * at((np.eye(3) + d) @ f1)[0] for d in moved]
            columns.append((kirchhoff[0] - kirchhoff[1]) / (2 * h) / np.linalg.det(f1)[:, None])
        found[name, "lagrange"] = largest(tangent, np.stack(columns, axis=2))
    return found


def largest(found, expected):
    """The largest difference, relative to the largest entry."""
    return np.abs(found - expected).max() / np.abs(expected).max()


def objectivity(folder, points=20):
    """How far stress and energy are from turning with the axes: in large displacements for both materials, in small ones for the isotropic one."""
    rng, found = np.random.default_rng(4), {}
    for name, states, options in (("mechanochemical", 1, ["--roles", "c=field1"]), ("metamaterial", 2, [])):
        umat = Umat(build(MODELS[name], "umat", folder, *options, "--measure", "lagrange"), 3, 3, states=states, props=[0.3])
        f0, f1 = np.eye(3) + rng.uniform(-0.05, 0.05, (2, points, 3, 3))
        zeros, energies, none, q = np.zeros((points, states)), np.zeros((points, 3)), np.zeros((points, 6)), turn(rng)
        plain = umat(none, none, zeros, energies, 0.5, 0.3, np.stack([f0, f1]))
        turned = umat(none, none, zeros, energies, 0.5, 0.3, np.stack([f0, q @ f1]))
        found[name, "lagrange"] = max(
            largest(tensor(turned[0]), q @ tensor(plain[0]) @ q.T), largest(turned[2], plain[2]), largest(turned[3], plain[3])
        )
    umat = Umat(build(MODELS["metamaterial"], "umat", folder), 3, 3, states=2)
    e, q = strains(rng, points), turn(rng)
    half = e * ([1] * 3 + [0.5] * 3)
    plain, turned = (umat(none, step, zeros, energies, 0.5) for step in (e, entries(q @ tensor(half) @ q.T)))
    rotated = np.einsum("ip,jq,kr,ls,xpqrs->xijkl", q, q, q, q, tensor4(plain[1]), optimize=True)
    found["metamaterial", "small"] = max(largest(tensor(turned[0]), q @ tensor(plain[0]) @ q.T), largest(tensor4(turned[1]), rotated))
    return found


# The order of Abaqus/Explicit among that of Abaqus/Standard.
EXPLICIT = [0, 1, 2, 3, 5, 4]


def explicit(folder, points=64, steps=5):
    """The largest difference of VUMAT from UMAT along steps of a block of points, in stress and states."""
    rng, found = np.random.default_rng(5), {}
    weights = np.array([1] * 3 + [0.5] * 3)
    for name, states, options in (("mechanochemical", 1, ["--roles", "c=field1"]), ("metamaterial", 2, [])):
        c = rng.uniform(0, 1, (points, 1))
        for measure in ("small", "lagrange"):
            # A small strain is what is measured without an option.
            chosen = options if measure == "small" else [*options, "--measure", measure]
            both = [build(MODELS[name], to, folder, *chosen) for to in ("umat", "vumat")]
            count = states + (6 if measure == "small" else 0)
            umat, vumat = Umat(both[0], 3, 3, states=states, props=[0.2]), Vumat(both[1], 3, 3, count, props=[0.2])
            e, stretch = np.zeros((points, 6)), np.broadcast_to(np.eye(3), (points, 3, 3))
            state, energies = np.zeros((points, states)), np.zeros((points, 3))
            stress, kept, work = np.zeros((points, 6)), np.zeros((points, count)), np.zeros((points, 2))
            difference = 0.0
            for _ in range(steps):
                increment = strains(rng, points, 0.03)
                new = stretch + tensor(increment * weights)
                f, spin = np.stack([stretch, new]), turn(rng)
                expected, _, state, energies, _ = umat(e, increment, state, energies, 0.1, c[:, 0], np.stack([f[0], spin @ f[1]]))
                stretches = entries(f)[..., EXPLICIT] * weights
                stress, kept, work = vumat((increment * weights)[:, EXPLICIT], stress, kept, work, 0.1, c, stretches)
                own = tensor(stress[:, EXPLICIT])
                own = own if measure == "small" else spin @ own @ spin.T
                difference = max(difference, largest(own, tensor(expected)), largest(kept[:, :states], state))
                e, stretch = e + increment, new
            if measure == "small":
                # Per mass and per volume are one, and what is dissipated is one sum.
                difference = max(difference, largest(work[:, 1], energies[:, 1] + energies[:, 2]))
            found[name, measure] = difference
    return found


def table(title, head, rows):
    print(f"\n{title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---:|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def newton(title, records, every):
    """The residuals of some steps, and the order of the last three iterations of all."""
    steps = [record[-1] for record in records]
    rows = []
    for n in range(every - 1, len(steps), every):
        r = steps[n].residuals
        order = "" if np.isnan(orders(r)) else f"{orders(r):.2f}"
        rows.append([str(n + 1), str(len(r) - 1), ", ".join(f"{value:.1e}" for value in r[-4:]), order])
    table(title, ["increment", "iterations", "last residuals", "order"], rows)
    of = lambda measure: np.array([measure(step.residuals) for step in steps])
    order = of(orders)
    print(f"\nOrders {np.nanmin(order):.2f} to {np.nanmax(order):.2f}, their median {np.nanmedian(order):.2f}, in {np.isfinite(order).sum()} of {len(order)} increments;")
    print(f"the others need fewer iterations. The largest factor of a residual from the square of the one before is {np.nanmax(of(factor)):.2f}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="coarser structures")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the figures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.time()
        pulled = bar(folder)
        newton("Bar", pulled, len(pulled) // 8)
        print(f"{time.time() - begun:.0f} s")
        begun = time.time()
        mesh, cooled = block(folder, **(dict(cells=(8, 8, 1), steps=20) if arguments.short else {}))
        newton("Block", cooled, len(cooled) // 8)
        print(f"{time.time() - begun:.0f} s")
        rows = []
        for steps in (50, 100, 200, 400):
            loops, sums = cycle(folder, steps)
            off = sums["work"] - sums["stored"] - sums["dissipated"]
            rows.append([str(steps), *(f"{sums[key]:.6f}" for key in ("work", "stored", "dissipated")), f"{off:.1e}"])
        table("Play: two cycles", ["steps", "work", "change of free energy", "dissipated", "difference"], rows)
        for title, found in (("Tangent against differences", tangents(folder)), ("Turned axes", objectivity(folder)), ("VUMAT and UMAT", explicit(folder))):
            table(title, ["material", "strain", "largest difference"], [[*key, f"{value:.1e}"] for key, value in found.items()])
        if arguments.out:
            import figures

            figures.draw(arguments.out, pulled, (mesh, cooled), loops)


if __name__ == "__main__":
    main()
