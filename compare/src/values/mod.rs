//! Fits of values, and of derivatives if a method can use them.

mod compared;
mod gaussian_process;
mod judge;
mod network;
mod polynomial;
mod spline;
mod training;

use multiwell::internal::data::Dataset;
use multiwell::internal::loss::RegressionTarget;
use multiwell::internal::loss::training_set::{self, TrainingSet};
use multiwell::internal::model::model_file::Normalization;
use multiwell::internal::model::potential::{Outputs, declared};
use multiwell::internal::model::{Potential, init, lse};
use multiwell::internal::potentials::sampling;
use multiwell::internal::text::counted;
use serde::{Deserialize, Serialize};

pub use compared::ComparedValues;
pub use judge::{Truth, ValueJudge, ValueScore};

use crate::NoFit;
use crate::comparison::{self, of_some};
use crate::report::OWN_NAME;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueMethod {
    /// The LSE-ICNN, which is not trained here.
    LseIcnn,
    /// The minimum, instead of the soft minimum, of the convex networks of the LSE-ICNN, after further training.
    HardMinimum,
    /// A plain network with softplus.
    Softplus,
    /// A plain network with tanh.
    Tanh,
    /// A polynomial whose degree gives the best prediction of rows that are left out.
    Polynomial,
    /// The smoothing spline of least bending, with the penalty of generalised cross-validation.
    Spline,
    /// A Gaussian process with the hyperparameters of the largest restricted likelihood.
    GaussianProcess,
}

impl comparison::Method for ValueMethod {
    const LIST: &'static [Self] =
        &[Self::LseIcnn, Self::HardMinimum, Self::Softplus, Self::Tanh, Self::Polynomial, Self::Spline, Self::GaussianProcess];

    fn words(self) -> [&'static str; 3] {
        match self {
            Self::LseIcnn => {
                [OWN_NAME, "LSE-ICNN", "The soft minimum of convex networks, trained with the settings of the page."]
            }
            Self::HardMinimum => {
                ["hard-minimum", "Hard minimum", "The minimum of as many convex networks in place of their soft minimum."]
            }
            Self::Softplus => [
                "softplus",
                "Network, softplus",
                "A plain network of two hidden layers with about as many parameters as the LSE-ICNN has in the end.",
            ],
            Self::Tanh => ["tanh", "Network, tanh", "The same network with tanh."],
            Self::Polynomial => [
                "polynomial",
                "Polynomial",
                "A polynomial whose degree leave-one-out cross-validation selects; a Fourier series of periodic inputs.",
            ],
            Self::Spline => [
                "spline",
                "Smoothing spline",
                "The cubic spline of one input, periodic or natural, the thin plate of two; values of 1,000 rows at most.",
            ],
            Self::GaussianProcess => [
                "gaussian-process",
                "Gaussian process",
                "Exact, with the likeliest lengths and noise; of 1,600 values and derivatives at most.",
            ],
        }
    }
}

/// Maximum work of the training of a network: rows times parameters times the sum of parameters and [`EPOCHS_COST`]. A step of the second-order
/// method takes rows times squared parameters. An epoch of Adam takes rows times parameters.
const MAX_WORK: usize = 2_400_000_000;
/// Minimum limit on the number of training rows of a network, regardless of the work.
const MIN_TRAINING_ROWS: usize = 1000;
/// Number of parameters of a network for which the steps of the second-order method take as long as the epochs of Adam.
const EPOCHS_COST: usize = 1000;

impl ValueMethod {
    /// Maximum number of training rows. If there are more rows, the seed draws this number of them. `parameters` is the number of parameters of the LSE-ICNN.
    fn most_rows(self, set: &TrainingSet, parameters: usize) -> usize {
        match self {
            Self::LseIcnn => usize::MAX,
            Self::HardMinimum | Self::Softplus | Self::Tanh => {
                let work_of_row = parameters * (parameters + EPOCHS_COST) * set.target.components(set.inputs);
                (MAX_WORK / work_of_row).max(MIN_TRAINING_ROWS)
            }
            Self::Polynomial => polynomial::MAX_ROWS,
            Self::Spline => spline::MAX_ROWS,
            Self::GaussianProcess => gaussian_process::MAX_OBSERVATIONS / set.target.components(set.inputs),
        }
    }
}

/// A fitted function of the inputs.
pub trait FittedSurface {
    /// Values `[points]` and derivatives `[points, inputs]` at points `[points, inputs]`.
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>);

    /// Number of fitted parameters.
    fn parameters(&self) -> usize {
        0
    }

    /// Hyperparameters chosen by the fit, in a few words: a degree, a penalty, a kernel.
    fn choice(&self) -> String {
        String::new()
    }
}

