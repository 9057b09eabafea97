//! Program for cargo-fuzz: libFuzzer on the target in the environment variable `MULTIWELL_FUZZ` (docs/assurance.md).

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    use std::sync::OnceLock;

    use multiwell_fuzz::FuzzTarget;

    static TARGET: OnceLock<&FuzzTarget> = OnceLock::new();
    let named = || {
        let name = std::env::var("MULTIWELL_FUZZ").unwrap_or_default();
        multiwell_fuzz::FUZZ_TARGETS.iter().find(|target| target.name == name).expect("MULTIWELL_FUZZ names a target")
    };
    TARGET.get_or_init(named).judge(input);
});

#[cfg(not(fuzzing))]
fn main() {
    println!("multiwell-fuzz: cargo-fuzz compiles this program with libFuzzer and runs it; see docs/assurance.md");
}
