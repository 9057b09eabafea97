//! Recording of the metamaterial's trained dynamics, which are included in the program.

use multiwell::internal::dynamics::metamaterial::{MAX_AMPLITUDE, MIN_PERIOD, loads_within};
use multiwell::internal::problem::material::pretrained::pack;
use multiwell::internal::problem::material::views::record_of;
use multiwell::internal::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings};
use multiwell::internal::problem::settings::NamedChoice;

/// Number of epochs between readings of the clock.
const TIMED_EPOCHS: u64 = 10;

/// Trains the three dynamics to the end, which takes some minutes, and writes `src/problem/material/pretrained.bin`.
#[test]
#[ignore = "records the file that comes with the program"]
fn pretrained_dynamics_are_recorded() {
    let mut records = Vec::new();
    let mut last = None;
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let mut run = MetamaterialRun::new(MetamaterialSettings::from_dynamics(dynamics, false));
        // Other load on the machine can only make a slice slower.
        let mut fastest = f64::INFINITY;
        loop {
            let begun = run.seconds;
            match run.advance(TIMED_EPOCHS) {
                0 => break,
                done => fastest = fastest.min(1e3 * (run.seconds - begun) / done as f64),
            }
        }
        let held_out = run.held_out.clone();
        let answer = run.answer(&held_out, false);
        let mut record = record_of(&run, &answer);
        record.numbers[9] = fastest / run.settings.steps_of_an_epoch() as f64;
        println!("{}: R² of S11 {:.6}, {:?}", dynamics.name(), record.numbers[0], record.numbers);
        records.push(record);
        last = Some(run);
    }
    let run = last.expect("three runs");
    let MetamaterialSettings { trajectories, data_seed, .. } = run.settings;
    // Index of the first held-out trajectory.
    let train = trajectories - MetamaterialSettings::held_out(trajectories);
    let load = loads_within(trajectories, data_seed, MAX_AMPLITUDE, MIN_PERIOD)[train];
    let bytes = pack(&run, &records, &load);
    println!("{} bytes", bytes.len());
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/problem/material/pretrained.bin"), bytes).unwrap();
}
