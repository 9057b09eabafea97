//! The training workers once more, compiled with all potentials and their views and without the page. Its exports are the workers' own.

#![cfg(target_arch = "wasm32")]

pub use multiwell_worker as workers;
