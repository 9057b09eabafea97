//! Training: Adam over parameter groups ([`adam`]), schedules ([`schedule`]), the loop with its health checks ([`trainer`]), and
//! what it leaves behind ([`history`]).

pub mod adam;
pub mod history;
pub mod schedule;
pub mod trainer;

pub use adam::{Adam, Group, Rates};
pub use history::{Entry, History};
pub use trainer::{Divergence, Trainer};
