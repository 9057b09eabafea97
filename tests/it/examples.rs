//! Runs the examples and checks their results.
#[path = "../../examples/curve.rs"]
mod curve;
#[path = "../../examples/density.rs"]
mod density;
#[path = "../../examples/forces.rs"]
mod forces;
#[path = "../../examples/own_loss.rs"]
mod own_loss;

#[test]
fn example_of_curve_runs() {
    curve::main().unwrap();
}

#[test]
fn example_of_density_runs() {
    density::main().unwrap();
}

#[test]
fn example_of_own_loss_runs() {
    own_loss::main().unwrap();
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn example_of_forces_runs() {
        forces::main().unwrap();
    }
}
