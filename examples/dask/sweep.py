"""Trains the shards of a sweep on a Dask cluster, by default on processes of this machine, and merges their tables.

    python sweep.py --shards 4 --out sweep.csv -- double-well,three-well --recipe paper --epochs 2000 --seed 0..9

What stands after the two hyphens goes to `multiwell sweep`. Interrupted, the same command goes on where it stopped: the tables of
the shards stay in a folder beside the result until they have been merged.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

from dask.distributed import Client, LocalCluster, as_completed


def train(program, sweep, shard, shards, table, threads):
    """Trains one shard and returns what the program says of it."""
    command = [program, "sweep", *sweep, "--shard", f"{shard}/{shards}", "--out", table]
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"shard {shard}: {done.stderr.strip()}")
    return f"shard {shard}: {done.stdout.strip()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=os.cpu_count(), help="parts of the sweep [default: one a core]")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes on this machine [default: one a core]")
    parser.add_argument("--threads", type=int, default=1, help="threads of each shard [default: 1]")
    parser.add_argument("--scheduler", help="address of a cluster that shares this folder, in place of this machine's processes")
    parser.add_argument("--program", default="multiwell", help="the program [default: multiwell, from the path]")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the table")
    parser.add_argument("sweep", nargs="+", help="arguments of `multiwell sweep`, after two hyphens")
    arguments = parser.parse_args()

    program = shutil.which(arguments.program)
    if program is None:
        sys.exit(f"error: there is no program {arguments.program}; give its path by --program")
    if arguments.out.exists():
        sys.exit(f"error: {arguments.out} is there already; choose another name, or remove it first")
    if arguments.shards < 1:
        sys.exit("error: --shards must be at least 1")
    # Another number of shards parts the sweep in another way: their tables do not meet in one folder.
    folder = arguments.out.with_name(f"{arguments.out.name}.{arguments.shards}-shards").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tables = [str(folder / f"{shard}.csv") for shard in range(1, arguments.shards + 1)]

    if arguments.scheduler:
        client = Client(arguments.scheduler)
    else:
        client = Client(LocalCluster(n_workers=arguments.workers, threads_per_worker=1, dashboard_address=None))
    with client:
        shards = [
            client.submit(train, program, arguments.sweep, k, arguments.shards, table, arguments.threads, pure=False)
            for k, table in enumerate(tables, 1)
        ]
        failures = 0
        for shard in as_completed(shards):
            if shard.status == "finished":
                print(shard.result(), flush=True)
            else:
                failures += 1
                print(f"error: {shard.exception()}", file=sys.stderr)
    if failures:
        sys.exit(f"error: {failures} of {arguments.shards} shards failed; the same command goes on where they stopped")
    merged = subprocess.run([program, "sweep", "--merge", *tables, "--out", str(arguments.out)])
    if merged.returncode == 0:
        shutil.rmtree(folder)
    sys.exit(merged.returncode)


if __name__ == "__main__":
    main()
