//! Dynamics on a landscape: gradient flow, Langevin dynamics, a minimum under a varying tilt, and trajectories of any vector
//! field ([`ode`]). Sources of data: a reaction ([`schlogl`]) with its trajectories ([`ssa`]) and exact distribution
//! ([`master_equation`]), and a two-phase material ([`metamaterial`]).

mod coexistence;
mod flow;
mod langevin;
pub mod master_equation;
pub mod metamaterial;
pub mod ode;
mod pieces;
pub mod schlogl;
pub mod ssa;
mod tilt;

use serde::{Deserialize, Serialize};

pub use coexistence::{Coexistence, Curved, Span, Tilts};
pub use flow::Flow;
pub use langevin::{Langevin, Walls};
pub use ode::{DORMAND_PRINCE, Tableau};
pub use tilt::hysteresis;

/// Evaluates energies `[balls]` and their gradients `[balls, inputs]` at positions `[balls, inputs]`.
pub type Force<'a> = dyn FnMut(&[f64]) -> (Vec<f64>, Vec<f64>) + 'a;

/// Information about a simulation of balls, apart from their positions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of balls.
    pub balls: usize,
    /// Number of frames.
    pub frames: usize,
    /// Time between frames; the velocity is minus the gradient.
    pub step: f64,
    /// Whether all balls have come to rest. Always false at a positive temperature.
    pub at_rest: bool,
}

/// A jump of a minimum that becomes unstable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    /// The tilt at which it jumps.
    pub tilt: f64,
    /// Its position before.
    pub from: f64,
    /// Its position after.
    pub to: f64,
}

/// The hysteresis loop of a minimum of Psi(x) - t x under a rising and falling tilt t.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hysteresis {
    /// Smallest and largest tilt.
    pub range: [f64; 2],
    /// Jumps while the tilt rises, in this order.
    pub up: Vec<Jump>,
    /// Jumps while the tilt falls, in this order.
    pub down: Vec<Jump>,
    /// Energy lost per cycle: the area of the loop, in the units of Psi.
    pub work: f64,
    /// Tilts at which two neighbouring wells are equally deep, in increasing order.
    pub coexistences: Vec<Coexistence>,
}
