//! Figures 12 and 13: the landscape behind the gene circuit, learnt from its vector field.

use std::fmt::Write;

use multiwell::data::sampling::spread;
use multiwell::landscape::{equilibria, slopes_of};
use multiwell::nn::Potential as Fit;
use multiwell::nn::potential::Parts;
use multiwell::physics::{DORMAND_PRINCE, ode};
use multiwell::plot::contour::contour;
use multiwell::plot::figures::{Layer, Shape, Tone};
use multiwell::plot::{Axis, HeatMap};
use multiwell::potentials::gene_circuit::{FIRST_SHARE, blending};
use multiwell::potentials::{GeneCircuit, Potential};
use multiwell::run::settings::{Symmetry, shortest};

use super::Output;
use super::forces::{self, Member};
use super::sheet::Sheet;
use crate::cli::Failure;

/// Couplings of the two potentials.
const COUPLINGS: [f64; 2] = [0.1, 1.0];
/// Points across a map.
const GRID: usize = 61;
/// Trajectories of Figure 13, and the least distance from the diagonal at which they begin.
const BALLS: usize = 20;
const ASIDE: f64 = 0.05;
/// When they have come to rest.
const END: f64 = 40.0;
const TOLERANCE: f64 = 1e-8;
const SLOPE: Parts = Parts { gradient: true, modes: false, hessian: false };
const CURVED: Parts = Parts { gradient: true, modes: false, hessian: true };

/// The figures asked for among 12 and 13.
pub fn figures(wanted: &[u64], epochs: Option<u64>, seeds: &[u64]) -> Result<Vec<Output>, Failure> {
    let symmetries: &[Symmetry] = if wanted.contains(&13) { &[Symmetry::None, Symmetry::Exchange] } else { &[Symmetry::None] };
    let mut all = Vec::new();
    for &symmetry in symmetries {
        for &seed in seeds {
            let of = forces::settings(GeneCircuit::ID, epochs, seed);
            all.extend(COUPLINGS.map(|b| multiwell::run::Settings { b, symmetry, ..of.clone() }));
        }
    }
    let mut members = forces::train(&all)?;
    let mut outputs = Vec::new();
    for figure in wanted {
        match figure {
            12 => outputs.extend(figure_12(&mut members[..2 * seeds.len()])),
            13 => outputs.extend(figure_13(&mut members)),
            _ => {}
        }
    }
    Ok(outputs)
}

fn velocity(fit: &mut Fit, x: &[f64]) -> Vec<f64> {
    fit.values(x, SLOPE).gradient.into_iter().map(|g| -g).collect()
}

/// Where trajectories begin: spread evenly, none near the diagonal.
fn starts(count: usize) -> Vec<Vec<f64>> {
    let places = spread(&[[0.0, 2.0]; 2], 4 * count);
    let aside = |x: &Vec<f64>| (x[0] - x[1]).abs() / 2f64.sqrt() >= ASIDE;
    places.rows().into_iter().map(|x| x.to_vec()).filter(aside).take(count).collect()
}

/// Values on the grid of a map.
fn grid() -> Vec<f64> {
    let along = |k: usize| 2.0 * k as f64 / (GRID - 1) as f64;
    (0..GRID * GRID).flat_map(|k| [along(k % GRID), along(k / GRID)]).collect()
}

fn map(values: Vec<f64>, layers: Vec<Layer>) -> HeatMap {
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    // The rim is steep: what lies above most of it tells nothing.
    let (low, high) = (sorted[0], sorted[sorted.len() * 9 / 10]);
    HeatMap {
        x: Axis::linear(0.0, 2.0),
        y: Axis::linear(0.0, 2.0),
        columns: GRID,
        values,
        range: [low, high],
        is_difference: false,
        levels: (1..9).map(|k| low + (high - low) * (f64::from(k) / 8.0).powi(2)).collect(),
        layers,
        across: "x1".into(),
        upward: "x2".into(),
    }
}

fn line(path: &[Vec<f64>], tone: Tone, width: f64) -> Layer {
    Layer::new(path.iter().map(|x| (x[0], x[1])).collect(), Shape::Line(width), tone)
}

