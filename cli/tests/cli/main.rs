//! The command line from outside: what it prints, what it writes, how it ends.

mod fits;
mod idle;
mod inputs;
mod models;
mod outputs;
mod program;
mod seeds;
mod tables;
mod usage;
