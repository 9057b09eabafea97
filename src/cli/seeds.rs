//! `multiwell fit --seeds`: runs that differ in their seeds only, trained at once on all cores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use multiwell::controller::ensemble::in_parallel;
use multiwell::model::model_file::ModelFile;
use multiwell::problem::settings::MAX_SEED;
use multiwell::problem::{Settings, Source, State, report};

use super::arguments::Fit;
use super::{Failure, fit, print, say, table};

/// Most runs that one command may ask for.
const MOST: u64 = 10_000;

/// Trains a run for each seed, prints all reports in the order of the seeds, and writes the files of the best one. After Ctrl-C these are the reports of what has
/// been trained so far, and runs that were never begun are left out.
pub fn fit(
    arguments: &Fit,
    seeds: &str,
    settings: &Settings,
    source: &Source,
    init: Option<&ModelFile>,
    is_interrupted: &AtomicBool,
) -> Result<(), Failure> {
    let seeds = read(seeds).map_err(Failure::bad_input)?;
    fit::check_outputs(arguments, matches!(source, Source::Own(_)))?;
    let following: Vec<&str> =
        arguments.numbers.given().filter(|&(name, text)| follows(arguments, name, text)).map(|(name, _)| name).collect();
    let with = |&seed: &u64| {
        let mut settings = Settings { seed, ..settings.clone() };
        for name in &following {
            settings.set_number(name, seed as f64);
        }
        settings
    };
    let all: Vec<Settings> = seeds.iter().map(with).collect();
    let bar = fit::progress_bar(settings.epochs.saturating_mul(all.len() as u64));
    bar.set_message(format!("{} runs", all.len()));
    let trained = in_parallel(&all, source, init, |_, run| {
        if is_interrupted.load(Ordering::Relaxed) {
            return None;
        }
        fit::train(run, &bar, false, is_interrupted);
        let (report, survey) = fit::judged(run, is_interrupted);
        let files = fit::files(arguments, run, report.finite);
        Some((report, (run.ended().cloned(), survey, files)))
    });
    bar.finish_and_clear();
    let trained = trained.map_err(|problems| Failure::problems(&problems))?;
    let (reports, rest): (Vec<_>, Vec<_>) = trained.into_iter().flatten().unzip();
    let endings: Vec<_> = rest.iter().map(|(ended, ..)| ended.as_ref()).collect();
    let best = report::best(reports.iter().enumerate());

    let text = if arguments.json {
        reports.iter().zip(&rest).map(|(report, (_, survey, _))| fit::json(report, survey)).collect::<Result<String, _>>()?
    } else if reports.is_empty() {
        String::new()
    } else {
        let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
        reports.iter().flat_map(|report| &report.warnings).for_each(|warning| *warnings.entry(warning).or_default() += 1);
        for (warning, runs) in &warnings {
            say(&format!("warning: {runs} of {} runs: {warning}", reports.len()));
        }
        table::reports(&reports, best)
    };
    let printed = print(&text);
    let kept = match best {
        Some(best) => fit::write_outputs(arguments, &rest[best].2),
        None => Ok(arguments
            .model_out
            .as_ref()
            .map_or_else(String::new, |path| format!("{} was not written, because no run ended with a fit", path.display()))),
    };
    let finished = endings.iter().filter(|end| end.is_some()).count();
    let diverged = endings.iter().filter(|end| matches!(end, Some(State::Diverged { .. }))).count();
    let partial = rest.iter().filter(|(_, survey, _)| survey.partial).count();
    if partial > 0 {
        say(&format!("note: in {partial} of {} runs the search for minima and barriers was not completed", reports.len()));
    }
    let ending = match diverged {
        _ if finished < all.len() => {
            Err(Failure::Interrupted(format!("stopped by Ctrl-C when {finished} of {} runs had ended", all.len())))
        }
        0 => Ok(()),
        _ => Err(Failure::Failed(format!("{diverged} of {} runs diverged; lower the learning rates", all.len()))),
    };
    fit::ended(ending, printed, kept)
}

/// Whether `--data-seed same` or `--target-seed same` asks for the number that `--seeds` gives each run.
pub fn follows(arguments: &Fit, name: &str, text: &str) -> bool {
    arguments.seeds.is_some() && ["data-seed", "target-seed"].contains(&name) && text.trim() == "same"
}

/// The seeds in `0..9`, `3,5,8` or `0..4,8`, in order and each once; both ends of a range are included.
pub fn read(text: &str) -> Result<Vec<u64>, String> {
    let complaint = || format!("--seeds takes whole numbers and ranges such as 0..9 or 3,5,8, not `{text}`");
    let number = |word: &str| word.trim().parse().ok().filter(|&seed: &u64| seed as f64 <= MAX_SEED).ok_or_else(complaint);
    let mut seeds = BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = match part.split_once("..") {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        if last < first {
            return Err(complaint());
        }
        if last - first >= MOST || seeds.len() as u64 + (last - first) >= MOST {
            return Err(format!("--seeds {text} asks for more than {MOST} runs; ask for fewer at a time"));
        }
        seeds.extend(first..=last);
    }
    Ok(seeds.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn seeds_are_read_in_order_and_each_once() {
        assert_eq!(read("0..3"), Ok(vec![0, 1, 2, 3]));
        assert_eq!(read("7, 2..4,3"), Ok(vec![2, 3, 4, 7]));
        for wrong in ["", "a", "3..1", "1..", "-1", "1..2..3", "0.5", "99999999999999999"] {
            assert!(read(wrong).unwrap_err().contains("0..9"), "{wrong}");
        }
        assert!(read("0..10000").unwrap_err().contains("more than"));
        assert!(read("0..6000,8000..14000").unwrap_err().contains("more than"));
        assert_eq!(read("0..9999").map(|seeds| seeds.len()), Ok(10_000));
    }
}
