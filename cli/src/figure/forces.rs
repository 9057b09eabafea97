//! Figures 5 to 7: the mechanochemical free energy learnt from its derivatives.

use std::fmt::Write;

use multiwell::loss::training_set::{self, TrainingSet};
use multiwell::loss::{Loss, Regression};
use multiwell::model::Potential as Fit;
use multiwell::model::mlp::Plain;
use multiwell::model::potential::Outputs;
use multiwell::plot::figures::{Shape, Tone};
use multiwell::plot::ticks::number;
use multiwell::potentials::Mechanochemical;
use multiwell::potentials::sampling::uniform;
use multiwell::problem::Settings;
use multiwell::problem::potential::views::{self as view, map};
use multiwell::problem::potential::{AlongPath, PotentialMetrics};
use multiwell::problem::settings::{Choice, Recipe, Skip};
use multiwell::problem::view::{Picture, Plot, View, ViewState};
use multiwell::train::{Rates, Trainer, adam, schedule};

use super::members::{begin, trained};
use super::sheet::Sheet;
use super::{Asked, Output, fields, with};
use crate::Failure;

/// Widths of the plain network, which has about as many parameters as the modes.
const PLAIN: [usize; 3] = [32, 32, 1];
/// Samples in a batch of the plain network, as many as in a batch of the runs.
const BATCH: usize = 160;
const INPUTS: [&str; 7] = ["E11", "E22", "E33", "E12", "E13", "E23", "c"];
const PARTS: Outputs = Outputs { gradient: true, modes: false, hessian: false };

/// A run that has ended.
pub struct Member {
    /// Its settings.
    pub settings: Settings,
    /// Its numbers.
    pub metrics: PotentialMetrics,
    /// Its fit.
    pub fit: Fit,
    /// Its views, one after another.
    pub views: Vec<View>,
}

/// Trains runs of these settings at once, with these views of each.
pub fn train(all: &[Settings], states: &[ViewState]) -> Result<Vec<Member>, Failure> {
    trained(all, begin, |mut run| {
        let metrics = run.metrics().own;
        let views = states.iter().map(|state| view::view(&mut run, state)).collect();
        Member { settings: run.settings().clone(), metrics, fit: run.potential(), views }
    })
}

/// Settings of a benchmark under the recipe `reliable`, with one seed for data and weights.
pub fn settings(benchmark: &str, epochs: Option<u64>, seed: u64) -> Settings {
    let own = Settings::on(Recipe::Reliable, benchmark);
    with(&own, &format!("epochs={}&seed={seed}&data-seed={seed}", epochs.unwrap_or(own.training.epochs)))
}

/// Figures 5 to 7.
pub fn figures(asked: &Asked) -> Result<Vec<Output>, Failure> {
    let &Asked { epochs, seeds, .. } = asked;
    let skips: &[Skip] = if asked.wants(7) { &[Skip::None, Skip::Quadratic, Skip::Quartic] } else { &[Skip::None] };
    let of = |&skip: &Skip| {
        seeds.iter().map(move |&seed| with(&settings(Mechanochemical::ID, epochs, seed), &format!("skip={}", skip.name())))
    };
    let all: Vec<Settings> = skips.iter().flat_map(of).collect();
    let states = CUTS.map(|cut| ViewState { view: "cuts".into(), controls: vec![("cut".into(), cut)], ..ViewState::default() });
    let parity = ViewState { view: "parity".into(), ..ViewState::default() };
    let mut members = train(&all, &[&states[..], &[parity]].concat())?;
    let mut outputs = Vec::new();
    if asked.wants(5) {
        outputs.push(figure_5(&members[0]));
    }
    if asked.wants(6) {
        outputs.extend(figure_6(&members[..seeds.len()]));
    }
    if asked.wants(7) {
        outputs.extend(figure_7(&mut members, seeds));
    }
    Ok(outputs)
}

/// The cuts along e3 and e2, e2 and e1, e2 and e6, e2 and c, by their numbers in the view.
const CUTS: [f64; 4] = [0.0, 5.0, 6.0, 4.0];

/// The names and the values of a map.
fn values(plot: &Plot) -> (&str, &str, &[f64]) {
    match &plot.picture {
        Picture::Map(map) => (&map.across, &map.upward, &map.values),
        Picture::Chart(_) => ("", "", &[]),
    }
}

