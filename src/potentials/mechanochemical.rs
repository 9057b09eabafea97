//! Mechanochemical free energy of a material with a cubic and three tetragonal phases, Sec. 4.1 and Eq. 11 of arXiv 2506.17242. The
//! exponents are those of its source (Rudraraju, Van der Ven and Garikipati 2016); the printed ones are inconsistent.
//!
//! - inputs: the Lagrange strain `E11, E22, E33, E12, E13, E23` and the concentration `c`
//! - formula, with `Q = E11^2 + E22^2 + E33^2 - E22 E33 - E11 E22 - E11 E33`, `dc = 2`, `de = se = 0.1`:
//!
//! ```text
//! Psi = dc (96 c^2 - 192 c^3 + 96 c^4)
//!     + 2 sqrt(2/3) de/se^3 (c - 1) (E11 + E22 - 2 E33) (E11 - 2 E22 + E33) (2 E11 - E22 - E33)
//!     + 6 de/se^2 (2 c - 1) Q + 4 de/se^4 Q^2
//!     + de/(2 se^2) (6 (E12^2 + E13^2 + E23^2) + (E11 + E22 + E33)^2)
//! ```
//!
//! - gradient: the partial derivatives with respect to the inputs; for a shear strain it is twice the shear stress, and for
//!   `c` the chemical potential
//! - domain: `-0.15 <= E <= 0.15`, `0 <= c <= 1`; the bounds on `c` are constraints, so minima on them count
//! - minima in it: `E = 0, c = 1` with `Psi = 0`; at `c = 0` the three variants `E = s (1, -1/2, -1/2)` and permutations
//!   with `s = 0.1 sqrt(2/3)` and `Psi = -0.6`. The bound on `c` is active there; with free `c`, they would lie at
//!   `c = -0.0062` with `Psi = -0.6075`. At `E = 0, c = 0` there is a maximum in strain.

use super::{CutCoordinate, KnownPotential, Observed, Preset};

/// `dc` of the formula: scale of the chemical energy.
const CHEMICAL_SCALE: f64 = 2.0;
/// `de` of the formula: scale of the elastic energy.
const ELASTIC_SCALE: f64 = 0.1;
/// `se` of the formula: scale of the strain.
const STRAIN_SCALE: f64 = 0.1;

/// Mechanochemical free energy of Eq. 11.
#[derive(Clone, Copy, Debug)]
pub struct Mechanochemical;

/// Largest strain of the samples.
const MAX_STRAIN: f64 = 0.15;

/// Value of `t` at which the trajectory of Eq. 16 leaves the sampled box.
pub const EXIT_TIME: f64 = MAX_STRAIN / 0.4;

/// Trajectory of Eq. 16 at `t` from 0 to 1: `E = 0.4 t (e1 e1 - 0.3 (I - e1 e1))`, `c = t`.
pub fn trajectory(t: f64) -> [f64; 7] {
    let (along, across) = (0.4 * t, -0.3 * 0.4 * t);
    [along, across, across, 0.0, 0.0, 0.0, t]
}

/// Invariant `Q` and the three linear forms of the cubic term.
fn forms([a, b, d]: [f64; 3]) -> (f64, [f64; 3]) {
    (a * a + b * b + d * d - b * d - a * b - a * d, [a + b - 2.0 * d, a - 2.0 * b + d, 2.0 * a - b - d])
}

fn cubic() -> f64 {
    2.0 * (2.0_f64 / 3.0).sqrt() * ELASTIC_SCALE / STRAIN_SCALE.powi(3)
}

impl Mechanochemical {
    /// The id of this benchmark.
    pub const ID: &'static str = "mechanochemical";
}

