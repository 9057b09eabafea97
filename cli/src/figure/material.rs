//! Figures 9 to 11: the metamaterial, fits of it, and a comparison of three dynamics.

use std::fmt::Write;

use multiwell::internal::dynamics::metamaterial::{LoadPath, TriangularLoad};
use multiwell::internal::plot::figures::{MarkShape, Tone};
use multiwell::internal::plot::ticks::{number, whole};
use multiwell::internal::problem::Metrics;
use multiwell::internal::problem::material::model::TrajectoryResponse;
use multiwell::internal::problem::material::pretrained::PretrainedErrors;
use multiwell::internal::problem::material::views::plots::{loops, truth};
use multiwell::internal::problem::material::views::{compared, parity, record_of};
use multiwell::internal::problem::material::{Dynamics, MaterialMetrics, MetamaterialRun, MetamaterialSettings};
use multiwell::internal::problem::settings::NamedChoice;
use multiwell::internal::problem::view::ViewPicture;

use super::members::complete;
use super::sheet::FigureSheet;
use super::{FigureOutput, FigureRequest, fields};
use crate::Failure;
use crate::training::Session;

/// Number of epochs between checks of Ctrl-C.
const SLICE_EPOCHS: u64 = 2;
/// Loads of Figure 9: a load too small for the growth of a second phase, and one larger load in each direction.
const FIGURE_LOADS: [TriangularLoad; 3] = [
    TriangularLoad { amplitude: 0.06, period: 60.0, sign: -1.0 },
    TriangularLoad { amplitude: 0.14, period: 60.0, sign: -1.0 },
    TriangularLoad { amplitude: 0.22, period: 45.0, sign: 1.0 },
];
/// Number of trajectories of Figure 11.
const SHOWN_TRAJECTORIES: usize = 3;

/// A completed run, with its predictions on all held-out trajectories.
struct MaterialMember {
    run: MetamaterialRun,
    answer: TrajectoryResponse,
    metrics: Metrics<MaterialMetrics>,
}

pub fn figures(request: &FigureRequest) -> Result<Vec<FigureOutput>, Failure> {
    use Dynamics::{Node, Onsager, Play};
    let mut outputs = Vec::new();
    if request.wants(9) {
        outputs.push(figure_9());
    }
    if request.wanted == [9] {
        return Ok(outputs);
    }
    let mut kinds = vec![(Node, false)];
    if request.wants(10) {
        kinds.push((Node, true));
    }
    if request.wants(11) {
        kinds.extend([(Onsager, false), (Play, false)]);
    }
    let run = |&(dynamics, fixed): &(Dynamics, bool)| {
        request.seeds.iter().map(move |&seed| {
            let own = MetamaterialSettings::from_dynamics(dynamics, fixed);
            let steps = request.epochs.map_or(own.steps, |epochs| epochs * own.steps_of_an_epoch());
            MetamaterialSettings { steps, seed, data_seed: seed, ..own }
        })
    };
    let members = train(&kinds.iter().flat_map(run).collect::<Vec<_>>())?;
    let some = |dynamics: Dynamics, fixed: bool| -> Vec<&MaterialMember> {
        members.iter().filter(|m| (m.metrics.own.dynamics, m.metrics.own.fixed_phase) == (dynamics, fixed)).collect()
    };
    if request.wants(10) {
        outputs.extend(figure_10(&some(Node, false), &some(Node, true)));
    }
    if request.wants(11) {
        let kinds = [Node, Onsager, Play].map(|dynamics| some(dynamics, false));
        outputs.push(figure_11(&kinds[0]));
        outputs.extend(comparison(&kinds));
    }
    Ok(outputs)
}

/// Trains runs in parallel.
fn train(all: &[MetamaterialSettings]) -> Result<Vec<MaterialMember>, Failure> {
    let epochs = all.iter().map(|settings| settings.steps / settings.steps_of_an_epoch()).sum();
    let session = Session::new(all.len(), epochs)?;
    let one = |_: usize, settings: &MetamaterialSettings| {
        let mut run = MetamaterialRun::new(settings.clone());
        loop {
            match run.advance(SLICE_EPOCHS) {
                0 => break,
                _ if session.is_interrupted() => return Ok(None),
                epochs => session.count(epochs),
            }
        }
        let held_out = run.held_out.clone();
        let answer = run.answer(&held_out, false);
        Ok(Some(MaterialMember { metrics: run.metrics_of(&answer), answer, run }))
    };
    complete(session.each(all, one)?)
}

