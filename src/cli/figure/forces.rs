//! Figures 5 to 7: the mechanochemical free energy learnt from its derivatives.

use std::fmt::Write;

use multiwell::data::sampling::{held_out, uniform};
use multiwell::nn::Potential as Fit;
use multiwell::nn::mlp::Plain;
use multiwell::nn::potential::Parts;
use multiwell::objective::Objective;
use multiwell::objective::lesson::{self, Lesson};
use multiwell::plot::figures::{Chart, Layer, Shape, Tone};
use multiwell::plot::{Axis, HeatMap};
use multiwell::potentials::mechanochemical::{LEAVES, trajectory};
use multiwell::potentials::{Mechanochemical, Potential};
use multiwell::run::settings::{Choice, Recipe, Skip, shortest};
use multiwell::run::{Report, Run, Settings, Source, ensemble};
use multiwell::train::{Rates, Trainer, adam, schedule};

use super::Output;
use super::sheet::Sheet;
use crate::cli::{Failure, fit};

/// Points across a cut.
const CUT: usize = 61;
/// Points of the trajectory.
const ALONG: usize = 101;
/// A quantity along a path: its name, and its value at a point.
type Quantity = (&'static str, fn(&Course, usize) -> f64);
/// Layers of the plain network: about as many parameters as the modes have.
const PLAIN: [usize; 3] = [32, 32, 1];
/// Samples in its batches, as in those of the runs.
const BATCH: usize = 160;
const INPUTS: [&str; 7] = ["E11", "E22", "E33", "E12", "E13", "E23", "c"];
const PARTS: Parts = Parts { gradient: true, modes: false, hessian: false };

/// A run that has ended.
pub struct Member {
    settings: Settings,
    report: Report,
    fit: Fit,
}

/// Trains runs of these settings at once.
pub fn train(all: &[Settings]) -> Result<Vec<Member>, Failure> {
    let is_interrupted = fit::watch_for_interrupt()?;
    let bar = fit::progress_bar(all.iter().map(|settings| settings.epochs).sum());
    let one = |k: usize, run: &mut Run| {
        fit::train(run, &bar, false, &is_interrupted);
        run.ended()?;
        Some(Member { settings: all[k].clone(), report: run.report(), fit: run.potential() })
    };
    let members = ensemble::in_parallel(all, &Source::Benchmark, None, one);
    bar.finish_and_clear();
    let members: Option<Vec<Member>> = members.map_err(|problems| Failure::problems(&problems))?.into_iter().collect();
    members
        .ok_or_else(|| Failure::Interrupted("stopped by Ctrl-C before all runs had ended: no figure of them was written".into()))
}

impl Member {
    /// Its fit.
    pub fn fit(&mut self) -> &mut Fit {
        &mut self.fit
    }

    /// Its numbers.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// Settings of a benchmark under the recipe that suits derivatives; data and weights have one seed.
pub fn settings(benchmark: &str, epochs: Option<u64>, seed: u64) -> Settings {
    let own = Settings::on(Recipe::Reliable, benchmark);
    Settings { epochs: epochs.unwrap_or(own.epochs), seed, data_seed: seed, ..own }
}

/// The figures asked for among 5, 6 and 7.
pub fn figures(wanted: &[u64], epochs: Option<u64>, seeds: &[u64]) -> Result<Vec<Output>, Failure> {
    let skips: &[Skip] = if wanted.contains(&7) { &[Skip::None, Skip::Quadratic, Skip::Quartic] } else { &[Skip::None] };
    let of = |skip: Skip| seeds.iter().map(move |&seed| Settings { skip, ..settings(Mechanochemical::ID, epochs, seed) });
    let all: Vec<Settings> = skips.iter().flat_map(|&skip| of(skip)).collect();
    let mut members = train(&all)?;
    let mut outputs = Vec::new();
    for figure in wanted {
        match figure {
            5 => outputs.push(figure_5(&mut members[0])),
            6 => outputs.push(figure_6(&mut members[..seeds.len()])),
            7 => outputs.extend(figure_7(&mut members, seeds)),
            _ => {}
        }
    }
    Ok(outputs)
}

/// The place with these coordinates: `e1 = tr E / sqrt 3`, `e2 = (E11 - E22) / sqrt 2`, `e3 = (E11 + E22 - 2 E33) / sqrt 6`,
/// `e6 = sqrt 2 E12`, and `c`.
fn place([e1, e2, e3, e6, c]: [f64; 5]) -> [f64; 7] {
    let (a, b, d) = (e1 / 3f64.sqrt(), e2 / 2f64.sqrt(), e3 / 6f64.sqrt());
    [a + b + d, a - b + d, a - 2.0 * d, e6 / 2f64.sqrt(), 0.0, 0.0, c]
}

/// Figure 5: cuts of truth and fit, and what lies between them.
fn figure_5(member: &mut Member) -> Output {
    // Which coordinates a cut shows, of e1, e2, e3, e6, c; the others are zero.
    let cuts = [(1, 2), (0, 1), (1, 3), (1, 4)];
    let names = ["e1", "e2", "e3", "e6", "c"];
    let reach = |k: usize| if k == 4 { [0.0, 1.0] } else { [-0.15, 0.15] };
    let mut sheet = Sheet::default();
    let mut numbers = String::from("cut,e1,e2,e3,e6,c,truth,fit\n");
    for (row, &(p, q)) in cuts.iter().enumerate() {
        let mut places = Vec::new();
        for k in 0..CUT * CUT {
            let along = |of: usize, at: usize| reach(of)[0] + (reach(of)[1] - reach(of)[0]) * at as f64 / (CUT - 1) as f64;
            let mut coordinates = [0.0; 5];
            (coordinates[p], coordinates[q]) = (along(p, k % CUT), along(q, k / CUT));
            places.push(coordinates);
        }
        let x: Vec<f64> = places.iter().flat_map(|&c| place(c)).collect();
        let truth: Vec<f64> = x.chunks(7).map(|x| Mechanochemical.value(x)).collect();
        let found = member.fit.values(&x, Parts::default()).psi;
        let (low, high) = truth.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let difference: Vec<f64> = found.iter().zip(&truth).map(|(f, t)| f - t).collect();
        let most = difference.iter().fold(0.0_f64, |top, d| top.max(d.abs()));
        let map = |values: &[f64], range: [f64; 2], is_difference: bool| HeatMap {
            x: Axis::linear(reach(p)[0], reach(p)[1]),
            y: Axis::linear(reach(q)[0], reach(q)[1]),
            columns: CUT,
            values: values.to_vec(),
            range,
            is_difference,
            // Closer together near the wells.
            levels: if is_difference {
                Vec::new()
            } else {
                (1..10).map(|k| low + (high - low) * (f64::from(k) / 10.0).powi(2)).collect()
            },
            layers: Vec::new(),
            across: names[p].into(),
            upward: names[q].into(),
        };
        sheet.row((300, 270));
        let titles = if row == 0 { ["Truth", "Fit"] } else { ["", ""] };
        sheet.add(titles[0], &map(&truth, [low, high], false));
        sheet.add(titles[1], &map(&found, [low, high], false));
        sheet.add(&format!("fit − truth, at most {}", crate::cli::table::number(most)), &map(&difference, [-most, most], true));
        for (c, (t, f)) in places.iter().zip(truth.iter().zip(&found)) {
            let fields = c.iter().chain([t, f]).map(|&v| shortest(v)).collect::<Vec<_>>().join(",");
            let _ = writeln!(numbers, "{} {},{fields}", names[p], names[q]);
        }
    }
    let caption = format!(
        "Figure 5. Cuts of the mechanochemical free energy through E = 0, c = 0 along e1 = tr E/√3, e2 = (E11 − E22)/√2, \
         e3 = (E11 + E22 − 2 E33)/√6, e6 = √2 E12 and c: truth, fit learnt from its derivatives only (seed {}, constant removed), and \
         their difference. Strong colour is low.",
        member.settings.seed
    );
    Output::new("figure-5", &sheet, &caption, numbers)
}

/// Figure 6: parity on held-out samples.
fn figure_6(members: &mut [Member]) -> Output {
    let mut numbers = String::from("seed,quantity,r2,rmse\n");
    for member in members.iter() {
        let report = &member.report;
        let seed = member.settings.seed;
        let _ = writeln!(numbers, "{seed},Psi,{},{}", shortest(report.r2_potential.unwrap_or(f64::NAN)), shortest(report.rmse));
        for (k, name) in INPUTS.iter().enumerate() {
            let _ =
                writeln!(numbers, "{seed},{name},{},{}", shortest(report.r2_components[k]), shortest(report.rmse_components[k]));
        }
    }
    let member = &mut members[0];
    let Settings { samples, data_seed, .. } = member.settings;
    let test = held_out(&Mechanochemical, samples, 200, data_seed);
    let found = member.fit.values(&test.x.iter().copied().collect::<Vec<f64>>(), PARTS);
    let gradient = test.gradient.as_ref().expect("the gradient is what is learnt from");
    let parity = |pairs: Vec<(f64, f64)>| {
        let ends = pairs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.0), h.max(p.0)));
        let diagonal = Layer::new(vec![(ends.0, ends.0), (ends.1, ends.1)], Shape::Line(1.0), Tone::Soft);
        Chart {
            x: Axis::linear(ends.0, ends.1),
            y: Axis::linear(ends.0, ends.1),
            across: "truth".into(),
            upward: "fit".into(),
            labels: Vec::new(),
            marks: [4, 4],
            layers: vec![diagonal, Layer::new(pairs, Shape::Dots(1.75), Tone::Accent).faint(0.6)],
        }
    };
    let mut sheet = Sheet::default();
    let title = |name: &str, r2: f64, rmse: f64| format!("{name}   R² {r2:.5}, RMSE {}", crate::cli::table::number(rmse));
    for k in 0..8 {
        if k % 4 == 0 {
            sheet.row((280, 230));
        }
        let report = &member.report;
        if k == 0 {
            let pairs = test.y.iter().copied().zip(found.psi.iter().copied()).collect();
            sheet.add(&title("Ψ", report.r2_potential.unwrap_or(f64::NAN), report.rmse), &parity(pairs));
        } else {
            let pairs =
                gradient.column(k - 1).iter().copied().zip(found.gradient.iter().copied().skip(k - 1).step_by(7)).collect();
            let name = format!("∂Ψ/∂{}", INPUTS[k - 1]);
            sheet.add(&title(&name, report.r2_components[k - 1], report.rmse_components[k - 1]), &parity(pairs));
        }
    }
    let caption = format!(
        "Figure 6. Fit against truth on 200 samples that were held out: the potential, its constant removed, and each derivative \
         (seed {}, {} modes, {samples} samples).",
        member.settings.seed, member.settings.modes
    );
    Output::new("figure-6", &sheet, &caption, numbers)
}

