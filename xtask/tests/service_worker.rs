//! Test that the service worker of the page keeps the files of one build for any response of the network (`service_worker.mjs`, run by Node).

use std::path::Path;
use std::process::Command;

#[test]
fn service_worker_keeps_one_verified_build() {
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service_worker.mjs");
    let Ok(output) = Command::new("node").arg("--test").arg(&test).output() else {
        println!("skipped: there is no Node");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
