//! Integration tests of the engine, in one binary.

mod adam;
mod derivatives;
mod plan;
mod products;
