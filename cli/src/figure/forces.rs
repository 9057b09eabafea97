//! Figures 5 to 7: mechanochemical free energy, learnt from its derivatives.

use std::fmt::Write;

use multiwell::internal::loss::training_set::{self, TrainingSet};
use multiwell::internal::loss::{Loss, Regression};
use multiwell::internal::model::Potential as Fit;
use multiwell::internal::model::init;
use multiwell::internal::model::mlp::Plain;
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::plot::figures::{MarkShape, Tone};
use multiwell::internal::plot::ticks::number;
use multiwell::internal::potentials::Mechanochemical;
use multiwell::internal::potentials::sampling::uniform;
use multiwell::internal::problem::potential::views::map;
use multiwell::internal::problem::potential::{AlongPath, PotentialMetrics};
use multiwell::internal::problem::settings::{NamedChoice, Recipe, Skip};
use multiwell::internal::problem::view::{Plot, View, ViewPicture, ViewState};
use multiwell::internal::problem::{Job, Settings};
use multiwell::internal::train::{Rates, Trainer, adam, schedule};

use super::members::{open_run, trained};
use super::sheet::FigureSheet;
use super::{FigureOutput, FigureRequest, fields, with};
use crate::Failure;

/// Widths of the plain network. Its number of parameters is approximately that of the modes.
const PLAIN_WIDTHS: [usize; 3] = [32, 32, 1];
/// Number of samples in a batch of the plain network, equal to that of the runs.
const BATCH_SAMPLES: usize = 160;
const INPUT_NAMES: [&str; 7] = ["E11", "E22", "E33", "E12", "E13", "E23", "c"];
const MODE_OUTPUTS: Outputs = Outputs { gradient: true, modes: false, hessian: false };

/// A completed run.
pub struct ForcesMember {
    pub settings: Settings,
    pub metrics: PotentialMetrics,
    pub fit: Fit,
    /// Its views, in the order of the requested states.
    pub views: Vec<View>,
}

/// Trains runs of these settings in parallel, and records the requested views of each.
pub fn train(all: &[Settings], states: &[ViewState]) -> Result<Vec<ForcesMember>, Failure> {
    trained(all, open_run, |mut run| {
        let metrics = run.metrics().own;
        let views = states.iter().map(|state| run.view(state).unwrap_or_default()).collect();
        ForcesMember { settings: run.settings.clone(), metrics, fit: run.potential(), views }
    })
}

/// Settings of a benchmark under the recipe `reliable`, with one seed for data and weights.
pub fn settings(benchmark: &str, epochs: Option<u64>, seed: u64) -> Settings {
    let own = Settings::on(Recipe::Reliable, benchmark);
    with(&own, &format!("epochs={}&seed={seed}&data-seed={seed}", epochs.unwrap_or(own.training.epochs)))
}

pub fn figures(request: &FigureRequest) -> Result<Vec<FigureOutput>, Failure> {
    let &FigureRequest { epochs, seeds, .. } = request;
    let skips: &[Skip] = if request.wants(7) { &[Skip::None, Skip::Quadratic, Skip::Quartic] } else { &[Skip::None] };
    let of = |&skip: &Skip| {
        seeds.iter().map(move |&seed| with(&settings(Mechanochemical::ID, epochs, seed), &format!("skip={}", skip.name())))
    };
    let all: Vec<Settings> = skips.iter().flat_map(of).collect();
    let states =
        CUT_NUMBERS.map(|cut| ViewState { view: "cuts".into(), controls: vec![("cut".into(), cut)], ..ViewState::default() });
    let parity = ViewState { view: "parity".into(), ..ViewState::default() };
    let mut members = train(&all, &[&states[..], &[parity]].concat())?;
    let mut outputs = Vec::new();
    if request.wants(5) {
        outputs.push(figure_5(&members[0]));
    }
    if request.wants(6) {
        outputs.extend(figure_6(&members[..seeds.len()]));
    }
    if request.wants(7) {
        outputs.extend(figure_7(&mut members, seeds));
    }
    Ok(outputs)
}

/// Numbers, in the view, of the cuts along e3 and e2, e2 and e1, e2 and e6, e2 and c.
const CUT_NUMBERS: [f64; 4] = [0.0, 5.0, 6.0, 4.0];

/// Names of the axes of a map, and its values.
fn values(plot: &Plot) -> (&str, &str, &[f64]) {
    match &plot.picture {
        ViewPicture::Map(map) => (&map.across, &map.upward, &map.values),
        ViewPicture::Chart(_) => ("", "", &[]),
    }
}

