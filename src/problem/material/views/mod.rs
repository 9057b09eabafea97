//! Views of a material with memory: loops, parity, hidden states, a pad for a path of strain, and the three
//! dynamics side by side.

pub mod plots;

use crate::data::trajectories::Trajectory;
use crate::dynamics::metamaterial::LOAD_STEPS;
use crate::numerics::statistics::sort_by;
use crate::plot::figures::{Strip, Tone};
use crate::plot::ticks::{determination, number, whole};
use crate::problem::material::model::TrajectoryResponse;
use crate::problem::material::pretrained::{Pretrained, PretrainedErrors};
use crate::problem::material::run::violations;
use crate::problem::material::transitions::transitions;
use crate::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings, trajectory_of};
use crate::problem::settings::setting::NamedChoice;
use crate::problem::view::{Control, Plot, Tab, Touch, View, ViewState, ViewTable};
use plots::{
    FIT_WIDTH_PX, TRUTH_WIDTH_PX, in_steps, inside, limited, line, loops, part, plot, spent_in_steps, sums, under, zero,
};

/// Number of trajectories in a row.
const PLOTS_ACROSS: usize = 3;
/// Maximum number of dots of a parity plot.
const MAX_DOTS: usize = 700;
/// Largest strain on the pad.
const PAD_STRAIN: f64 = 0.3;
const VIEW_TABS: [(&str, &str); 5] =
    [("loops", "Loops"), ("parity", "Parity"), ("inside", "Inside"), ("pad", "Loading pad"), ("compare", "Three dynamics")];

/// Views of a run.
pub struct MaterialViews {
    /// Pretrained model, if it is of the same material.
    pretrained: Option<Pretrained>,
    /// Response of the pretrained model along the trajectories shown last.
    pretrained_response: Option<(Vec<Trajectory>, TrajectoryResponse)>,
    is_own: bool,
    inputs: usize,
}

impl MaterialViews {
    /// Views of a run.
    pub fn new(run: &MetamaterialRun) -> Self {
        let settings = &run.settings;
        let is_own = run.truth.is_empty();
        let alike = !is_own
            && settings.material == MetamaterialSettings::from_dynamics(Dynamics::Play, false).material
            && !settings.fixed_phase;
        let pretrained = if alike { Pretrained::open() } else { None };
        Self { pretrained, pretrained_response: None, is_own, inputs: run.data.inputs.len() }
    }

    /// Entries of the views in the list of tabs.
    pub fn tabs(&self) -> Vec<Tab> {
        let has = |id: &str| match id {
            "pad" => self.inputs == 1,
            "compare" => self.pretrained.is_some(),
            _ => true,
        };
        VIEW_TABS.iter().filter(|tab| has(tab.0)).map(|(id, title)| Tab::new(id, title)).collect()
    }

    /// View of a run with its response along the held-out runs; `None` if there is no view of that name.
    pub fn view(&mut self, run: &mut MetamaterialRun, answer: &TrajectoryResponse, state: &ViewState) -> Option<View> {
        let mut view = match state.view.as_str() {
            "loops" => self.loops(run, state),
            "parity" => parity(run, answer),
            "inside" => inner(run, state),
            "pad" if self.inputs == 1 => self.pad(run, state),
            "compare" => self.compare(run, answer)?,
            _ => return None,
        };
        view.view.clone_from(&state.view);
        Some(view)
    }

    /// Response of the pretrained model.
    fn trained(&mut self, trajectories: &[Trajectory]) -> Option<&TrajectoryResponse> {
        let pretrained = self.pretrained.as_mut()?;
        if self.pretrained_response.as_ref().is_none_or(|(of, _)| of != trajectories) {
            self.pretrained_response = Some((trajectories.to_vec(), pretrained.answer(trajectories)));
        }
        self.pretrained_response.as_ref().map(|(_, answer)| answer)
    }

