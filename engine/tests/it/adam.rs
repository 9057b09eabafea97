//! Tests of Adam's steps against the definition of its moments and the consequences of this definition.

use multiwell_engine::kernels::Number;
use multiwell_engine::kernels::adam::AdamStep;

const MOMENT_DECAYS: [f64; 2] = [0.9, 0.99];
const LEARNING_RATE: f64 = 0.01;

/// Constants of step `t`, counted from one.
fn constants(t: i32, rate: f64, epsilon: f64, logarithmic: bool) -> AdamStep<f64> {
    let [b1, b2] = MOMENT_DECAYS;
    let (rate, correct) = (rate / (1.0 - b1.powi(t)), 1.0 / (1.0 - b2.powi(t)));
    AdamStep { decays: MOMENT_DECAYS, weights: [1.0 - b1, 1.0 - b2], rate, correct, epsilon, logarithmic }
}

/// Parameters and their moments.
#[derive(Clone, Debug)]
struct AdamState {
    p: Vec<f64>,
    m: Vec<f64>,
    v: Vec<f64>,
}

impl AdamState {
    fn new(p: &[f64]) -> Self {
        Self { p: p.to_vec(), m: vec![0.0; p.len()], v: vec![0.0; p.len()] }
    }

    fn step(&mut self, step: &AdamStep<f64>, gradient: &[f64]) {
        f64::adam(step, &mut self.p, gradient, [&mut self.m, &mut self.v]);
    }
}

/// Gradients of three parameters at some steps. Their sizes are very different.
fn gradients() -> Vec<[f64; 3]> {
    (0..20).map(f64::from).map(|t| [(1.3 * t + 0.5).sin(), 40.0 * (0.7 * t).cos() - 3.0, 1e-3 * (2.1 * t + 1.0).sin()]).collect()
}

#[test]
fn moments_are_exponentially_weighted_averages() {
    let mut state = AdamState::new(&[0.0; 3]);
    let all = gradients();
    for (t, gradient) in (1..).zip(&all) {
        state.step(&constants(t, LEARNING_RATE, 1e-8, false), gradient);
    }
    let average = |k: usize, decay: f64, power: i32| -> f64 {
        (0..).zip(all.iter().rev()).map(|(age, gradient)| (1.0 - decay) * decay.powi(age) * gradient[k].powi(power)).sum()
    };
    for k in 0..3 {
        let (m, v) = (average(k, MOMENT_DECAYS[0], 1), average(k, MOMENT_DECAYS[1], 2));
        assert!((state.m[k] - m).abs() < 1e-12 * m.abs() && (state.v[k] - v).abs() < 1e-12 * v, "{k}: {state:?}");
    }
}

#[test]
fn each_step_is_ratio_of_bias_corrected_moments() {
    let (mut state, epsilon) = (AdamState::new(&[0.3, -0.4, 0.5]), 0.05);
    for (t, gradient) in (1..).zip(&gradients()) {
        let before = state.p.clone();
        state.step(&constants(t, LEARNING_RATE, epsilon, false), gradient);
        for (k, before) in before.iter().enumerate() {
            let mean = state.m[k] / (1.0 - MOMENT_DECAYS[0].powi(t));
            let root = (state.v[k] / (1.0 - MOMENT_DECAYS[1].powi(t))).sqrt();
            // The check uses `p` before and after the step, not the step's own expression.
            assert!(((before - state.p[k]) * (root + epsilon) - LEARNING_RATE * mean).abs() < 1e-13 * (1.0 + root), "{t} {k}");
        }
    }
}

#[test]
fn logarithmic_step_equals_plain_step_of_logarithms() {
    let start = [0.5, 2.0, 30.0_f64];
    let (mut logarithmic, mut plain) = (AdamState::new(&start), AdamState::new(&start.map(f64::ln)));
    for (t, gradient) in (1..).zip(&gradients()) {
        // With p = exp(q), the derivative with respect to q is that with respect to p times p.
        let by_logarithm: Vec<f64> = gradient.iter().zip(&plain.p).map(|(g, q)| g * q.exp()).collect();
        logarithmic.step(&constants(t, 0.2, 1e-3, true), gradient);
        plain.step(&constants(t, 0.2, 1e-3, false), &by_logarithm);
        for (p, q) in logarithmic.p.iter().zip(&plain.p) {
            assert!(*p > 0.0 && (p.ln() - q).abs() < 1e-11, "{t}: {p} and the logarithm {q}");
        }
    }
}

#[test]
fn zero_gradient_leaves_parameters_unchanged() {
    for logarithmic in [false, true] {
        let mut state = AdamState::new(&[0.5, 2.0, 3.0]);
        state.step(&constants(1, LEARNING_RATE, 1e-8, logarithmic), &[0.0; 3]);
        assert_eq!(state.p, [0.5, 2.0, 3.0]);
    }
}
