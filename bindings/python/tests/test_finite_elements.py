"""Structures of fitted materials, solved with exported UMATs: coarse ones, of which the documentation has finer ones."""

import concurrent.futures
import os
import pathlib
import shutil
import sys

import numpy as np
import pytest

pytest.importorskip("skfem")
if not shutil.which("gfortran") or not os.environ.get("MULTIWELL_PROGRAM"):
    pytest.skip("MULTIWELL_PROGRAM and gfortran are needed; `cargo xtask test` sets them up", allow_module_level=True)

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "examples/finite-elements"))

import problems
import subroutines

# The compiler takes longer than the coarse structures.
subroutines.LEVEL = "-O1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("subroutines")


def is_quadratic(records):
    """Whether in the last three iterations of each increment a residual is at most twice the square of the one before, and the order 2 in the
    middle of all increments with three."""
    of = lambda measure: np.array([measure(record[-1].residuals) for record in records])
    orders = of(problems.orders)
    return np.nanmax(of(problems.factor)) < 2 and np.isfinite(orders).sum() >= 10 and abs(np.nanmedian(orders) - 2) < 0.1


def test_bar_with_two_wells_forms_laminates(folder):
    records = problems.bar(folder, cells=60)
    assert is_quadratic(records)
    # Half-way a fair part of the cells is in each well, few are between them, and there are many layers.
    strain = next(record[2] for record in records if record[0] > 0.01)
    assert np.mean(strain > 0.045) > 0.3 and np.mean(strain < 0) > 0.3 and np.mean((strain > 0) & (strain < 0.045)) < 0.05
    assert np.count_nonzero(np.diff(strain > 0)) >= 10


def test_block_forms_laminates_at_large_displacements(folder):
    _, records = problems.block(folder, cells=(8, 8, 1), steps=40)
    assert is_quadratic(records)
    strain = records[-1][2]
    difference = strain[:, 0] - strain[:, 1]
    # Two tetragonal phases at 0.122 and -0.122, each in a fair part of the block, with the third strain in common.
    assert np.mean(difference > 0.06) > 0.2 and np.mean(difference < -0.06) > 0.2
    assert np.allclose(strain[:, 2], -0.0408, atol=0.005)


def test_work_on_bar_with_memory_is_stored_or_dissipated(folder):
    off = []
    for steps in (50, 100, 200):
        _, sums = problems.cycle(folder, steps, cells=10)
        off.append(abs(sums["work"] - sums["stored"] - sums["dissipated"]))
        assert sums["dissipated"] > 0.005
    # The trapezium rule of the work converges quadratically.
    assert off[2] < 1e-3 * sums["dissipated"] and off[2] < off[0] / 10


def test_tangents_match_differences_and_rotate_with_axes(folder):
    assert max(problems.tangents(folder).values()) < 1e-6
    assert max(problems.objectivity(folder).values()) < 1e-10


def test_vumat_agrees_with_umat(folder):
    assert max(problems.explicit(folder).values()) < 1e-12


def test_plane_strain_agrees_with_solid_without_other_shears(folder):
    library = problems.build(problems.MODELS["metamaterial"], "umat", folder)
    rng, points = np.random.default_rng(6), 5
    strain = problems.strains(rng, points) * [1, 1, 1, 1, 0, 0]
    solid, plane = (problems.Umat(library, 3, nshr, states=2) for nshr in (3, 1))
    zeros, energies = np.zeros((points, 2)), np.zeros((points, 3))
    whole = solid(0 * strain, strain, zeros, energies, 1.0)
    part = plane(0 * strain[:, :4], strain[:, :4], zeros, energies, 1.0)
    assert np.array_equal(part[0], whole[0][:, :4]) and np.array_equal(part[1], whole[1][:, :4, :4])
    assert np.array_equal(part[2], whole[2]) and np.array_equal(part[3], whole[3])


def test_non_finite_strain_requests_shorter_increment(folder):
    umat = problems.Umat(problems.build(problems.MODELS["metamaterial"], "umat", folder), 3, 3, states=2)
    strain, states, energies = np.zeros((1, 6)), np.full((1, 2), 0.25), np.full((1, 3), 0.5)
    stress, tangent, after, left, pnewdt = umat(strain, strain + np.nan, states, energies, 1.0)
    assert pnewdt == 0.25 and np.all(np.isfinite(tangent)) and np.all(stress == 0)
    assert np.array_equal(after, states) and np.array_equal(left, energies)


def test_concurrent_calls_agree_with_single_call(folder):
    umat = problems.Umat(problems.build(problems.MODELS["metamaterial"], "umat", folder), 3, 3, states=2)
    strain = problems.strains(np.random.default_rng(7), 500)
    call = lambda _=None: umat(0 * strain, strain, np.zeros((500, 2)), np.zeros((500, 3)), 1.0)
    expected = call()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for found in pool.map(call, range(8)):
            assert all(np.array_equal(one, other) for one, other in zip(found, expected))
