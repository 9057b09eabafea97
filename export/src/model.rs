//! A model file as functions: its kind, and their arguments and results.

use itertools::Itertools;
use multiwell::Density;
use multiwell::grad::grad;
use multiwell::graph::{Axis, Graph, NodeId};
use multiwell::internal::data::units;
use multiwell::internal::model::model_file::{KeptError, ModelFile, Normalization};
use multiwell::internal::model::{Architecture, LseIcnn, ParamKind, Params, lse};
use multiwell::internal::plot::ticks::number;
use multiwell::internal::problem::jobs::ModelKind;
use multiwell::internal::problem::material::file::MaterialFile;
use multiwell::internal::problem::material::step::RecordedStep;
use multiwell::internal::problem::settings::Settings;
use multiwell::internal::text::shortened;

use super::ExportError;
use super::function::{Argument, Function, FunctionOutput};

/// Comment on points outside the data.
pub const OUTSIDE_COMMENT: &str = "Outside the domain of its data the fit continues smoothly, but no data confirm it there.";

/// Content of an exported model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Title in a phrase.
    pub title: String,
    /// Lines that describe its functions.
    pub about: Vec<String>,
    /// Its inputs.
    pub inputs: Vec<Input>,
    /// Its functions. Each has all results of the function before it, and further ones.
    pub functions: Vec<Function>,
    /// Normalised density whose logarithm is the value, if it is a density.
    pub density: Option<Normalised>,
    /// Unit of the value, if it is known.
    pub unit: Option<String>,
}

/// An input of a model.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name, with its unit.
    pub name: String,
    /// Range of its training data, if known.
    pub domain: Option<[f64; 2]>,
    /// Range of one period, if it is periodic.
    pub period: Option<[f64; 2]>,
}

impl Input {
    /// Line of a comment with its name, its domain and its period.
    pub fn described(&self) -> String {
        let domain = self.domain.map_or_else(String::new, |[low, high]| format!(", learnt from {low} to {high}"));
        let period = self.period.map_or_else(String::new, |[low, high]| format!(", periodic: {low} is {high}"));
        format!("  {}{domain}{period}", self.name)
    }
}

/// Normalisation of a density `exp(-value / kT)`.
#[derive(Clone, Debug)]
pub struct Normalised {
    /// Thermal energy kT, in the units of the value.
    pub kt: f64,
    /// Probability below a position, if the density is one of a single quantity that was learnt on a line.
    pub cumulative: Option<Cumulative>,
}

impl Normalised {
    /// Divisor of the exponent of the density behind `value`: empty if kT is 1.
    pub fn divisor(&self) -> String {
        if self.kt == 1.0 { String::new() } else { format!(" / {:?}", self.kt) }
    }
}

/// A distribution function that is linear between equidistant edges.
#[derive(Clone, Debug)]
pub struct Cumulative {
    /// The first edge.
    pub first: f64,
    /// Distance between two edges.
    pub step: f64,
    /// Probability below each edge.
    pub below: Vec<f64>,
}

impl Model {
    /// Reads a model file of any kind. A file of several densities has one for each set of samples. `set` names one of them, and the default is the
    /// last.
    ///
    /// # Errors
    /// If the text is not a model file, or if it has no such set.
    pub fn read(text: &str, set: Option<&str>) -> Result<Self, ExportError> {
        match ModelKind::of_file(text) {
            Some(ModelKind::Density) => Self::density(text, set),
            _ if set.is_some() => Err(ExportError::OneSet),
            Some(ModelKind::Material) => Self::material(text),
            _ => Self::potential(text),
        }
    }

    /// Removes all functions but that of the value alone. Returns false for a material, which has no such function.
    pub fn retain_value(&mut self) -> bool {
        self.functions.retain(|function| function.name == "value");
        !self.functions.is_empty()
    }

    fn potential(text: &str) -> Result<Self, ExportError> {
        let file = ModelFile::read(text)?;
        let kt = file.settings.as_ref().and_then(Settings::from_kept).and_then(|settings| settings.free_energy_unit());
        let inputs = inputs(&file);
        let title =
            if kt.is_some() { "the free energy of samples".into() } else { format!("a potential, learnt from {}", file.target) };
        let unit = units::split(&file.target).1.map(str::to_owned);
        let in_brackets = unit.as_ref().map_or_else(String::new, |unit| format!(" [{unit}]"));
        let density = kt.map(|kt| Normalised { kt, cumulative: None });
        let functions = functions(&file, 0.0, &inputs)?;
        Ok(Self {
            title,
            about: about(&format!("Psi{in_brackets}"), &inputs, density.as_ref(), &file.errors),
            inputs,
            functions,
            density,
            unit,
        })
    }

