//! Figures 12 and 13: the landscape behind the gene circuit, learnt from its vector field.

use std::fmt::Write;

use multiwell::landscape::{Equilibrium, equilibria, slopes_of};
use multiwell::model::Potential as Fit;
use multiwell::model::potential::Outputs;
use multiwell::plot::figures::Tone;
use multiwell::potentials::{GeneCircuit, KnownPotential};
use multiwell::problem::potential::views::transient::{self, Arrivals, COUPLINGS};
use multiwell::problem::potential::views::{flow, map};
use multiwell::problem::settings::{Choice, PotentialSettings, Symmetry, shortest};
use multiwell::problem::view::{Touch, ViewState};

use super::forces::{self, Member};
use super::sheet::Sheet;
use super::{Asked, Output, fields, with};
use crate::Failure;

/// Trajectories of Figure 12.
const BALLS: usize = 12;
/// Largest error of a step of the trajectories.
const TOLERANCE: f64 = 1e-8;
const SLOPE: Outputs = Outputs { gradient: true, modes: false, hessian: false };
const CURVED: Outputs = Outputs { gradient: true, modes: false, hessian: true };

/// Figures 12 and 13.
pub fn figures(asked: &Asked) -> Result<Vec<Output>, Failure> {
    let symmetries: &[Symmetry] = if asked.wants(13) { &[Symmetry::None, Symmetry::Exchange] } else { &[Symmetry::None] };
    let mut all = Vec::new();
    for &symmetry in symmetries {
        for &seed in asked.seeds {
            let of = forces::settings(GeneCircuit::ID, asked.epochs, seed);
            all.extend(COUPLINGS.map(|b| with(&of, &format!("b={b}&symmetry={}", symmetry.name()))));
        }
    }
    let touches = transient::starts(BALLS).chunks(2).map(|x| (0, x[0], x[1])).collect();
    let mut members = forces::train(&all, &[ViewState { view: "flow".into(), touches, ..ViewState::default() }])?;
    let mut outputs = Vec::new();
    if asked.wants(12) {
        outputs.extend(figure_12(&mut members[..2 * asked.seeds.len()]));
    }
    if asked.wants(13) {
        outputs.extend(figure_13(&mut members));
    }
    Ok(outputs)
}

fn own(member: &Member) -> PotentialSettings {
    member.settings.potential().cloned().unwrap_or_default()
}

fn slopes(fit: &mut Fit, x: &[f64]) -> Vec<f64> {
    fit.values(x, SLOPE).gradient
}

fn true_slopes(circuit: GeneCircuit, x: &[f64]) -> Vec<f64> {
    x.chunks(2).flat_map(|x| circuit.gradient(x)).collect()
}

