//! Fits of values, or of derivatives where a method can take them.

mod compared;
mod gaussian_process;
mod judge;
mod network;
mod polynomial;
mod spline;
mod training;

use multiwell::data::Dataset;
use multiwell::loss::Target;
use multiwell::loss::training_set::{self, TrainingSet};
use multiwell::model::model_file::Normalization;
use multiwell::model::potential::{Outputs, declared};
use multiwell::model::{Potential, lse};
use serde::{Deserialize, Serialize};

pub use compared::Values;
pub use judge::{Judge, Score, Truth};

use crate::NoFit;
use crate::comparison;
use crate::report::OWN;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The LSE-ICNN, which is trained elsewhere.
    LseIcnn,
    /// The minimum of the convex networks of the LSE-ICNN in place of their soft minimum, trained further.
    HardMinimum,
    /// A plain network with softplus.
    Softplus,
    /// A plain network with tanh.
    Tanh,
    /// A polynomial of the degree that predicts rows best that it has not learnt from.
    Polynomial,
    /// The smoothing spline of least bending, with the penalty of generalised cross-validation.
    Spline,
    /// A Gaussian process with the hyperparameters of the largest marginal likelihood.
    GaussianProcess,
}

impl comparison::Method for Method {
    const LIST: &'static [Self] =
        &[Self::LseIcnn, Self::HardMinimum, Self::Softplus, Self::Tanh, Self::Polynomial, Self::Spline, Self::GaussianProcess];

    fn name(self) -> &'static str {
        match self {
            Self::LseIcnn => OWN,
            Self::HardMinimum => "hard-minimum",
            Self::Softplus => "softplus",
            Self::Tanh => "tanh",
            Self::Polynomial => "polynomial",
            Self::Spline => "spline",
            Self::GaussianProcess => "gaussian-process",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::LseIcnn => "LSE-ICNN",
            Self::HardMinimum => "Hard minimum",
            Self::Softplus => "Network, softplus",
            Self::Tanh => "Network, tanh",
            Self::Polynomial => "Polynomial",
            Self::Spline => "Smoothing spline",
            Self::GaussianProcess => "Gaussian process",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::LseIcnn => "The soft minimum of convex networks, trained with the settings of the page.",
            Self::HardMinimum => "The minimum of as many convex networks in place of their soft minimum.",
            Self::Softplus => {
                "A plain network of two hidden layers with about as many parameters as the LSE-ICNN has in the end."
            }
            Self::Tanh => "The same network with tanh.",
            Self::Polynomial => "Of the degree with the least error of rows that are left out one by one.",
            Self::Spline => "The natural cubic spline of one input, the thin plate of two; values of up to 1,000 rows.",
            Self::GaussianProcess => "Exact, with the likeliest lengths and noise; up to 1,600 values and derivatives.",
        }
    }
}

/// A function of the inputs that has been fitted.
pub trait Surface {
    /// Values `[points]` and derivatives `[points, inputs]` at points `[points, inputs]`.
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>);

    /// How many numbers have been fitted.
    fn parameters(&self) -> usize;

    /// What was chosen in fitting, in a few words: a degree, a penalty, a kernel.
    fn choice(&self) -> String;
}

/// What the methods are given, in the units of the data.
pub struct Task<'a> {
    /// The rows to learn from.
    pub data: &'a Dataset,
    /// The domain, `[low, high]` for each input.
    pub bounds: &'a [[f64; 2]],
    /// Weight of the values relative to that of the derivatives, where both are learnt.
    pub value_weight: f64,
    /// The LSE-ICNN on the same data: plain networks are given as many parameters, and the minimum of convex networks begins with its modes.
    pub rival: &'a Potential,
    /// Seed of initial parameters.
    pub seed: u64,
    /// Whether the user wants it to end.
    pub is_stopped: &'a dyn Fn() -> bool,
}

/// The number of parameters of an LSE-ICNN without the modes that were removed.
pub fn parameters_of(potential: &Potential) -> usize {
    let (arch, modes) = (potential.architecture(), present(potential));
    let all = declared(arch).len();
    (all - 1) / arch.modes.max(1) * modes + 1
}

/// The number of modes that were not removed.
fn present(potential: &Potential) -> usize {
    let layout = declared(potential.architecture());
    (0..potential.modes()).filter(|&mode| !lse::is_closed(&layout, potential.params(), mode)).count()
}