    fn density(text: &str, set: Option<&str>) -> Result<Self, ExportError> {
        let all = Density::read_all(text)?;
        let labels = || all.iter().map(|density| shortened(density.label())).join(", ");
        let found = match set {
            Some(label) => all.iter().find(|density| density.label() == label),
            None => all.last(),
        };
        let density = found.ok_or_else(|| ExportError::NoSet { asked: set.unwrap_or_default().into(), present: labels() })?;
        let (psi, names) = (density.potential(), vec![density.label().to_owned()]);
        let file = ModelFile::new(psi.architecture(), names, "-log q".into(), psi.scaling().clone(), psi.params());
        let [first, last] = density.domain();
        let states = density.states();
        let step = (last - first) / (states - 1) as f64;
        let edges: Vec<f64> = (0..=states).map(|k| first + step * (k as f64 - 0.5)).collect();
        let cumulative = Cumulative { first: edges[0], step, below: density.cumulative(&edges) };
        let inputs = vec![Input { name: density.label().into(), domain: Some([first, last]), period: None }];
        let functions = functions(&file, density.log_z(), &inputs)?;
        let title = format!("the density q of {}", density.label());
        let density = Some(Normalised { kt: 1.0, cumulative: Some(cumulative) });
        Ok(Self { title, about: about("-log q", &inputs, density.as_ref(), &[]), inputs, functions, density, unit: None })
    }

    fn material(text: &str) -> Result<Self, ExportError> {
        let file = MaterialFile::read(text)?;
        let step = RecordedStep::from_file(&file)?;
        let features = &file.features;
        let strains = features.origin.iter().zip(&features.strain);
        let strains = strains.map(|(origin, unit)| [origin - 2.0 * unit, origin + 2.0 * unit]).collect();
        let (arguments, states) = (step_arguments(&step, strains, features.duration), step.initial.len());
        let (inputs, outputs) = (file.inputs.len(), file.outputs.len());
        let results = vec![
            FunctionOutput::from_nodes("stress", &[outputs], vec![step.stress]),
            FunctionOutput::from_nodes("tangent", &[outputs, inputs], step.tangent),
            FunctionOutput::from_nodes("after", &[states], vec![step.states]),
            FunctionOutput::from_nodes("energy", &[1], vec![step.energy]),
            FunctionOutput::from_nodes("dissipation", &[1], vec![step.dissipation]),
        ];
        let RecordedStep { graph, params, names, settings, .. } = step;
        let functions = vec![Function { name: "step", arguments, results, graph, params, names, settings }];
        let mut about = vec![
            format!(
                "A step gives the stress ({}) and the states after it, and the tangent: the derivative of",
                file.outputs.join(", ")
            ),
            format!("the stress by the strain ({}) after the step, through the states.", file.inputs.join(", ")),
        ];
        about.push(if step.has_rates {
            "It is given the strain after the step, the strain before it, its duration and the states before it.".into()
        } else {
            "It is given the strain after the step and the state before it; the response does not depend on the rate.".into()
        });
        about.push(format!(
            "Before the first step the states are {}; the stress of the first sample is that after a step",
            initial(&step.initial)
        ));
        about.push("of no duration from these. The energy is the free energy after the step, zero where the material".into());
        about.push("begins; the dissipation is the heat that the step produces. Both are work per volume.".into());
        about.extend(error_lines(&file.errors));
        let inputs = file.inputs.iter().map(|name| Input { name: name.clone(), domain: None, period: None }).collect();
        let dynamics = format!("{:?}", file.dynamics).to_lowercase();
        let title = format!("a material with memory, its dynamics those of {dynamics}");
        Ok(Self { title, about, inputs, functions, density: None, unit: None })
    }
}

/// Arguments of a step of a material: the strain after it and, if the material has rates, the strain before it and its duration; the states before it.
/// `duration` is that of a run.
pub fn step_arguments(step: &RecordedStep, strains: Vec<[f64; 2]>, duration: f64) -> Vec<Argument> {
    let argument = |name, ranges: Vec<[f64; 2]>| Argument { name, len: ranges.len(), ranges, periods: Vec::new() };
    let mut arguments = vec![argument("strain", strains.clone())];
    if step.has_rates {
        arguments.extend([argument("previous", strains), argument("duration", vec![[0.0, duration / 50.0]])]);
    }
    arguments.push(argument("state", vec![[-0.5, 1.0]; step.initial.len()]));
    arguments
}

/// The inputs of a potential.
pub fn inputs(file: &ModelFile) -> Vec<Input> {
    let input = |(k, name): (usize, &String)| {
        let domain = file.domain.as_ref().and_then(|domain| domain.bounds.get(k).copied());
        Input { name: name.clone(), domain, period: file.periods.get(k).copied().flatten() }
    };
    file.inputs.iter().enumerate().map(input).collect()
}

/// Description of the states before the first step.
fn initial(states: &[f64]) -> String {
    if states.iter().all(|&state| state == 0.0) { "zero".into() } else { format!("{states:?}") }
}

/// Lines that describe a value as a function of inputs.
fn about(value: &str, inputs: &[Input], density: Option<&Normalised>, errors: &[KeptError]) -> Vec<String> {
    let mut lines = vec![format!("The value is {value}, a smooth function of")];
    lines.extend(inputs.iter().map(Input::described));
    lines.extend(error_lines(errors));
    lines.push(OUTSIDE_COMMENT.into());
    if let Some(density) = density {
        lines.push(format!("The density is exp(-value{}); its integral over the domain of its data is 1.", density.divisor()));
    }
    lines
}

