//! Runs of the metamaterial: any division of epochs into calls, and roll-back after a divergence.
#![cfg(not(target_arch = "wasm32"))]

use multiwell::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings};

#[test]
fn epochs_may_be_trained_in_any_portions() {
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let settings =
            MetamaterialSettings { trajectories: 40, batch: 16, steps: 12, ..MetamaterialSettings::of(dynamics, true) };
        let mut runs = [1, 4, 6].map(|portion| {
            let mut run = MetamaterialRun::new(settings.clone());
            while run.advance(portion) > 0 {}
            run
        });
        let reports: Vec<_> = runs.iter_mut().map(|run| (run.metrics().own.rmse_s11, run.metrics().own.loss)).collect();
        assert!(reports.iter().all(|r| *r == reports[0]), "{dynamics:?}: {reports:?}");
    }
}

#[test]
fn a_material_that_diverges_is_rolled_back_and_can_go_on() {
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let settings =
            MetamaterialSettings { trajectories: 40, batch: 16, steps: 12, ..MetamaterialSettings::of(dynamics, false) };
        let mut run = MetamaterialRun::new(settings.clone());
        let mut healthy = run.metrics();
        run.change(1e4, 12);
        run.advance(6);
        let divergence = run.divergence().expect("it has diverged").clone();
        assert_eq!((run.epoch(), divergence.back_to, run.advance(6)), (0, 0, 0), "{dynamics:?}");
        let mut report = run.metrics();
        assert!(healthy.finite && !report.finite);
        (report.finite, report.seconds, healthy.seconds) = (true, 0.0, 0.0);
        assert_eq!(format!("{report:?}"), format!("{healthy:?}"), "{dynamics:?}: the fit is that of the last snapshot");
        run.change(settings.lr, 12);
        assert_eq!((run.advance(6), run.metrics().finite), (6, true), "{dynamics:?}");
    }
}
