"""Runs the command line, the program of the package multiwell-cli."""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata


def _missing():
    """Returns the sentences for an environment without the program."""
    about = metadata.metadata("multiwell")
    addresses = dict(entry.split(", ", 1) for entry in about.get_all("Project-URL", []))
    place = f" at {addresses['Source Code']}" if "Source Code" in addresses else ""
    archive = f"multiwell-{about['Version']}-MACHINE-SYSTEM.tar.gz"
    return (
        "error: the program multiwell is not installed; `pip install multiwell[cli]` installs it. "
        f"The archive {archive} of the release{place} has it too, and its folder must be on PATH"
    )


def main():
    """Runs the program, that of this environment if it has one, in place of this process."""
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    program = shutil.which("multiwell", path=folders)
    if program is None:
        sys.exit(_missing())
    command = [program, *sys.argv[1:]]
    if os.name == "nt":
        # Windows has no replacement of a process: the shell would not wait for the program.
        sys.exit(subprocess.call(command))
    os.execv(program, command)


if __name__ == "__main__":
    main()