    fn loops(&mut self, run: &mut MetamaterialRun, state: &ViewState) -> View {
        let held_out = &run.held_out;
        let first = trajectory(state, held_out.len().saturating_sub(PLOTS_ACROSS - 1));
        let from = first.value as usize - 1;
        let trajectories: Vec<Trajectory> = held_out.iter().skip(from).take(PLOTS_ACROSS).cloned().collect();
        let before = run.data.trajectories.len() - held_out.len();
        let names: Vec<(String, usize)> =
            trajectories.iter().enumerate().map(|(k, trajectory)| (trajectory.name.clone(), before + from + k)).collect();
        let mut controls = if held_out.len() > PLOTS_ACROSS { vec![first] } else { Vec::new() };
        if self.pretrained.is_some() {
            let meaning = "The dynamics play, trained in advance; the page contains its parameters.";
            controls.push(state.choose("trained", "trained before", meaning, vec!["shown".into(), "hidden".into()]));
        }
        let found = run.answer(&trajectories, false);
        let mut fits = vec![("this run", Tone::Accent, &found)];
        if controls.last().is_some_and(|control| control.id == "trained" && control.value == 0.0) {
            fits.extend(self.trained(&trajectories).map(|answer| ("trained before", Tone::Count, answer)));
            fits.reverse();
        }
        View { rows: loops(&run.data, &names, &fits), controls, ..View::default() }
    }

    /// View of a path drawn by the reader.
    fn pad(&mut self, run: &mut MetamaterialRun, state: &ViewState) -> View {
        let data = &run.data;
        // The path lasts as long as a run.
        let (names, samples) = ([data.inputs[0].clone(), data.outputs[0].clone()], run.held_out[0].time.len());
        let outputs = data.outputs.clone();
        let range = if self.is_own {
            data.trajectories.iter().flat_map(|t| &t.inputs).fold(0.0_f64, |most, e| most.max(e.abs())) * 1.1
        } else {
            PAD_STRAIN
        };
        let strain = drawn(state, samples - 1, range);
        let mut trajectory = trajectory_of(&strain);
        if self.is_own {
            trajectory.time.clone_from(&run.held_out[0].time);
        }
        let truth = (!self.is_own).then(|| run.settings.follow(&strain));
        let trajectories = [trajectory];
        let found = run.answer(&trajectories, false);
        let trained = self.trained(&trajectories);
        let reaches = [(0.0, -range), (0.0, range)];
        let mut pad = plot(
            "Draw a path of strain here",
            ["step", &names[0]],
            vec![line(in_steps(strain.iter().copied()), 2.5, Tone::Ink, "")],
            &reaches,
        );
        pad.touch = Touch::Stroke;
        let mut rows = vec![vec![pad], Vec::new()];
        for (k, name) in outputs.iter().enumerate() {
            let against = |values: Vec<f64>| strain.iter().copied().zip(values);
            let of = |answer: &TrajectoryResponse| part(&answer.stress, outputs.len(), samples, 0, k).collect::<Vec<f64>>();
            let (mut layers, mut strip) = (Vec::new(), None);
            layers.extend(trained.map(|answer| line(against(of(answer)), FIT_WIDTH_PX, Tone::Count, "trained before")));
            layers.push(line(against(of(&found)), FIT_WIDTH_PX, Tone::Accent, "this run"));
            if let Some(truth) = &truth {
                let truth: Vec<f64> = truth.stress.iter().map(|s| s[k]).collect();
                let off = of(&found).iter().zip(&truth).map(|(fit, truth)| fit - truth).collect();
                strip = Strip::from_layers(vec![line(against(off), 1.0, Tone::Accent, "")]);
                layers.push(line(against(truth), TRUTH_WIDTH_PX, Tone::Ink, "truth"));
            }
            rows[1].push(under(strip, plot(&format!("{name} along it"), [&names[0], name], layers, &[])));
        }
        rows[0].push(inside(&found, truth.as_ref()).swap_remove(0));
        let note = match violations(&found.dissipation) {
            0 => String::new(),
            count => format!("In {count} of {} steps the fit creates energy.", found.dissipation.len()),
        };
        View { rows, note, ..View::default() }
    }