/// Figure 5: cuts of truth, fit and their difference.
fn figure_5(member: &Member) -> Output {
    let mut sheet = Sheet::default();
    let mut numbers = String::from("cut,e1,e2,e3,e6,c,truth,fit\n");
    for view in &member.views[..CUTS.len()] {
        let row = &view.rows[0];
        sheet.lettered((300, 270), [row]);
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
    Output::new("figure-5", &sheet, &caption, numbers)
}

/// Figure 6: parity on held-out samples.
fn figure_6(members: &[Member]) -> Vec<Output> {
    let mut numbers = String::from("seed,quantity,r2,rmse\n");
    for Member { metrics, settings, .. } in members {
        let mut add = |name: &str, r2: f64, rmse: f64| {
            let _ = writeln!(numbers, "{},{name},{}", settings.training.seed, fields([r2, rmse]));
        };
        add("Psi", metrics.r2_potential.unwrap_or(f64::NAN), metrics.rmse);
        for (k, name) in INPUTS.iter().enumerate() {
            add(name, metrics.r2_components[k], metrics.rmse_components[k]);
        }
    }
    let Member { settings, views, .. } = &members[0];
    let mut sheet = Sheet::default();
    let rows = &views[CUTS.len()].rows;
    sheet.lettered((280, 250), rows);
    let mut points = String::from("quantity,truth,fit\n");
    let names = std::iter::once("Psi").chain(INPUTS);
    for (name, plot) in names.zip(rows.iter().flatten()) {
        let Picture::Chart(chart) = &plot.picture else { continue };
        for (truth, fit) in
            chart.layers.iter().filter(|layer| matches!(layer.shape, Shape::Dots(_))).flat_map(|layer| &layer.points)
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
    vec![Output::new("figure-6", &sheet, &caption, numbers), Output::numbers("figure-6-points", points)]
}

/// One model along the trajectory.
struct Model {
    name: String,
    seed: u64,
    psi: Vec<f64>,
    gradient: Vec<f64>,
}

impl Model {
    /// The derivative by an input along the trajectory, or the potential.
    fn along(&self, input: Option<usize>) -> Vec<f64> {
        input.map_or_else(|| self.psi.clone(), |k| self.gradient.iter().copied().skip(k).step_by(7).collect())
    }
}

/// Figure 7: the trajectory of Eq. 16, inside the sampled box and beyond.
fn figure_7(members: &mut [Member], seeds: &[u64]) -> Vec<Output> {
    let Some(along) = AlongPath::new(&Mechanochemical) else { return Vec::new() };
    let mut models: Vec<Model> = members
        .iter_mut()
        .map(|member| {
            let found = member.fit.values(&along.places, PARTS);
            let name = match member.settings.potential().map(|own| own.skip).unwrap_or_default() {
                Skip::None => "modes".to_string(),
                skip => format!("with {} skip", skip.name()),
            };
            Model { name, seed: member.settings.training.seed, psi: found.psi, gradient: found.gradient }
        })
        .collect();
    let of_networks = models.len();
    models.extend(seeds.iter().map(|&seed| plain(&members[0].settings, seed, &along.places)));

    let mut summary = String::from("model,seed,inside,to_0.6,to_1\n");
    for (k, model) in models.iter().enumerate() {
        // The runs' own metrics hold these errors.
        let errors = if k < of_networks { members[k].metrics.trajectory_error.clone() } else { along.errors(&model.gradient) };
        let _ = writeln!(summary, "{},{},{}", model.name, model.seed, fields(errors));
    }
    let shown: Vec<&Model> = models.iter().filter(|c| c.seed == seeds[0]).collect();
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
        let found = |(model, tone): (&&Model, Tone)| (model.name.clone(), tone, model.along(along.shown[k].1));
        along.chart(k, &shown.iter().zip(tones).map(found).collect::<Vec<_>>())
    };
    let plots: Vec<Plot> = (0..along.shown.len()).map(plot).collect();
    let mut sheet = Sheet::default();
    sheet.lettered((560, 280), plots.chunks(2));
    let caption = format!(
        "Figure 7. Stress, chemical potential and free energy along E(t) = 0.4 t (e1 e1 − 0.3 (I − e1 e1)), c = t (Eq. 16): truth, modes, \
         modes with convex polynomials beside their layers, and a plain network of about as many parameters (recipe {}, seed {}). The vertical \
         line at t = {} marks where the trajectory leaves what was sampled. The truth grows with the fourth power of the strain, \
         and so does the quartic skip, which is near its own form; networks grow linearly.",
        members[0].settings.training.recipe.name(),
        seeds[0],
        number(along.leaves, 3)
    );
    vec![Output::new("figure-7", &sheet, &caption, numbers), Output::numbers("figure-7-summary", summary)]
}

/// A plain network, trained as the modes are and on equal data, with its constant removed.
fn plain(settings: &Settings, seed: u64, x: &[f64]) -> Model {
    let data = uniform(&Mechanochemical, settings.data.samples, 0.0, seed);
    let scaling = training_set::standard(&data);
    let training_set = TrainingSet::new(&data, &scaling, 0.0);
    let mut loss = Regression::<f32>::plain(&PLAIN, &training_set).on(&training_set, Some(BATCH));
    let start: Vec<f32> = Plain::start(7, &PLAIN, seed).into_iter().map(|p| p as f32).collect();
    let groups = adam::groups(loss.params(), multiwell::model::Convexity::Projection);
    let mut trainer = Trainer::new(start, groups);
    for epoch in 0..settings.training.epochs {
        let rate = settings.training.lr * schedule::cosine(epoch, settings.training.epochs);
        let rates = Rates { network: rate, gate: rate };
        if trainer.evaluate(&mut loss).and_then(|_| trainer.step(&mut loss, |_| rates)).is_err() {
            break;
        }
    }
    let params: Vec<f64> = trainer.params().iter().map(|&p| f64::from(p)).collect();
    let mut network = Plain::new(7, &PLAIN, scaling);
    let at_data = network.values(&params, &data.x.iter().copied().collect::<Vec<f64>>()).0;
    let offset = at_data.iter().zip(&data.y).map(|(f, t)| f - t).sum::<f64>() / at_data.len() as f64;
    let (psi, gradient) = network.values(&params, x);
    Model { name: "plain network".into(), seed, psi: psi.into_iter().map(|v| v - offset).collect(), gradient }
}
