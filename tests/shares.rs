//! An evaluation that is shared out to workers without common memory has the bits of one worker.

use multiwell::loss::helper::Helper;
use multiwell::loss::training_set::TrainingSet;
use multiwell::loss::{Loss, Regression, Target};
use multiwell::model::{Architecture, Convexity, Symmetry, init};
use multiwell::problem::job::Given;
use multiwell::problem::jobs;
use multiwell::problem::settings::Settings;
use multiwell::recipe::Recipe;

/// Numbers in [0, 1) that look random.
fn numbers(seed: u64, count: usize) -> Vec<f64> {
    let fraction = |k: u64| (k as f64 * 0.618_033_988_749_895 + seed as f64 * 0.377).fract();
    (0..count as u64).map(|k| fraction(k * k % 1_000_003 + k)).collect()
}

fn set(target: Target, samples: usize, inputs: usize, is_weighted: bool) -> TrainingSet {
    let components = target.components(inputs);
    TrainingSet {
        target,
        x: numbers(1, samples * inputs),
        targets: numbers(2, samples * components),
        weights: is_weighted.then(|| numbers(3, samples * components)),
        inputs,
    }
}

/// The evaluation at `params` by so many workers, whose messages travel as numbers; and by one.
fn compare(arch: &Architecture, set: &TrainingSet, workers: usize) {
    let mut alone = Regression::<f32>::new(arch, set);
    let mut divided = alone.clone();
    alone.set_epsilon(1e-3);
    divided.set_epsilon(1e-3);
    let params: Vec<f32> = init::paper(alone.params(), 5).iter().map(|&p| p as f32).collect();
    let others: Vec<f32> = init::paper(alone.params(), 6).iter().map(|&p| p as f32).collect();

    let mut shared = divided.shared(&params).expect("one evaluation is an epoch");
    assert!(shared.suits(workers), "there are enough samples");
    let (mut sums, given) = (vec![shared.sums(workers)], shared.given().to_vec());
    for worker in 1..workers {
        let part = shared.part(worker, workers);
        let mut helper = Helper::new(&part).expect("a part");
        assert!(Helper::new(&part[..part.len() - 1]).is_none() && Helper::new(&part[1..]).is_none());
        assert!(helper.sums(&given[1..]).is_none());
        sums.push(helper.sums(&given).unwrap());
    }
    shared.know(&given, &sums);

    let bits = |loss: &mut Regression<f32>, params: &[f32]| {
        let mut gradient = vec![0.0; params.len()];
        let value = loss.evaluate(params, 0, &mut gradient);
        (value.total.to_bits(), gradient.into_iter().map(f32::to_bits).collect::<Vec<_>>())
    };
    assert_eq!(bits(&mut divided, &params), bits(&mut alone, &params), "{workers} workers");
    // At other values the sums that are known do not count.
    assert_eq!(bits(&mut divided, &others), bits(&mut alone, &others), "{workers} workers");
    assert_eq!(bits(&mut divided, &params), bits(&mut alone, &params), "{workers} workers");

    // Sums that were computed at other values, or of another epsilon, are not taken.
    let zeros: Vec<Vec<f32>> = sums.iter().map(|sums| vec![0.0; sums.len()]).collect();
    divided.set_epsilon(2e-3);
    divided.shared(&others).unwrap().know(&given, &zeros);
    divided.set_epsilon(1e-3);
    assert_eq!(bits(&mut divided, &others), bits(&mut alone, &others));
}

#[test]
fn any_number_of_workers_has_the_bits_of_one() {
    let small = Architecture::new(2, 3, &[5, 4]);
    let folded = Architecture { symmetry: Symmetry::Exchange, convexity: Convexity::Absolute, ..small.clone() };
    for workers in [2, 3, 5, 8] {
        compare(&small, &set(Target::Value, 40_003, 2, false), workers);
    }
    compare(&folded, &set(Target::Value, 40_003, 2, true), 3);
    compare(&small, &set(Target::Both, 50_011, 2, true), 2);
    compare(&small, &set(Target::Gradient, 50_011, 2, false), 3);
}

#[test]
fn few_samples_and_mini_batches_are_not_shared_out() {
    let arch = Architecture::new(1, 2, &[4, 4]);
    let few = set(Target::Value, 2_000, 1, false);
    let mut loss = Regression::<f32>::new(&arch, &few);
    let params: Vec<f32> = init::paper(loss.params(), 1).iter().map(|&p| p as f32).collect();
    assert!(!loss.shared(&params).unwrap().suits(2));
    assert!(Regression::<f32>::new(&arch, &few).in_batches(&few, Some(200)).shared(&params).is_none());
}

#[test]
fn a_run_that_is_helped_has_the_bits_of_one_that_is_not() {
    let given = "inputs=2&samples=40000&modes=3&hidden=4,4&epochs=20&noise=0.02";
    let settings = Settings::on(Recipe::Paper, "random-landscape").with(given).unwrap();
    let open = || jobs::open(settings.clone(), Given::default()).map_err(|problems| format!("{problems:?}")).unwrap();
    let (mut helped, mut alone) = (open(), open());
    for epoch in 0..6 {
        if epoch != 3 {
            let mut shared = helped.shared().expect("the recipe has one evaluation");
            let given = shared.given().to_vec();
            let parts = [1, 2].map(|worker| Helper::new(&shared.part(worker, 3)).unwrap().sums(&given).unwrap());
            let sums: Vec<_> = std::iter::once(shared.sums(3)).chain(parts).collect();
            shared.know(&given, &sums);
        }
        assert_eq!((helped.advance(1), alone.advance(1)), (1, 1));
    }
    assert_eq!(helped.model_text(), alone.model_text());
}