    fn compare(&mut self, run: &MetamaterialRun, answer: &TrajectoryResponse) -> Option<View> {
        let Pretrained { records, path, .. } = self.pretrained.as_ref()?;
        let own = record_of(run, answer);
        let head = ["dynamics", "R² of S11", "RMSE", "near turns", "sharpness", "creates energy", "parameters", "ms a step"];
        let rows = records.iter().map(|record| (record, record.dynamics.name())).chain([(&own, "this run")]);
        let cells = |(record, name): (&PretrainedErrors, &str)| {
            let [r2, rmse, near, sharp, violations, steps, _, parameters, _, ms] = record.numbers;
            let negative = format!("{} of {} steps", whole(violations as u64), whole(steps as u64));
            vec![
                name.to_string(),
                determination(r2),
                number(rmse, 2),
                number(near, 2),
                number(sharp, 2),
                negative,
                whole(parameters as u64),
                number(ms, 2),
            ]
        };
        let table = ViewTable {
            head: head.map(String::from).to_vec(),
            rows: rows.enumerate().map(|(k, row)| ((k < records.len()).then_some(k), cells(row))).collect(),
        };
        let note = "Recorded after training to the end; sharpness is the largest jump of the tangent, where the second phase begins or \
                    stops to move, over that of the truth. It is not ρ.";
        Some(View { rows: compared(records, path), table, note: note.into(), ..View::default() })
    }
}

/// Control that selects a trajectory, numbered from 1.
fn trajectory(state: &ViewState, last: usize) -> Control {
    let last = last.max(1) as f64;
    let mut control =
        state.slide("trajectory", "held-out trajectory", "Number among the trajectories that are held out.", [1.0, last], 1.0);
    control.value = control.value.round();
    if let crate::problem::view::ControlKind::Slide { steps, .. } = &mut control.kind {
        *steps = (last - 1.0).max(1.0) as u32;
    }
    control
}

/// Results of a run for the comparison of dynamics.
pub fn record_of(run: &MetamaterialRun, answer: &TrajectoryResponse) -> PretrainedErrors {
    let metrics = run.metrics_of(answer);
    let own = &metrics.own;
    let (outputs, samples) = (run.data.outputs.len(), run.data.samples());
    let s11 = |path: usize| part(&answer.stress, outputs, samples, path, 0).collect::<Vec<f64>>();
    let kinds = transitions(run.truth.iter().enumerate().map(|(path, truth)| (truth, s11(path))));
    let numbers = [
        own.r2_s11,
        own.rmse_s11,
        kinds.rmse_near,
        kinds.sharpness,
        own.dissipation_violations as f64,
        own.dissipation_steps as f64,
        own.dissipation_min,
        own.parameters as f64,
        own.steps as f64,
        1e3 * metrics.seconds / own.steps.max(1) as f64,
    ];
    PretrainedErrors { dynamics: own.dynamics, numbers, stress: s11(0), dissipation: answer.dissipation[..samples - 1].to_vec() }
}

/// Comparison of the dynamics along one path: stress, its error, and dissipation.
pub fn compared(records: &[PretrainedErrors], path: &crate::dynamics::metamaterial::LoadPath) -> Vec<Vec<Plot>> {
    let s11 = || path.stress.iter().map(|s| s[0]);
    let spent = spent_in_steps(path);
    let from_one = |values: &[f64]| values.iter().enumerate().map(|(n, &v)| (n as f64 + 1.0, v)).collect::<Vec<_>>();
    let fits = || records.iter().enumerate().map(|(k, record)| (record, Tone::Mode(k), record.dynamics.name()));
    let mut stress = Vec::new();
    let [mut error, mut power, mut total] = [(); 3].map(|()| vec![zero(LOAD_STEPS)]);
    let sum = |values: &[f64]| from_one(&sums(values));
    for (record, tone, name) in fits() {
        stress.push(line(path.strain.iter().copied().zip(record.stress.iter().copied()), FIT_WIDTH_PX, tone, name));
        let off = record.stress.iter().zip(s11()).map(|(fit, truth)| fit - truth);
        error.push(line(in_steps(off), FIT_WIDTH_PX, tone, name));
        power.push(line(from_one(&record.dissipation).into_iter(), FIT_WIDTH_PX, tone, name));
        total.push(line(sum(&record.dissipation).into_iter(), FIT_WIDTH_PX, tone, name));
    }
    stress.push(line(path.strain.iter().copied().zip(s11()), TRUTH_WIDTH_PX, Tone::Ink, "truth"));
    power.push(line(from_one(&spent).into_iter(), TRUTH_WIDTH_PX, Tone::Ink, "truth"));
    total.push(line(sum(&spent).into_iter(), TRUTH_WIDTH_PX, Tone::Ink, "truth"));
    vec![
        vec![
            plot("Stress and strain", ["E11", "S11"], stress, &[]),
            plot("Error of the stress", ["step", "S11, fit − truth"], error, &[]),
        ],
        vec![
            limited(plot("Dissipated in a step", ["step", "energy"], power, &[])),
            limited(plot("Dissipated so far", ["step", "energy"], total, &[])),
        ],
    ]
}

