//! Tables and model files in the process: every reader, and a few epochs of what can be learnt.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use multiwell::data::csv::{self, Columns, TrajectoryColumns};
use multiwell::data::unpack::unpack;
use multiwell::model::Potential;
use multiwell::model::model_file::ModelFile;
use multiwell::problem::job::Given;
use multiwell::problem::jobs;
use multiwell::problem::settings::{Recipe, Settings};
use multiwell::problem::table::Table;
use multiwell::{Density, Learnable, Material};

use super::files::{mutated_model, mutated_table};
use super::random::Random;

/// Longest time that a case may take.
const LONGEST: Duration = Duration::from_secs(20);

/// Tries the table or the model file of a seed; gives what went wrong.
pub fn attack(seed: u64, good: &[String]) -> Vec<String> {
    let start = Instant::now();
    let one = catch_unwind(AssertUnwindSafe(|| {
        let random = &mut Random(seed);
        if seed.is_multiple_of(2) { try_table(random) } else { try_model(random, good) }
    }));
    let took = start.elapsed();
    let mut wrong = Vec::new();
    if one.is_err() {
        wrong.push(format!("file of seed {seed}: it panicked"));
    }
    if took > LONGEST {
        wrong.push(format!("file of seed {seed}: it took {took:?}"));
    }
    wrong
}

fn try_table(random: &mut Random) {
    let bytes = mutated_table(random);
    let name = *random.pick(&["t.csv", "COLVAR", "t.npy", "t.npz.gz", ".gz", ""]);
    let names = csv::header(name, bytes.as_slice()).unwrap_or_default();
    let guessed = csv::guess(&names);
    let _ = csv::remarks(&names, &guessed);
    let _ = csv::read(name, bytes.as_slice(), &Columns::default());
    let data = csv::read(name, bytes.as_slice(), &guessed);
    let _ = csv::read_samples(name, bytes.as_slice(), &[]);
    let _ = csv::sets_of(&[(name.into(), bytes.clone()), ("b".into(), bytes.clone())]);
    let _ = csv::tells(&names);
    // What is unpacked can be read again: it is what pages and workers hand on.
    if let Ok(unpacked) = unpack(bytes.clone()) {
        let again = csv::read(name, unpacked.text.as_bytes(), &guessed);
        assert_eq!(again.map(|again| again.y.len()).ok(), data.as_ref().map(|data| data.y.len()).ok());
    }
    let own = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let roles = TrajectoryColumns { run: "run".into(), time: "t".into(), inputs: own(&["e"]), outputs: own(&["s"]) };
    let _ = csv::read_trajectories(name, bytes.as_slice(), &roles);
    let _ = csv::read_histories(name, bytes.as_slice(), None, "t", &own(&["e"]));
    if data.is_ok() && random.one_in(20) {
        let recipe = *random.pick(&[Recipe::Paper, Recipe::Reliable]);
        let mut settings = Settings::on(recipe, Settings::OWN_DATA);
        (settings.training.modes, settings.training.hidden, settings.training.epochs) = (2, vec![3], 12);
        settings.data.hold_out = random.one_in(2).then(|| random.part());
        let text = unpack(bytes).map(|unpacked| unpacked.text).unwrap_or_default();
        let table = Table {
            name: name.into(),
            text,
            inputs: guessed.inputs,
            target: guessed.target.unwrap_or_default(),
            gradient: guessed.gradient,
            forces: guessed.forces,
            ..Table::default()
        };
        if let Ok(mut job) = jobs::begin(settings, Given { table: Some(&table), model: None }) {
            job.advance(30);
            let _ = (job.metrics(), job.model_text(), job.history_csv());
        }
    }
}

fn try_model(random: &mut Random, good: &[String]) {
    let bytes = mutated_model(random, good);
    let text = String::from_utf8_lossy(&bytes);
    let (_, _, _) = (Settings::of_file(&text), Settings::are_older_in(&text), jobs::check_model(&text));
    if let Ok(file) = ModelFile::read(&text)
        && let Ok(potential) = Potential::from_file(&file)
    {
        let _ = potential.gradient(&vec![0.3; file.inputs.len()]);
    }
    for density in Density::read_all(&text).unwrap_or_default() {
        let _ = (density.wells(), density.log_density(0.5));
    }
    let _ = <Material as Learnable>::read(&text);
    if random.one_in(20) {
        let settings = Settings::default();
        let _ = jobs::open(settings, Given { table: None, model: Some(&text) });
    }
}
