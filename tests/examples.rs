//! Runs the examples and checks their results.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../examples/curve.rs"]
mod curve;
#[path = "../examples/density.rs"]
mod density;
#[path = "../examples/forces.rs"]
mod forces;
#[path = "../examples/own_loss.rs"]
mod own_loss;

#[test]
fn a_curve_is_fitted() {
    curve::main().unwrap();
}

#[test]
fn a_density_is_fitted() {
    density::main().unwrap();
}

#[test]
fn forces_of_three_inputs_are_fitted() {
    forces::main().unwrap();
}

#[test]
fn a_loss_of_the_callers_own_is_trained() {
    own_loss::main().unwrap();
}
