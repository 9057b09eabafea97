//! Figures 1 to 4: potentials of the paper on a line.

use std::fmt::Write;

use itertools::Itertools;
use multiwell::internal::plot::figures::LearningCurves;
use multiwell::internal::plot::figures::paper::{counts, losses, powers, soft_minimum};
use multiwell::internal::plot::ticks::whole;
use multiwell::internal::plot::{Gates, LandscapeFigure, Mark, ModeCurve};
use multiwell::internal::potentials::{KnownPotential, SoftParabolas};
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::settings::{NamedChoice, TrainingSettings, shortest};

use super::members::{self, EnsembleMember, PotentialRuns};
use super::sheet::FigureSheet;
use super::{FigureOutput, FigureRequest, columns, panel};
use crate::Failure;

/// Sharpnesses of Figure 1.
const SHOWN_SHARPNESSES: [f64; 5] = [1.0, 3.0, 10.0, 30.0, 100.0];
/// Number of points of its curves.
const CURVE_POINTS: usize = 601;

/// Figure 1: the soft minimum of three parabolas at several sharpnesses.
pub fn figure_1() -> FigureOutput {
    let x: Vec<f64> = (0..CURVE_POINTS).map(|k| -3.0 + 6.0 * k as f64 / (CURVE_POINTS - 1) as f64).collect();
    let modes: Vec<Vec<f64>> = (0..3).map(|k| x.iter().map(|&x| SoftParabolas::parabolas(x)[k]).collect()).collect();
    let curve = |rho: f64| {
        let soft = SoftParabolas::new(rho).expect("a sharpness that is allowed");
        (rho, x.iter().map(|&x| soft.value(&[x])).collect())
    };
    let soft: [(f64, Vec<f64>); 5] = SHOWN_SHARPNESSES.map(curve);
    let names = SHOWN_SHARPNESSES.iter().map(|&rho| format!("rho_{}", shortest(rho))).join(",");
    let all = [&x].into_iter().chain(&modes).chain(soft.iter().map(|(_, values)| values));
    let numbers = columns(&format!("x,mode_0,mode_1,mode_2,{names}"), all);
    let mut sheet = FigureSheet::default();
    sheet.row((720, 420));
    sheet.add("", &soft_minimum(&x, &modes, &soft, [-0.1, 1.3]));
    let caption = "Figure 1. The soft minimum Ψ(x) = −(1/ρ) log((1/N) Σ exp(−ρ fᵢ(x))) of three convex modes (grey) at growing \
                   sharpness ρ. It lies between the smallest mode and log(N)/ρ above it. While it is soft, wells merge; as ρ grows, \
                   it approaches the smallest mode and its kinks.";
    FigureOutput::new("figure-1", &sheet, caption, numbers)
}

/// Description of the training of the runs, for a caption.
fn training_summary(settings: &Settings, runs: usize) -> String {
    format!(
        "recipe {}, {} modes, {} samples, {} epochs, ε = {}, {runs} {} of the weights",
        settings.training.recipe.name(),
        settings.training.modes,
        settings.data.samples,
        whole(settings.training.epochs),
        shortest(settings.training.epsilon),
        if runs == 1 { "seed" } else { "seeds" }
    )
}

/// Draws Figures 2 to 4 from the same runs.
pub fn figures(request: &FigureRequest) -> Result<Vec<FigureOutput>, Failure> {
    let ensembles = members::train(request.settings, request.seeds)?;
    let mut outputs = Vec::new();
    if request.wants(2) {
        outputs.extend(figure_2(request.settings, &ensembles));
    }
    if request.wants(3) {
        outputs.push(figure_3(request.settings, &ensembles));
    }
    if request.wants(4) {
        outputs.push(figure_4(request.settings, &ensembles));
    }
    Ok(outputs)
}