/// Figure 5: cuts of truth, fit and their difference.
fn figure_5(member: &ForcesMember) -> FigureOutput {
    let mut sheet = FigureSheet::default();
    let mut numbers = String::from("cut,e1,e2,e3,e6,c,truth,fit\n");
    for view in &member.views[..CUT_NUMBERS.len()] {
        let row = &view.rows[0];
        sheet.add_lettered_rows((300, 270), [row]);
        let ((across, upward, truth), (.., fit)) = (values(&row[0]), values(&row[1]));
        let range = |name: &str| if name == "c" { [0.0, 1.0] } else { [-0.15, 0.15] };
        let plane = map::Plane::new([across.into(), upward.into()], [range(across), range(upward)]);
        for (at, (t, f)) in plane.points().zip(truth.iter().zip(fit)) {
            let coordinate = |name: &str| plane.names.iter().position(|n| n == name).map_or(0.0, |k| at[k]);
            let place = ["e1", "e2", "e3", "e6", "c"].map(coordinate);
            let _ = writeln!(numbers, "{across} {upward},{}", fields(place.into_iter().chain([*t, *f])));
        }
    }
    let caption = format!(
        "Figure 5. Cuts of the mechanochemical free energy through E = 0, c = 0 along e1 = tr E/√3, e2 = (E11 − E22)/√2, \
         e3 = (E11 + E22 − 2 E33)/√6, e6 = √2 E12 and c: truth, fit learnt from its derivatives only (seed {}, constant removed), and \
         their difference. Recipe {}. Saturated colours are low; what is above 70 % of a truth's values has the last colour. Circles are minima \
         of the truth, discs those of the fit in the colour of the mode responsible there, the fainter the farther beside the cut; coloured \
         lines bound where one mode holds more than half of the soft minimum, those without colour are minimum energy paths of the fit.",
        member.settings.training.seed,
        member.settings.training.recipe.name()
    );
    FigureOutput::new("figure-5", &sheet, &caption, numbers)
}

/// Figure 6: parity on held-out samples.
fn figure_6(members: &[ForcesMember]) -> Vec<FigureOutput> {
    let mut numbers = String::from("seed,quantity,r2,rmse\n");
    for ForcesMember { metrics, settings, .. } in members {
        let mut add = |name: &str, r2: f64, rmse: f64| {
            let _ = writeln!(numbers, "{},{name},{}", settings.training.seed, fields([r2, rmse]));
        };
        add("Psi", metrics.r2_potential.unwrap_or(f64::NAN), metrics.rmse);
        for (k, name) in INPUT_NAMES.iter().enumerate() {
            add(name, metrics.r2_components[k], metrics.rmse_components[k]);
        }
    }
    let ForcesMember { settings, views, .. } = &members[0];
    let mut sheet = FigureSheet::default();
    let rows = &views[CUT_NUMBERS.len()].rows;
    sheet.add_lettered_rows((280, 250), rows);
    let mut points = String::from("quantity,truth,fit\n");
    let names = std::iter::once("Psi").chain(INPUT_NAMES);
    for (name, plot) in names.zip(rows.iter().flatten()) {
        let ViewPicture::Chart(chart) = &plot.picture else { continue };
        for (truth, fit) in
            chart.layers.iter().filter(|layer| matches!(layer.shape, MarkShape::Dots(_))).flat_map(|layer| &layer.points)
        {
            let _ = writeln!(points, "{name},{}", fields([*truth, *fit]));
        }
    }
    let caption = format!(
        "Figure 6. Fit against truth on 200 samples that were held out: the potential, its constant removed, and each derivative \
         (recipe {}, seed {}, {} modes, {} samples), with their difference below.",
        settings.training.recipe.name(),
        settings.training.seed,
        settings.training.modes,
        settings.data.samples
    );
    vec![FigureOutput::new("figure-6", &sheet, &caption, numbers), FigureOutput::numbers("figure-6-points", points)]
}

/// Values of one model along the trajectory.
struct ForcesCurve {
    name: String,
    seed: u64,
    psi: Vec<f64>,
    gradient: Vec<f64>,
}

impl ForcesCurve {
    /// Derivative by an input along the trajectory, or the potential.
    fn along(&self, input: Option<usize>) -> Vec<f64> {
        input.map_or_else(|| self.psi.clone(), |k| self.gradient.iter().copied().skip(k).step_by(7).collect())
    }
}