/// Figure 12: true and learnt potentials with their flow and the nullclines.
fn figure_12(members: &mut [Member]) -> Vec<Output> {
    let times: Vec<f64> = (0..=60).map(|k| 0.25 * f64::from(k)).collect();
    let begin = transient::starts(BALLS);
    let mut sheet = Sheet::default();
    let mut numbers = String::from("b,who,start,t,x1,x2\n");
    for member in members.iter_mut().take(2) {
        let circuit = GeneCircuit { b: own(member).b };
        let mut row = member.views[0].rows[0].clone();
        for plot in &mut row {
            plot.title += &format!(", b = {}", circuit.b);
        }
        sheet.lettered((430, 400), [&row]);
        let of_truth = flow::roll(&begin, &times, TOLERANCE, &mut |x| true_slopes(circuit, x));
        let fit = &mut member.fit;
        let of_fit = flow::roll(&begin, &times, TOLERANCE, &mut |x| slopes(fit, x));
        for k in 0..BALLS {
            for (who, path) in [("truth", &of_truth), ("fit", &of_fit)] {
                for (t, x) in times.iter().zip(path) {
                    let _ = writeln!(numbers, "{},{who},{k},{t},{}", circuit.b, fields([x[2 * k], x[2 * k + 1]]));
                }
            }
        }
    }
    let mut summary = String::from("b,seed,r2_worst,stable,stable_truth,worst_distance\n");
    for member in members.iter_mut() {
        let b = own(member).b;
        let circuit = GeneCircuit { b };
        let stable = |list: Vec<Equilibrium>| -> Vec<Vec<f64>> {
            list.into_iter().filter(|e| e.curvatures.iter().all(|&c| c > 0.0)).map(|e| e.x).collect()
        };
        let known = stable(equilibria(&[[0.0, 2.0]; 2], 200, &mut |x| slopes_of(&circuit, x)));
        let fit = &mut member.fit;
        let found = stable(equilibria(&[[0.0, 2.0]; 2], 200, &mut |x| {
            let values = fit.values(x, CURVED);
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
         lines that run downhill and trajectories of dx/dt = −∇Ψ from the same places (in ink on the truth, in red on the fit), over the true nullclines of x1 \
         (orange) and x2 (violet); discs are stable states, the circle is a saddle. Recipe {}.",
        members[0].settings.training.seed,
        members[0].settings.training.recipe.name()
    );
    vec![Output::new("figure-12", &sheet, &caption, numbers), Output::numbers("figure-12-summary", summary)]
}

/// Figure 13: one landscape that turns into the other, with trajectories on it.
fn figure_13(members: &mut [Member]) -> Vec<Output> {
    let times = transient::times();
    let begin = transient::beginning(&transient::starts(transient::CELLS));
    let circuits = COUPLINGS.map(|b| GeneCircuit { b });
    let truth = transient::blended(&begin, &times, TOLERANCE, &mut |x| circuits.map(|circuit| true_slopes(circuit, x)));
    let mut summary = String::from("symmetry,seed,wrong_side,worst_distance,worst_distance_on_the_right_side\n");
    let mut shown: Vec<Vec<f64>> = Vec::new();
    for pair in members.chunks_exact_mut(2) {
        let (symmetry, seed) = (own(&pair[0]).symmetry, pair[0].settings.training.seed);
        let [first, second] = pair else { continue };
        let of_fit = &mut |x: &[f64]| [slopes(&mut first.fit, x), slopes(&mut second.fit, x)];
        let path = transient::blended(&begin, &times, TOLERANCE, of_fit);
        let Arrivals { wrong, worst, worst_right } = Arrivals::of(&path, &truth);
        let _ = writeln!(summary, "{},{seed},{wrong},{}", symmetry.name(), fields([worst, worst_right]));
        if symmetry == Symmetry::Exchange && shown.is_empty() {
            shown = path;
        }
    }
    let cells = transient::CELLS;
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
    let mut sheet = Sheet::default();
    // One scale for all, that of both ends.
    let ends = [0, 1].map(|k| map::range(&values[k]));
    let range = [ends[0][0].min(ends[1][0]), ends[0][1].max(ends[1][1])];
    for row in [[0, 40, 60], [80, 100, transient::FRAMES]] {
        let plots = row.map(|frame| {
            let share = truth[frame][2 * cells];
            let blend: Vec<f64> = values[0].iter().zip(&values[1]).map(|(a, b)| (1.0 - share) * a + share * b).collect();
            let mut layers = flow::cells(&truth, cells, frame, Tone::Ink).to_vec();
            layers.extend(flow::cells(&shown, cells, frame, Tone::Accent));
            let picture = plane.map(blend, range, layers);
            map::plot(format!("t = {}, share {share:.2}", times[frame]), "the landscape", picture, Touch::Read)
        });
        sheet.lettered((340, 320), [plots]);
    }
    let caption = format!(
        "Figure 13. The landscape (1 − s) Ψ₁ + s Ψ₂ of two fits (b = 0.1 and 1, seed {seed}, made the same under the exchange of x1 and \
         x2) while ds/dt = 0.7 s (1 − s) from s = 0.01, with trajectories (in red on the fits, in ink on the truth): first into the well in the middle, then to the two outer ones. Recipe reliable."
    );
    vec![Output::new("figure-13", &sheet, &caption, numbers), Output::numbers("figure-13-summary", summary)]
}
