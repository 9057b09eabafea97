//! Test that runs of a plan allocate nothing after the first run.
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::loss::{Loss, Regression, RegressionTarget};
use multiwell::internal::model::{Architecture, Convexity, init};
use multiwell::internal::train::{Rates, Trainer, adam};

#[test]
fn epoch_allocates_no_memory() {
    for target in [RegressionTarget::Value, RegressionTarget::Gradient] {
        let arch = Architecture::new(2, 4, &[8, 8]);
        let x: Vec<f64> = (0..150).map(|k| (f64::from(k) * 0.7).sin()).collect();
        let targets = if target == RegressionTarget::Value { x[..75].to_vec() } else { x.clone() };
        let set = TrainingSet { target, x, targets, weights: None, inputs: 2 };
        let mut loss = Regression::<f32>::new(&arch, &set);
        let start = init::paper(loss.params(), 1).iter().map(|&p| p as f32).collect();
        let mut trainer = Trainer::new(start, adam::groups(loss.params(), Convexity::Projection));
        let mut epoch = || {
            trainer.evaluate(&mut loss).expect("a healthy loss");
            trainer.step(&mut loss, |_| Rates { network: 1e-3, gate: 1e-4 }).expect("one batch");
        };
        epoch();
        let counted = allocation_counter::measure(|| (0..200).for_each(|_| epoch()));
        assert_eq!(counted.count_total, 0, "{target:?}");
    }
}
