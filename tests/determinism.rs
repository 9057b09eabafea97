//! Same seed, same settings, same bits, however the epochs are cut into calls.

use multiwell::run::{Run, Settings, Source};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn bits(run: &Run) -> Vec<u64> {
    run.params().iter().map(|p| p.to_bits()).collect()
}

#[test]
fn five_thousand_epochs_give_the_same_bits_by_one_by_seven_and_at_once() {
    let settings = Settings { epochs: 5_000, ..Settings::default() };
    let trained = |slice: u64| {
        let mut run = Run::new(settings.clone(), Source::Benchmark, None).unwrap();
        while run.ended().is_none() {
            run.advance(slice);
            if slice == 7 && run.epoch().is_multiple_of(70) {
                // Looking does not change what is seen.
                run.frame(0.0);
                run.report();
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
fn seeds_of_data_and_of_weights_are_independent() {
    let start = |seed, data_seed| {
        let run = Run::new(Settings { seed, data_seed, ..Settings::default() }, Source::Benchmark, None).unwrap();
        (bits(&run), run.scene().1)
    };
    let (weights, data) = start(1, 1);
    assert!(start(1, 2).0 == weights && start(1, 2).1 != data);
    assert!(start(2, 1).0 != weights && start(2, 1).1 == data);
}
