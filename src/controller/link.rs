//! Settings in a URL's fragment: `benchmark=cosine-well&modes=10&...`, shortest form that gives the same numbers back.
//!
//! ```
//! use multiwell::problem::{Settings, link};
//! let settings = Settings { modes: 5, lr: 3e-3, ..Settings::default() };
//! assert_eq!(link::write(&settings), "modes=5&lr=3e-3");
//! assert_eq!(link::read("#modes=5&lr=3e-3"), (settings, vec![]));
//! ```

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::problem::settings::{
    Choice, Dynamics, FIELDS, Field, InvalidSetting, PICKS, Recipe, Settings, field, listed, pick, shortest, widths,
};
use crate::text::shortened;

/// What stands in place of a number that is chosen by the run itself.
const AUTO: &str = "auto";

/// What is percent-encoded in a value: all but letters, digits and the marks that names and numbers are written with.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b',');

/// Writes recipe and benchmark if they are not the default ones, and every setting that differs from what that recipe begins with on
/// that benchmark.
pub fn write(settings: &Settings) -> String {
    let default = Settings::on(settings.recipe, &settings.benchmark).with(settings.dynamics);
    let mut parts = Vec::new();
    let mut part = |name: &str, differs: bool, value: String| {
        if differs {
            parts.push(format!("{name}={}", utf8_percent_encode(&value, ENCODED)));
        }
    };
    part("benchmark", settings.benchmark != Settings::default().benchmark, settings.benchmark.clone());
    part("hidden", settings.hidden != default.hidden, listed(&settings.hidden));
    for field in FIELDS {
        let value = settings.number(field.name);
        part(field.name, value != default.number(field.name), value.map(shortest).unwrap_or_default());
    }
    for pick in PICKS {
        // Those that others follow.
        let usual = match pick.name {
            "recipe" => Recipe::default().name(),
            "dynamics" => Dynamics::default().name(),
            _ => (pick.get)(&default),
        };
        let value = (pick.get)(settings);
        part(pick.name, value != usual, value.into());
    }
    parts.join("&")
}

/// Reads a fragment, with its `#` or without. What is out of range is clamped, what makes no sense is left at its default, what
/// is unknown is passed over: each with a sentence. The settings that come back can be used.
pub fn read(fragment: &str) -> (Settings, Vec<InvalidSetting>) {
    let parts = fragment.trim_start_matches('#').split('&').filter(|part| !part.trim().is_empty());
    let parts: Vec<(String, String)> = parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    // What is left out is the recipe's own on that benchmark, wherever in the link these stand.
    let last = |name: &str| parts.iter().rev().filter(|part| part.0 == name).map(|part| part.1.clone()).collect::<Vec<_>>();
    let recipe = last("recipe").iter().find_map(|name| Recipe::named(name)).unwrap_or_default();
    let benchmark = last("benchmark").into_iter().next().unwrap_or_else(|| Settings::default().benchmark);
    let dynamics = last("dynamics").iter().find_map(|name| Dynamics::named(name)).unwrap_or_default();
    let mut settings = Settings::on(recipe, &benchmark).with(dynamics);
    let mut problems = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for (name, value) in parts {
        if seen.contains(&name) {
            problems
                .push(InvalidSetting::new(&name, format!("{} stands in the link twice; the last one counts", shortened(&name))));
        }
        match set(&mut settings, &name, &value) {
            Ok(said) => {
                problems.extend(said);
                seen.push(name);
            }
            Err(Unknown) => unknown.push(format!("\"{}\"", shortened(&name))),
        }
    }
    problems.extend(unknown_sentence(&unknown).map(|sentence| InvalidSetting::new("", sentence)));
    let (settings, said) = settings.clamped();
    problems.extend(said);
    if settings.has_own_data() {
        let sentence = "the link is for a file of data, which it cannot carry; open the same file to replay the run";
        problems.push(InvalidSetting::new("benchmark", sentence));
    }
    (settings, problems)
}

/// There is no setting of this name.
struct Unknown;

/// Sets the setting called `name` from a text; gives back what there is to say.
fn set(settings: &mut Settings, name: &str, value: &str) -> Result<Option<InvalidSetting>, Unknown> {
    let said = match name {
        // Unknown ones are dealt with when all is read.
        "benchmark" => {
            settings.benchmark = value.trim().into();
            None
        }
        "hidden" => match widths(value) {
            Ok(list) => {
                settings.hidden = list;
                None
            }
            Err(problem) => Some(left_at(problem, &listed(&settings.hidden))),
        },
        _ => match (pick(name), field(name)) {
            (Some(pick), _) => {
                let refused = (pick.set)(settings, value).err();
                refused.map(|problem| left_at(problem, (pick.get)(settings)))
            }
            (None, Some(field)) => set_number(settings, field, value),
            (None, None) => return Err(Unknown),
        },
    };
    Ok(said)
}

fn set_number(settings: &mut Settings, field: &Field, text: &str) -> Option<InvalidSetting> {
    if text.trim() == AUTO && settings.clear_number(field.name) {
        return None;
    }
    let number = text.trim().parse::<f64>().ok().filter(|v| v.is_finite() && (v.fract() == 0.0 || !field.whole));
    let Some(number) = number else {
        let left = settings.number(field.name).map_or("none".into(), shortest);
        return field.parse(text).err().map(|problem| left_at(problem, &left));
    };
    let (value, said) = field.clamp(number, number);
    settings.set_number(field.name, value);
    said
}

fn left_at(problem: InvalidSetting, value: &str) -> InvalidSetting {
    InvalidSetting { sentence: format!("{}; it is left at {value}", problem.sentence), ..problem }
}

