//! Figures 12 and 13: landscape of the gene circuit, learnt from its vector field.

use std::fmt::Write;

use multiwell::internal::landscape::{Equilibrium, equilibria, slopes_of};
use multiwell::internal::model::Potential as Fit;
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::plot::figures::Tone;
use multiwell::internal::potentials::{GeneCircuit, KnownPotential};
use multiwell::internal::problem::potential::views::transient::{self, Arrivals, FIGURE_COUPLINGS};
use multiwell::internal::problem::potential::views::{flow, map};
use multiwell::internal::problem::settings::{NamedChoice, PotentialSettings, Symmetry, shortest};
use multiwell::internal::problem::view::{Touch, ViewState};

use super::forces::{self, ForcesMember};
use super::sheet::FigureSheet;
use super::{FigureOutput, FigureRequest, fields, with};
use crate::Failure;

/// Number of trajectories of Figure 12.
const TRAJECTORY_COUNT: usize = 12;
/// Maximum error of a step of the trajectories.
const STEP_TOLERANCE: f64 = 1e-8;
const SLOPE_OUTPUTS: Outputs = Outputs { gradient: true, modes: false, hessian: false };
const CURVATURE_OUTPUTS: Outputs = Outputs { gradient: true, modes: false, hessian: true };

pub fn figures(request: &FigureRequest) -> Result<Vec<FigureOutput>, Failure> {
    let symmetries: &[Symmetry] = if request.wants(13) { &[Symmetry::None, Symmetry::Exchange] } else { &[Symmetry::None] };
    let mut all = Vec::new();
    for &symmetry in symmetries {
        for &seed in request.seeds {
            let of = forces::settings(GeneCircuit::ID, request.epochs, seed);
            all.extend(FIGURE_COUPLINGS.map(|b| with(&of, &format!("b={b}&symmetry={}", symmetry.name()))));
        }
    }
    let touches = transient::starts(TRAJECTORY_COUNT).chunks(2).map(|x| (0, x[0], x[1])).collect();
    let mut members = forces::train(&all, &[ViewState { view: "flow".into(), touches, ..ViewState::default() }])?;
    let mut outputs = Vec::new();
    if request.wants(12) {
        outputs.extend(figure_12(&mut members[..2 * request.seeds.len()]));
    }
    if request.wants(13) {
        outputs.extend(figure_13(&mut members));
    }
    Ok(outputs)
}

fn potential_settings(member: &ForcesMember) -> PotentialSettings {
    member.settings.potential().cloned().unwrap_or_default()
}

fn slopes(fit: &mut Fit, x: &[f64]) -> Vec<f64> {
    fit.values(x, SLOPE_OUTPUTS).gradient
}

fn true_slopes(circuit: GeneCircuit, x: &[f64]) -> Vec<f64> {
    x.chunks(2).flat_map(|x| circuit.gradient(x)).collect()
}

/// Figure 12: true and learnt potentials with their flow and the nullclines.
fn figure_12(members: &mut [ForcesMember]) -> Vec<FigureOutput> {
    let times: Vec<f64> = (0..=60).map(|k| 0.25 * f64::from(k)).collect();
    let begin = transient::starts(TRAJECTORY_COUNT);
    let mut sheet = FigureSheet::default();
    let mut numbers = String::from("b,who,start,t,x1,x2\n");
    for member in members.iter_mut().take(2) {
        let circuit = GeneCircuit { b: potential_settings(member).b };
        let mut row = member.views[0].rows[0].clone();
        for plot in &mut row {
            plot.title += &format!(", b = {}", circuit.b);
        }
        sheet.add_lettered_rows((430, 400), [&row]);
        let of_truth = flow::roll(&begin, &times, STEP_TOLERANCE, &mut |x| true_slopes(circuit, x));
        let fit = &mut member.fit;
        let of_fit = flow::roll(&begin, &times, STEP_TOLERANCE, &mut |x| slopes(fit, x));
        for k in 0..TRAJECTORY_COUNT {
            for (who, path) in [("truth", &of_truth), ("fit", &of_fit)] {
                for (t, x) in times.iter().zip(path) {
                    let _ = writeln!(numbers, "{},{who},{k},{t},{}", circuit.b, fields([x[2 * k], x[2 * k + 1]]));
                }
            }
        }
    }
    let mut summary = String::from("b,seed,r2_worst,stable,stable_truth,worst_distance\n");
    for member in members.iter_mut() {
        let b = potential_settings(member).b;
        let circuit = GeneCircuit { b };
        let stable = |list: Vec<Equilibrium>| -> Vec<Vec<f64>> {
            list.into_iter().filter(|e| e.curvatures.iter().all(|&c| c > 0.0)).map(|e| e.x).collect()
        };
        let known = stable(equilibria(&[[0.0, 2.0]; 2], 200, &mut |x| slopes_of(&circuit, x)));
        let fit = &mut member.fit;
        let found = stable(equilibria(&[[0.0, 2.0]; 2], 200, &mut |x| {
            let values = fit.values(x, CURVATURE_OUTPUTS);
            (values.gradient, values.hessian)
        }));
        let distance = |a: &Vec<f64>, b: &Vec<f64>| (a[0] - b[0]).hypot(a[1] - b[1]);
        let nearest = |a: &Vec<f64>| found.iter().map(|b| distance(a, b)).fold(f64::INFINITY, f64::min);
        let worst = known.iter().map(nearest).fold(0.0, f64::max);
        let r2 = member.metrics.r2_components.iter().copied().fold(f64::INFINITY, f64::min);
        let (seed, count) = (member.settings.training.seed, found.len());
        let _ = writeln!(summary, "{b},{seed},{},{count},{},{}", shortest(r2), known.len(), shortest(worst));
    }
    let caption = format!(
        "Figure 12. The potential of the gene circuit (saturated colours mark low values), truth and fit learnt from the vector field (seed {}), with \
         lines that run downhill and trajectories of dx/dt = −∇Ψ from the same places (in ink on the truth, in red on the fit), over their own nullclines of x1 \
         (orange) and x2 (violet); discs are stable states, the circle is a saddle. Recipe {}.",
        members[0].settings.training.seed,
        members[0].settings.training.recipe.name()
    );
    vec![FigureOutput::new("figure-12", &sheet, &caption, numbers), FigureOutput::numbers("figure-12-summary", summary)]
}