/// Fits the data by a method.
///
/// # Errors
/// If the method does not suit the data, or if the user has stopped it.
///
/// # Panics
/// For [`Method::LseIcnn`], which has recipes of its own.
pub fn fit(method: Method, task: &Task) -> Result<Box<dyn Surface>, NoFit> {
    if task.data.periods.iter().any(Option::is_some) {
        return Err(NoFit::because("it knows no periodic inputs"));
    }
    let scaled = if method == Method::HardMinimum { Scaled::with(task, task.rival.scaling().clone()) } else { Scaled::new(task) };
    let inner: Box<dyn Surface> = match method {
        Method::LseIcnn => unreachable!("an LSE-ICNN is trained by its own recipes"),
        Method::HardMinimum => Box::new(network::hard_minimum(&scaled.set, task)?),
        Method::Softplus | Method::Tanh => {
            Box::new(network::plain(&scaled.set, method == Method::Tanh, parameters_of(task.rival), task)?)
        }
        Method::Polynomial => Box::new(polynomial::fit(&scaled.set)?),
        Method::Spline => Box::new(spline::fit(&scaled.set)?),
        Method::GaussianProcess => Box::new(gaussian_process::fit(&scaled.set, task)?),
    };
    Ok(Box::new(InUnits { inner, scaling: scaled.scaling }))
}

/// The data in the units in which methods fit: inputs from -3 to 3 over the domain, values with mean zero and standard deviation one.
/// Derivatives, where they are learnt, are scaled as those of a network.
struct Scaled {
    set: TrainingSet,
    scaling: Normalization,
}

impl Scaled {
    fn new(task: &Task) -> Self {
        let standard = training_set::standard(task.data);
        let scaling = if task.data.gradient.is_some() {
            standard
        } else {
            let half = |[low, high]: &[f64; 2]| if high > low { (high - low) / 6.0 } else { 1.0 };
            Normalization {
                input_shift: task.bounds.iter().map(|[low, high]| f64::midpoint(*low, *high)).collect(),
                input_scale: task.bounds.iter().map(half).collect(),
                ..standard
            }
        };
        Self::with(task, scaling)
    }

    fn with(task: &Task, scaling: Normalization) -> Self {
        Self { set: TrainingSet::new(task.data, &scaling, task.value_weight), scaling }
    }
}

/// Refuses what is learnt from derivatives, or from rows that do not count alike.
fn equal_values(set: &TrainingSet) -> Result<(), NoFit> {
    match (set.target, set.weights.is_some()) {
        (Target::Value, false) => Ok(()),
        (Target::Value, true) => Err(NoFit::because("here it takes rows that count alike, without standard errors")),
        _ => Err(NoFit::because("here it takes values only, no derivatives")),
    }
}

/// A fit in the units of the data.
struct InUnits {
    inner: Box<dyn Surface>,
    scaling: Normalization,
}

impl Surface for InUnits {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let Normalization { input_shift, input_scale, output_shift, output_scale } = &self.scaling;
        let inputs = input_shift.len();
        let scaled: Vec<f64> =
            x.iter().enumerate().map(|(k, x)| (x - input_shift[k % inputs]) / input_scale[k % inputs]).collect();
        let (mut values, mut slopes) = self.inner.evaluate(&scaled);
        for value in &mut values {
            *value = *value * output_scale + output_shift;
        }
        for (k, slope) in slopes.iter_mut().enumerate() {
            *slope *= output_scale / input_scale[k % inputs];
        }
        (values, slopes)
    }

    fn parameters(&self) -> usize {
        self.inner.parameters()
    }

    fn choice(&self) -> String {
        self.inner.choice()
    }
}

/// An LSE-ICNN among the others.
pub struct Fitted<'a>(pub &'a Potential);

impl Surface for Fitted<'_> {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let values = self.0.values(x, Outputs { gradient: true, ..Outputs::default() });
        (values.psi, values.gradient)
    }

    fn parameters(&self) -> usize {
        parameters_of(self.0)
    }

    fn choice(&self) -> String {
        let modes = present(self.0);
        format!("{modes} {}", if modes == 1 { "mode" } else { "modes" })
    }
}

#[cfg(test)]
mod tests;
