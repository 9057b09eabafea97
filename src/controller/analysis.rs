//! Requests about the landscape of a run: surveys, removal costs of modes, particles, tilts. Each is answered from the
//! current fit. Only unfinished removal costs are kept between requests.

use super::protocol::{Reply, Request};
use crate::dynamics::{self, Flow, Langevin, Path, Walls};
use crate::landscape::{self, Pruning, symmetric};
use crate::model::Potential;
use crate::model::potential::{Outputs, PointValues};
use crate::numerics::statistics::sorted;
use crate::problem::PotentialRun;

/// Number of frames per relaxation time of the typical curvature of the landscape.
const FRAMES_PER_RELAXATION: f64 = 10.0;
/// Duration of a Langevin step, as a fraction of the shortest relaxation time of the landscape.
const STEP_FRACTION: f64 = 0.1;
/// Maximum number of Langevin steps per frame.
const MAX_STEPS: f64 = 64.0;
/// Maximum number of numbers in a path.
const MAX_PATH_NUMBERS: usize = 200_000;
/// Largest motion of a resting particle in a frame, as a fraction of the domain.
const REST_FRACTION: f64 = 1e-5;
/// Number of points at which the curvatures of the landscape are computed.
const CURVATURE_POINTS: usize = 128;

const SLOPE_OUTPUTS: Outputs = Outputs { gradient: true, modes: false, hessian: false };
const CURVATURE_OUTPUTS: Outputs = Outputs { gradient: true, modes: false, hessian: true };

/// Answers a request about the landscape; `None` for all other requests.
pub(super) fn answer(
    number: u32,
    run: &mut PotentialRun,
    pruning: &mut Option<Pruning>,
    request: Request,
) -> Option<(Reply, Option<Vec<f32>>)> {
    let answer = match request {
        Request::Survey => {
            let survey = Box::new(run.survey(&|| false));
            run.set_survey(&survey);
            Ok((Reply::Survey { run: number, epoch: run.epoch(), survey }, Vec::new()))
        }
        Request::Pruning { continues } => Ok(compute_removal_cost(number, run, pruning, continues)),
        Request::Prune(modes) => return prune(run, &modes).err().map(|sentence| (Reply::Declined(sentence), None)),
        Request::Reopen => {
            run.reopen();
            return None;
        }
        Request::Drop { positions, temperature, tilt, seed, frames } => {
            roll(run, positions, temperature, &tilt, seed, frames as usize)
                .map(|(path, numbers)| (Reply::Path { run: number, path }, numbers))
        }
        Request::Tilt { range, points } => drive(number, run, range, points as usize),
        _ => return None,
    };
    Some(match answer {
        Ok((reply, numbers)) => (reply, (!numbers.is_empty()).then(|| numbers.into_iter().map(|x| x as f32).collect())),
        Err(sentence) => (Reply::Declined(sentence), None),
    })
}

type AnalysisReply = (Reply, Vec<f64>);

fn compute_removal_cost(number: u32, run: &PotentialRun, pruning: &mut Option<Pruning>, continues: bool) -> AnalysisReply {
    // In one input the first request computes all removal costs.
    let mut now = pruning.take().filter(|_| continues).unwrap_or_else(|| run.pruning());
    let (mut steps, mut curves) = (Vec::new(), Vec::new());
    while let Some((step, curve)) = run.next_removal(&mut now) {
        steps.push(step);
        curves.extend(curve);
        if run.bounds().len() > 1 {
            *pruning = Some(now);
            break;
        }
    }
    if run.evaluation().domain.grid.is_empty() {
        curves.clear();
    }
    (Reply::Pruning { run: number, epoch: run.epoch(), steps }, curves)
}

fn prune(run: &mut PotentialRun, modes: &[usize]) -> Result<(), String> {
    let offered = run.settings.training.modes;
    if modes.iter().any(|&mode| mode >= offered) {
        return Err("There is no such mode: choose among those offered.".into());
    }
    let modes: Vec<usize> = (0..offered).filter(|mode| modes.contains(mode)).collect();
    if run.present().iter().all(|mode| modes.contains(mode)) {
        return Err("One mode must be left: keep at least one.".into());
    }
    if !modes.is_empty() {
        run.close(&modes);
    }
    Ok(())
}

