//! What moves on a landscape: balls that roll down or are kicked about by heat, a minimum that a tilt drives to and fro; and what
//! follows any vector field ([`ode`]). And what data are drawn from: a reaction ([`schlogl`]) by trajectories ([`ssa`]) and by its exact
//! distribution ([`master_equation`]), a material of two phases ([`metamaterial`]).

mod flow;
mod langevin;
pub mod master_equation;
pub mod metamaterial;
pub mod ode;
pub mod schlogl;
pub mod ssa;
mod tilt;

use serde::{Deserialize, Serialize};

pub use flow::Flow;
pub use langevin::{Langevin, Walls};
pub use ode::{DORMAND_PRINCE, Tableau};
pub use tilt::hysteresis;

/// What drives balls: energies `[balls]` and their slopes `[balls, inputs]` at places `[balls, inputs]`.
pub type Force<'a> = dyn FnMut(&[f64]) -> (Vec<f64>, Vec<f64>) + 'a;

/// What is known of balls that have rolled, besides where they were.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of balls.
    pub balls: usize,
    /// Number of frames.
    pub frames: usize,
    /// Time between frames, where a ball moves at the speed of the slope.
    pub step: f64,
    /// Whether all have come to rest, so that more frames would show nothing new. Never with a temperature.
    pub at_rest: bool,
}

/// A minimum that gives way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    /// The tilt at which it does.
    pub tilt: f64,
    /// Where it was.
    pub from: f64,
    /// Where it is found again.
    pub to: f64,
}

/// A minimum of Psi(x) - t x while the tilt t rises and falls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hysteresis {
    /// Smallest and largest tilt.
    pub range: [f64; 2],
    /// Jumps on the way up, in this order.
    pub up: Vec<Jump>,
    /// Jumps on the way down, in this order.
    pub down: Vec<Jump>,
    /// What one loop costs: the area between the two ways, in the units of Psi.
    pub work: f64,
}
