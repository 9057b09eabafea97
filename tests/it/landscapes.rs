//! Tests of random landscapes of several inputs. The recipe `reliable` finds their wells and assigns a mode to each. The measurement over many
//! targets is long and ignored, and environment variables set its scope:
//!
//! ```text
//! INPUTS=2 OBSERVED=values NOISE=0 TARGETS=0..33 cargo test --release --test it landscapes:: -- --ignored --nocapture
//! ```
use crate::fits::{self, KINDS, finished, observed, targets, variable};
use multiwell::internal::data::{Dataset, errors};
use multiwell::internal::landscape::{EnergyPath, minima, of_potential_above, paths_of_potential};
use multiwell::internal::numerics::Minimum;
use multiwell::internal::potentials::random::RandomTargetKind;
use multiwell::internal::potentials::sampling::{self, held_out};
use multiwell::internal::potentials::{self, KnownPotential, Observed, RandomLandscape};
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Settings};
use ndarray::{Array1, Array2, s};

/// Number of rows for each input.
const ROW_COUNT: usize = 400;
/// Maximum distance of a well from the true one.
const MAX_PLACE_ERROR: f64 = 0.12;

/// Result of a fit of one target. All fields are printed.
#[derive(Debug)]
#[expect(dead_code, reason = "printed by the derived implementation")]
struct TargetFit {
    wells: bool,
    owned: bool,
    r2: f64,
    wells_counted: usize,
    true_wells: usize,
    responsible: usize,
    /// Number of modes whose responsibility exceeds 0.1 somewhere.
    present: usize,
    rho: f64,
    /// Maximum error of a barrier inside the domain, relative to the barrier.
    barrier_error: f64,
    seconds: f64,
}

/// Wells of a target: the minima of its basins on a grid, refined by descents.
fn wells(target: &RandomLandscape) -> Vec<Minimum> {
    let places: Vec<f64> = target.wells().into_iter().flatten().collect();
    let starts = Array2::from_shape_vec((places.len() / target.inputs().len(), target.inputs().len()), places).unwrap();
    minima(&target.bounds(), &starts, |x| {
        let rows: Vec<Vec<f64>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
        let slopes = rows.iter().flat_map(|x| target.gradient(x)).collect();
        let values = rows.iter().map(|x| target.value(x)).collect::<Array1<f64>>();
        (values, Array2::from_shape_vec(x.raw_dim(), slopes).unwrap())
    })
}

fn fitted(target: &RandomLandscape, observed: Observed, noise: f64, seed: u64) -> TargetFit {
    let rows = ROW_COUNT * target.inputs().len();
    let mut run = fits::of_rows(target, observed, rows, noise, seed);
    let (metrics, survey) = run.surveyed(&|| false);
    let fresh = held_out(target, rows, 2000, seed);
    let (psi, slopes) = run.potential().evaluate(&fresh.x, true);
    let r2 = match observed {
        Observed::Values => errors(psi.iter().zip(&fresh.y)).1,
        Observed::Gradient => {
            let truth = fresh.gradient.unwrap();
            (0..truth.ncols()).map(|k| errors(slopes.column(k).iter().zip(truth.column(k))).1).fold(1.0, f64::min)
        }
    };
    let truth = wells(target);
    let fit = run.potential();
    let nearest = |well: &Minimum| metrics.own.minima.iter().min_by(|a, b| a.distance(well).total_cmp(&b.distance(well)));
    let all_found = truth.iter().all(|well| nearest(well).is_some_and(|m| m.distance(well) < MAX_PLACE_ERROR));
    let barrier_error = of_potential_above(target, survey.threshold)
        .minima
        .iter()
        .filter(|well| !well.barrier_at_edge)
        .filter_map(|well| well.barrier.zip(nearest(well).and_then(|m| m.barrier)))
        .filter(|(truth, _)| *truth > survey.threshold)
        .fold(0.0, |worst: f64, (truth, found)| worst.max((found / truth - 1.0).abs()));
    let owners: Vec<(usize, f64)> = truth
        .iter()
        .filter_map(nearest)
        .map(|m| fit.responsibilities(&m.x).into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap())
        .collect();
    let mut modes: Vec<usize> = owners.iter().map(|o| o.0).collect();
    modes.sort_unstable();
    modes.dedup();
    TargetFit {
        wells: all_found && metrics.own.wells == truth.len(),
        owned: modes.len() == truth.len() && owners.iter().all(|o| o.1 >= 0.55) && survey.responsible_modes == truth.len(),
        r2,
        wells_counted: metrics.own.wells,
        true_wells: truth.len(),
        responsible: survey.responsible_modes,
        present: survey.roles.iter().filter(|role| role.largest_responsibility > 0.1).count(),
        rho: metrics.own.rho,
        barrier_error,
        seconds: run.seconds(),
    }
}

