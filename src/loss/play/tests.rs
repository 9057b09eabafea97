use super::*;
use crate::model::init;

/// Sawtooth trajectories of strain with their features and basis, and an arbitrary stress.
pub fn trajectories(count: usize, samples: usize) -> ScaledTrajectories {
    let mut trajectories = ScaledTrajectories { count, samples, ..ScaledTrajectories::default() };
    for trajectory in 0..count {
        for n in 0..samples {
            let e = (0.7 * n as f64 + trajectory as f64).sin() * (1.0 + 0.2 * trajectory as f64);
            trajectories.features.extend([e, e * e / 2.0, e * e * e / 5.0]);
            trajectories.basis.extend([1.0, e, 0.6 * e * e, 1.0, 0.0, 0.0]);
            trajectories.stress.extend([e - 0.3 * (2.0 * e).sin(), 0.4 * e]);
        }
    }
    trajectories
}

#[test]
fn gradient_of_play_loss_agrees_with_differences() {
    let design = PlayDesign { features: 3, components: 2, hidden: vec![5, 4] };
    let mut play = Play::<f64>::new(&design, &[1.0, 2.0]);
    play.set_theta(0.3);
    let raw = |(k, p): (usize, &f64)| if *p == init::OPEN_GATE { -0.5 - 0.1 * (k % 3) as f64 } else { 2.0 * p };
    let mut params: Vec<f64> = init::paper(play.params(), 4).iter().enumerate().map(raw).collect();
    let trajectories = trajectories(3, 12);
    play.load(&trajectories, &[2, 0, 1]);
    // The scaled modes give h between 0 and 1.
    play.evaluate(&params, None);
    let gaps = play.gap.output(0);
    let middle = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let bias = play.params().get("b3").unwrap().offset;
    params[bias] += 0.5 * play.constants_of(&params)[2] - middle;
    let mut gradient = vec![0.0; params.len()];
    play.evaluate(&params, Some(&mut gradient));
    let spread = play.states().iter().fold([1.0_f64, 0.0], |[low, high], &h| [low.min(h), high.max(h)]);
    assert!(spread[1] - spread[0] > 0.1, "h does not move: {spread:?}");
    for k in (0..params.len()).step_by(5).chain(params.len() - 3..params.len()) {
        let mut at = |step: f64| {
            let mut moved = params.clone();
            moved[k] += step;
            play.evaluate(&moved, None).total
        };
        let h = 1e-5;
        let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        assert!((slope - gradient[k]).abs() < 1e-8 * (1.0 + slope.abs()), "parameter {k}: {slope} against {}", gradient[k]);
    }
}

#[test]
fn state_energy_is_integral_of_inverse_clip() {
    for theta in [3.005, 0.3, 0.005] {
        let mut graph = Graph::new();
        let z = graph.input(1, 1);
        let smoothness = graph.constant(theta);
        let h = clip(&mut graph, z, smoothness);
        let energy = state_energy(&mut graph, z, h, smoothness);
        let slope = grad(&mut graph, h, &[z])[0].expect("the clip depends on z");
        let mut plan = Plan::<f64>::compile(&graph, &[energy, slope], PlanOptions::default());
        let mut batch = plan.batch(1);
        let mut at = |z: f64| {
            batch.set(0, &[z]);
            plan.run(&batch);
            [plan.output(0)[0], plan.output(1)[0]]
        };
        // Simpson's rule for the integral of z dS/dz, from a position where the clip is zero.
        let (low, high, cells) = (-40.0 * theta, 1.0 + 40.0 * theta, 40_000);
        assert!(at(low)[0].abs() < 1e-12 && at(INITIAL_Z)[0] == 0.0);
        let step = (high - low) / f64::from(cells);
        let mut integral = 0.0;
        for cell in 0..cells {
            let z = low + step * f64::from(cell);
            let of = |z: f64, value: [f64; 2]| z * value[1];
            let values = [z, z + 0.5 * step, z + step].map(|z| of(z, at(z)));
            integral += step / 6.0 * (values[0] + 4.0 * values[1] + values[2]);
            if cell % 1000 == 999 {
                let found = at(z + step)[0];
                assert!((found - integral).abs() < 1e-11 * (1.0 + theta * theta), "theta {theta}, z {z}: {found} and {integral}");
            }
        }
    }
}

#[test]
fn dissipation_of_play_is_not_negative() {
    let design = PlayDesign { features: 3, components: 2, hidden: vec![5, 4] };
    let mut play = Play::<f64>::new(&design, &[1.0, 2.0]);
    play.load(&trajectories(6, 40), &[0, 1, 2, 3, 4, 5]);
    for seed in 0..20 {
        play.set_theta(0.01 + 0.05 * seed as f64);
        let params: Vec<f64> =
            init::paper(play.params(), seed).iter().map(|p| if *p == init::OPEN_GATE { -1.0 } else { 3.0 * p }).collect();
        play.evaluate(&params, None);
        let dissipation = play.dissipation(&params);
        assert_eq!(dissipation.len(), 6 * 39);
        let least = dissipation.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(least > -1e-12, "{least}");
    }
}