impl KnownPotential for Mechanochemical {
    fn id(&self) -> &'static str {
        Self::ID
    }

    fn description(&self) -> [&'static str; 2] {
        [
            "Mechanochemical",
            "The free energy of a material over six strains and a concentration, learnt from stress and chemical potential only.",
        ]
    }

    fn inputs(&self) -> Vec<&str> {
        vec!["E11", "E22", "E33", "E12", "E13", "E23", "c"]
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        let mut bounds = vec![[-MAX_STRAIN, MAX_STRAIN]; 6];
        bounds.push([0.0, 1.0]);
        bounds
    }

    fn value(&self, x: &[f64]) -> f64 {
        let c = x[6];
        let (q, [p1, p2, p3]) = forms([x[0], x[1], x[2]]);
        let (trace, shear) = (x[0] + x[1] + x[2], x[3] * x[3] + x[4] * x[4] + x[5] * x[5]);
        CHEMICAL_SCALE * 96.0 * (c * (1.0 - c)).powi(2)
            + cubic() * (c - 1.0) * p1 * p2 * p3
            + 6.0 * ELASTIC_SCALE / STRAIN_SCALE.powi(2) * (2.0 * c - 1.0) * q
            + 4.0 * ELASTIC_SCALE / STRAIN_SCALE.powi(4) * q * q
            + 0.5 * ELASTIC_SCALE / STRAIN_SCALE.powi(2) * (6.0 * shear + trace * trace)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let (strain, c) = ([x[0], x[1], x[2]], x[6]);
        let (q, [p1, p2, p3]) = forms(strain);
        let trace: f64 = strain.iter().sum();
        let stiffness = ELASTIC_SCALE / STRAIN_SCALE.powi(2);
        let by_q = 6.0 * stiffness * (2.0 * c - 1.0) + 8.0 * ELASTIC_SCALE / STRAIN_SCALE.powi(4) * q;
        let [p12, p13, p23] = [p1 * p2, p1 * p3, p2 * p3];
        let of_cubic = [p23 + p13 + 2.0 * p12, p23 - 2.0 * p13 - p12, -2.0 * p23 + p13 - p12];
        let mut gradient = Vec::with_capacity(7);
        for (k, slope) in of_cubic.into_iter().enumerate() {
            gradient.push(cubic() * (c - 1.0) * slope + by_q * (3.0 * strain[k] - trace) + stiffness * trace);
        }
        gradient.extend(x[3..6].iter().map(|shear| 6.0 * stiffness * shear));
        gradient.push(CHEMICAL_SCALE * 192.0 * c * (1.0 - c) * (1.0 - 2.0 * c) + cubic() * p1 * p2 * p3 + 12.0 * stiffness * q);
        gradient
    }

    fn observed(&self) -> Observed {
        Observed::Gradient
    }

    fn has_walls(&self) -> bool {
        true
    }

    fn trajectory(&self, t: f64) -> Option<(Vec<f64>, f64)> {
        Some((trajectory(t).to_vec(), EXIT_TIME))
    }

    /// Coordinates of cuts: `e1 = tr E / sqrt 3`, `e2 = (E11 - E22) / sqrt 2`, `e3 = (E11 + E22 - 2 E33) / sqrt 6`, `e6 = sqrt 2 E12`, and
    /// `c`.
    fn coordinates(&self) -> Vec<CutCoordinate> {
        let of = |name: &str, strain: [f64; 4], size: f64| CutCoordinate {
            name: name.into(),
            direction: strain.into_iter().map(|e| e / size.sqrt()).chain([0.0; 3]).collect(),
            range: [-MAX_STRAIN, MAX_STRAIN],
            held: 0.0,
        };
        let mut c = CutCoordinate { range: [0.0, 1.0], ..of("c", [0.0; 4], 1.0) };
        c.direction[6] = 1.0;
        vec![
            of("e3", [1.0, 1.0, -2.0, 0.0], 6.0),
            of("e2", [1.0, -1.0, 0.0, 0.0], 2.0),
            c,
            of("e1", [1.0, 1.0, 1.0, 0.0], 3.0),
            of("e6", [0.0, 0.0, 0.0, 1.0], 2.0),
        ]
    }

    fn slopes(&self) -> &'static [&'static str] {
        &["S11", "S22", "S33", "2 S12", "2 S13", "2 S23", "μ"]
    }

    fn preset(&self) -> Option<Preset> {
        Some(Preset { modes: 5, hidden: &[10, 10], samples: 800, epochs: 24_000 })
    }
}
