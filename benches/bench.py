"""Times multiwell natively and in Chrome, and compares the times with the recorded run. `cargo xtask bench` builds both targets and runs this.

The targets take turns, round after round, so that other load on the machine affects both. The result is the median of the rounds.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

from targets import ROOT, Browser, Program, machine, output

RECORD_FILE = ROOT / "benches" / "recorded.json"
# Tasks for the comparison with other tools, with their file names.
PEER_TASKS = {"paper": "paper.json", "gradient matching": "gradient.json", "trajectories": "trajectories.json"}
TIMING_SECONDS = 0.3
# Independent runs, and epochs in each, for measuring the gain by a second worker.
GAIN_RUNS, GAIN_EPOCHS = 8, 3_000
# The losses of both targets are compared after so many epochs. Lanes of different widths round sums differently.
LOSS_EPOCHS, LOSS_TOLERANCE = 100, 1e-3
# Relative change above which a task is reported.
CHANGE_TOLERANCE = 0.10
# Largest time per sample and mode, relative to the smallest task.
MAX_LINEARITY = 1.15
# Smallest gain by a second worker.
MIN_GAIN = 1.7
SIDES = {"native": "native", "chrome": "Chrome"}
RUNS_NAMES = ["a run, 1 at a time", "a run, 2 at a time"]


def aligned(rows):
    """Lines with the first column aligned left and the others aligned right."""
    widths = [max(len(row[c]) for row in rows if c < len(row)) for c in range(max(map(len, rows)))]
    cells = ([cell.ljust(w) if c == 0 else cell.rjust(w) for c, (cell, w) in enumerate(zip(row, widths))] for row in rows)
    return "\n".join("   ".join(row).rstrip() for row in cells)


def milliseconds(ms):
    return f"{ms:.4f}" if ms < 1 else f"{ms:.2f}"


def series(figure):
    """Name of the series of a task, if its name ends in a number."""
    head, _, number = figure["name"].rpartition(" ")
    return head if head and number.isdigit() else None


def time_per_work(figure, first, side):
    """Time per sample and mode, relative to the first task of the series."""
    work = [of["samples"] * of["modes"] for of in (figure, first)]
    return figure[side] / first[side] * work[1] / work[0]


def runs(record):
    found = [figure for name in RUNS_NAMES for figure in record["figures"] if figure["name"] == name]
    return found if len(found) == 2 else None


def results(record):
    head = ["", "native ms", "Chrome ms", "Chrome / native", "samples/s native", "Chrome", "per sample and mode, native", "Chrome"]
    rows = [head]
    for figure in record["figures"]:
        if figure["samples"] == 0:
            continue
        row = [figure["name"], *(milliseconds(figure[side]) for side in SIDES), f"{figure['chrome'] / figure['native']:.2f}"]
        row += [f"{1e3 * figure['samples'] / figure[side]:.2e}" for side in SIDES]
        if series(figure):
            first = next(other for other in record["figures"] if series(other) == series(figure))
            row += [f"{time_per_work(figure, first, side):.2f}" for side in SIDES]
        rows.append(row)
    text = "\n".join(f"{name}: {value}" for name, value in record["on"].items()) + "\n\n" + aligned(rows)
    if pair := runs(record):
        rows = [["runs a minute", "1 worker", "2 workers", "gain"]]
        for side, name in SIDES.items():
            one, two = (figure[side] for figure in pair)
            rows.append([name, f"{6e4 / one:.0f}", f"{6e4 / two:.0f}", f"{one / two:.2f}"])
        text += "\n\n" + aligned(rows)
    return text


def requirements(record):
    rows = [["", "native", "Chrome", "holds"]]

    def add(name, found, holds):
        rows.append([name, *(f"{number:.2f}" for number in found), "yes" if all(map(holds, found)) else "NO"])

    for name in ["samples", "modes"]:
        if members := [figure for figure in record["figures"] if series(figure) == name]:
            largest = [max(time_per_work(figure, members[0], side) for figure in members) for side in SIDES]
            title = f"more {name}: time per sample and mode, at most {MAX_LINEARITY} of the smallest"
            add(title, largest, lambda ratio: ratio <= MAX_LINEARITY)
    if pair := runs(record):
        gains = [pair[0][side] / pair[1][side] for side in SIDES]
        add(f"two workers: runs a minute, at least {MIN_GAIN} of one", gains, lambda gain: gain >= MIN_GAIN)
    return aligned(rows)


def changes(before, record):
    """Tasks that became slower or faster than in the recorded run by more than the tolerance."""
    old = {figure["name"]: figure for figure in before["figures"]}
    rows = []
    for figure in record["figures"]:
        for side, name in SIDES.items():
            if figure["name"] not in old:
                continue
            times = old[figure["name"]][side], figure[side]
            change = times[1] / times[0] - 1
            if abs(change) > CHANGE_TOLERANCE:
                word = "SLOWER" if change > 0 else "faster"
                rows.append([word, figure["name"], name, *map(milliseconds, times), f"{100 * change:+.0f} %"])
    commit = before["on"].get("commit", "unknown")
    text = f"Against the recorded run (commit {commit}), what changed by more than {100 * CHANGE_TOLERANCE:.0f} %:"
    if before["on"].get("machine") != record["on"].get("machine"):
        text += " (it was recorded on another machine, so this shows little)"
    return text + "\n" + (aligned(sorted(rows)) if rows else "nothing")


def export(native, tasks, folder):
    """Writes the workloads for timing other tools."""
    for name, file in PEER_TASKS.items():
        workload = native.ask({"workload": next(task for task in tasks if task["name"] == name)})
        (folder / file).write_text(json.dumps(workload) + "\n")
        print(f"[bench] wrote {folder / file}")


def check_losses(native, chrome, tasks):
    """Checks that both targets do the same work: they have the same loss after some epochs."""
    for task in (task for task in tasks if task["name"] in PEER_TASKS):
        question = {"loss": {"task": task, "epochs": LOSS_EPOCHS}}
        here, there = native.ask(question), chrome.ask(question)
        print(f"[bench] {task['name']}: loss after {LOSS_EPOCHS} epochs {here:.6e} natively, {there:.6e} in Chrome", flush=True)
        if not abs(here - there) <= LOSS_TOLERANCE * abs(here):
            sys.exit(f"the losses of `{task['name']}` differ between native code and Chrome: {here:e} and {there:e}")


def measure(native, chrome, tasks, rounds):
    """Median times of tasks in milliseconds an epoch, and of independent runs in milliseconds a run."""
    questions = [{"time": {"task": task, "seconds": TIMING_SECONDS}} for task in tasks]
    questions += [{"runs": {"workers": workers, "runs": GAIN_RUNS, "epochs": GAIN_EPOCHS}} for workers in (1, 2)]
    times = [([], []) for _ in questions]
    # Round 0 is discarded, because a browser first compiles quickly, and optimises later.
    for number in range(rounds + 1):
        print(f"[bench] round {number} of {rounds}", flush=True)
        for question, of_question in zip(questions, times):
            # Answers are in seconds for all runs, and in milliseconds per epoch for tasks.
            scale = 1 if "time" in question else 1e3 / GAIN_RUNS
            for target, of_target in zip((native, chrome), of_question):
                answer = scale * target.ask(question)
                of_target.extend([answer] if number > 0 else [])
    figures = [{key: task[key] for key in ("name", "samples", "modes")} for task in tasks]
    figures += [{"name": name, "samples": 0, "modes": 0} for name in RUNS_NAMES]
    medians = (map(statistics.median, of_question) for of_question in times)
    return [{**figure, **dict(zip(SIDES, found))} for figure, found in zip(figures, medians)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--record", action="store_true", help="record this run")
    arguments.add_argument("--export", type=Path, help="write the workloads for benches/peers into a folder, and measure nothing")
    options = arguments.parse_args()

    native = Program.native()
    opened = [native]
    try:
        tasks = native.ask("tasks")
        if options.export:
            return export(native, tasks, options.export)
        capabilities = json.loads(Path(os.environ["MULTIWELL_CAPABILITIES"]).read_text())
        chrome = Browser(os.environ["MULTIWELL_WEBDRIVER"], capabilities, os.environ["MULTIWELL_SITE"])
        opened.append(chrome)
        check_losses(native, chrome, tasks)
        figures = measure(native, chrome, tasks, options.rounds)
        commit = output("git", "describe", "--always", "--dirty")
        on = {"browser": chrome.version, "commit": commit, "machine": machine(), "rustc": output("rustc", "--version")}
        record = {"on": on, "figures": figures}
    finally:
        for target in opened:
            target.close()
    print(f"\n{results(record)}\n\n{requirements(record)}\n")
    print(changes(json.loads(RECORD_FILE.read_text()), record))
    if options.record:
        RECORD_FILE.write_text(json.dumps(record, indent=2) + "\n")
        print(f"Recorded in {RECORD_FILE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
