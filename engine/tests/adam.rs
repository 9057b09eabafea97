//! What the step of Adam must do, by the definition of its moments and by what follows from it.

use multiwell_engine::kernels::Number;
use multiwell_engine::kernels::adam::Step;

const DECAYS: [f64; 2] = [0.9, 0.99];
const RATE: f64 = 0.01;

/// The constants of step `t`, from one on.
fn constants(t: i32, rate: f64, epsilon: f64, logarithmic: bool) -> Step<f64> {
    let [b1, b2] = DECAYS;
    let (rate, correct) = (rate / (1.0 - b1.powi(t)), 1.0 / (1.0 - b2.powi(t)));
    Step { decays: DECAYS, weights: [1.0 - b1, 1.0 - b2], rate, correct, epsilon, logarithmic }
}

/// Parameters and their moments.
#[derive(Clone, Debug)]
struct State {
    p: Vec<f64>,
    m: Vec<f64>,
    v: Vec<f64>,
}

impl State {
    fn new(p: &[f64]) -> Self {
        Self { p: p.to_vec(), m: vec![0.0; p.len()], v: vec![0.0; p.len()] }
    }

    fn step(&mut self, step: &Step<f64>, gradient: &[f64]) {
        f64::adam(step, &mut self.p, gradient, [&mut self.m, &mut self.v]);
    }
}

/// Gradients of some steps of three parameters, of very different sizes.
fn gradients() -> Vec<[f64; 3]> {
    (0..20).map(f64::from).map(|t| [(1.3 * t + 0.5).sin(), 40.0 * (0.7 * t).cos() - 3.0, 1e-3 * (2.1 * t + 1.0).sin()]).collect()
}

#[test]
fn the_first_step_has_the_length_of_the_rate_whatever_the_gradient() {
    let mut state = State::new(&[1.0, 2.0, -3.0, 4.0]);
    state.step(&constants(1, RATE, 0.0, false), &[5.0, -1e-6, 300.0, 1e-3]);
    for (p, expected) in state.p.iter().zip([1.0 - RATE, 2.0 + RATE, -3.0 - RATE, 4.0 - RATE]) {
        assert!((p - expected).abs() < 1e-14, "{p} and {expected}");
    }
}

#[test]
fn moments_are_averages_whose_weights_decay() {
    let mut state = State::new(&[0.0; 3]);
    let all = gradients();
    for (t, gradient) in (1..).zip(&all) {
        state.step(&constants(t, RATE, 1e-8, false), gradient);
    }
    let average = |k: usize, decay: f64, power: i32| -> f64 {
        (0..).zip(all.iter().rev()).map(|(age, gradient)| (1.0 - decay) * decay.powi(age) * gradient[k].powi(power)).sum()
    };
    for k in 0..3 {
        let (m, v) = (average(k, DECAYS[0], 1), average(k, DECAYS[1], 2));
        assert!((state.m[k] - m).abs() < 1e-12 * m.abs() && (state.v[k] - v).abs() < 1e-12 * v, "{k}: {state:?}");
    }
}

#[test]
fn each_step_is_the_ratio_of_the_corrected_averages() {
    let (mut state, epsilon) = (State::new(&[0.3, -0.4, 0.5]), 0.05);
    for (t, gradient) in (1..).zip(&gradients()) {
        let before = state.p.clone();
        state.step(&constants(t, RATE, epsilon, false), gradient);
        for (k, before) in before.iter().enumerate() {
            let mean = state.m[k] / (1.0 - DECAYS[0].powi(t));
            let root = (state.v[k] / (1.0 - DECAYS[1].powi(t))).sqrt();
            // From `p` before and after, not from the step's own expression.
            assert!(((before - state.p[k]) * (root + epsilon) - RATE * mean).abs() < 1e-13 * (1.0 + root), "{t} {k}");
        }
    }
}

#[test]
fn steps_do_not_depend_on_the_unit_of_the_loss() {
    let (mut one, mut other) = (State::new(&[0.1, 0.2, 0.3]), State::new(&[0.1, 0.2, 0.3]));
    for (t, gradient) in (1..).zip(&gradients()) {
        let step = constants(t, RATE, 0.0, false);
        one.step(&step, gradient);
        other.step(&step, &gradient.map(|g| 1024.0 * g));
    }
    // A power of two changes no digit.
    assert_eq!(one.p, other.p);
}

#[test]
fn a_step_on_logarithms_is_one_of_the_logarithms() {
    let start = [0.5, 2.0, 30.0_f64];
    let (mut logarithmic, mut plain) = (State::new(&start), State::new(&start.map(f64::ln)));
    for (t, gradient) in (1..).zip(&gradients()) {
        // With p = exp(q) the derivative by q is that by p times p.
        let by_logarithm: Vec<f64> = gradient.iter().zip(&plain.p).map(|(g, q)| g * q.exp()).collect();
        logarithmic.step(&constants(t, 0.2, 1e-3, true), gradient);
        plain.step(&constants(t, 0.2, 1e-3, false), &by_logarithm);
        for (p, q) in logarithmic.p.iter().zip(&plain.p) {
            assert!(*p > 0.0 && (p.ln() - q).abs() < 1e-11, "{t}: {p} and the logarithm {q}");
        }
    }
}

#[test]
fn nothing_moves_without_a_gradient() {
    for logarithmic in [false, true] {
        let mut state = State::new(&[0.5, 2.0, 3.0]);
        state.step(&constants(1, RATE, 1e-8, logarithmic), &[0.0; 3]);
        assert_eq!(state.p, [0.5, 2.0, 3.0]);
    }
}