/// Figure 2: losses and counts of all runs with their medians.
fn figure_2(settings: &Settings, ensembles: &[PotentialRuns]) -> Vec<FigureOutput> {
    let all: Vec<[LearningCurves; 3]> = ensembles.iter().map(PotentialRuns::learning_curves).collect();
    // All losses share one axis, so that they can be compared.
    let axis = powers(all.iter().flat_map(|[loss, ..]| loss.runs.iter().flatten().copied()));
    let mut sheet = FigureSheet::default();
    for (row, name) in ["", "modes responsible", "gates above 0.01"].iter().enumerate() {
        sheet.row((340, 200));
        for (k, (ensemble, curves)) in ensembles.iter().zip(&all).enumerate() {
            let TrainingSettings { modes, epochs, .. } = settings.training;
            if row == 0 {
                sheet.add(&panel(k, ensemble.truth.name()), &losses(&curves[row], epochs as f64, axis));
            } else {
                sheet.add("", &counts(&curves[row], epochs as f64, name, modes, Some(ensemble.wells)));
            }
        }
    }

    let mut numbers = String::from("benchmark,seed,epoch,loss,responsible_modes,active_gates\n");
    let mut summary = String::from("benchmark,quantity,lowest,median,highest,right,runs,truth\n");
    for (ensemble, [loss, responsible, active]) in ensembles.iter().zip(&all) {
        let id = ensemble.truth.id();
        let names = ensemble.members.iter().map(|m| m.seed.to_string()).chain(["median".to_string()]);
        for (run, name) in names.enumerate() {
            // The runs were trained in single precision.
            let at = |learning_curves: &LearningCurves, k: usize| {
                learning_curves.runs.get(run).unwrap_or(&learning_curves.median)[k] as f32
            };
            for (k, epoch) in loss.epochs.iter().enumerate() {
                let _ = writeln!(numbers, "{id},{name},{epoch},{},{},{}", at(loss, k), at(responsible, k), at(active, k));
            }
        }
        summary += &summary_of(ensemble);
    }
    let caption = format!(
        "Figure 2. Loss, modes responsible somewhere (responsibility above one half) and gates above 0.01 against epochs: {}. Thin: \
         each run; thick: their median; red: the number of wells of the truth.",
        training_summary(settings, ensembles[0].members.len())
    );
    vec![FigureOutput::new("figure-2", &sheet, &caption, numbers), FigureOutput::numbers("figure-2-summary", summary)]
}