/// Motion of particles: their positions at each frame, then their heights.
fn roll(
    run: &PotentialRun,
    positions: Vec<f64>,
    temperature: f64,
    tilt: &[f64],
    seed: u64,
    frames: usize,
) -> Result<(Path, Vec<f64>), String> {
    let bounds = run.bounds();
    let inputs = bounds.len();
    let count = positions.len() / inputs;
    if count == 0 || positions.len() != count * inputs || !(tilt.is_empty() || tilt.len() == inputs) {
        return Err("A particle has a coordinate for each input, and so has the tilt: drop at least one.".into());
    }
    if !positions.iter().chain(tilt).all(|x| x.is_finite()) || !(0.0..f64::INFINITY).contains(&temperature) {
        return Err("Places and tilts must be numbers, and a temperature a number from 0 up.".into());
    }
    if frames.saturating_mul(positions.len()) > MAX_PATH_NUMBERS {
        return Err("That is too much at once: ask for fewer particles or frames.".into());
    }
    let fit = run.potential().tilted(tilt);
    let [typical, largest] = curvatures(&fit, bounds);
    let step = (1.0 / (FRAMES_PER_RELAXATION * typical)).min(MAX_STEPS * STEP_FRACTION / largest);
    let steps = (step * largest / STEP_FRACTION).ceil().clamp(1.0, MAX_STEPS);
    // A periodic input has no walls.
    let whole = run.evaluation().domain();
    let limits = |(k, &ends): (usize, &[f64; 2])| if whole.is_periodic(k) { [f64::NEG_INFINITY, f64::INFINITY] } else { ends };
    let walls = Walls::around(&bounds.iter().enumerate().map(limits).collect::<Vec<_>>());
    // Single precision suffices under thermal noise; relaxation needs double precision.
    let (mut quick, params) = fit.quick(SLOPE_OUTPUTS);
    let of = |values: PointValues| (values.psi, values.gradient);
    let mut rough = |x: &[f64]| of(quick.evaluate(&params, x));
    let mut exact = |x: &[f64]| of(fit.values(x, SLOPE_OUTPUTS));

    let mut start = positions;
    walls.clamp(&mut start);
    let (mut positions, mut heights) = (Vec::new(), Vec::new());
    let rest: Vec<f64> = bounds.iter().map(|[low, high]| REST_FRACTION * (high - low)).collect();
    let mut flow = Flow::new(start.clone(), rest.clone());
    let mut kicked = Langevin::new(start.clone(), temperature, seed);
    let mut at_rest = false;
    for _ in 0..frames {
        if temperature > 0.0 {
            (0..steps as usize).for_each(|_| kicked.step(step / steps, &walls, &mut rough));
            start.clone_from(&kicked.x);
        } else {
            flow.advance(step, &walls, &mut exact);
            at_rest = start.iter().zip(&flow.x).enumerate().all(|(k, (a, b))| (a - b).abs() < rest[k % inputs]);
            start.clone_from(&flow.x);
        }
        let images: Vec<f64> = start.chunks(inputs).flat_map(|x| whole.within(x)).collect();
        heights.extend(if temperature > 0.0 { rough(&images) } else { exact(&images) }.0);
        positions.extend(images);
        if at_rest {
            break;
        }
    }
    let path = Path { inputs, particles: count, frames: heights.len() / count, step, at_rest };
    positions.extend(heights);
    Ok((path, positions))
}

/// Median and ninth decile of the largest curvatures over the domain.
fn curvatures(fit: &Potential, bounds: &[[f64; 2]]) -> [f64; 2] {
    let inputs = bounds.len();
    let points: Vec<f64> = landscape::starting_points(bounds, CURVATURE_POINTS).into_iter().collect();
    let largest = |hessian: &[f64]| symmetric(hessian).iter().fold(0.0, |top: f64, pair| top.max(pair.0.abs()));
    let found = sorted(fit.values(&points, CURVATURE_OUTPUTS).hessian.chunks(inputs * inputs).map(largest).collect());
    // A plane has no relaxation time. The default of 1 lets particles cross it at the speed of its slope.
    [CURVATURE_POINTS / 2, CURVATURE_POINTS * 9 / 10].map(|k| if found[k].is_finite() { found[k].max(1e-9) } else { 1.0 })
}