/// Figure 13: continuous change of one landscape into the other, with trajectories on it.
fn figure_13(members: &mut [ForcesMember]) -> Vec<FigureOutput> {
    let times = transient::times();
    let begin = transient::beginning(&transient::starts(transient::INITIAL_CELLS));
    let circuits = FIGURE_COUPLINGS.map(|b| GeneCircuit { b });
    let truth = transient::blended(&begin, &times, STEP_TOLERANCE, &mut |x| circuits.map(|circuit| true_slopes(circuit, x)));
    let mut summary = String::from("symmetry,seed,wrong_side,worst_distance,worst_distance_on_the_right_side\n");
    let mut shown: Vec<Vec<f64>> = Vec::new();
    for pair in members.chunks_exact_mut(2) {
        let (symmetry, seed) = (potential_settings(&pair[0]).symmetry, pair[0].settings.training.seed);
        let [first, second] = pair else { continue };
        let of_fit = &mut |x: &[f64]| [slopes(&mut first.fit, x), slopes(&mut second.fit, x)];
        let path = transient::blended(&begin, &times, STEP_TOLERANCE, of_fit);
        let Arrivals { wrong, worst, worst_right } = Arrivals::compare(&path, &truth);
        let _ = writeln!(summary, "{},{seed},{wrong},{}", symmetry.name(), fields([worst, worst_right]));
        if symmetry == Symmetry::Exchange && shown.is_empty() {
            shown = path;
        }
    }
    let cells = transient::INITIAL_CELLS;
    let mut numbers = String::from("who,start,t,share,x1,x2\n");
    for (who, path) in [("truth", &truth), ("fit", &shown)] {
        for k in 0..cells {
            for (t, x) in times.iter().zip(path).step_by(4) {
                let _ = writeln!(numbers, "{who},{k},{}", fields([*t, x[2 * cells], x[2 * k], x[2 * k + 1]]));
            }
        }
    }
    let half = members.len() / 2;
    let seed = members[half].settings.training.seed;
    let bounds = GeneCircuit::DEFAULT.bounds();
    let plane = map::Plane::new(["x1".into(), "x2".into()], [bounds[0], bounds[1]]);
    let grid: Vec<f64> = plane.points().flatten().collect();
    let values: Vec<Vec<f64>> = members[half..half + 2].iter_mut().map(|m| m.fit.values(&grid, Outputs::default()).psi).collect();
    let mut sheet = FigureSheet::default();
    // All maps have the same scale, that of both ends.
    let ends = [0, 1].map(|k| map::range(&values[k]));
    let range = [ends[0][0].min(ends[1][0]), ends[0][1].max(ends[1][1])];
    for row in [[0, 40, 60], [80, 100, transient::ANIMATION_FRAMES]] {
        let plots = row.map(|frame| {
            let share = truth[frame][2 * cells];
            let blend: Vec<f64> = values[0].iter().zip(&values[1]).map(|(a, b)| (1.0 - share) * a + share * b).collect();
            let mut layers = flow::particles(&truth, cells, frame, Tone::Ink).to_vec();
            layers.extend(flow::particles(&shown, cells, frame, Tone::Accent));
            let picture = plane.map(blend, range, layers);
            map::plot(format!("t = {}, share {share:.2}", times[frame]), "the landscape", picture, Touch::Read)
        });
        sheet.add_lettered_rows((340, 320), [plots]);
    }
    let caption = format!(
        "Figure 13. The landscape (1 − s) Ψ₁ + s Ψ₂ of two fits (b = 0.1 and 1, seed {seed}, made the same under the exchange of x1 and \
         x2) while ds/dt = 0.7 s (1 − s) from s = 0.01, with trajectories (in red on the fits, in ink on the truth): first into the well in the middle, then to the two outer ones. Recipe reliable."
    );
    vec![FigureOutput::new("figure-13", &sheet, &caption, numbers), FigureOutput::numbers("figure-13-summary", summary)]
}
