//! Integration tests of the engine, in one binary.

mod adam;
mod derivatives;
mod differences;
mod ops;
mod plan;
mod products;
