//! The training workers once more, compiled with all benchmarks and their views and without the page. Its exports are those of
//! `multiwell_web`'s workers.

pub use multiwell_web as workers;
