//! Tests of the command line by its output, files and exit codes.
// Rows of tables are formatted one by one. The cost is negligible here.
#![allow(clippy::format_collect)]

#[cfg(unix)]
mod cluster;
mod compare;
mod densities;
mod exports;
mod figure;
mod fits;
mod hostile;
mod idle;
mod inputs;
mod irregularities;
mod loads;
mod models;
mod outputs;
mod program;
mod samples;
mod seeds;
mod sweep;
mod systems;
mod tables;
mod usage;
