//! A model as functions of the strain at a point.

use multiwell::grad::grad;
use multiwell::graph::{Axis, Graph, NodeId};
use multiwell::internal::data::units;
use multiwell::internal::model::Params;
use multiwell::internal::model::model_file::ModelFile;
use multiwell::internal::problem::jobs::ModelKind;
use multiwell::internal::problem::material::file::MaterialFile;
use multiwell::internal::problem::material::step::{RecordedStep, Strain};

use super::super::ExportError;
use super::super::function::{Argument, Function, FunctionOutput};
use super::super::model::{self, Input, Model, OUTSIDE_COMMENT};
use super::roles::{self, InputRole, VOIGT_ENTRIES};
use super::{PointOptions, refuse};

/// A model as functions of the strain at a point: `stress`, and `tangent`, which also has the tangent.
///
/// Their arguments are the strain after a step, the states before it and the values that are not strains, as far as the model has them. A model with
/// rates also has the strain before the step and its duration. Their results are the free energy, the dissipation, the stress and the states after
/// the step, further outputs, and the tangent, in this order.
#[derive(Clone, Debug)]
pub struct Point {
    /// The functions, with their description.
    pub model: Model,
    /// Indices, in Abaqus's order, of the strain entries among the arguments.
    pub entries: Vec<usize>,
    /// True if the response depends on the strain before the step and on its duration.
    pub has_rates: bool,
    /// Number of states.
    pub states: usize,
    /// Roles of the values that are not strains.
    pub others: Vec<InputRole>,
    /// Descriptions of further outputs besides the states.
    pub shown: Vec<String>,
}

impl Point {
    /// Reads a model file.
    ///
    /// # Errors
    /// If the model is not a material of a structure.
    pub fn read(text: &str, options: &PointOptions) -> Result<Self, ExportError> {
        match ModelKind::of_file(text) {
            Some(ModelKind::Density) => {
                refuse("a density is no energy of a strain; a UMAT needs a potential of strains or a material with memory")
            }
            Some(ModelKind::Material) => Self::material(&MaterialFile::read(text)?, options),
            _ => Self::potential(&ModelFile::read(text)?, options),
        }
    }

    fn potential(file: &ModelFile, options: &PointOptions) -> Result<Self, ExportError> {
        let roles = roles::of_inputs(&file.inputs, options, None)?;
        if roles.contains(&InputRole::Invariants) {
            return refuse("only a material with memory that was learnt along one strain is a function of invariants");
        }
        let entries = roles::entries(&roles)?;
        let inputs = model::inputs(file);
        let is_strain = |role: &InputRole| role.entry().is_some();
        if let Some((input, _)) = inputs.iter().zip(&roles).find(|(input, role)| input.period.is_some() && is_strain(role)) {
            return refuse(format!("{} is periodic, which no strain is; give it another role", input.name));
        }
        let ranges = model::ranges(file, &inputs);
        let others: Vec<usize> = (0..roles.len()).filter(|&k| !is_strain(&roles[k])).collect();
        let recorded = StrainPotential::record(file, &roles, &entries, &others)?;
        let mut strains = vec![[0.0; 2]; entries.len()];
        for (role, range) in roles.iter().zip(&ranges) {
            if let Some((place, factor)) = place(*role, &entries) {
                strains[place] = range.map(|end| end / factor);
            }
        }
        let mut arguments = vec![Argument { name: "strain", len: entries.len(), ranges: strains, periods: Vec::new() }];
        if !others.is_empty() {
            let period = |&k: &usize| inputs[k].period.map(|[low, high]| [f64::midpoint(low, high), high - low]);
            arguments.push(Argument {
                name: "others",
                len: others.len(),
                ranges: others.iter().map(|&k| ranges[k]).collect(),
                periods: others.iter().map(period).collect(),
            });
        }
        let mut results = vec![
            FunctionOutput::number("energy", recorded.energy),
            FunctionOutput::from_nodes("stress", &[entries.len()], vec![recorded.stress]),
        ];
        results.extend(recorded.slopes.map(|slopes| FunctionOutput::from_nodes("slopes", &[others.len()], vec![slopes])));
        results.push(FunctionOutput::from_nodes("tangent", &[entries.len(); 2], recorded.tangent));
        let unit = units::split(&file.target).1.map_or_else(String::new, |unit| format!(" [{unit}]"));
        let title = format!("a potential, learnt from {}", file.target);
        let mut about = vec![format!("The energy Psi{unit} per volume is a function of")];
        about.extend(described(&inputs, &roles));
        about.push("The stress is its derivative by the strain, the tangent the second.".into());
        about.extend(model::error_lines(&file.errors));
        about.push(OUTSIDE_COMMENT.into());
        let functions = functions(&arguments, &results, &recorded.graph, &recorded.params, &[]);
        Ok(Self {
            model: Model { title, about, inputs, functions, density: None, unit: None },
            entries,
            has_rates: false,
            states: 0,
            shown: others.iter().map(|&k| format!("the derivative of the energy by {}", file.inputs[k])).collect(),
            others: others.into_iter().map(|k| roles[k]).collect(),
        })
    }

