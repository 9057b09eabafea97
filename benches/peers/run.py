#!/usr/bin/env python3
"""Times the paper's task and gradient matching in multiwell, JAX, PyTorch and TensorFlow.js, in turn, in one session, and an epoch of
trajectories in multiwell and JAX.

    python3 benches/peers/run.py [--rounds N] [--python PROGRAM] [--record]

Needs what `cargo xtask bench` needs, besides Python and npm. The other tools are installed into target/bench, in the versions
that requirements.txt and tfjs/package.json name; --python takes a Python that has them already.
"""

import argparse
import functools
import http.server
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from targets import ROOT, Browser, Program, machine  # noqa: E402

WORK = ROOT / "target" / "bench"
WORKLOADS = {"paper": "paper.json", "gradient matching": "gradient.json", "trajectories": "trajectories.json"}
# This one is written for JAX alone.
TRAJECTORIES = "trajectories"
SECONDS = 0.5
# After so many epochs all must have the same loss, but for the rounding of single precision.
EPOCHS, TOLERANCE = 100, 1e-3


class Timed:
    """One tool on one workload: `loss` and `time`, however they are asked for."""

    def __init__(self, answers, wrap=lambda question: question):
        self.answers, self.wrap = answers, wrap

    def loss(self):
        return self.answers.ask(self.wrap({"loss": EPOCHS}))

    def time(self):
        return self.answers.ask(self.wrap({"time": SECONDS}))


def of_multiwell(task):
    """multiwell's own questions name the task."""

    def wrap(question):
        ((kind, number),) = question.items()
        return {kind: {"task": task, {"loss": "epochs", "time": "seconds"}[kind]: number}}

    return wrap


def serve(folder):
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def start_driver():
    process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if found := re.search(r"successfully on port (\d+)", line):
            threading.Thread(target=lambda: [None for _ in process.stdout], daemon=True).start()
            return process, f"http://127.0.0.1:{found[1]}"
    raise RuntimeError("chromedriver did not start")


def python_with_peers():
    """A virtual environment with the pinned versions, made if it is not there. On Linux PyTorch brings gigabytes of CUDA."""
    program = WORK / "venv" / "bin" / "python"
    if not program.exists():
        print("[set-up] JAX and PyTorch, into", WORK / "venv", flush=True)
        subprocess.run([sys.executable, "-m", "venv", WORK / "venv"], check=True)
        subprocess.run([program, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    return str(program)


def put_site_together():
    """The workloads and TensorFlow.js, beside the page of multiwell's own bench."""
    subprocess.run(["cargo", "xtask", "bench", "--export", WORK], cwd=ROOT, check=True)
    site = WORK / "site"
    tfjs = WORK / "tfjs"
    tfjs.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "tfjs" / "package.json", tfjs)
    if not (tfjs / "node_modules").exists():
        print("[set-up] TensorFlow.js, into", tfjs, flush=True)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=tfjs, check=True)
    to = site / "tfjs"
    to.mkdir(exist_ok=True)
    packages = tfjs / "node_modules" / "@tensorflow"
    for file in [
        packages / "tfjs" / "dist" / "tf.min.js",
        *(packages / "tfjs-backend-wasm" / "dist").glob("tf-backend-wasm.min.js"),
        *(packages / "tfjs-backend-wasm" / "dist").glob("*.wasm"),
        *(HERE / "tfjs").glob("*.[hj]*"),
        *(WORK / name for name in WORKLOADS.values()),
    ]:
        shutil.copy(file, to)
    return site


def capabilities():
    """Capabilities of headless Chrome."""
    arguments = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    if os.geteuid() == 0:
        arguments += ["--no-sandbox", "--disable-dev-shm-usage"]
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    binary = next(filter(None, map(shutil.which, names)), None)
    return {"goog:chromeOptions": {"args": arguments} | ({"binary": binary} if binary else {})}


