//! Tests that equal seeds and settings give equal bits, for any division of epochs into calls.

use std::collections::BTreeSet;

use multiwell::internal::problem::frame::Freshness;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Job, PotentialRun, Settings};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn bits(run: &PotentialRun) -> Vec<u64> {
    run.params().iter().map(|p| p.to_bits()).collect()
}

/// Trains a run in slices, at once and in slices of one and seven epochs, and asserts that the results are equal. `results` receives the run,
/// the size of a slice and the names of all stages.
fn has_same_bits_for_all_slices<R: PartialEq + std::fmt::Debug>(
    settings: &Settings,
    results: impl Fn(&mut PotentialRun, u64, BTreeSet<String>) -> R,
) {
    let trained = |slice: u64| {
        let mut run = PotentialRun::new(settings.clone(), DataSource::Benchmark, None).unwrap();
        let mut stages = BTreeSet::new();
        while run.ended().is_none() {
            run.advance(slice);
            stages.extend(run.stage().map(|stage| stage.name));
            if slice == 7 && run.epoch().is_multiple_of(70) {
                // The reading of results does not change them.
                run.frame(Freshness::Current);
                run.metrics();
            }
        }
        (bits(&run), run.history_csv(), results(&mut run, slice, stages))
    };
    let at_once = trained(100_000);
    assert_eq!(at_once, trained(1));
    assert_eq!(at_once, trained(7));
}

#[test]
fn paper_recipe_has_same_bits_for_all_slices() {
    let settings = Settings::from_recipe(Recipe::Paper).with("epochs=5000").unwrap();
    has_same_bits_for_all_slices(&settings, |run, _, _| assert_eq!(run.epoch(), 5_000));
}

#[test]
fn every_stage_has_same_bits_for_all_slices() {
    let settings = Settings::default().with("modes=5&hidden=6&samples=60&epochs=1500").unwrap();
    has_same_bits_for_all_slices(&settings, |run, slice, seen| {
        if slice == 1 {
            for name in ["initialize", "train together", "refine", "sharpen"] {
                assert!(seen.contains(name), "{name} was never at work: {seen:?}");
            }
            assert!(seen.iter().any(|name| name.starts_with("remove mode")), "{seen:?}");
        }
        let report = run.metrics();
        assert!(report.lm_steps > 0 && report.epochs <= 1_500);
        assert_eq!(report.stages.iter().map(|stage| stage.epochs).sum::<u64>(), report.epochs);
        report.stages
    });
}

#[test]
fn seeds_of_data_and_of_weights_are_independent() {
    let start = |seed, data_seed| {
        let run = PotentialRun::new(
            Settings::from_recipe(Recipe::Paper).with(&format!("seed={seed}&data-seed={data_seed}")).unwrap(),
            DataSource::Benchmark,
            None,
        )
        .unwrap();
        (bits(&run), run.scene().1)
    };
    let (weights, data) = start(1, 1);
    assert!(start(1, 2).0 == weights && start(1, 2).1 != data);
    assert!(start(2, 1).0 != weights && start(2, 1).1 == data);
}
