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
use multiwell::model::{Potential, init, lse};
use multiwell::potentials::sampling;
use serde::{Deserialize, Serialize};

pub use compared::Values;
pub use judge::{Judge, Score, Truth};

use crate::NoFit;
use crate::comparison::{self, of_some};
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
            Self::Polynomial => {
                "Of the degree with the least error of rows that are left out one by one; a Fourier series of periodic inputs."
            }
            Self::Spline => {
                "The cubic spline of one input, periodic or natural, the thin plate of two; values of 1,000 rows at most."
            }
            Self::GaussianProcess => "Exact, with the likeliest lengths and noise; of 1,600 values and derivatives at most.",
        }
    }
}

/// The work that the training of a network may take, as rows times parameters times the sum of parameters and [`EPOCHS_COST`]: a step of the second-order
/// method takes rows times squared parameters, an epoch of Adam rows times parameters.
const MOST_WORK: usize = 2_400_000_000;
/// Rows that a network learns from, however much work that is.
const LEAST_ROWS: usize = 1000;
/// The parameters of a network of which the steps of the second-order method take as long as the epochs of Adam.
const EPOCHS_COST: usize = 1000;

impl Method {
    /// The most rows that it learns from: of more, as many are drawn. `parameters` is the number of those of the LSE-ICNN.
    fn most_rows(self, set: &TrainingSet, parameters: usize) -> usize {
        match self {
            Self::LseIcnn => usize::MAX,
            Self::HardMinimum | Self::Softplus | Self::Tanh => {
                let work_of_row = parameters * (parameters + EPOCHS_COST) * set.target.components(set.inputs);
                (MOST_WORK / work_of_row).max(LEAST_ROWS)
            }
            Self::Polynomial => polynomial::MOST_ROWS,
            Self::Spline => spline::MOST_ROWS,
            Self::GaussianProcess => gaussian_process::MOST_NUMBERS / set.target.components(set.inputs),
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
    let Scaled { set, scaling } =
        if method == Method::HardMinimum { Scaled::with(task, task.rival.scaling().clone()) } else { Scaled::new(task) };
    let (all, most) = (set.samples(), method.most_rows(&set, parameters_of(task.rival)));
    let set = if all > most {
        let some = sampling::subset(all, most, &mut init::stream(task.seed));
        set.only(|row| some.binary_search(&row).is_ok())
    } else {
        set
    };
    let inner: Box<dyn Surface> = match method {
        Method::LseIcnn => unreachable!("an LSE-ICNN is trained by its own recipes"),
        Method::HardMinimum => Box::new(network::hard_minimum(&set, task)?),
        Method::Softplus | Method::Tanh => {
            Box::new(network::plain(&set, method == Method::Tanh, parameters_of(task.rival), task)?)
        }
        Method::Polynomial => Box::new(polynomial::fit(&set, task)?),
        Method::Spline => Box::new(spline::fit(&set, &task.data.periodic())?),
        Method::GaussianProcess => Box::new(gaussian_process::fit(&set, task)?),
    };
    let of_some = if all > most { of_some(most, all, "rows") } else { String::new() };
    Ok(Box::new(InUnits { inner, scaling, of_some }))
}

/// The data in the units in which methods fit: inputs from -3 to 3 over the domain, periodic ones from -pi to pi, values with mean zero and standard
/// deviation one.
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
            .with_turns(&task.data.periods)
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
    /// Of which rows, behind the words on what was chosen; empty if of all.
    of_some: String,
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
        self.inner.choice() + &self.of_some
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