#[test]
#[ignore = "measurement: INPUTS, OBSERVED, NOISE, TARGETS and KINDS select the fits"]
fn wells_and_owners_of_random_landscapes_are_measured() {
    let inputs: usize = variable("INPUTS", "2").parse().unwrap();
    let observed = observed();
    let noise: f64 = variable("NOISE", "0").parse().unwrap();
    let kinds = variable("KINDS", "smooth,kinked,gaussians");
    for (name, kind) in KINDS {
        if !kinds.contains(name) {
            continue;
        }
        let least = match (observed, kind) {
            (Observed::Gradient, RandomTargetKind::Kinked) => 0.98,
            _ if noise > 0.0 => 0.995,
            _ => 0.999,
        };
        let (mut counts, mut seconds, mut all) = ([0; 3], 0.0, 0);
        for seed in targets("0..3") {
            let found = fitted(&RandomLandscape::new(kind, inputs, seed), observed, noise, seed);
            let is_good = [found.wells, found.r2 >= least, found.owned];
            counts.iter_mut().zip(is_good).for_each(|(count, is)| *count += usize::from(is));
            (seconds, all) = (seconds + found.seconds, all + 1);
            println!("{name} {seed} {is_good:?} {found:?}");
        }
        println!(
            "TOTAL {name} inputs {inputs} noise {noise}: wells, R2, owned {counts:?} of {all}; {:.1} s each",
            seconds / f64::from(all)
        );
    }
}

/// Maximum distance from a point of either path to the nearest point of the other, as a fraction of the diagonal of the box.
fn apart(a: &EnergyPath, b: &EnergyPath, bounds: &[[f64; 2]]) -> f64 {
    let distance = |p: &[f64], q: &[f64]| p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum::<f64>().sqrt();
    let farthest = |from: &EnergyPath, to: &EnergyPath| {
        let nearest = |p: &Vec<f64>| to.points.iter().map(|q| distance(p, q)).fold(f64::INFINITY, f64::min);
        from.points.iter().map(nearest).fold(0.0, f64::max)
    };
    let diagonal = bounds.iter().map(|[low, high]| (high - low).powi(2)).sum::<f64>().sqrt();
    farthest(a, b).max(farthest(b, a)) / diagonal
}

/// Rises from both ends of a path to its saddle, the smaller one first.
fn rises(path: &EnergyPath) -> [f64; 2] {
    let mut rises = [path.values.first(), path.values.last()].map(|end| path.height - end.unwrap());
    rises.sort_by(f64::total_cmp);
    rises
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn paths_and_barriers_of_muller_brown_match_truth() {
        let known = potentials::find("muller-brown").unwrap();
        let bounds = known.bounds();
        // Only points with low values are used. Elsewhere the function rises by a thousand.
        let mut points: Vec<f64> = sampling::spread(&bounds, 4000).into_iter().collect();
        points = points.chunks(2).filter(|x| known.value(x) < 30.0).take(1000).flatten().copied().collect();
        let x = Array2::from_shape_vec((1000, 2), points).unwrap();
        let y: Array1<f64> = x.rows().into_iter().map(|x| known.value(&x.to_vec())).collect();
        let slopes = |x: &Array2<f64>| x.rows().into_iter().flat_map(|x| known.gradient(&x.to_vec())).collect::<Vec<f64>>();
        let half = x.slice(s![..;2, ..]).to_owned();
        let gradient = Array2::from_shape_vec((500, 2), slopes(&half)).unwrap();
        let kinds = [
            (Dataset::values(x, y).unwrap(), Settings::on(Recipe::Reliable, Settings::OWN_DATA)),
            (Dataset::gradients(half, gradient).unwrap(), Settings::on_derivatives(Recipe::Reliable, false)),
        ];
        for (data, settings) in kinds {
            let mut run = finished(settings, DataSource::Own(data));
            let (_, survey) = run.surveyed(&|| false);
            let truth = paths_of_potential(&*known, survey.threshold);
            assert_eq!((survey.minima.len(), survey.saddles.len(), survey.paths.len(), truth.len()), (3, 2, 2, 2));
            for (found, of_truth) in survey.paths.iter().zip(&truth) {
                let apart = apart(found, of_truth, &bounds);
                let worst = rises(found).iter().zip(rises(of_truth)).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
                println!("{apart} of the diagonal apart, rises off by {worst}");
                assert!(apart < 0.01 && worst < 0.01, "{apart}, {worst}");
            }
        }
    }

    #[test]
    #[ignore = "full recipe"]
    fn wells_of_random_landscape_are_found_from_values() {
        let found = fitted(&RandomLandscape::new(RandomTargetKind::Smooth, 2, 3), Observed::Values, 0.0, 3);
        assert!(found.wells && found.r2 > 0.999, "{found:?}");
    }
}
