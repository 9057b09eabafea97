"""Runs the command line, the program of the package multiwell-cli."""

import os
import shutil
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
    """Replaces this process by the program, that of this environment if it has one."""
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    program = shutil.which("multiwell", path=folders)
    if program is None:
        sys.exit(_missing())
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
