//! The interface of benchmark potentials: value, derivatives, domain, and the defaults of a fit.

use serde::{Deserialize, Serialize};

/// What a potential is learnt from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observed {
    /// Its values.
    #[default]
    Values,
    /// Its derivatives only, as in measurements of forces.
    #[serde(rename = "derivatives")]
    Gradient,
}

/// The defaults of a fit to a benchmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// Modes offered.
    pub modes: usize,
    /// Widths of the hidden layers.
    pub hidden: &'static [usize],
    /// Samples to train on.
    pub samples: usize,
    /// Epochs under the recipe `reliable`.
    pub epochs: u64,
}

/// A coordinate along which cuts through a potential are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// Its name.
    pub name: String,
    /// Change of each input per unit of the coordinate, `[inputs]`. The directions of different coordinates are orthogonal.
    pub direction: Vec<f64>,
    /// The range that a cut shows.
    pub range: [f64; 2],
    /// Its value in cuts along other coordinates.
    pub held: f64,
}

/// A potential of any number of inputs that is known exactly.
pub trait KnownPotential: Send + Sync {
    /// Its id in links and on the command line.
    fn id(&self) -> &str;
    /// Its name on the page.
    fn name(&self) -> &'static str;
    /// What is learnt from which data, in one sentence.
    fn sentence(&self) -> &'static str;
    /// Names of its inputs.
    fn inputs(&self) -> Vec<&str>;
    /// The sampled box, `[low, high]` an input.
    fn bounds(&self) -> Vec<[f64; 2]>;
    /// Which inputs are periodic, so that the box is one period of theirs; empty if none is.
    fn periodic(&self) -> Vec<bool> {
        Vec::new()
    }
    /// Value at `x` `[inputs]`.
    fn value(&self, x: &[f64]) -> f64;
    /// Derivatives at `x`, `[inputs]` (from the left where they jump).
    fn gradient(&self, x: &[f64]) -> Vec<f64>;
    /// Second derivatives at `x`, `[inputs, inputs]`; the default takes central differences of the exact gradient.
    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        central_differences(&self.bounds(), &|x| self.gradient(x), x)
    }
    /// The quantity that it is learnt from, unless a run chooses another one.
    fn observed(&self) -> Observed {
        Observed::Values
    }
    /// Whether minima on the faces of the box count: true if a bound is a constraint rather than the end of the sampled range.
    fn has_walls(&self) -> bool {
        false
    }
    /// A trajectory on which fits are tested, through the box and out of it: its point at `t` from 0 to 1, and the `t` at which
    /// it leaves the box.
    fn trajectory(&self, _: f64) -> Option<(Vec<f64>, f64)> {
        None
    }
    /// Coordinates of cuts, the two most informative first; empty if these are the inputs.
    fn coordinates(&self) -> Vec<Coordinate> {
        Vec::new()
    }
    /// Names of its derivatives; empty if they have none of their own.
    fn slopes(&self) -> &'static [&'static str] {
        &[]
    }
    /// The defaults of a fit, if they differ from those of curves.
    fn preset(&self) -> Option<Preset> {
        None
    }
    /// The sharpness, if the potential is a soft minimum.
    fn sharpness(&self) -> Option<f64> {
        None
    }
}

/// The derivatives of a gradient at `x`, by central differences: one copy for all benchmarks.
fn central_differences(bounds: &[[f64; 2]], gradient: &dyn Fn(&[f64]) -> Vec<f64>, x: &[f64]) -> Vec<f64> {
    let column = |k: usize| {
        let h = 1e-5 * (bounds[k][1] - bounds[k][0]);
        let at = |by: f64| {
            let mut x = x.to_vec();
            x[k] += by;
            gradient(&x)
        };
        at(h).into_iter().zip(at(-h)).map(|(ahead, behind)| (ahead - behind) / (2.0 * h)).collect::<Vec<f64>>()
    };
    (0..x.len()).flat_map(column).collect()
}

/// A potential of one input: a curve on a line.
pub trait Curve: Send + Sync {
    /// Its id in links and on the command line.
    fn id(&self) -> &str;
    /// Its name on the page.
    fn name(&self) -> &'static str;
    /// What is learnt from which data, in one sentence.
    fn sentence(&self) -> &'static str;
    /// The sampled domain.
    fn domain(&self) -> [f64; 2];
    /// Value at `x`.
    fn value(&self, x: f64) -> f64;
    /// Derivative at `x` (from the left where it jumps).
    fn slope(&self, x: f64) -> f64;
    /// The sharpness, if the curve is a soft minimum.
    fn sharpness(&self) -> Option<f64> {
        None
    }
}

impl<C: Curve> KnownPotential for C {
    fn id(&self) -> &str {
        Curve::id(self)
    }

    fn name(&self) -> &'static str {
        Curve::name(self)
    }

    fn sentence(&self) -> &'static str {
        Curve::sentence(self)
    }

    fn inputs(&self) -> Vec<&str> {
        vec!["x"]
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![self.domain()]
    }

    fn value(&self, x: &[f64]) -> f64 {
        Curve::value(self, x[0])
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        vec![self.slope(x[0])]
    }

    fn sharpness(&self) -> Option<f64> {
        Curve::sharpness(self)
    }
}
