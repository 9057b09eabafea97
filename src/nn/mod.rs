//! Networks as graphs.
pub mod model_file;