/// Description of the training of fits, for a caption. They may differ only in steps and rates.
fn trained(members: &[&MaterialMember]) -> String {
    let of = |value: &dyn Fn(&MetamaterialSettings) -> String| {
        let mut values: Vec<String> = members.iter().map(|member| value(&member.run.settings)).collect();
        values.dedup();
        values.join(", ")
    };
    let first = &members[0].run.settings;
    format!(
        "Trained on {} of {} trajectories (data seed {}) in {} steps of Adam with {} trajectories each, at rates that fall from {}.",
        first.trajectories - members[0].run.held_out.len(),
        first.trajectories,
        first.data_seed,
        of(&|settings| whole(settings.steps)),
        first.batch,
        of(&|settings| number(settings.lr, 2))
    )
}

/// Figure 9: the behaviour of the material.
fn figure_9() -> FigureOutput {
    let material = MetamaterialSettings::from_dynamics(Dynamics::Play, false).material;
    let paths: Vec<LoadPath> = FIGURE_LOADS.iter().map(|load| material.follow(&load.strains(), None)).collect();
    let mut numbers = String::from("trajectory,step,E11,S11,S22,c,kappa,dissipated\n");
    for (k, path) in paths.iter().enumerate() {
        for n in 0..path.strain.len() {
            let [s11, s22] = path.stress[n];
            let values = [path.strain[n], s11, s22, path.c[n], path.force[n], path.dissipation[n]];
            let _ = writeln!(numbers, "{k},{n},{}", fields(values));
        }
    }
    let mut sheet = FigureSheet::default();
    let names = FIGURE_LOADS.map(|load| format!("{} in {} steps", number(load.sign * load.amplitude, 2), load.period));
    sheet.add_lettered_rows((360, 270), truth(&paths, &names).chunks(3));
    let caption = "Figure 9. The two-phase metamaterial under three cyclic loads (largest strain in a period): strain, stress, stress against strain, share c of the \
                   second phase, the force κ on it, and force against share. The second phase grows while κ = k+ and shrinks while κ = −k−, \
                   so that the stress stays on a plateau meanwhile. Computed from its equations: without training, and without a seed.";
    FigureOutput::new("figure-9", &sheet, caption, numbers)
}

/// Figure 10: parity of the paper's dynamics.
fn figure_10(moving: &[&MaterialMember], fixed: &[&MaterialMember]) -> Vec<FigureOutput> {
    let mut numbers = String::from("phase,seed,output,r2,rmse\n");
    for (name, members) in [("two", moving), ("fixed", fixed)] {
        for member in members {
            let Metrics { seed, own: MaterialMetrics { outputs, r2, rmse, .. }, .. } = &member.metrics;
            for (k, output) in outputs.iter().enumerate() {
                let _ = writeln!(numbers, "{name},{seed},{output},{}", fields([r2[k], rmse[k]]));
            }
        }
    }
    let mut sheet = FigureSheet::default();
    let mut points = String::from("phase,output,truth,fit\n");
    let rows = [("fixed", "c = 0.5", fixed[0]), ("two", "two phases", moving[0])].map(|(phase, words, member)| {
        let mut row = parity(&member.run, &member.answer).rows.swap_remove(0);
        for (plot, output) in row.iter_mut().zip(&member.metrics.own.outputs) {
            if let ViewPicture::Chart(chart) = &plot.picture {
                let dots = chart.layers.iter().filter(|layer| matches!(layer.shape, MarkShape::Dots(_)));
                for (truth, fit) in dots.flat_map(|layer| &layer.points) {
                    let _ = writeln!(points, "{phase},{output},{}", fields([*truth, *fit]));
                }
            }
            plot.title = format!("{words}: {}", plot.title);
        }
        row
    });
    sheet.add_lettered_rows((440, 300), rows);
    let caption = format!(
        "Figure 10. Fit (the paper's dynamics, seed {}) against truth on trajectories that were held out: (a, b) with the phase held at c = \
         0.5, where the potential sees E11 besides the isotropic invariants; (c, d) with two phases. Below, fit minus truth. {}",
        moving[0].metrics.seed,
        trained(&[moving[0], fixed[0]])
    );
    vec![FigureOutput::new("figure-10", &sheet, &caption, numbers), FigureOutput::numbers("figure-10-points", points)]
}