/// Figure 7: the trajectory of Eq. 16, inside and outside of the sampled box.
fn figure_7(members: &mut [ForcesMember], seeds: &[u64]) -> Vec<FigureOutput> {
    let Some(along) = AlongPath::new(&Mechanochemical) else { return Vec::new() };
    let mut models: Vec<ForcesCurve> = members
        .iter_mut()
        .map(|member| {
            let found = member.fit.values(&along.places, MODE_OUTPUTS);
            let name = match member.settings.potential().map(|own| own.skip).unwrap_or_default() {
                Skip::None => "modes".to_string(),
                skip => format!("with {} skip", skip.name()),
            };
            ForcesCurve { name, seed: member.settings.training.seed, psi: found.psi, gradient: found.gradient }
        })
        .collect();
    let of_networks = models.len();
    models.extend(seeds.iter().map(|&seed| plain(&members[0].settings, seed, &along.places)));

    let mut summary = String::from("model,seed,inside,to_0.6,to_1\n");
    for (k, model) in models.iter().enumerate() {
        // The metrics of the runs contain these errors.
        let errors = if k < of_networks { members[k].metrics.trajectory_error.clone() } else { along.errors(&model.gradient) };
        let _ = writeln!(summary, "{},{},{}", model.name, model.seed, fields(errors));
    }
    let shown: Vec<&ForcesCurve> = models.iter().filter(|c| c.seed == seeds[0]).collect();
    let tones = [Tone::Accent, Tone::Mode(1), Tone::Mode(2), Tone::Dot];
    let mut numbers = String::from("model,t,S11,S22,mu,Psi\n");
    let columns = |of: &dyn Fn(usize) -> Vec<f64>| -> Vec<Vec<f64>> { (0..along.shown.len()).map(of).collect() };
    let mut write = |name: &str, columns: Vec<Vec<f64>>| {
        for (k, t) in along.t.iter().enumerate() {
            let _ = writeln!(numbers, "{name},{}", fields([*t].into_iter().chain(columns.iter().map(|c| c[k]))));
        }
    };
    write("truth", columns(&|k| along.shown[k].2.clone()));
    for model in &shown {
        write(&model.name, columns(&|k| model.along(along.shown[k].1)));
    }
    let plot = |k: usize| {
        let found = |(model, tone): (&&ForcesCurve, Tone)| (model.name.clone(), tone, model.along(along.shown[k].1));
        along.chart(k, &shown.iter().zip(tones).map(found).collect::<Vec<_>>())
    };
    let plots: Vec<Plot> = (0..along.shown.len()).map(plot).collect();
    let mut sheet = FigureSheet::default();
    sheet.add_lettered_rows((560, 280), plots.chunks(2));
    let caption = format!(
        "Figure 7. Stress, chemical potential and free energy along E(t) = 0.4 t (e1 e1 − 0.3 (I − e1 e1)), c = t (Eq. 16): truth, modes, \
         modes with convex polynomials beside their layers, and a plain network of about as many parameters (recipe {}, seed {}). The vertical \
         line at t = {} marks where the trajectory leaves what was sampled. The truth grows with the fourth power of the strain, \
         and so does the quartic skip, which is near its own form; networks grow linearly.",
        members[0].settings.training.recipe.name(),
        seeds[0],
        number(along.leaves, 3)
    );
    vec![FigureOutput::new("figure-7", &sheet, &caption, numbers), FigureOutput::numbers("figure-7-summary", summary)]
}

/// Trains a plain network in the same way as the modes and on equal data. Its constant is removed.
fn plain(settings: &Settings, seed: u64, x: &[f64]) -> ForcesCurve {
    let data = uniform(&Mechanochemical, settings.data.samples, 0.0, seed);
    let scaling = training_set::standard(&data);
    let training_set = TrainingSet::new(&data, &scaling, 0.0);
    let mut loss = Regression::<f32>::plain(&PLAIN_WIDTHS, &training_set).in_batches(&training_set, Some(BATCH_SAMPLES));
    let start: Vec<f64> = init::by_fan_in(loss.params(), 0.0, seed);
    let groups = adam::groups(loss.params(), multiwell::internal::model::Convexity::Projection);
    let mut trainer = Trainer::new(start.into_iter().map(|p| p as f32).collect(), groups);
    for epoch in 0..settings.training.epochs {
        let rate = settings.training.lr * schedule::cosine(epoch, settings.training.epochs);
        let rates = Rates { network: rate, gate: rate };
        if trainer.evaluate(&mut loss).and_then(|_| trainer.step(&mut loss, |_| rates)).is_err() {
            break;
        }
    }
    let params: Vec<f64> = trainer.params().iter().map(|&p| f64::from(p)).collect();
    let mut network = Plain::new(7, &PLAIN_WIDTHS, scaling);
    let at_data = network.values(&params, &data.x.iter().copied().collect::<Vec<f64>>()).0;
    let offset = at_data.iter().zip(&data.y).map(|(f, t)| f - t).sum::<f64>() / at_data.len() as f64;
    let (psi, gradient) = network.values(&params, x);
    ForcesCurve { name: "plain network".into(), seed, psi: psi.into_iter().map(|v| v - offset).collect(), gradient }
}
