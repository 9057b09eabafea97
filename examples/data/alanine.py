"""Samples of the two dihedral angles of alanine dipeptide in vacuum at 300 K, as a PLUMED table.

    pip install openmm
    python alanine.py alanine.dat --samples 3000
    python alanine.py alanine-metad.dat --bias 4000 --every 5 --samples 8000

With --bias, well-tempered metadynamics first looks for a bias, which is then held fixed while samples are drawn; the third column says how high it
is at each sample, in kJ/mol. Amber14 force field, Langevin dynamics with steps of 2 fs.
"""

import argparse
import io
import math
import time

import openmm as mm
from openmm import app, unit
from openmm.app.metadynamics import BiasVariable, Metadynamics

TEMPERATURE = 300 * unit.kelvin
STEP = 2 * unit.femtosecond
# The heavy atoms stretched out in a plane, in angstroms; hydrogens are added.
ATOMS = [
    ("CH3", "ACE", 1, 2.000, 2.090), ("C", "ACE", 1, 3.427, 2.641), ("O", "ACE", 1, 4.391, 1.877),
    ("N", "ALA", 2, 3.555, 3.970), ("CA", "ALA", 2, 4.853, 4.614), ("C", "ALA", 2, 4.713, 6.129), ("O", "ALA", 2, 3.601, 6.653),
    ("N", "NME", 3, 5.846, 6.835), ("C", "NME", 3, 5.846, 8.284),
]
CB = ("CB", "ALA", 2, 5.661, 4.221, -1.232)
ANGLES = {"phi": ("ACE C", "ALA N", "ALA CA", "ALA C"), "psi": ("ALA N", "ALA CA", "ALA C", "NME N")}


def molecule(field):
    """Topology and positions with hydrogens."""
    lines = []
    for name, residue, number, x, y, *z in sorted(ATOMS + [CB], key=lambda atom: atom[2]):
        lines.append(f"ATOM  {len(lines) + 1:5d}  {name:<3s} {residue} A{number:4d}    {x:8.3f}{y:8.3f}{z[0] if z else 0.0:8.3f}  1.00  0.00")
    pdb = app.PDBFile(io.StringIO("\n".join(lines + ["TER", "END"])))
    whole = app.Modeller(pdb.topology, pdb.positions)
    whole.addHydrogens(field)
    return whole


def simulation(seed):
    field = app.ForceField("amber14-all.xml")
    topology = molecule(field)
    number = {f"{atom.residue.name} {atom.name}": atom.index for atom in topology.topology.atoms()}
    system = field.createSystem(topology.topology, nonbondedMethod=app.NoCutoff, constraints=app.HBonds)
    variables = []
    for atoms in ANGLES.values():
        torsion = mm.CustomTorsionForce("theta")
        torsion.addTorsion(*(number[atom] for atom in atoms))
        variables.append(BiasVariable(torsion, -math.pi, math.pi, 0.35, True))
    bias = Metadynamics(system, variables, TEMPERATURE, 10.0, 1.0, 500)
    integrator = mm.LangevinMiddleIntegrator(TEMPERATURE, 1 / unit.picosecond, STEP)
    integrator.setRandomNumberSeed(seed)
    run = app.Simulation(topology.topology, system, integrator, mm.Platform.getPlatformByName("Reference"))
    run.context.setPositions(topology.positions)
    run.minimizeEnergy()
    run.context.setVelocitiesToTemperature(TEMPERATURE, seed)
    return run, bias


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--bias", type=float, default=0.0, help="picoseconds of metadynamics, none if absent")
    parser.add_argument("--every", type=float, default=1.0, help="picoseconds between samples")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    run, bias = simulation(given.seed)
    steps = lambda picoseconds: round(picoseconds * unit.picosecond / STEP)
    started = time.time()
    if given.bias > 0:
        bias.step(run, steps(given.bias))
    else:
        run.step(steps(50.0))
    group = {bias._force.getForceGroup()}
    with open(given.output, "w") as out:
        out.write("#! FIELDS phi psi" + (" metad.bias\n" if given.bias > 0 else "\n"))
        for name in ANGLES:
            out.write(f"#! SET min_{name} -pi\n#! SET max_{name} pi\n")
        for _ in range(given.samples):
            run.step(steps(given.every))
            row = [f"{angle:.4f}" for angle in bias.getCollectiveVariables(run)]
            if given.bias > 0:
                energy = run.context.getState(getEnergy=True, groups=group).getPotentialEnergy()
                row.append(f"{energy.value_in_unit(unit.kilojoule_per_mole):.3f}")
            out.write(" ".join(row) + "\n")
    print(f"{given.samples} samples, {time.time() - started:.0f} s")


main()