/// Where each component of the vector field vanishes.
fn nullclines(circuit: GeneCircuit) -> Vec<Layer> {
    let velocities: Vec<Vec<f64>> = grid().chunks(2).map(|x| circuit.velocity(x)).collect();
    let scale = 2.0 / (GRID - 1) as f64;
    let mut layers = Vec::new();
    for (component, tone) in [(0, Tone::Mode(1)), (1, Tone::Mode(2))] {
        let values: Vec<f64> = velocities.iter().map(|v| v[component]).collect();
        for piece in contour(&values, GRID, 0.0) {
            let points = piece.iter().map(|(i, j)| (scale * i, scale * j)).collect();
            layers.push(Layer::new(points, Shape::Line(1.5), tone));
        }
    }
    layers
}

/// Figure 12: the learnt potentials under the flow of truth and fit, and the nullclines.
fn figure_12(members: &mut [Member]) -> Vec<Output> {
    let times: Vec<f64> = (0..=60).map(|k| 0.25 * f64::from(k)).collect();
    let begin = starts(12);
    let mut sheet = Sheet::default();
    let mut numbers = String::from("b,who,start,t,x1,x2\n");
    for member in members.iter_mut().take(2) {
        let circuit = GeneCircuit { b: member.settings().b };
        let truth: Vec<f64> = grid().chunks(2).map(|x| circuit.value(x)).collect();
        let found = member.fit().values(&grid(), Parts::default()).psi;
        let mut layers = [nullclines(circuit), nullclines(circuit)];
        for (k, start) in begin.iter().enumerate() {
            let of_truth = ode::trajectory(&DORMAND_PRINCE, start, &times, TOLERANCE, &mut |x| circuit.velocity(x));
            let fit = member.fit();
            let of_fit = ode::trajectory(&DORMAND_PRINCE, start, &times, TOLERANCE, &mut |x| velocity(fit, x));
            for (who, path) in [("truth", &of_truth), ("fit", &of_fit)] {
                for (t, x) in times.iter().zip(path) {
                    let _ = writeln!(numbers, "{},{who},{k},{t},{},{}", circuit.b, shortest(x[0]), shortest(x[1]));
                }
            }
            layers[0].push(line(&of_truth, Tone::Ink, 1.0));
            layers[1].push(line(&of_fit, Tone::Ink, 1.0));
        }
        let [of_truth, of_fit] = layers;
        sheet.row((430, 400));
        sheet.add(&format!("Truth, b = {}", circuit.b), &map(truth, of_truth));
        sheet.add(&format!("Fit, b = {}", circuit.b), &map(found, of_fit));
    }
    let mut summary = String::from("b,seed,r2_worst,stable,stable_truth,worst_distance\n");
    for member in members.iter_mut() {
        let b = member.settings().b;
        let circuit = GeneCircuit { b };
        let stable = |list: Vec<multiwell::landscape::Equilibrium>| -> Vec<Vec<f64>> {
            list.into_iter().filter(|e| e.curvatures.iter().all(|&c| c > 0.0)).map(|e| e.x).collect()
        };
        let known = stable(equilibria(&[[0.0, 2.0]; 2], 200, &mut |x| slopes_of(&circuit, x)));
        let fit = member.fit();
        let found = stable(equilibria(&[[0.0, 2.0]; 2], 200, &mut |x| {
            let values = fit.values(x, CURVED);
            (values.gradient, values.hessian)
        }));
        let distance = |a: &Vec<f64>, b: &Vec<f64>| (a[0] - b[0]).hypot(a[1] - b[1]);
        let nearest = |a: &Vec<f64>| found.iter().map(|b| distance(a, b)).fold(f64::INFINITY, f64::min);
        let worst = known.iter().map(nearest).fold(0.0, f64::max);
        let r2 = member.report().r2_components.iter().copied().fold(f64::INFINITY, f64::min);
        let (seed, count) = (member.settings().seed, found.len());
        let _ = writeln!(summary, "{b},{seed},{},{count},{},{}", shortest(r2), known.len(), shortest(worst));
    }
    let caption = format!(
        "Figure 12. The potential of the gene circuit (strong colour is low), truth and fit learnt from the vector field (seed {}), with \
         trajectories of dx/dt = −∇Ψ from the same places, over the true nullclines of x1 and x2.",
        members[0].settings().seed
    );
    vec![Output::new("figure-12", &sheet, &caption, numbers), Output::numbers("figure-12-summary", summary)]
}

