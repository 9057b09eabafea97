//! The library inside a browser: the tests of this package run in Chrome, by `cargo xtask test --only wasm`.
//!
//! They are a package of their own because the runner compiles every test of a package, and most of the library's are for the
//! machine itself. Those that are for both are taken in from `tests/` of the library.