/// Minimum, median and maximum of the final values of the runs, and the number of correct counts.
fn summary_of(ensemble: &PotentialRuns) -> String {
    type Quantity = (&'static str, fn(&EnsembleMember) -> f64, bool);
    let quantities: [Quantity; 7] = [
        ("loss", |m| m.metrics().loss, false),
        ("rmse", |m| m.metrics().rmse, false),
        ("r2", |m| m.metrics().r2, false),
        ("rho", |m| m.metrics().rho, false),
        ("responsible_modes", |m| m.metrics().responsible_modes as f64, true),
        ("active_gates", |m| m.metrics().active_gates as f64, true),
        ("wells", |m| m.metrics().wells as f64, true),
    ];
    let mut text = String::new();
    for (name, of, is_count) in quantities {
        let [low, middle, high] = ensemble.spread(of).map(shortest);
        let right = ensemble.members.iter().filter(|m| of(m) == ensemble.wells as f64).count();
        let (right, truth) = if is_count { (right.to_string(), ensemble.wells.to_string()) } else { Default::default() };
        let (id, runs) = (ensemble.truth.id(), ensemble.members.len());
        let _ = writeln!(text, "{id},{name},{low},{middle},{high},{right},{runs},{truth}");
    }
    text
}

/// Figure 3: the fit of the typical run on each potential, over data and truth.
fn figure_3(settings: &Settings, ensembles: &[PotentialRuns]) -> FigureOutput {
    let mut sheet = FigureSheet::default();
    sheet.row((400, 330));
    let mut numbers = String::from("benchmark,seed,x,truth,fit");
    for k in 0..settings.training.modes {
        let _ = write!(numbers, ",mode_{k},responsibility_{k}");
    }
    numbers.push('\n');
    for (k, ensemble) in ensembles.iter().enumerate() {
        let member = ensemble.typical();
        with_landscape(member, |landscape| {
            sheet.add(&panel(k, ensemble.truth.name()), landscape);
            let [low, high] = landscape.domain;
            let last = landscape.fit.len().max(2) - 1;
            for (i, fit) in landscape.fit.iter().enumerate() {
                let x = low + (high - low) * i as f64 / last as f64;
                let _ = write!(numbers, "{},{},{},{},{fit}", ensemble.truth.id(), member.seed, shortest(x), landscape.truth[i]);
                for mode in landscape.modes {
                    let _ = write!(numbers, ",{},{}", f64::from(mode.curve[i]) + landscape.lift, mode.responsibility[i]);
                }
                numbers.push('\n');
            }
        });
    }
    let caption = format!(
        "Figure 3. Truth, data and fit, each mode in its colour where it is responsible, and below which mode holds which x: {}; \
         shown is the run whose loss is the median, {}.",
        training_summary(settings, ensembles[0].members.len()),
        shown(ensembles)
    );
    FigureOutput::new("figure-3", &sheet, &caption, numbers)
}

/// Seeds of the runs that are shown, for a caption.
fn shown(ensembles: &[PotentialRuns]) -> String {
    format!("seeds {}", ensembles.iter().map(|ensemble| ensemble.typical().seed).join(", "))
}

/// Figure 4: sharpness and gates of the typical run on each potential.
fn figure_4(settings: &Settings, ensembles: &[PotentialRuns]) -> FigureOutput {
    let mut sheet = FigureSheet::default();
    sheet.row((400, 250));
    let gates = (0..settings.training.modes).map(|k| format!("gate_{k}")).join(",");
    let mut numbers = format!("benchmark,seed,epoch,rho,{gates}\n");
    for (k, ensemble) in ensembles.iter().enumerate() {
        let member = ensemble.typical();
        let layout = member.frame.0.layout;
        let gates: Vec<&[f32]> = (0..layout.modes).map(|i| member.part(layout.gate(i))).collect();
        let responsible: Vec<bool> = member.frame.0.largest_responsibilities.iter().map(|&r| r > 0.5).collect();
        let (epochs, rho) = (member.part(layout.epochs()), member.part(layout.rho()));
        let last_epoch = member.frame.0.metrics.epochs as f64;
        let figure = Gates { epochs, gates: &gates, responsible: &responsible, rho, last_epoch, cursor: None };
        sheet.add(&panel(k, ensemble.truth.name()), &figure);
        sheet.below("epoch");
        for (i, epoch) in epochs.iter().enumerate() {
            let columns = gates.iter().map(|gate| gate[i]).join(",");
            let _ = writeln!(numbers, "{},{},{epoch},{},{columns}", ensemble.truth.id(), member.seed, rho[i]);
        }
    }
    let caption = format!(
        "Figure 4. Sharpness ρ (thick, right axis) and gates ς(aᵢ) (left axis; coloured if the mode is responsible somewhere in the \
         end, grey if not) against epochs: {}; shown is the run whose loss is the median, {}.",
        training_summary(settings, ensembles[0].members.len()),
        shown(ensembles)
    );
    FigureOutput::new("figure-4", &sheet, &caption, numbers)
}

/// Passes the landscape at the end of a run to `show`.
fn with_landscape(member: &EnsembleMember, show: impl FnOnce(&LandscapeFigure)) {
    let ((scene, fixed), (frame, _), own) = (&member.scene, &member.frame, member.metrics());
    let layout = frame.layout;
    let modes: Vec<ModeCurve> = (0..layout.modes)
        .map(|i| ModeCurve { curve: member.part(layout.mode(i)), responsibility: member.part(layout.responsibility(i)) })
        .collect();
    let minima: Vec<Mark> = own
        .minima
        .iter()
        .map(|m| Mark { x: m.x[0], y: m.value, mode: m.modes.first().copied(), bars: m.bars(), is_doubtful: !m.supported })
        .collect();
    let maxima: Vec<Mark> =
        frame.saddles.iter().map(|m| Mark { x: m.x[0], y: m.value, mode: None, bars: None, is_doubtful: false }).collect();
    let rho = own.rho;
    show(&LandscapeFigure {
        domain: scene.domain,
        names: ["x", "Ψ(x)"],
        data_x: &fixed[..scene.samples],
        data_y: &fixed[scene.samples..2 * scene.samples],
        truth: &fixed[2 * scene.samples..],
        fit: member.part(layout.fit()),
        modes: &modes,
        lift: if rho > 0.0 { (layout.modes as f64).ln() / rho } else { 0.0 },
        minima: &minima,
        maxima: &maxima,
        ..LandscapeFigure::default()
    });
}