/// One model along the trajectory.
struct Course {
    name: String,
    seed: u64,
    psi: Vec<f64>,
    gradient: Vec<f64>,
}

/// Figure 7: along the trajectory of Eq. 16, inside the sampled box and beyond.
fn figure_7(members: &mut [Member], seeds: &[u64]) -> Vec<Output> {
    let t: Vec<f64> = (0..ALONG).map(|k| k as f64 / (ALONG - 1) as f64).collect();
    let x: Vec<f64> = t.iter().flat_map(|&t| trajectory(t)).collect();
    let truth = Course {
        name: "truth".into(),
        seed: 0,
        psi: x.chunks(7).map(|x| Mechanochemical.value(x)).collect(),
        gradient: x.chunks(7).flat_map(|x| Mechanochemical.gradient(x)).collect(),
    };
    let mut courses: Vec<Course> = members
        .iter_mut()
        .map(|member| {
            let found = member.fit.values(&x, PARTS);
            let name = match member.settings.skip {
                Skip::None => "modes".to_string(),
                skip => format!("with {} skip", skip.name()),
            };
            Course { name, seed: member.settings.seed, psi: found.psi, gradient: found.gradient }
        })
        .collect();
    courses.extend(seeds.iter().map(|&seed| plain(&members[0].settings, seed, &x)));

    let error = |course: &Course, end: f64| {
        let len = 7 * t.iter().filter(|&&t| t <= end + 1e-12).count();
        let size = |list: &mut dyn Iterator<Item = f64>| list.map(|v| v * v).sum::<f64>().sqrt();
        size(&mut course.gradient[..len].iter().zip(&truth.gradient).map(|(f, t)| f - t))
            / size(&mut truth.gradient[..len].iter().copied())
    };
    let mut summary = String::from("model,seed,inside,to_0.6,to_1\n");
    for course in &courses {
        let errors = [LEAVES, 0.6, 1.0].map(|end| shortest(error(course, end)));
        let _ = writeln!(summary, "{},{},{}", course.name, course.seed, errors.join(","));
    }
    let shown: Vec<&Course> = std::iter::once(&truth).chain(courses.iter().filter(|c| c.seed == seeds[0])).collect();
    let mut numbers = String::from("model,t,S11,S22,mu,Psi\n");
    for course in &shown {
        for (k, t) in t.iter().enumerate() {
            let fields = [*t, course.gradient[7 * k], course.gradient[7 * k + 1], course.gradient[7 * k + 6], course.psi[k]];
            let _ = writeln!(numbers, "{},{}", course.name, fields.map(shortest).join(","));
        }
    }
    let tones = [Tone::Ink, Tone::Accent, Tone::Mode(1), Tone::Mode(2), Tone::Dot];
    let quantities: [Quantity; 4] = [
        ("S11", |c, k| c.gradient[7 * k]),
        ("S22", |c, k| c.gradient[7 * k + 1]),
        ("μ", |c, k| c.gradient[7 * k + 6]),
        ("Ψ", |c, k| c.psi[k]),
    ];
    let mut sheet = Sheet::default();
    for (n, (name, of)) in quantities.into_iter().enumerate() {
        if n % 2 == 0 {
            sheet.row((560, 280));
        }
        let values = |course: &Course| (0..ALONG).map(|k| of(course, k)).collect::<Vec<f64>>();
        let ends = values(&truth).into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let room = 0.1 * (ends.1 - ends.0);
        let edge = Layer::new(vec![(LEAVES, ends.0 - room), (LEAVES, ends.1 + room)], Shape::Line(1.0), Tone::Soft);
        let mut layers = vec![edge.faint(0.7)];
        for (course, tone) in shown.iter().zip(tones) {
            let width = if course.name == "truth" { 3.0 } else { 1.5 };
            let line = Layer::new(t.iter().copied().zip(values(course)).collect(), Shape::Line(width), tone);
            layers.push(line.faint(if course.name == "truth" { 0.45 } else { 1.0 }).named(if n == 0 {
                course.name.as_str()
            } else {
                ""
            }));
        }
        sheet.add(
            "",
            &Chart {
                x: Axis::linear(0.0, 1.0),
                y: Axis::linear(ends.0 - room, ends.1 + room),
                across: "t".into(),
                upward: name.into(),
                labels: Vec::new(),
                marks: [6, 5],
                layers,
            },
        );
    }
    let caption = format!(
        "Figure 7. Stress, chemical potential and free energy along E(t) = 0.4 t (e1 e1 − 0.3 (I − e1 e1)), c = t (Eq. 16): truth, modes, \
         modes with convex polynomials beside their layers, and a plain network of about as many parameters (seed {}). The vertical \
         line at t = {LEAVES} marks where the trajectory leaves what was sampled. The truth grows with the fourth power of the strain, \
         and so does the quartic skip, which is near its own form; networks grow linearly.",
        seeds[0]
    );
    vec![Output::new("figure-7", &sheet, &caption, numbers), Output::numbers("figure-7-summary", summary)]
}

