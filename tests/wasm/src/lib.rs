//! Tests of the library inside Chrome, run by `cargo xtask test --only wasm`.
//!
//! The tests have a separate package, because the runner compiles all tests of a package, most of which are native. Tests for both
//! targets are included from `tests/` of the library.
