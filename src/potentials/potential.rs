//! What a benchmark potential says of itself: value, derivatives, domain, and the defaults of a fit to it.

/// What a potential is learnt from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Observed {
    /// Its values.
    #[default]
    Values,
    /// Its derivatives only, as forces are measured.
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

/// A coordinate that cuts through a potential are made along.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// Its name.
    pub name: String,
    /// How far each input goes while it grows by one, `[inputs]`. Different coordinates go at right angles to one another.
    pub direction: Vec<f64>,
    /// How far a cut shows it.
    pub range: [f64; 2],
    /// Where it stands in cuts along others.
    pub held: f64,
}

/// A potential of any number of inputs that is known exactly.
pub trait Potential: Send + Sync {
    /// Its id in links and on the command line.
    fn id(&self) -> &str;
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// One sentence: what is learnt from what.
    fn sentence(&self) -> &'static str;
    /// What to look at and what to try, for the page: a paragraph a line, words between asterisks emphasised.
    fn guide(&self) -> &'static str;
    /// Names of its inputs.
    fn inputs(&self) -> &'static [&'static str];
    /// The sampled box, `[low, high]` an input.
    fn bounds(&self) -> Vec<[f64; 2]>;
    /// Value at `x` `[inputs]`.
    fn value(&self, x: &[f64]) -> f64;
    /// Derivatives at `x`, `[inputs]` (from the left where they jump).
    fn gradient(&self, x: &[f64]) -> Vec<f64>;
    /// Second derivatives at `x`, `[inputs, inputs]`: by central differences of the exact gradient unless stated otherwise.
    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        let bounds = self.bounds();
        let column = |k: usize| {
            let h = 1e-5 * (bounds[k][1] - bounds[k][0]);
            let at = |by: f64| {
                let mut x = x.to_vec();
                x[k] += by;
                self.gradient(&x)
            };
            at(h).into_iter().zip(at(-h)).map(|(ahead, behind)| (ahead - behind) / (2.0 * h)).collect::<Vec<f64>>()
        };
        (0..x.len()).flat_map(column).collect()
    }
    /// What it is learnt from.
    fn observed(&self) -> Observed {
        Observed::Values
    }
    /// Whether minima on the faces of the box count: where a bound is a law and not the end of what was sampled.
    fn has_walls(&self) -> bool {
        false
    }
    /// A path through the box and out of it that fits are tried on: its place at `t` from 0 to 1, and when it leaves the box.
    fn trajectory(&self, _: f64) -> Option<(Vec<f64>, f64)> {
        None
    }
    /// What cuts are made along, the two that show most first; empty where these are the inputs themselves.
    fn coordinates(&self) -> Vec<Coordinate> {
        Vec::new()
    }
    /// What its derivatives are called, one by one; empty where they have no names of their own.
    fn slopes(&self) -> &'static [&'static str] {
        &[]
    }
    /// The defaults of a fit to it, if they are not those of curves.
    fn preset(&self) -> Option<Preset> {
        None
    }
    /// The sharpness of the soft minimum that it is, if it is one.
    fn sharpness(&self) -> Option<f64> {
        None
    }
}

/// A potential of one input: a curve on a line.
pub trait Curve: Send + Sync {
    /// Its id in links and on the command line.
    fn id(&self) -> &str;
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// One sentence: what is learnt from what.
    fn sentence(&self) -> &'static str;
    /// What to look at and what to try, for the page: a paragraph a line, words between asterisks emphasised.
    fn guide(&self) -> &'static str;
    /// The sampled domain.
    fn domain(&self) -> [f64; 2];
    /// Value at `x`.
    fn value(&self, x: f64) -> f64;
    /// Derivative at `x` (from the left where it jumps).
    fn slope(&self, x: f64) -> f64;
    /// The sharpness of the soft minimum that it is, if it is one.
    fn sharpness(&self) -> Option<f64> {
        None
    }
}

impl<C: Curve> Potential for C {
    fn id(&self) -> &str {
        Curve::id(self)
    }

    fn name(&self) -> &'static str {
        Curve::name(self)
    }

    fn sentence(&self) -> &'static str {
        Curve::sentence(self)
    }

    fn guide(&self) -> &'static str {
        Curve::guide(self)
    }

    fn inputs(&self) -> &'static [&'static str] {
        &["x"]
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
