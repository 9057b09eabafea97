//! Model files of every kind with random parameters, and points at which they are evaluated.

use std::sync::LazyLock;

use multiwell::graph::Graph;
use multiwell::internal::model::model_file::{LearntDomain, ModelFile, Normalization};
use multiwell::internal::model::{Architecture, LseIcnn, Params, Skip, Symmetry, init, lse};
use multiwell::internal::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings};
use multiwell::{Fit, Recipe};
use multiwell_export::function::Function;

/// A model to export.
#[derive(Clone)]
pub struct KnownModel {
    /// Its name, an identifier.
    pub name: &'static str,
    /// The text of its file.
    pub text: String,
}

/// The file of a potential with random parameters.
fn potential(seed: u64, arch: &Architecture, periods: &[Option<[f64; 2]>], closed: &[usize]) -> String {
    let params: Params = LseIcnn::record(&mut Graph::new(), arch).params;
    let mut flat = init::paper(&params, seed);
    // Weights have a size typical of training, and the sharpness makes several modes responsible.
    for param in params.iter() {
        let factor = if param.name.starts_with(['V', 'W']) { 2.5 } else { 1.0 };
        flat[param.range()].iter_mut().for_each(|value| *value *= factor);
    }
    flat[params.get("rho").expect("a sharpness").offset] = 6.0;
    for &mode in closed {
        lse::close(&params, &mut flat, mode);
    }
    let inputs = arch.inputs;
    let scaling = Normalization {
        input_shift: (0..inputs).map(|k| 0.3 * k as f64 - 0.2).collect(),
        input_scale: (0..inputs).map(|k| 0.7 + 0.2 * k as f64).collect(),
        output_shift: -1.5,
        output_scale: 3.25,
    };
    let names = (0..inputs).map(|k| format!("x{k} [nm]")).collect();
    let mut file = ModelFile::new(arch, names, "E [kJ/mol]".into(), scaling.with_turns(periods), &flat);
    file.domain = Some(LearntDomain {
        bounds: (0..inputs).map(|k| [-2.0 - k as f64, 2.0]).collect(),
        threshold: 0.0,
        unsupported: Vec::new(),
        accuracy: None,
    });
    file.write()
}

/// Models of every kind, made once.
pub fn all() -> Vec<KnownModel> {
    static ALL_MODELS: LazyLock<Vec<KnownModel>> = LazyLock::new(make);
    ALL_MODELS.clone()
}

fn make() -> Vec<KnownModel> {
    let plain = |inputs, modes, hidden: &[usize]| Architecture::new(inputs, modes, hidden);
    let periods = [Some([-180.0, 180.0]), None, Some([0.0, 1.0])];
    let around = plain(3, 2, &[4, 3]).with_periodic(periods.iter().map(Option::is_some).collect());
    let mut models = vec![
        ("curve", potential(1, &plain(1, 10, &[10, 10]), &[], &[])),
        ("single", potential(2, &plain(1, 1, &[5]), &[], &[])),
        ("quadratic", potential(3, &plain(2, 3, &[6]).with(Skip::Quadratic, Symmetry::None), &[], &[])),
        ("exchange", potential(4, &plain(2, 2, &[4, 3]).with(Skip::Quartic, Symmetry::Exchange), &[], &[])),
        ("deep", potential(5, &plain(3, 4, &[7, 5, 4]), &[], &[])),
        ("periodic", potential(6, &around, &periods, &[])),
        ("four", potential(7, &plain(4, 5, &[8]), &[], &[])),
        ("five", potential(8, &plain(5, 2, &[4, 4]), &[], &[])),
        ("six", potential(9, &plain(6, 3, &[5, 5]), &[], &[])),
        ("seven", potential(10, &plain(7, 4, &[12, 12]), &[], &[])),
        ("closed", potential(11, &plain(2, 6, &[4, 3]), &[], &[0, 3, 5])),
        ("one_left", potential(12, &plain(1, 3, &[4]), &[], &[0, 2])),
    ];
    let samples: Vec<f64> = (0..400).map(|k| f64::from(k % 2) * 3.0 - 1.5 + 0.6 * (f64::from(k) * 0.618).fract().sin()).collect();
    let density = Fit::density(&samples).and_then(|fit| fit.recipe(Recipe::Paper).modes(3).hidden(&[5, 4]).epochs(60).run());
    models.push(("density", density.expect("a density").model_text().to_string()));
    for (name, dynamics) in [("node", Dynamics::Node), ("onsager", Dynamics::Onsager), ("play", Dynamics::Play)] {
        let settings =
            MetamaterialSettings { trajectories: 20, batch: 8, steps: 20, ..MetamaterialSettings::from_dynamics(dynamics, true) };
        let mut run = MetamaterialRun::new(settings);
        run.advance(20);
        models.push((name, run.file().write()));
    }
    models.into_iter().map(|(name, text)| KnownModel { name, text }).collect()
}

/// Arguments of a function at `points` points, one point after the other. Without `far`, they lie in the ranges of interest. Otherwise inputs of
/// potentials reach up to `far` from zero, and strains up to ten times their range, because of the cubes of their features. If `far` is NaN, all
/// arguments are NaN.
pub fn arguments(function: &Function, points: usize, far: Option<f64>) -> Vec<Vec<f64>> {
    let mut state = 1_u64;
    let mut next = |[low, high]: [f64; 2]| {
        // Lehmer's random number generator modulo 2^31 - 1.
        state = state * 48271 % 2_147_483_647;
        low + (high - low) * state as f64 / 2_147_483_647.0
    };
    let mut list = vec![Vec::new(); function.arguments.len()];
    for _ in 0..points {
        for (values, argument) in list.iter_mut().zip(&function.arguments) {
            let outside = |range: [f64; 2], far: f64| match argument.name {
                _ if far.is_nan() => [far; 2],
                "x" => [-far, far],
                "strain" | "previous" => range.map(|end| 10.0 * end),
                // Durations are not negative, and states keep their ranges.
                _ => range,
            };
            values.extend(argument.ranges.iter().map(|&range| next(far.map_or(range, |far| outside(range, far)))));
        }
    }
    list
}
