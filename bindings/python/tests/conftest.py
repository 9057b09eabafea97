"""What several tests learn from."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def curve():
    """A tilted double well with little noise."""
    x = np.linspace(-2, 2, 120)
    return x[:, np.newaxis], (x**2 - 1) ** 2 + 0.3 * x + 0.02 * np.random.default_rng(3).normal(size=120)


@pytest.fixture(scope="session")
def samples():
    """Independent samples of two quantities, the first of which has two modes."""
    random = np.random.default_rng(4)
    first = np.concatenate([random.normal(-2, 0.5, 150), random.normal(1.5, 0.7, 250)])
    return random.permutation(np.column_stack([first, random.normal(size=400)]))


@pytest.fixture(scope="session")
def trajectories():
    """Times, inputs and outputs of a spring beside a slider with a spring, which remembers where it stood."""
    random, time = np.random.default_rng(8), np.linspace(0, 1, 60)
    amplitude, phase = random.uniform(0.5, 1.5, (12, 1)), random.uniform(0, 3, (12, 1))
    inputs = amplitude * (np.sin(9 * time + phase) - np.sin(phase))
    outputs, slider = np.zeros_like(inputs), np.zeros(12)
    for k in range(1, 60):
        slider = np.clip(slider + inputs[:, k] - inputs[:, k - 1], -0.3, 0.3)
        outputs[:, k] = slider + 0.2 * inputs[:, k]
    return time, inputs, outputs


def pytest_terminal_summary(terminalreporter):
    """A line of counts in the form of the other tests of the repository."""
    counts = {name: len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "error")}
    failed = counts["failed"] + counts["error"]
    terminalreporter.write_line(f"test result: {'FAILED' if failed else 'ok'}. {counts['passed']} passed; {failed} failed")
