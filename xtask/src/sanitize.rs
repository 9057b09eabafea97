//! `cargo xtask sanitize`: the engine, which alone has `unsafe` code, with every access to memory checked: by `AddressSanitizer`, and by Miri
//! where it is installed.

use std::path::Path;
use std::time::Instant;

use crate::tally::Tally;
use crate::{Outcome, process};

/// Where what is compiled with the sanitizer lies.
const FOLDER: &str = "target/asan";
/// Tests of the library that go through all operations of the engine: graphs made by chance, every operation, lanes, whole models.
const OF_THE_LIBRARY: [&str; 4] = ["graphs", "ops", "math", "model"];
/// Tests of the engine that Miri, which interprets, gets through in minutes.
const OF_MIRI: &str = "products";

/// Runs the tests of the engine and those of the library that exercise it, compiled with `AddressSanitizer`; then Miri, if it is there.
pub fn run(root: &Path) -> Outcome {
    let host = process::host(root)?;
    let sysroot = process::answer(process::program("rustc", root).args(["--print", "sysroot"])).unwrap_or_default();
    if !has_library(&Path::new(&sysroot).join("lib/rustlib").join(&host).join("lib")) {
        return Err(format!(
            "this compiler has no library of AddressSanitizer for {host}; those of x86-64 and 64-bit ARM for Linux and macOS bring it along"
        ));
    }
    let begun = Instant::now();
    let engine = ["--package", "multiwell-engine", "--all-features", "--lib", "--tests"];
    let library = ["--package", "multiwell"].into_iter().chain(OF_THE_LIBRARY.into_iter().flat_map(|name| ["--test", name]));
    let mut tally = Tally::default();
    for (what, arguments) in [("the engine", engine.to_vec()), ("the library", library.collect())] {
        println!("[sanitize] AddressSanitizer, tests of {what}");
        // With a target that is named, programs that run while others are compiled are left as they are. The profile has all checks.
        let mut cargo = process::program("cargo", root);
        cargo.args(["test", "--profile", "fuzz", "--target", &host, "--target-dir"]).arg(root.join(FOLDER)).args(arguments);
        // A stable compiler takes the flag if it is told to be its own.
        cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags(&host)).env("ASAN_OPTIONS", "detect_stack_use_after_return=1");
        process::run_seeing(&mut cargo, "pass the tests with AddressSanitizer", |line| tally.see(line))?;
    }
    println!("[sanitize] AddressSanitizer: {tally}, {:.0} s", begun.elapsed().as_secs_f64());
    miri(root)
}

/// Whether there is a library of the sanitizer in a folder of the compiler's.
fn has_library(folder: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(folder) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().contains("asan"))
}

/// The flags of `.cargo/config.toml`, which the environment's replace, and the sanitizer.
fn flags(host: &str) -> String {
    let lanes = if host.starts_with("x86_64") { " -Ctarget-cpu=x86-64-v3" } else { "" };
    format!("-Zsanitizer=address{lanes}")
}

/// Interprets the tests of the register tiles by Miri, which also sees pointers that are computed wrongly and never read.
fn miri(root: &Path) -> Outcome {
    // rustup would fetch a toolchain that is missing.
    let interpreter = || {
        let mut cargo = process::program("cargo", root);
        cargo.env("RUSTUP_AUTO_INSTALL", "0").args(["+nightly", "miri"]);
        cargo
    };
    if process::answer(interpreter().arg("--version")).is_none() {
        println!("[sanitize] Miri is not installed and was left out; `rustup +nightly component add miri` installs it");
        return Ok(());
    }
    println!("[sanitize] Miri, the products in register tiles");
    let begun = Instant::now();
    let mut cargo = interpreter();
    cargo.args(["test", "--package", "multiwell-engine", "--test", OF_MIRI, "--target-dir"]);
    let mut tally = Tally::default();
    process::run_seeing(cargo.arg(root.join("target/miri")), "pass the tests with Miri", |line| tally.see(line))?;
    println!("[sanitize] Miri: {tally}, {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{OF_MIRI, OF_THE_LIBRARY};

    #[test]
    fn the_tests_that_are_named_exist() {
        for name in OF_THE_LIBRARY {
            let tests = crate::root().join("tests").join(name);
            assert!(tests.with_extension("rs").is_file() || tests.join("main.rs").is_file(), "{name}");
        }
        assert!(crate::root().join("engine/tests").join(OF_MIRI).with_extension("rs").is_file());
    }
}
