//! Tests that materials with networks of any width and batches of any size can be trained. All plans of a model run the batches that it packs.

use multiwell::internal::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings};

const DYNAMICS_KINDS: [Dynamics; 3] = [Dynamics::Play, Dynamics::Onsager, Dynamics::Node];

/// Performs two steps of training with this network and batch, then computes the metrics on the held-out trajectories.
fn train(dynamics: Dynamics, hidden: &[usize], batch: usize) {
    // One fifth of the trajectories is held out.
    let trajectories = (batch + batch / 4 + 1).max(10);
    let settings = MetamaterialSettings {
        hidden: hidden.to_vec(),
        batch,
        trajectories,
        steps: 2,
        ..MetamaterialSettings::from_dynamics(dynamics, false)
    };
    let mut run = MetamaterialRun::new(settings);
    assert_eq!(run.advance(2), 2, "{dynamics:?} {hidden:?} {batch}");
    assert!(run.metrics().finite, "{dynamics:?} {hidden:?} {batch}");
}

#[test]
fn material_is_trained_for_various_widths_and_batches() {
    for dynamics in DYNAMICS_KINDS {
        for hidden in [&[64][..], &[243], &[32, 64], &[128, 1]] {
            train(dynamics, hidden, 64);
        }
    }
    train(Dynamics::Onsager, &[19, 19], 193);
}
