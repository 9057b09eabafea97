//! Parts of the command line that read lists.

#[path = "../../../cli/src/seeds.rs"]
pub mod seeds;
#[path = "../../../cli/src/sweep/values.rs"]
pub mod sweep;
