//! Integration tests of the engine, in one binary.

mod adam;
mod derivatives;
mod ops;
mod plan;
mod products;