/// Parity plots of the outputs on the held-out runs.
pub fn parity(run: &MetamaterialRun, answer: &TrajectoryResponse) -> View {
    let names = &run.data.outputs;
    let rows: usize = run.held_out.iter().map(|run| run.time.len()).sum();
    // Odd stride, of which no period of the loads is a multiple.
    let every = rows.div_ceil(MAX_DOTS) | 1;
    let plot = |(k, name): (usize, &String)| {
        let of = |values: &[f64]| values.iter().skip(k).step_by(names.len() * every).copied().collect::<Vec<f64>>();
        let truth: Vec<f64> = run.held_out.iter().flat_map(|trajectory| trajectory.outputs.iter().copied()).collect();
        Plot::parity(name, "truth", &of(&truth), of(&answer.stress).into_iter())
    };
    View { rows: vec![names.iter().enumerate().map(plot).collect()], ..View::default() }
}

fn inner(run: &mut MetamaterialRun, state: &ViewState) -> View {
    let control = trajectory(state, run.held_out.len());
    let which = (control.value as usize - 1).min(run.held_out.len() - 1);
    let trajectories = [run.held_out[which].clone()];
    let found = run.answer(&trajectories, true);
    let plots = inside(&found, run.truth.get(which));
    let rows = plots.chunks(2).map(<[Plot]>::to_vec).collect();
    let controls = if run.held_out.len() > 1 { vec![control] } else { Vec::new() };
    let note = if run.truth.is_empty() { "" } else { "c, the share of the second phase in the truth, is hidden from training." };
    View { rows, controls, note: note.into(), ..View::default() }
}

