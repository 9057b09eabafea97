//! Tests of sweeps with the cluster scripts in `examples/`. Local programs replace the clusters.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{self, err, succeeded};
use crate::sweep::lines;

const SWEEP_ARGUMENTS: &str =
    "double-well,three-well --recipe paper --modes 2,3 --hidden 3 --samples 12 --epochs 300 --seed 0..24";
const RUN_COUNT: usize = 100;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// Lines of the table of one process without shards.
fn lines_of_one_process(folder: &Path) -> Vec<String> {
    succeeded(program::shell(folder, &format!("$MULTIWELL sweep {SWEEP_ARGUMENTS} --out alone.csv")));
    lines(&folder.join("alone.csv"))
}

#[test]
fn requeued_slurm_array_trains_each_run_once() {
    let folder = program::folder("cluster/slurm");
    let (bin, script) = (folder.join("bin"), examples().join("slurm/sweep.sbatch"));
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_multiwell"), bin.join("multiwell")).unwrap();
    std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/data/sbatch"), bin.join("sbatch")).unwrap();
    // These commands are in the README beside the script.
    let readme = fs::read_to_string(examples().join("slurm/README.md")).unwrap();
    let said = readme.split("```").nth(1).and_then(|block| block.strip_prefix("sh\n")).expect("commands");
    let submit = format!("--array=1-4 {} {SWEEP_ARGUMENTS}", script.display());
    assert_eq!(said.matches("sweep.sbatch").count(), 1);
    let said = said.replace("sweep.sbatch", &submit);
    let commands = format!("set -eu; export PATH={}:$PATH SHARDS=4 TABLES=tables KILLED=killed; {said}", bin.display());
    succeeded(program::shell(&folder, &commands));
    let killed = fs::read_to_string(folder.join("killed")).expect("some task is killed").lines().count();
    let merged = lines(&folder.join("sweep.csv"));
    assert_eq!(merged.len(), RUN_COUNT, "{killed} tasks were killed");
    assert_eq!(merged, lines_of_one_process(&folder));
    // The log of a killed task contains both attempts.
    let logs = (1..=4).map(|task| fs::read_to_string(folder.join(format!("multiwell-1-{task}.log"))).unwrap());
    assert_eq!(logs.map(|log| log.matches("attempt of task").count()).sum::<usize>(), 4 + killed);
}

/// Test that requires a Python with Dask in `MULTIWELL_DASK`, as in `cargo xtask test --only cluster`.
#[test]
fn dask_cluster_with_killed_shard_trains_each_run_once() {
    let Some(python) = std::env::var_os("MULTIWELL_DASK") else { return };
    let folder = program::folder("cluster/dask");
    // Program of the workers. On the first attempt, the second shard is killed as soon as its table has a few rows.
    let worker = folder.join("worker");
    let script = format!(
        "#!/bin/bash\nmultiwell={}\nif [[ \"$*\" != *' 2/3 '* || -e killed ]]; then exec \"$multiwell\" \"$@\"; fi\n\
         touch killed; \"$multiwell\" \"$@\" & while [ \"$(cat \"${{@: -1}}\" 2> /dev/null | wc -l)\" -lt 4 ]; do sleep 0.002; done\n\
         kill -KILL $!; echo 'killed' >&2; exit 1\n",
        env!("CARGO_BIN_EXE_multiwell")
    );
    fs::write(&worker, script).unwrap();
    succeeded(program::shell(&folder, "chmod +x worker"));
    let run = || {
        let mut command = std::process::Command::new(&python);
        command.current_dir(&folder).arg(examples().join("dask/sweep.py"));
        command.args(["--shards", "3", "--workers", "2", "--program", "./worker", "--out", "sweep.csv", "--"]);
        command.args(SWEEP_ARGUMENTS.split(' ')).output().expect("Python starts")
    };
    let first = run();
    assert!(!first.status.success() && err(&first).contains("1 of 3 shards failed; the same command goes on"), "{}", err(&first));
    succeeded(run());
    let merged = lines(&folder.join("sweep.csv"));
    assert_eq!(merged.len(), RUN_COUNT);
    assert_eq!(merged, lines_of_one_process(&folder));
}