/// A plain network trained in the same way on the same data; its constant removed.
fn plain(settings: &Settings, seed: u64, x: &[f64]) -> Course {
    let data = uniform(&Mechanochemical, settings.samples, settings.noise, seed);
    let scaling = lesson::standard(&data);
    let lesson = Lesson::new(&data, &scaling, 0.0);
    let mut objective = Objective::<f32>::plain(7, &PLAIN, lesson.target, true);
    let batches = lesson.parts(&objective, BATCH);
    let start: Vec<f32> = Plain::start(7, &PLAIN, seed).into_iter().map(|p| p as f32).collect();
    let groups = adam::groups(objective.params(), multiwell::nn::Convexity::Projection);
    let mut trainer = Trainer::new(start, groups);
    for epoch in 0..settings.epochs {
        let rate = settings.lr * schedule::cosine(epoch, settings.epochs);
        let healthy = batches.iter().all(|batch| {
            let healthy = trainer.evaluate(&mut objective, batch).is_ok();
            trainer.step(Rates { network: rate, gate: rate });
            healthy
        });
        if !healthy {
            break;
        }
    }
    let params: Vec<f64> = trainer.params().iter().map(|&p| f64::from(p)).collect();
    let mut network = Plain::new(7, &PLAIN, scaling);
    let at_data = network.values(&params, &data.x.iter().copied().collect::<Vec<f64>>()).0;
    let offset = at_data.iter().zip(&data.y).map(|(f, t)| f - t).sum::<f64>() / at_data.len() as f64;
    let (psi, gradient) = network.values(&params, x);
    Course { name: "plain network".into(), seed, psi: psi.into_iter().map(|v| v - offset).collect(), gradient }
}
