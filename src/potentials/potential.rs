//! Interface of benchmark potentials: value, derivatives, domain, and the defaults of a fit.

use serde::{Deserialize, Serialize};

/// Observed quantity of a potential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observed {
    /// Values of the potential.
    #[default]
    Values,
    /// Derivatives only, as in measurements of forces.
    #[serde(rename = "derivatives")]
    Gradient,
}

/// Defaults of a fit to a benchmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// Number of modes.
    pub modes: usize,
    /// Widths of the hidden layers.
    pub hidden: &'static [usize],
    /// Number of training samples.
    pub samples: usize,
    /// Number of epochs of the recipe `reliable`.
    pub epochs: u64,
}

/// Coordinate along which cuts through a potential are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct CutCoordinate {
    /// Name of the coordinate.
    pub name: String,
    /// Change of each input per unit of the coordinate, `[inputs]`. The directions of different coordinates are orthogonal.
    pub direction: Vec<f64>,
    /// Range of the coordinate in a cut.
    pub range: [f64; 2],
    /// Value of the coordinate in cuts along other coordinates.
    pub held: f64,
}

/// Exactly known potential of any number of inputs.
pub trait KnownPotential: Send + Sync {
    /// Id in links and on the command line.
    fn id(&self) -> &str;
    /// Name on the page, and one sentence on the data and the result of the fit.
    fn description(&self) -> [&'static str; 2];
    /// Name on the page.
    fn name(&self) -> &'static str {
        self.description()[0]
    }
    /// Names of the inputs. The default is that of a curve on a line.
    fn inputs(&self) -> Vec<&str> {
        vec!["x"]
    }
    /// Sampled box, `[low, high]` per input. The default is that of the curves of the paper.
    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![[-3.0, 3.0]]
    }
    /// Marks of the periodic inputs, for which the box is one period; empty if there are none.
    fn periodic(&self) -> Vec<bool> {
        Vec::new()
    }
    /// Value at the point `x` `[inputs]`.
    fn value(&self, x: &[f64]) -> f64;
    /// Derivatives at the point `x`, `[inputs]` (from the left where they jump).
    fn gradient(&self, x: &[f64]) -> Vec<f64>;
    /// Second derivatives at the point `x`, `[inputs, inputs]`. The default takes central differences of the exact gradient.
    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        central_differences(&self.bounds(), &|x| self.gradient(x), x)
    }
    /// Quantity that a fit uses by default.
    fn observed(&self) -> Observed {
        Observed::Values
    }
    /// Returns true if minima on the faces of the box count. A bound is then a constraint rather than the end of the sampled range.
    fn has_walls(&self) -> bool {
        false
    }
    /// Trajectory for tests of fits, through the box and out of it. Returns its point at `t` from 0 to 1, and the value of
    /// `t` at which it leaves the box.
    fn trajectory(&self, _: f64) -> Option<(Vec<f64>, f64)> {
        None
    }
    /// Coordinates of cuts, the two most informative first; empty if the inputs are the coordinates.
    fn coordinates(&self) -> Vec<CutCoordinate> {
        Vec::new()
    }
    /// Names of the derivatives; empty if they have none of their own.
    fn slopes(&self) -> &'static [&'static str] {
        &[]
    }
    /// Defaults of a fit, if they differ from those of curves. Data of a benchmark with a preset are standardized.
    fn preset(&self) -> Option<Preset> {
        None
    }
    /// Sharpness of the potential, if it is a soft minimum.
    fn sharpness(&self) -> Option<f64> {
        None
    }
}

/// Derivatives of a gradient at the point `x`, by central differences. All benchmarks share this function.
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