/// Figure 11: held-out trajectories.
fn figure_11(members: &[&MaterialMember]) -> FigureOutput {
    let MaterialMember { run, answer, metrics } = members[0];
    let (first, samples) = (run.data.trajectories.len() - run.held_out.len(), run.data.samples());
    let names: Vec<(String, usize)> =
        (0..SHOWN_TRAJECTORIES.min(run.held_out.len())).map(|k| (k.to_string(), first + k)).collect();
    let fits = [("fit", Tone::Accent, answer)];
    let mut sheet = FigureSheet::default();
    sheet.add_lettered_rows((360, 270), loops(&run.data, &names, &fits));
    let mut numbers = String::from("trajectory,step,E11,S11,S22,S11_fit,S22_fit\n");
    for (k, truth) in run.truth.iter().enumerate().take(names.len()) {
        for n in 0..samples {
            let at = 2 * (k * samples + n);
            let [s11, s22] = truth.stress[n];
            let values = [truth.strain[n], s11, s22, answer.stress[at], answer.stress[at + 1]];
            let _ = writeln!(numbers, "{k},{n},{}", fields(values));
        }
    }
    let caption = format!(
        "Figure 11. Three trajectories that were held out: the stress of the truth (thin, in ink) over that of the fit (the paper's dynamics, seed {}), \
         learnt from the stress alone, with their difference below. {}",
        metrics.seed,
        trained(&members[..1])
    );
    FigureOutput::new("figure-11", &sheet, &caption, numbers)
}

/// Comparison of the three dynamics.
fn comparison(kinds: &[Vec<&MaterialMember>; 3]) -> Vec<FigureOutput> {
    let mut summary = String::from(
        "dynamics,seed,r2_s11,rmse_s11,rmse_near_transitions,sharpness,dissipation_violations,dissipation_steps,dissipation_min,parameters,\
         steps\n",
    );
    for member in kinds.iter().flatten() {
        let PretrainedErrors { dynamics, numbers, .. } = record_of(&member.run, &member.answer);
        // The last number is a measured time, which would differ between two calls of one command.
        let values = fields(numbers.into_iter().take(9));
        let _ = writeln!(summary, "{},{},{values}", dynamics.name(), member.metrics.seed);
    }
    let records: Vec<PretrainedErrors> = kinds.iter().map(|members| record_of(&members[0].run, &members[0].answer)).collect();
    let path = &kinds[0][0].run.truth[0];
    let mut sheet = FigureSheet::default();
    sheet.add_lettered_rows((560, 300), compared(&records, path));
    let mut numbers =
        String::from("step,E11,S11,node,onsager,play,dissipated,dissipated_node,dissipated_onsager,dissipated_play\n");
    for n in 0..path.strain.len() {
        let spent = |of: &dyn Fn(usize) -> f64| n.checked_sub(1).map_or(0.0, of);
        let truth = [path.strain[n], path.stress[n][0]].into_iter().chain(records.iter().map(|record| record.stress[n]));
        let dissipated = [spent(&|before| path.dissipation[n] - path.dissipation[before])];
        let dissipated = dissipated.into_iter().chain(records.iter().map(|record| spent(&|before| record.dissipation[before])));
        let _ = writeln!(numbers, "{n},{}", fields(truth.chain(dissipated)));
    }
    let caption = format!(
        "Beside Figure 11. The three dynamics (seed {}) along the first trajectory that was held out: (a) stress against strain, (b) its \
         error, (c) what is dissipated in each step and (d) in all. The paper's dynamics creates energy in many steps; with \
         Onsager's and with play no step can. Curves that leave the range of the truth by more than its own width are cut off. {}",
        kinds[0][0].metrics.seed,
        trained(&kinds.each_ref().map(|members| members[0]))
    );
    vec![
        FigureOutput::new("figure-11-dynamics", &sheet, &caption, numbers),
        FigureOutput::numbers("figure-11-dynamics-summary", summary),
    ]
}
