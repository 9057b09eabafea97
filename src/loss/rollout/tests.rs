use super::*;
use crate::check::check_grads;
use rand::Rng;

#[test]
fn derivatives_of_dissipated_power_agree_with_differences() {
    let mut graph = Graph::new();
    let [x, r, h] = [2, 3, 2].map(|len| graph.input(1, len));
    let design = RolloutSize {
        features: 2,
        rates: 3,
        states: 2,
        components: 1,
        modes: 2,
        hidden: vec![3, 3],
        rate_hidden: vec![4],
        activation: Unary::Tanh,
        law: RateLaw::Onsager,
    };
    let power = record(&mut graph, &design, x, r, h).power.expect("an Onsager rate dissipates");
    check_grads(&mut graph, power, |rng| rng.random_range(0.3..1.1)).unwrap();
}
