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
    """Samples of two quantities, the first of which has two modes."""
    random = np.random.default_rng(4)
    first = np.concatenate([random.normal(-2, 0.5, 150), random.normal(1.5, 0.7, 250)])
    return np.column_stack([first, random.normal(size=400)])


def pytest_terminal_summary(terminalreporter):
    """A line of counts in the form of the other tests of the repository."""
    counts = {name: len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "error")}
    failed = counts["failed"] + counts["error"]
    terminalreporter.write_line(f"test result: {'FAILED' if failed else 'ok'}. {counts['passed']} passed; {failed} failed")