fn unknown_sentence(names: &[String]) -> Option<String> {
    const MOST: usize = 5;
    let more = if names.len() > MOST { " and others" } else { "" };
    let list = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("the link has settings that are not known and were passed over: {list}{more}"))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::benchmarks::UnknownBenchmark;
    use crate::problem::settings::{FixedPhase, Kind, Pooling, Sampling, Scaling, Schedule, Skip, Start, Structural, Symmetry};

    fn said(fragment: &str) -> (Settings, Vec<String>) {
        let (settings, problems) = read(fragment);
        (settings, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn defaults_are_the_empty_link() {
        assert_eq!(write(&Settings::default()), "");
        for fragment in ["", "#", "&", "#&&"] {
            assert_eq!(read(fragment), (Settings::default(), vec![]), "{fragment:?}");
        }
    }

    #[test]
    fn every_setting_is_carried() {
        let settings = Settings {
            benchmark: "double-well".into(),
            modes: 7,
            hidden: vec![8, 9, 10],
            epsilon: 1.0 / 3.0,
            lr: 1e3,
            gate_lr: 0.0,
            schedule: Schedule::Cosine,
            epochs: 123_456,
            stop_loss: Some(1e-7),
            seed: 9_007_199_254_740_991,
            data_seed: 0,
            samples: 55,
            noise: 0.05,
            recipe: Recipe::Paper,
            scaling: Scaling::Standard,
            sampling: Sampling::Grid,
            target_kind: Kind::Gaussians,
            target_seed: 7,
            skip: Skip::Quartic,
            symmetry: Symmetry::Exchange,
            value_weight: 0.5,
            b: 0.25,
            c1: 2e-7,
            c2: 1.5e-4,
            c3: 2e-3,
            c4: 4.0,
            decay: Some(0.125),
            pooling: Pooling::Later,
            start: Start::Last,
            kl: 1e-3,
            dynamics: Dynamics::Onsager,
            fixed_phase: FixedPhase::Yes,
            structural: Structural::No,
            amplitude: 0.125,
            period: 30.0,
            batch: 17,
        };
        let link = write(&settings);
        assert_eq!(
            link,
            "benchmark=double-well&hidden=8,9,10&modes=7&epsilon=0.3333333333333333&lr=1000&gate-lr=0&epochs=123456&stop-loss=1e-7\
             &seed=9007199254740991&samples=55&noise=0.05&data-seed=0&target-seed=7&value-weight=0.5&b=0.25&c1=2e-7&c2=1.5e-4\
             &c3=2e-3&c4=4&decay=0.125&amplitude=0.125&period=30&batch=17&kl=1e-3&schedule=cosine&recipe=paper\
             &scaling=standard&sampling=grid&target-kind=gaussians&skip=quartic&symmetry=exchange&dynamics=onsager&fixed-phase=yes&structural=no&start=last&pooling=later"
        );
        assert_eq!(read(&link), (settings, vec![]));
    }

    #[test]
    fn encoded_and_spaced_links_are_read() {
        let (settings, problems) = read("#hidden=8%2C%209&benchmark=three%2dwell& modes = 5 &lr=1E-2");
        assert_eq!(problems, vec![]);
        assert_eq!((settings.hidden, settings.modes, settings.lr), (vec![8, 9], 5, 1e-2));
        assert_eq!(settings.benchmark, "three-well");
    }

    #[test]
    fn out_of_range_values_are_clamped_and_said() {
        let (settings, sentences) = said("modes=0&samples=1&epsilon=-3&hidden=10,0&seed=1e300&lr=1e9");
        assert_eq!((settings.modes, settings.samples, settings.epsilon, settings.lr), (1, 2, 0.0, 1e4));
        assert_eq!((settings.hidden, settings.seed), (vec![10, 1], 9_007_199_254_740_991));
        assert_eq!(sentences.len(), 6, "{sentences:?}");
        assert_eq!(sentences[0], "modes must be a whole number from 1 to 64, not 0; it is set to 1");
    }

    #[test]
    fn nonsense_is_left_at_its_default_and_said() {
        let (settings, sentences) = said("modes=ten&lr=NaN&epochs=inf&hidden=a,b&schedule=linear&samples=10.5&stop-loss=&noise");
        assert_eq!(settings, Settings::default());
        assert_eq!(sentences.len(), 8, "{sentences:?}");
        assert_eq!(sentences[0], "modes must be a whole number from 1 to 64, not \"ten\"; it is left at 10");
        assert_eq!(sentences[4], "schedule must be constant or cosine, not \"linear\"; it is left at constant");
        assert!(sentences[6].ends_with("it is left at none"), "{sentences:?}");
    }

    #[test]
    fn unknown_benchmarks_unknown_settings_and_repetitions_are_said() {
        let (settings, sentences) = said("benchmark=quadruple-well&colour=red&modes=3&modes=4&colour=blue");
        assert_eq!((settings.benchmark.as_str(), settings.modes), ("cosine-well", 4));
        let expected = [
            "modes stands in the link twice; the last one counts".to_owned(),
            "the link has settings that are not known and were passed over: \"colour\", \"colour\"".into(),
            format!("{}; it is set to cosine-well", UnknownBenchmark("quadruple-well".into())),
        ];
        assert_eq!(sentences, expected);
    }

    #[test]
    fn a_link_for_own_data_says_that_it_cannot_carry_them() {
        let (settings, sentences) = said("benchmark=own-data&modes=3");
        assert_eq!((settings.benchmark.as_str(), settings.modes), (Settings::OWN_DATA, 3));
        assert!(sentences[0].contains("open the same file"));
    }
}
