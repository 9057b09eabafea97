"""What every peer does the same: one thread, one workload, and answers to questions, one line of JSON for one.

A peer is a module with `make(workload, variant)`, which gives two functions: `train(epochs)` goes that many epochs on, and
`restart()` goes back to the start and returns a function that gives the loss at the parameters as they are.
"""

import json
import os
import sys
import time

# Before anything counts the cores: one core, so that no library's thread pool can have more.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"


def rate(workload, name):
    """The learning rate of a parameter."""
    return workload["gate-lr"] if name in ("a", "rho") else workload["lr"]


def floor(name):
    """The least value that a parameter is projected to after each step, if there is one."""
    return 0.0 if name.startswith("W") else 1e-3 if name == "rho" else None


def answer(made, version):
    """Answers the questions on standard input: {"loss": epochs}, {"time": seconds}."""
    train, restart = made
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        if "loss" in question:
            loss = restart()
            train(question["loss"])
            print(json.dumps(loss()), flush=True)
        else:
            print(json.dumps(milliseconds(train, question["time"])), flush=True)


def milliseconds(train, seconds):
    """Milliseconds that an epoch takes, as the mean over about so many seconds, after a fifth of that to warm up."""
    chunk, warm = getattr(train, "chunk", 100), time.perf_counter()
    while time.perf_counter() - warm < seconds / 5:
        train(chunk)
    done, start = 0, time.perf_counter()
    while True:
        train(chunk)
        done += chunk
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return 1e3 * elapsed / done


def main(make, version):
    """The program of a peer: its arguments are the workload's file and the variant."""
    with open(sys.argv[1]) as file:
        workload = json.load(file)
    answer(make(workload, sys.argv[2]), version)