fn drive(number: u32, run: &PotentialRun, range: Option<[f64; 2]>, points: usize) -> Result<AnalysisReply, String> {
    let &[domain] = run.bounds() else {
        return Err("A tilt that goes up and down is for one input.".into());
    };
    if !range.is_none_or(|[low, high]| low < high && low.is_finite() && high.is_finite())
        || !(2..=MAX_PATH_NUMBERS).contains(&points)
    {
        return Err("A tilt goes from a smaller to a larger number, in at least two steps.".into());
    }
    let fit = run.potential();
    let (mut hysteresis, ways) = dynamics::hysteresis(domain, range, points, &mut |xs| {
        let values = fit.values(xs, CURVATURE_OUTPUTS);
        (values.gradient, values.hessian)
    });
    hysteresis.coexistences = run.coexistences();
    Ok((Reply::Hysteresis { run: number, hysteresis }, ways.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::frame::Freshness;
    use crate::problem::{DataSource, Job, Settings};
    use crate::recipe::Recipe;

    fn trained() -> PotentialRun {
        let mut run = opened(Recipe::Paper, "double-well", "modes=4&lr=1e-2&gate-lr=1e-2&epochs=3000");
        run.advance(1500);
        run
    }

    fn opened(recipe: Recipe, benchmark: &str, changes: &str) -> PotentialRun {
        PotentialRun::new(Settings::on(recipe, benchmark).with(changes).unwrap(), DataSource::Benchmark, None).unwrap()
    }

    fn analyse_run(run: &mut PotentialRun, request: Request) -> (Reply, Vec<f32>) {
        let (reply, numbers) = answer(7, run, &mut None, request).expect("a reply");
        (reply, numbers.unwrap_or_default())
    }

    fn drop_at(positions: &[f64], temperature: f64, frames: u32) -> Request {
        Request::Drop { positions: positions.to_vec(), temperature, tilt: Vec::new(), seed: 1, frames }
    }

    #[test]
    fn survey_and_report_agree() {
        let mut run = trained();
        let (Reply::Survey { run: 7, epoch: 1500, survey }, _) = analyse_run(&mut run, Request::Survey) else {
            panic!("no survey")
        };
        let report = run.metrics();
        let counts = (survey.wells, survey.responsible_modes, survey.active_gates);
        assert_eq!(counts, (report.own.wells, report.own.responsible_modes, report.own.active_gates));
        assert_eq!((survey.roles.len(), survey.convexity.len()), (4, 4));
        assert!(survey.convexity.iter().all(|c| c.proven));
        assert!(survey.minima.iter().all(|m| m.curvatures[0] > 0.0) && survey.saddles.iter().all(|m| m.curvatures[0] < 0.0));
        let held: usize = survey.roles.iter().map(|r| r.wells.len()).sum();
        assert_eq!(held, survey.wells, "each well has one holder");
        assert_eq!(survey.truth.unwrap().wells, 2);
    }

    #[test]
    fn dropped_particle_comes_to_rest_in_a_minimum() {
        let mut run = trained();
        let (Reply::Path { path, .. }, numbers) = analyse_run(&mut run, drop_at(&[2.9, -2.9, 9.0], 0.0, 600)) else {
            panic!("no path")
        };
        assert!(path.at_rest && path.frames < 600, "{path:?}");
        assert_eq!((path.inputs, path.particles, numbers.len()), (1, 3, path.frames * 6));
        let (positions, heights) = numbers.split_at(path.frames * 3);
        let minima = run.metrics().own.minima;
        for x in &positions[positions.len() - 3..] {
            assert!(minima.iter().any(|m| (m.x[0] - f64::from(*x)).abs() < 1e-2), "{x} {minima:?}");
        }
        assert!(heights.chunks(3).map(|h| h[0]).collect::<Vec<_>>().windows(2).all(|w| w[1] <= w[0] + 1e-6));
        assert!((30..400).contains(&path.frames), "it takes a second or more at 30 frames a second: {}", path.frames);
    }

    #[test]
    fn thermal_motion_is_seeded_and_stays_inside_domain() {
        let mut run = trained();
        let first = analyse_run(&mut run, drop_at(&[0.0; 20], 1.0, 50));
        assert_eq!(first, analyse_run(&mut run, drop_at(&[0.0; 20], 1.0, 50)));
        assert_eq!(first.1.len(), 50 * 20 * 2);
        assert!(first.1[..1000].iter().all(|x| (-3.0..=3.0).contains(x)));
    }

    #[test]
    fn tilt_drives_minimum_around_hysteresis_loop() {
        let mut run = trained();
        let request = Request::Tilt { range: None, points: 50 };
        let (Reply::Hysteresis { hysteresis, .. }, numbers) = analyse_run(&mut run, request) else { panic!("no loop") };
        assert_eq!(numbers.len(), 150);
        assert!(hysteresis.work > 0.0 && !hysteresis.up.is_empty() && !hysteresis.down.is_empty(), "{hysteresis:?}");
        // A jump starts at an extreme slope of the fit, and ends at a point of equal slope.
        let fit = run.potential();
        for jump in hysteresis.up.iter().chain(&hysteresis.down) {
            let values = fit.values(&[jump.from, jump.to], CURVATURE_OUTPUTS);
            assert!((values.gradient[0] - jump.tilt).abs() < 1e-9 && values.hessian[0].abs() < 1e-5, "{jump:?}");
            assert!((values.gradient[1] - jump.tilt).abs() < 1e-9 || jump.to.abs() == 3.0, "{jump:?}");
        }
    }

    #[test]
    fn removal_costs_match_pruned_fit_and_removed_modes_stay_closed() {
        let mut run = trained();
        let asked = Request::Pruning { continues: false };
        let (Reply::Pruning { steps, .. }, curves) = analyse_run(&mut run, asked) else { panic!("no steps") };
        assert_eq!((steps.len(), curves.len()), (4, 4 * run.scene().0.points));
        let report = run.metrics();
        assert!((steps[0].rmse - report.own.rmse).abs() < 1e-12 && steps[0].wells == report.own.wells);
        assert_eq!(answer(7, &mut run, &mut None, Request::Prune(steps[2].removed.clone())), None);
        let pruned = run.metrics();
        assert!((pruned.own.rmse - steps[2].rmse).abs() < 1e-5 * steps[2].rmse, "{} {}", pruned.own.rmse, steps[2].rmse);
        run.advance(1000);
        let after = run.metrics();
        assert!(after.own.rmse < pruned.own.rmse, "what is left is trained on");
        for &mode in &steps[2].removed {
            assert!(after.own.gates[mode] < 1e-4);
        }
        assert!(run.frame(Freshness::Current).0.altered);
    }

    #[test]
    fn removal_costs_in_several_inputs_come_stepwise_from_one_fit() {
        let mut run = opened(Recipe::Paper, "muller-brown", "modes=4&samples=200&hidden=5");
        run.advance(50);
        let (mut pruning, mut known, mut curve) = (None, Vec::new(), 0);
        for continues in [false, true, true, true, true] {
            let answered = answer(7, &mut run, &mut pruning, Request::Pruning { continues });
            let Some((Reply::Pruning { steps, .. }, numbers)) = answered else { panic!("no steps") };
            assert_eq!(steps.len(), (4 - known.len()).min(1));
            known.extend(steps);
            curve += numbers.map_or(0, |numbers| numbers.len());
            // Training between the requests changes the fit.
            run.advance(1);
        }
        assert_eq!(curve, 4 * run.scene().0.points);
        assert!(known.iter().enumerate().all(|(k, step)| step.removed.len() == k && step.removed == known[3].removed[..k]));
        assert!(known[0].change == 0.0 && known.is_sorted_by_key(|step| step.change));
        let (Reply::Pruning { steps, .. }, _) = analyse_run(&mut run, Request::Pruning { continues: true }) else {
            panic!("no steps")
        };
        assert_ne!(steps[0].rmse, known[0].rmse, "what is not begun begins with the fit of now");
    }

    #[test]
    fn manually_removed_mode_stays_removed_in_reliable_recipe() {
        let mut run = opened(Recipe::Reliable, "double-well", "modes=5");
        run.advance(1200);
        let open = |run: &mut PotentialRun| -> Vec<usize> {
            let gates = run.metrics().own.gates;
            (0..gates.len()).filter(|&k| gates[k] > 0.01).collect()
        };
        let before = open(&mut run);
        assert!(before.len() > 2, "there is one to spare: {before:?}");
        let mut pruning = run.pruning();
        let mut steps = std::iter::from_fn(|| run.next_removal(&mut pruning));
        let removed = steps.find_map(|(step, _)| step.removed.into_iter().find(|mode| before.contains(mode))).unwrap();
        assert_eq!(answer(7, &mut run, &mut None, Request::Prune(vec![removed])), None);
        assert!(!open(&mut run).contains(&removed));
        run.advance(u64::MAX);
        assert!(!open(&mut run).contains(&removed) && run.metrics().finite);
        assert!(run.metrics().own.rmse < 0.1, "{}", run.metrics().own.rmse);
    }

    #[test]
    fn undone_removal_restores_fit() {
        for (recipe, benchmark, changes) in [
            (Recipe::Paper, "double-well", "modes=4&hidden=5&epochs=300"),
            (Recipe::Reliable, "double-well", "modes=4&epochs=600"),
            (Recipe::Reliable, "random-landscape", "modes=4&hidden=5&epochs=300&samples=100&observed=derivatives"),
            (Recipe::Reliable, "drawn-samples", "modes=4&hidden=5&epochs=300&samples=200"),
        ] {
            let mut run = opened(recipe, benchmark, changes);
            run.advance(60);
            // During training, and after its end.
            for _ in 0..2 {
                let (params, present, ended) = (run.params(), run.present(), run.ended().is_some());
                assert!(present.len() > 1, "{benchmark}: one mode is left");
                let mut without = present.clone();
                for trained in [0, 20] {
                    let removed = without.remove(0);
                    if without.is_empty() {
                        break;
                    }
                    assert_eq!(answer(7, &mut run, &mut None, Request::Prune(vec![removed])), None);
                    assert_eq!(run.present(), without, "{benchmark}");
                    run.advance(trained);
                }
                for _ in 0..2 {
                    assert_eq!(answer(7, &mut run, &mut None, Request::Reopen), None);
                }
                assert_eq!((run.params(), run.present(), run.ended().is_some()), (params, present, ended), "{benchmark}");
                // No removal is left to undo.
                assert_eq!(answer(7, &mut run, &mut None, Request::Reopen), None);
                assert_eq!(run.ended().is_some(), ended);
                run.advance(u64::MAX);
                assert!(run.metrics().finite && run.frame(Freshness::Current).0.altered);
            }
        }
    }

    #[test]
    fn invalid_analysis_requests_and_removals_of_the_last_mode_are_declined() {
        let mut run = trained();
        let requests = [
            Request::Prune(vec![4]),
            Request::Prune(vec![0, 1, 2, 3, 3]),
            drop_at(&[], 0.0, 10),
            drop_at(&[f64::NAN], 0.0, 10),
            drop_at(&[0.0], -1.0, 10),
            drop_at(&[0.0], f64::NAN, 10),
            drop_at(&[0.0], 0.0, u32::MAX),
            Request::Drop { positions: vec![0.0], temperature: 0.0, tilt: vec![1.0, 2.0], seed: 1, frames: 3 },
            Request::Tilt { range: Some([1.0, -1.0]), points: 50 },
            Request::Tilt { range: None, points: 1 },
        ];
        let before = run.metrics();
        for request in requests {
            let (Reply::Declined(sentence), _) = analyse_run(&mut run, request.clone()) else { panic!("{request:?}") };
            assert!(sentence.ends_with('.') && sentence.len() > 20);
        }
        assert_eq!(run.metrics(), before);
        assert_eq!(answer(7, &mut run, &mut None, Request::Prune(vec![1, 2, 3])), None);
        let (Reply::Declined(sentence), _) = analyse_run(&mut run, Request::Prune(vec![0])) else { panic!("removed") };
        assert!(sentence.contains("One mode must be left") && run.present() == [0]);
    }
}
