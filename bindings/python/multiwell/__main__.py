"""Runs the command line, the program of the package multiwell-cli."""

import os
import shutil
import sys
import sysconfig


def main():
    """Replaces this process by the program, that of this environment if it has one."""
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    program = shutil.which("multiwell", path=folders)
    if program is None:
        sys.exit("error: the program multiwell is not installed; run `pip install ./cli` in the root folder of the repository")
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
