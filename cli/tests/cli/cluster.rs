//! Sweeps by what `examples/` has for clusters, with stand-ins for the clusters.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{self, err};
use crate::sweep::lines;

const SWEEP: &str = "double-well,three-well --recipe paper --modes 2,3 --hidden 3 --samples 12 --epochs 300 --seed 0..24";
const RUNS: usize = 100;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

#[test]
fn an_array_of_jobs_that_are_killed_and_queued_again_trains_each_run_once() {
    let folder = program::folder("cluster/slurm");
    let (bin, script) = (folder.join("bin"), examples().join("slurm/sweep.sbatch"));
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_multiwell"), bin.join("multiwell")).unwrap();
    std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/data/sbatch"), bin.join("sbatch")).unwrap();
    // As the README beside the script says it.
    let readme = fs::read_to_string(examples().join("slurm/README.md")).unwrap();
    let said = readme.split("```").nth(1).and_then(|block| block.strip_prefix("sh\n")).expect("commands");
    let submit = format!("--array=1-4 {} {SWEEP}", script.display());
    assert_eq!(said.matches("sweep.sbatch").count(), 1);
    let said = said.replace("sweep.sbatch", &submit);
    let commands = format!("set -eu; export PATH={}:$PATH SHARDS=4 TABLES=tables KILLED=killed; {said}", bin.display());
    let done = program::shell(&folder, &commands);
    assert!(done.status.success(), "{}", err(&done));
    let killed = fs::read_to_string(folder.join("killed")).expect("some task is killed").lines().count();
    let merged = lines(&folder.join("sweep.csv"));
    assert_eq!(merged.len(), RUNS, "{killed} tasks were killed");
    let alone = program::shell(&folder, &format!("$MULTIWELL sweep {SWEEP} --out alone.csv"));
    assert!(alone.status.success(), "{}", err(&alone));
    assert_eq!(merged, lines(&folder.join("alone.csv")));
    // The log of a task that was killed has both attempts.
    let logs = (1..=4).map(|task| fs::read_to_string(folder.join(format!("multiwell-1-{task}.log"))).unwrap());
    assert_eq!(logs.map(|log| log.matches("attempt of task").count()).sum::<usize>(), 4 + killed);
}
