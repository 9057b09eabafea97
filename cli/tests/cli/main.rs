//! The command line from outside: what it prints, what it writes, how it ends.
// Rows of tables are written one by one, which costs nothing here.
#![allow(clippy::format_collect)]

#[cfg(unix)]
mod cluster;
mod compare;
mod densities;
mod exports;
mod figure;
mod fits;
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
