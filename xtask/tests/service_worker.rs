//! The service worker of the page keeps the files of one build, whatever the network gives (`service_worker.mjs`, by Node).

use std::path::Path;
use std::process::Command;

#[test]
fn the_service_worker_keeps_one_verified_build() {
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service_worker.mjs");
    let Ok(output) = Command::new("node").arg("--test").arg(&test).output() else {
        println!("skipped: there is no Node");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
