//! Training: Adam over parameter groups ([`adam`]), schedules ([`schedule`]), epochs with health checks and roll-back
//! ([`trainer`]), a second-order method for the final stages ([`levenberg`]), the history of a run ([`history`]) and what it
//! was at some moments ([`moments`]).

pub mod adam;
pub mod history;
pub mod levenberg;
pub mod moments;
pub mod schedule;
pub mod trainer;

pub use adam::{Adam, Group, Rates};
pub use history::{Entry, History};
pub use levenberg::{LevenbergMarquardt, Part};
pub use moments::{Moment, Moments};
pub use trainer::{Divergence, Trainer};