    fn material(file: &MaterialFile, options: &PointOptions) -> Result<Self, ExportError> {
        let features = &file.features;
        let is_isotropic = file.inputs.len() == 1 && file.outputs.len() == 2 && features.origin == [0.0];
        let roles = roles::of_inputs(&file.inputs, options, is_isotropic.then_some(InputRole::Invariants))?;
        if roles.iter().any(|role| matches!(role, InputRole::Field(_) | InputRole::Property(_))) {
            return refuse("every input of a material with memory must be a strain");
        }
        if roles.contains(&InputRole::Invariants) && !is_isotropic {
            return refuse(
                "the features of a material are invariants only if it was learnt along one strain, with the stresses along and across it, about zero",
            );
        }
        if file.outputs.len() < file.inputs.len() {
            return refuse("some strains of the material have no stress, which a finite element needs");
        }
        let entries = roles::entries(&roles)?;
        let mut strains = vec![[0.0; 2]; entries.len()];
        let strain = if roles.contains(&InputRole::Invariants) {
            // Entries of a tensor whose invariants are as large as those of one strain.
            strains = (0..6).map(|k| features.strain[0] * if k < 3 { 1.0 } else { 1.5 }).map(|size| [-size, size]).collect();
            Strain::Invariants
        } else {
            let places: Vec<(usize, f64)> = roles.iter().filter_map(|role| place(*role, &entries)).collect();
            for ((place, factor), (origin, unit)) in places.iter().zip(features.origin.iter().zip(&features.strain)) {
                strains[*place] = [origin - 2.0 * unit, origin + 2.0 * unit].map(|end| end / factor);
            }
            Strain::Components(entries.len(), places)
        };
        let step = RecordedStep::at_a_point(file, &strain)?;
        let (len, states) = (entries.len(), step.initial.len());
        let arguments = model::step_arguments(&step, strains, features.duration);
        let mut results = vec![
            FunctionOutput::number("energy", step.energy),
            FunctionOutput::number("dissipation", step.dissipation),
            FunctionOutput::from_nodes("stress", &[len], vec![step.stress]),
            FunctionOutput::from_nodes("after", &[states], vec![step.states]),
        ];
        results.extend(step.fraction.map(|fraction| FunctionOutput::from_nodes("fraction", &[1], vec![fraction])));
        results.push(FunctionOutput::from_nodes("tangent", &[len, len], step.tangent));
        let dynamics = format!("{:?}", file.dynamics).to_lowercase();
        let inputs: Vec<Input> =
            file.inputs.iter().map(|name| Input { name: name.clone(), domain: None, period: None }).collect();
        let mut about =
            vec![format!("Learnt from {} along {}, which is here", file.outputs.join(" and "), file.inputs.join(", "))];
        about.extend(described(&inputs, &roles));
        if matches!(strain, Strain::Invariants) {
            about.push(
                "It was learnt along one strain alone. Its response to other strains follows from isotropy, not from".into(),
            );
            about.push("measurements.".into());
            if features.structural {
                about.push("Besides the invariants, the strain 11 is an input: axis 1 is an axis of the material.".into());
            }
        }
        about.push(
            "The stress is conjugate to the strain with respect to work. The free energy is zero where the material begins."
                .into(),
        );
        about.extend(model::error_lines(&file.errors));
        about.push(OUTSIDE_COMMENT.into());
        let title = format!("a material with memory, its dynamics those of {dynamics}");
        let shown = step.fraction.map(|_| "the hidden state h, from 0 (first phase) to 1 (second)".to_string());
        let functions = functions(&arguments, &results, &step.graph, &step.params, &step.settings);
        Ok(Self {
            model: Model { title, about, inputs, functions, density: None, unit: None },
            entries,
            has_rates: step.has_rates,
            states,
            others: Vec::new(),
            shown: shown.into_iter().collect(),
        })
    }

