//! Integration tests of the exports, in one binary.

mod hostile;
mod languages;
mod models;
mod plumed;
mod points;
