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

#[test]
#[ignore = "some minutes: every width in one layer, a hundred pairs in two, batches up to a thousand"]
fn material_is_trained_for_every_width_pair_and_batch() {
    let widths = [1, 3, 8, 19, 32, 64, 100, 150, 200, 256];
    for dynamics in DYNAMICS_KINDS {
        (1..=256).for_each(|width| train(dynamics, &[width], 64));
        widths.iter().flat_map(|&a| widths.map(|b| [a, b])).for_each(|pair| train(dynamics, &pair, 64));
        for batch in [1, 2, 7, 63, 65, 128, 192, 193, 256, 300, 500, 511, 513, 777, 1000] {
            train(dynamics, &[19, 19], batch);
            train(dynamics, &[64], batch);
        }
    }
}