    /// Number of values that are stored for a point from step to step, including further outputs.
    pub fn kept(&self) -> usize {
        self.states + self.shown.len()
    }

    /// Names of the strain entries.
    pub fn named(&self) -> Vec<&'static str> {
        self.entries.iter().map(|&entry| VOIGT_ENTRIES[entry]).collect()
    }
}

/// Position of an input among the strain entries of a point, and the factor of the input.
fn place(role: InputRole, entries: &[usize]) -> Option<(usize, f64)> {
    let (entry, factor) = role.entry()?;
    Some((entries.iter().position(|&own| own == entry)?, factor))
}

/// Lines that describe the inputs and their roles.
fn described(inputs: &[Input], roles: &[InputRole]) -> Vec<String> {
    inputs.iter().zip(roles).map(|(input, role)| format!("{}: {}", input.described(), role.words())).collect()
}

/// Returns two functions: one with all results but the last, which is the tangent, and one with all results.
fn functions(
    arguments: &[Argument],
    results: &[FunctionOutput],
    graph: &Graph,
    params: &[f64],
    settings: &[Vec<f64>],
) -> Vec<Function> {
    let function = |name, results: &[FunctionOutput]| Function {
        name,
        arguments: arguments.to_vec(),
        results: results.to_vec(),
        graph: graph.clone(),
        params: params.to_vec(),
        names: Vec::new(),
        settings: settings.to_vec(),
    };
    vec![function("stress", &results[..results.len() - 1]), function("tangent", results)]
}

/// A potential with its derivatives with respect to the strain.
struct StrainPotential {
    graph: Graph,
    params: Vec<f64>,
    energy: NodeId,
    stress: NodeId,
    slopes: Option<NodeId>,
    tangent: Vec<NodeId>,
}

impl StrainPotential {
    fn record(file: &ModelFile, roles: &[InputRole], entries: &[usize], others: &[usize]) -> Result<Self, ExportError> {
        let mut graph = Graph::new();
        let strain = graph.input(1, entries.len());
        let other = (!others.is_empty()).then(|| graph.input(1, others.len()));
        let mut input = |(k, role): (usize, &InputRole)| match (place(*role, entries), other) {
            (Some((place, factor)), _) => {
                let own = graph.slice(strain, Axis::Rows, place, 1);
                let factor = graph.constant(factor);
                graph.mul(own, factor)
            }
            (None, Some(other)) => {
                let at = others.iter().position(|&other| other == k).expect("what is no strain is another value");
                graph.slice(other, Axis::Rows, at, 1)
            }
            (None, None) => unreachable!("an input is a strain or another value"),
        };
        let inputs: Vec<NodeId> = roles.iter().enumerate().map(&mut input).collect();
        let x = graph.concat(Axis::Rows, &inputs);
        let (energy, params) = model::record(&mut graph, &mut Params::default(), file, 0.0, x)?;
        let stress = grad(&mut graph, energy, &[strain])[0].expect("the energy depends on the strain");
        let slopes = other.map(|other| grad(&mut graph, energy, &[other])[0].expect("the energy depends on its inputs"));
        let tangent = model::hessian(&mut graph, stress, strain);
        Ok(Self { graph, params, energy, stress, slopes, tangent })
    }
}
