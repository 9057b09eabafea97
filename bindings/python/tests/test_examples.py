"""Examples in the documentation of the classes."""

import doctest
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import multiwell

CLASSES = [name for name in multiwell.__all__ if isinstance(getattr(multiwell, name), type)]


def run(documented):
    """Runs the examples of an object, and returns their number."""
    tests = doctest.DocTestFinder(recurse=False).find(documented, globs={})
    found = [doctest.DocTestRunner().run(test) for test in tests]
    assert not any(result.failed for result in found)
    return sum(result.attempted for result in found)


@pytest.mark.parametrize("name", CLASSES)
def test_examples_of_class_run(name):
    documented = getattr(multiwell, name)
    assert re.search(r"\n    Examples\n    -{8}\n", documented.__doc__) and run(documented) > 0


def test_examples_of_playground_run():
    pytest.importorskip("anywidget")
    assert run(multiwell.Playground) > 0


def test_example_of_package_runs():
    assert run(multiwell) > 0


def test_package_runs_program(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    environment = {**os.environ, "PATH": str(folder)}
    command = [sys.executable, "-m", "multiwell", "list"]
    missing = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    address = re.search(r'^repository = "(.*)"$', (pathlib.Path(__file__).parents[3] / "Cargo.toml").read_text(), re.MULTILINE)[1]
    assert missing.returncode == 1
    assert "`pip install multiwell[cli]`" in missing.stderr
    assert f"The archive multiwell-{multiwell.__version__}-MACHINE-SYSTEM.tar.gz of the release at {address} has it" in missing.stderr
    program = pathlib.Path(os.environ.get("MULTIWELL_PROGRAM", pathlib.Path(__file__).parents[3] / "target/release/multiwell"))
    if program.exists():
        shutil.copy(program, folder / "multiwell")
        listed = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert listed.returncode == 0 and "double-well" in listed.stdout
        wrong = subprocess.run([*command[:-1], "fit", "missing.csv"], env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert wrong.returncode == 2 and "missing.csv" in wrong.stderr