/// Path that the reader has drawn, or one with growing turns. It is straight from zero to the first point, and constant
/// after the last.
fn drawn(state: &ViewState, steps: usize, range: f64) -> Vec<f64> {
    let mut places: Vec<(f64, f64)> = state
        .touches
        .iter()
        .filter(|touch| touch.0 == 0 && touch.1.is_finite() && touch.2.is_finite())
        .map(|&(_, x, y)| (x.clamp(0.0, steps as f64), y.clamp(-range, range)))
        .collect();
    if places.is_empty() {
        let kinds = [-0.35, 0.2, -0.6, 0.35, -0.8].map(|part| part * range);
        places = kinds.iter().enumerate().map(|(k, &e)| ((k as f64 + 1.0) * steps as f64 / 5.0, e)).collect();
    }
    sort_by(&mut places, |place| place.0);
    places.insert(0, (0.0, 0.0));
    (0..=steps)
        .map(|n| {
            let x = n as f64;
            let after = places.partition_point(|place| place.0 <= x);
            let (before, next) = (places[after - 1], places.get(after));
            next.map_or(before.1, |next| before.1 + (next.1 - before.1) * (x - before.0) / (next.0 - before.0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::figures::ChartLayer;
    use crate::problem::view::ViewPicture;

    fn run(settings: MetamaterialSettings) -> (MetamaterialRun, TrajectoryResponse) {
        let mut run = MetamaterialRun::new(MetamaterialSettings { trajectories: 20, batch: 8, steps: 4, ..settings });
        run.advance(4);
        let held_out = run.held_out.clone();
        let answer = run.answer(&held_out, false);
        (run, answer)
    }

    fn state(view: &str, controls: &[(&str, f64)], touches: &[(f64, f64)]) -> ViewState {
        ViewState {
            view: view.into(),
            controls: controls.iter().map(|(name, value)| ((*name).into(), *value)).collect(),
            touches: touches.iter().map(|(x, y)| (0, *x, *y)).collect(),
            part: None,
        }
    }

    fn layers(plot: &Plot) -> &[ChartLayer] {
        let ViewPicture::Chart(chart) = &plot.picture else { panic!("a chart") };
        &chart.layers
    }

    #[test]
    fn every_view_is_finite_for_all_dynamics() {
        for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
            let (mut run, answer) = run(MetamaterialSettings::from_dynamics(dynamics, false));
            let mut views = MaterialViews::new(&run);
            assert_eq!(views.tabs().len(), VIEW_TABS.len());
            for tab in views.tabs() {
                let view = views.view(&mut run, &answer, &state(&tab.id, &[("trajectory", 1e9)], &[])).unwrap();
                assert_eq!(view.view, tab.id);
                for plot in view.rows.iter().flatten() {
                    let ViewPicture::Chart(chart) = &plot.picture else { panic!("a chart") };
                    assert_ne!(plot.title, chart.upward, "the title repeats the axis");
                    assert!(!layers(plot).is_empty() && !plot.title.is_empty() && !plot.description.is_empty());
                    let points = layers(plot).iter().flat_map(|layer| &layer.points);
                    assert!(points.into_iter().all(|(x, y)| x.is_finite() && y.is_finite()), "{dynamics:?} {}", plot.title);
                }
                let widths: Vec<usize> = view.table.rows.iter().map(|row| row.1.len()).collect();
                assert!(widths.iter().all(|width| *width == view.table.head.len()));
            }
            assert!(views.view(&mut run, &answer, &state("moon", &[], &[])).is_none());
        }
    }

    #[test]
    fn loops_show_truth_fit_and_pretrained_fit_unless_hidden() {
        let (mut run, answer) = run(MetamaterialSettings::from_dynamics(Dynamics::Node, false));
        let mut views = MaterialViews::new(&run);
        let view = views.view(&mut run, &answer, &state("loops", &[], &[])).unwrap();
        assert_eq!((view.rows.len(), view.rows[0].len()), (2, PLOTS_ACROSS));
        let shown = layers(&view.rows[0][1]);
        let truth: Vec<(f64, f64)> = run.truth[1].strain.iter().copied().zip(run.truth[1].stress.iter().map(|s| s[0])).collect();
        assert_eq!((shown.len(), &shown[2].points), (3, &truth));
        let error = |layer: &ChartLayer| layer.points.iter().zip(&truth).map(|(a, b)| (a.1 - b.1).powi(2)).sum::<f64>();
        assert!(error(&shown[0]) < 1e-2 * error(&shown[1]), "what was trained before is nearer to the truth");
        let hidden = views.view(&mut run, &answer, &state("loops", &[("trained", 1.0)], &[])).unwrap();
        assert_eq!(layers(&hidden.rows[0][0]).len(), 2);
        // The pretrained model has a moving phase.
        let (mut fixed, answer) = self::run(MetamaterialSettings::from_dynamics(Dynamics::Play, true));
        let mut views = MaterialViews::new(&fixed);
        let view = views.view(&mut fixed, &answer, &state("loops", &[], &[])).unwrap();
        assert_eq!((layers(&view.rows[0][0]).len(), view.controls.len(), views.tabs().len()), (2, 1, 4));
    }

    #[test]
    fn drawn_path_is_followed_by_truth_and_fit() {
        let (mut run, answer) = run(MetamaterialSettings::from_dynamics(Dynamics::Play, false));
        let mut views = MaterialViews::new(&run);
        let touches = [(50.0, -0.2), (90.0, f64::NAN), (100.0, 7.0), (-3.0, 0.1)];
        let view = views.view(&mut run, &answer, &state("pad", &[], &touches)).unwrap();
        assert_eq!(view.rows[0][0].touch, Touch::Stroke);
        let path: Vec<f64> = layers(&view.rows[0][0])[0].points.iter().map(|p| p.1).collect();
        assert_eq!((path.len(), path[0], path[50], path[100]), (LOAD_STEPS + 1, 0.1, -0.2, PAD_STRAIN));
        assert!((path[25] + 0.05).abs() < 1e-12 && (path[75] - 0.05).abs() < 1e-12);
        let truth = run.settings.follow(&path);
        let shown: Vec<f64> = layers(&view.rows[1][0]).last().unwrap().points.iter().map(|p| p.1).collect();
        assert_eq!(shown, truth.stress.iter().map(|s| s[0]).collect::<Vec<f64>>());
    }

    #[test]
    fn backward_stroke_gives_a_finite_path() {
        let strain = drawn(&state("pad", &[], &[(20.0, 0.1), (20.0, -0.1), (10.0, 0.2), (10.0, 0.2)]), 40, PAD_STRAIN);
        assert!(strain.iter().all(|e| e.is_finite()), "{strain:?}");
        assert_eq!((strain[0], strain[10], strain[20], strain[40]), (0.0, 0.2, -0.1, -0.1));
    }
}