/// Lines with the errors of the fit on its training data, one for each quantity.
pub fn error_lines(errors: &[KeptError]) -> Vec<String> {
    // R2 is rounded down, so that it is not rounded up to one.
    let r2 = |error: &KeptError| error.r2.map_or_else(String::new, |r2| format!(", R2 {}", (r2 * 1e6).floor() / 1e6));
    errors.iter().map(|error| format!("Its error in {} is {} (RMSE{}).", error.of, number(error.rmse, 3), r2(error))).collect()
}

/// Architecture and parameters of a file without its closed modes, which have no responsibility anywhere.
fn without_closed_modes(file: &ModelFile) -> Result<(Architecture, Vec<f64>), ExportError> {
    let (arch, flat) = (file.architecture(), file.flat_params()?);
    let declared = multiwell::internal::model::potential::declared(&arch);
    let open = lse::open_modes(&declared, &flat);
    if open.is_empty() {
        return Err(ExportError::Nothing);
    }
    Ok((Architecture { modes: open.len(), ..arch }, declared.of_modes(&flat, &open)))
}

/// Records the potential of a file at `x`, `[1, inputs]`, plus a constant. Returns it with its parameters, which follow those declared before.
///
/// # Errors
/// If the file is of another network, or if all its modes are closed.
pub fn record(
    graph: &mut Graph,
    params: &mut Params,
    file: &ModelFile,
    lift: f64,
    x: NodeId,
) -> Result<(NodeId, Vec<f64>), ExportError> {
    let (arch, of_network) = without_closed_modes(file)?;
    let (inputs, scaling) = (arch.inputs, &file.scaling);
    let (mut scaled, mut flat) = (x, Vec::new());
    let is_scaled = *scaling
        != Normalization {
            output_shift: scaling.output_shift,
            output_scale: scaling.output_scale,
            ..Normalization::identity(inputs)
        };
    if is_scaled {
        let [shift, scale] = ["shift", "scale"].map(|name| params.declare(graph, name, ParamKind::Free, [1, inputs, 1]));
        let centred = graph.sub(x, shift);
        scaled = graph.div(centred, scale);
        flat.extend(scaling.input_shift.iter().chain(&scaling.input_scale));
    }
    flat.extend(of_network);
    let psi = LseIcnn::record_on(graph, params, &arch, scaled).psi;
    let unit = graph.constant(scaling.output_scale);
    let zero = graph.constant(scaling.output_shift + lift);
    let value = graph.mul(psi, unit);
    Ok((graph.add(value, zero), flat))
}

/// Ranges of interest of the inputs.
pub fn ranges(file: &ModelFile, known: &[Input]) -> Vec<[f64; 2]> {
    let range = |(k, input): (usize, &Input)| {
        let (shift, scale) = (file.scaling.input_shift[k], file.scaling.input_scale[k]);
        input.domain.or(input.period).unwrap_or([shift - 2.0 * scale, shift + 2.0 * scale])
    };
    known.iter().enumerate().map(range).collect()
}

/// Functions of a potential plus a constant: its value; with its gradient; with its Hessian.
fn functions(file: &ModelFile, lift: f64, known: &[Input]) -> Result<Vec<Function>, ExportError> {
    let inputs = file.inputs.len();
    let mut graph = Graph::new();
    let x = graph.input(1, inputs);
    let mut declared = Params::default();
    let (value, flat) = record(&mut graph, &mut declared, file, lift, x)?;
    let gradient = grad(&mut graph, value, &[x])[0].expect("the potential depends on its inputs");
    let hessian = hessian(&mut graph, gradient, x);
    let period = |range: &Option<[f64; 2]>| range.map(|[low, high]| [f64::midpoint(low, high), high - low]);
    let argument =
        Argument { name: "x", len: inputs, ranges: ranges(file, known), periods: file.periods.iter().map(period).collect() };
    let value = FunctionOutput::number("value", value);
    let gradient = FunctionOutput::from_nodes("gradient", &[inputs], vec![gradient]);
    let hessian = FunctionOutput::from_nodes("hessian", &[inputs, inputs], hessian);
    let function = |name, results: &[&FunctionOutput]| Function {
        name,
        arguments: vec![argument.clone()],
        results: results.iter().map(|&result| result.clone()).collect(),
        graph: graph.clone(),
        params: flat.clone(),
        names: declared.iter().map(|param| param.name.clone()).collect(),
        settings: Vec::new(),
    };
    Ok(vec![
        function("value", &[&value]),
        function("gradient", &[&value, &gradient]),
        function("hessian", &[&value, &gradient, &hessian]),
    ])
}

/// The rows of the Hessian.
pub fn hessian(graph: &mut Graph, gradient: NodeId, x: NodeId) -> Vec<NodeId> {
    let shape = graph.shape(x);
    let row = |row: usize| {
        let component = graph.slice(gradient, Axis::Rows, row, 1);
        grad(graph, component, &[x])[0].unwrap_or_else(|| graph.filled(0.0, shape))
    };
    (0..shape.rows).map(row).collect()
}