/// A trajectory while one potential turns into the other; each place with the share of the second.
fn blended(start: &[f64], times: &[f64], velocities: &mut dyn FnMut(&[f64]) -> [Vec<f64>; 2]) -> Vec<Vec<f64>> {
    let start = [start, &[FIRST_SHARE]].concat();
    ode::trajectory(&DORMAND_PRINCE, &start, times, TOLERANCE, &mut |x| {
        let share = x[2];
        let [one, two] = velocities(&x[..2]);
        let both = one.iter().zip(&two).map(|(a, b)| (1.0 - share) * a + share * b);
        both.chain([blending(share)]).collect()
    })
}

/// Figure 13: the landscape that turns from one into the other, and what rolls on it.
fn figure_13(members: &mut [Member]) -> Vec<Output> {
    let times: Vec<f64> = (0..=400).map(|k| END * f64::from(k) / 400.0).collect();
    let begin = starts(BALLS);
    let circuits = COUPLINGS.map(|b| GeneCircuit { b });
    let truth: Vec<Vec<Vec<f64>>> =
        begin.iter().map(|x| blended(x, &times, &mut |x| [circuits[0].velocity(x), circuits[1].velocity(x)])).collect();
    let mut summary = String::from("symmetry,seed,wrong_side,worst_distance,worst_distance_on_the_right_side\n");
    let mut shown: Vec<Vec<Vec<f64>>> = Vec::new();
    for pair in members.chunks_exact_mut(2) {
        let (name, seed) = (pair[0].settings().symmetry == Symmetry::Exchange, pair[0].settings().seed);
        let [first, second] = pair else { continue };
        let paths: Vec<Vec<Vec<f64>>> =
            begin.iter().map(|x| blended(x, &times, &mut |x| [velocity(first.fit(), x), velocity(second.fit(), x)])).collect();
        let (mut wrong, mut worst) = (0, [0.0_f64; 2]);
        for (path, truth) in paths.iter().zip(&truth) {
            let (a, b) = (&path[path.len() - 1], &truth[truth.len() - 1]);
            let distance = if path.len() == truth.len() { (a[0] - b[0]).hypot(a[1] - b[1]) } else { f64::INFINITY };
            let is_wrong = (a[0] > a[1]) != (b[0] > b[1]);
            wrong += usize::from(is_wrong);
            worst[0] = worst[0].max(distance);
            worst[1] = worst[1].max(if is_wrong { 0.0 } else { distance });
        }
        let symmetry = if name { "exchange" } else { "none" };
        let _ = writeln!(summary, "{symmetry},{seed},{wrong},{},{}", shortest(worst[0]), shortest(worst[1]));
        if name && shown.is_empty() {
            shown = paths;
        }
    }
    let mut numbers = String::from("who,start,t,share,x1,x2\n");
    for (who, paths) in [("truth", &truth), ("fit", &shown)] {
        for (k, path) in paths.iter().enumerate() {
            for (t, x) in times.iter().zip(path).step_by(4) {
                let fields = [*t, x[2], x[0], x[1]].map(shortest).join(",");
                let _ = writeln!(numbers, "{who},{k},{fields}");
            }
        }
    }
    let half = members.len() / 2;
    let seed = members[half].settings().seed;
    let values: Vec<Vec<f64>> =
        members[half..half + 2].iter_mut().map(|m| m.fit().values(&grid(), Parts::default()).psi).collect();
    let mut sheet = Sheet::default();
    for (k, frame) in [0, 40, 60, 80, 100, 200].into_iter().enumerate() {
        if k % 3 == 0 {
            sheet.row((340, 320));
        }
        let share = truth[0][frame][2];
        let blend = values[0].iter().zip(&values[1]).map(|(a, b)| (1.0 - share) * a + share * b).collect();
        let mut layers: Vec<Layer> =
            shown.iter().map(|path| line(&path[..path.len().min(frame + 1)], Tone::Ink, 0.75).faint(0.6)).collect();
        let ends = shown.iter().map(|path| &path[frame.min(path.len() - 1)]).map(|x| (x[0], x[1])).collect();
        layers.push(Layer::new(ends, Shape::Dots(2.5), Tone::Count));
        sheet.add(&format!("t = {}, share {share:.2}", times[frame]), &map(blend, layers));
    }
    let caption = format!(
        "Figure 13. The landscape (1 − s) Ψ₁ + s Ψ₂ of two fits (b = 0.1 and 1, seed {seed}, made the same under the exchange of x1 and \
         x2) while ds/dt = 0.7 s (1 − s) from s = 0.01, with trajectories: first into the well in the middle, then to the two outer ones."
    );
    vec![Output::new("figure-13", &sheet, &caption, numbers), Output::numbers("figure-13-summary", summary)]
}