/// Data of the methods, in the units of the data.
pub struct MethodData<'a> {
    /// Training rows.
    pub data: &'a Dataset,
    /// The domain, `[low, high]` for each input.
    pub bounds: &'a [[f64; 2]],
    /// Weight of the values relative to that of the derivatives, if both are learnt.
    pub value_weight: f64,
    /// The LSE-ICNN on the same data. Plain networks have nearly the same number of parameters, and the minimum of convex networks is initialized
    /// with its modes.
    pub rival: &'a Potential,
    /// Seed of initial parameters.
    pub seed: u64,
    /// True if the user has requested the end of the fit.
    pub is_stopped: &'a dyn Fn() -> bool,
}

/// Number of parameters of an LSE-ICNN without the modes that were removed.
pub fn parameters_of(potential: &Potential) -> usize {
    let (arch, modes) = (potential.architecture(), present(potential).len());
    let all = declared(arch).len();
    (all - 1) / arch.modes.max(1) * modes + 1
}

/// Modes that were not removed.
fn present(potential: &Potential) -> Vec<usize> {
    let layout = declared(potential.architecture());
    (0..potential.modes()).filter(|&mode| !lse::is_closed(&layout, potential.params(), mode)).collect()
}

/// Fits the data by a method.
///
/// # Errors
/// If the method does not suit the data, or if the user has stopped it.
///
/// # Panics
/// For [`ValueMethod::LseIcnn`], because the LSE-ICNN is trained before the comparison.
pub fn fit(method: ValueMethod, task: &MethodData) -> Result<Box<dyn FittedSurface>, NoFit> {
    let scaling = match method {
        ValueMethod::HardMinimum => task.rival.scaling().clone(),
        ValueMethod::GaussianProcess => Normalization::identity(task.bounds.len()),
        _ => scaling_of(task),
    };
    let set = TrainingSet::new(task.data, &scaling, task.value_weight);
    let (all, most) = (set.samples(), method.most_rows(&set, parameters_of(task.rival)));
    let some = sampling::subset(all, most, &mut init::stream(task.seed));
    let set = if all > most { set.subset(|row| some.binary_search(&row).is_ok()) } else { set };
    let inner: Box<dyn FittedSurface> = match method {
        ValueMethod::LseIcnn => unreachable!("an LSE-ICNN is trained by its own recipes"),
        ValueMethod::HardMinimum => Box::new(network::hard_minimum(&set, task)?),
        ValueMethod::Softplus | ValueMethod::Tanh => {
            Box::new(network::plain(&set, method == ValueMethod::Tanh, parameters_of(task.rival), task)?)
        }
        ValueMethod::Polynomial => Box::new(polynomial::fit(&set, task)?),
        ValueMethod::Spline => Box::new(spline::fit(&set, &task.data.periodic())?),
        ValueMethod::GaussianProcess => Box::new(gaussian_process::fit(&task.data.select_rows(&some), task)?),
    };
    let of_some = if all > most { of_some(most, all, "rows") } else { String::new() };
    Ok(Box::new(InUnits { inner, scaling, of_some }))
}

/// Scaling to the units of the fits. Inputs range from -3 to 3 over the domain, and periodic ones from -pi to pi. Values have mean zero and standard
/// deviation one. Derivatives, if they are learnt, are scaled like those of a network.
fn scaling_of(task: &MethodData) -> Normalization {
    let standard = training_set::standard(task.data);
    if task.data.gradient.is_some() {
        return standard;
    }
    let half = |[low, high]: &[f64; 2]| if high > low { (high - low) / 6.0 } else { 1.0 };
    let input_shift = task.bounds.iter().map(|[low, high]| f64::midpoint(*low, *high)).collect();
    let input_scale = task.bounds.iter().map(half).collect();
    Normalization { input_shift, input_scale, ..standard }.with_turns(&task.data.periods)
}

/// Refuses data with derivatives, or with rows of unequal weights.
fn require_equally_weighted_values(set: &TrainingSet) -> Result<(), NoFit> {
    match (set.target, set.weights.is_some()) {
        (RegressionTarget::Value, false) => Ok(()),
        (RegressionTarget::Value, true) => Err(NoFit::unsuitable("here it takes rows that count alike, without standard errors")),
        _ => Err(NoFit::unsuitable("here it takes values only, no derivatives")),
    }
}

/// A fit in the units of the data.
struct InUnits {
    inner: Box<dyn FittedSurface>,
    scaling: Normalization,
    /// Number of the rows, in words behind the hyperparameters; empty if the fit uses all rows.
    of_some: String,
}

impl FittedSurface for InUnits {
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
        self.inner.choice() + &self.of_some
    }
}

/// An LSE-ICNN as one of the fits.
pub struct FittedNetwork<'a>(pub &'a Potential);

impl FittedSurface for FittedNetwork<'_> {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let values = self.0.values(x, Outputs { gradient: true, ..Outputs::default() });
        (values.psi, values.gradient)
    }

    fn parameters(&self) -> usize {
        parameters_of(self.0)
    }

    fn choice(&self) -> String {
        counted(present(self.0).len(), "mode")
    }
}

#[cfg(test)]
mod tests;
