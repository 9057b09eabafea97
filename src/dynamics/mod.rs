//! Dynamics on a landscape: gradient flow, Langevin dynamics, a minimum under a varying tilt, and trajectories of any vector field
//! ([`ode`]). Sources of data: a reaction ([`schlogl`]) with its trajectories ([`ssa`]) and exact distribution ([`master_equation`]), and a
//! two-phase material ([`metamaterial`]).

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

pub use coexistence::{Coexistence, CurvedFn, Span, Tilts};
pub use flow::Flow;
pub use langevin::{Langevin, Walls};
pub use tilt::hysteresis;

/// Function that returns energies `[particles]` and their gradients `[particles, inputs]` at positions `[particles, inputs]`.
pub type Force<'a> = dyn FnMut(&[f64]) -> (Vec<f64>, Vec<f64>) + 'a;

/// Properties of a simulation of particles, without their positions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of particles.
    #[serde(rename = "balls")]
    pub particles: usize,
    /// Number of frames.
    pub frames: usize,
    /// Time between frames. The velocity is minus the gradient.
    pub step: f64,
    /// True if all particles are at rest. Always false at a positive temperature.
    pub at_rest: bool,
}

/// Jump of a minimum that becomes unstable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    /// Tilt at which the minimum jumps.
    pub tilt: f64,
    /// Position before the jump.
    pub from: f64,
    /// Position after the jump.
    pub to: f64,
}

/// Hysteresis loop of a minimum of Psi(x) - t x under a rising and falling tilt t.
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