def table(results, versions):
    base = {task: min(of[task] for name, of in results.items() if name.startswith("JAX") and task in of) for task in WORKLOADS}
    head = ["ms an epoch", *(f"{task} | of JAX" for task in WORKLOADS)]
    lines = [f"| {' | '.join(head)} |", "|---" + "|---:|---:" * len(WORKLOADS) + "|"]
    for name, times in results.items():
        cells = [f"{times[task]:.3f} | {times[task] / base[task]:.2f}" if task in times else " | " for task in WORKLOADS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n" + ", ".join(f"{name}: {what}" for name, what in versions.items())


def claims(results):
    """What we ask for: (what, ratio, the most that it may be)."""

    def ratio(of, to, task):
        return results[of][task] / min(times[task] for name, times in results.items() if name.startswith(to) and task in times)

    native, chrome = "multiwell, native", "multiwell, Chrome"
    found = [
        ("paper: Chrome / JAX", ratio(chrome, "JAX", "paper"), 0.6),
        ("paper: Chrome / PyTorch eager", ratio(chrome, "PyTorch, eager", "paper"), 1 / 6),
        ("paper: Chrome / TensorFlow.js wasm", ratio(chrome, "TensorFlow.js", "paper"), 1 / 20),
        ("paper: native / JAX", ratio(native, "JAX", "paper"), 0.25),
        ("gradient matching: native / JAX", ratio(native, "JAX", "gradient matching"), 0.33),
        ("gradient matching: Chrome / JAX", ratio(chrome, "JAX", "gradient matching"), 0.7),
        ("trajectories: native / JAX", ratio(native, "JAX", TRAJECTORIES), 0.42),
        ("trajectories: Chrome / JAX", ratio(chrome, "JAX", TRAJECTORIES), 0.9),
    ]
    lines = [f"| {what} | {r:.3f} | {most:.3f} | {'yes' if r <= most else 'NO'} |" for what, r, most in found]
    return "\n".join(["| ratio | measured | at most | holds |", "|---|---:|---:|---|", *lines])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--python", help="a Python that has JAX and PyTorch")
    arguments.add_argument("--record", action="store_true", help="write benches/peers/recorded.json")
    options = arguments.parse_args()

    site = put_site_together()
    python = options.python or python_with_peers()
    url = serve(site)
    driver_process, driver = start_driver()
    versions = {"machine": machine()}
    opened, timed = [], {}

    def add(name, task, answers, wrap=lambda question: question):
        timed.setdefault(name, {})[task] = Timed(answers, wrap)

    try:
        native = Program.native()
        chrome = Browser(driver, capabilities(), url)
        opened += [native, chrome]
        versions["browser"] = chrome.version
        versions["rustc"] = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1]
        versions["Python"] = subprocess.run([python, "--version"], capture_output=True, text=True).stdout.split()[1]
        for task, file in WORKLOADS.items():
            wrap = of_multiwell(json.loads((WORK / file).read_text())["task"])
            add("multiwell, native", task, native, wrap)
            add("multiwell, Chrome", task, chrome, wrap)
            for name, script, variant in [
                ("JAX, step by step", "jax_peer.py", "step"),
                ("JAX, scan", "jax_peer.py", "scan"),
                ("PyTorch, eager", "torch_peer.py", "eager"),
                ("PyTorch, compiled", "torch_peer.py", "compile"),
            ]:
                if task == TRAJECTORIES and name != "JAX, scan":
                    continue
                peer = Program([python, str(HERE / script), str(WORK / file), variant])
                opened.append(peer)
                version = peer.read()["version"]
                versions[version.split()[0]] = version.split()[1]
                add(name, task, peer)
            if task == TRAJECTORIES:
                continue
            page = Browser(driver, capabilities(), url + "tfjs/")
            opened.append(page)
            versions["TensorFlow.js"] = page.ask({"load": file})["version"].split()[1]
            add("TensorFlow.js wasm, Chrome", task, page)

        for task in WORKLOADS:
            losses = {name: of[task].loss() for name, of in timed.items() if task in of}
            expected = losses["multiwell, native"]
            print(f"\n{task}: loss after {EPOCHS} epochs")
            for name, loss in losses.items():
                print(f"  {name:28} {loss:.7e}   {loss / expected - 1:+.1e}", flush=True)
            wrong = [name for name, loss in losses.items() if not abs(loss - expected) <= TOLERANCE * abs(expected)]
            if wrong:
                sys.exit(f"not the same loss: {', '.join(wrong)}")

        times = {name: {task: [] for task in of} for name, of in timed.items()}
        # The round 0 does not count: a browser compiles once quickly, and once more where it sees that it pays.
        for number in range(options.rounds + 1):
            print(f"round {number} of {options.rounds}", flush=True)
            for task in WORKLOADS:
                for name in [name for name, of in timed.items() if task in of]:
                    time = timed[name][task].time()
                    if number > 0:
                        times[name][task].append(time)
        results = {name: {task: statistics.median(t) for task, t in of.items()} for name, of in times.items()}
        print(f"\n{table(results, versions)}\n\n{claims(results)}")
        if options.record:
            record = {"on": versions, "milliseconds": results}
            (HERE / "recorded.json").write_text(json.dumps(record, indent=2) + "\n")
    finally:
        for answers in opened:
            answers.close()
        driver_process.terminate()


if __name__ == "__main__":
    main()
