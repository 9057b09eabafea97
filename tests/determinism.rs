//! Equal seeds and settings give equal bits, whatever the division of epochs into calls.

use multiwell::problem::settings::Recipe;
use multiwell::problem::{Run, Settings, Source};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn bits(run: &Run) -> Vec<u64> {
    run.params().iter().map(|p| p.to_bits()).collect()
}

#[test]
fn five_thousand_epochs_give_the_same_bits_by_one_by_seven_and_at_once() {
    let settings = Settings::of(Recipe::Paper).with("epochs=5000").unwrap();
    let trained = |slice: u64| {
        let mut run = Run::new(settings.clone(), Source::Benchmark, None).unwrap();
        while run.ended().is_none() {
            run.advance(slice);
            if slice == 7 && run.epoch().is_multiple_of(70) {
                // Reading results does not change them.
                run.frame(0.0);
                run.metrics();
            }
        }
        assert_eq!(run.epoch(), 5_000);
        (bits(&run), run.history_csv())
    };
    let at_once = trained(10_000);
    assert_eq!(at_once, trained(1));
    assert_eq!(at_once, trained(7));
}

#[test]
fn every_stage_gives_the_same_bits_by_one_by_seven_and_at_once() {
    let settings = Settings::default().with("modes=5&hidden=6&samples=60&epochs=1500").unwrap();
    let trained = |slice: u64| {
        let mut run = Run::new(settings.clone(), Source::Benchmark, None).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        while run.ended().is_none() {
            run.advance(slice);
            seen.extend(run.stage().map(|stage| stage.name));
            if slice == 7 && run.epoch().is_multiple_of(70) {
                run.frame(0.0);
                run.metrics();
            }
        }
        if slice == 1 {
            for name in ["pretraining", "joint", "refining", "sharpening"] {
                assert!(seen.contains(name), "{name} was never at work: {seen:?}");
            }
            assert!(seen.iter().any(|name| name.starts_with("removing mode")), "{seen:?}");
        }
        let report = run.metrics();
        assert!(report.lm_steps > 0 && report.epochs <= 1_500);
        assert_eq!(report.stages.iter().map(|stage| stage.epochs).sum::<u64>(), report.epochs);
        (bits(&run), run.history_csv(), report.stages)
    };
    let at_once = trained(100_000);
    assert_eq!(at_once, trained(1));
    assert_eq!(at_once, trained(7));
}

#[test]
fn seeds_of_data_and_of_weights_are_independent() {
    let start = |seed, data_seed| {
        let run = Run::new(
            Settings::of(Recipe::Paper).with(&format!("seed={seed}&data-seed={data_seed}")).unwrap(),
            Source::Benchmark,
            None,
        )
        .unwrap();
        (bits(&run), run.scene().1)
    };
    let (weights, data) = start(1, 1);
    assert!(start(1, 2).0 == weights && start(1, 2).1 != data);
    assert!(start(2, 1).0 != weights && start(2, 1).1 == data);
}
