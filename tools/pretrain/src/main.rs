//! Makes anew what comes with the program of the metamaterial: trains the three dynamics to the end (some minutes) and writes
//! `src/problem/material/pretrained.bin`.
//!
//! ```sh
//! cargo run --release --package pretrain
//! ```

use multiwell::dynamics::metamaterial::{AMPLITUDE, PERIOD, loads_within};
use multiwell::problem::material::pretrained::pack;
use multiwell::problem::material::views::record_of;
use multiwell::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings};
use multiwell::problem::settings::Choice;

/// Epochs between looks at the clock.
const SLICE: u64 = 10;

fn main() -> std::io::Result<()> {
    let mut records = Vec::new();
    let mut last = None;
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let mut run = MetamaterialRun::new(MetamaterialSettings::of(dynamics, false));
        // What disturbs the machine makes a slice slower, never faster.
        let mut fastest = f64::INFINITY;
        loop {
            let begun = run.seconds();
            match run.advance(SLICE) {
                0 => break,
                done => fastest = fastest.min(1e3 * (run.seconds() - begun) / done as f64),
            }
        }
        let held_out = run.held_out().to_vec();
        let answer = run.answer(&held_out, false);
        let mut record = record_of(&run, &answer);
        record.numbers[9] = fastest / run.settings().steps_of_an_epoch() as f64;
        println!("{}: R² of S11 {:.6}, {:?}", dynamics.name(), record.numbers[0], record.numbers);
        records.push(record);
        last = Some(run);
    }
    let run = last.expect("three runs");
    let MetamaterialSettings { trajectories, data_seed, .. } = *run.settings();
    // The first of those held out.
    let train = trajectories - MetamaterialSettings::held_out(trajectories);
    let load = loads_within(trajectories, data_seed, AMPLITUDE, PERIOD)[train];
    let bytes = pack(&run, &records, &load);
    println!("{} bytes", bytes.len());
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/problem/material/pretrained.bin"), bytes)
}
