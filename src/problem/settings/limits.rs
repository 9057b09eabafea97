//! What each setting may be: checking, clamping, and the sentences about it.

use super::{Choice, FIELDS, Field, InvalidSetting, MAX_LAYERS, MAX_WIDTH, Settings};
use crate::problem::benchmarks::{UnknownBenchmark, find};
use crate::text::shortened;

/// The shortest decimal that reads back as the same number, with an exponent where that is shorter; whole numbers below a million
/// as people write them.
pub fn shortest(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 {
        return format!("{value}");
    }
    let (plain, exponent) = (format!("{value}"), format!("{value:e}"));
    if exponent.len() < plain.len() { exponent } else { plain }
}

impl Field {
    /// What the setting must be, for a sentence: `modes must be a whole number from 1 to 64`.
    fn rule(&self) -> String {
        let kind = if self.whole { "whole number" } else { "number" };
        format!("{} must be a {kind} from {} to {}", self.name, shortest(self.min), shortest(self.max))
    }

    /// The number that `text` stands for, if it may be this setting's value.
    ///
    /// # Errors
    /// One sentence that says what it may be.
    pub fn parse(&self, text: &str) -> Result<f64, InvalidSetting> {
        let refuse = || InvalidSetting::new(self.name, format!("{}, not \"{}\"", self.rule(), shortened(text.trim())));
        let value = text.trim().parse::<f64>().map_err(|_| refuse())?;
        self.check(value).map(|()| value)
    }

    /// Whether `value` may be this setting's value.
    ///
    /// # Errors
    /// One sentence that says what it may be.
    pub fn check(&self, value: f64) -> Result<(), InvalidSetting> {
        let is_whole = value.fract() == 0.0 || !self.whole;
        if is_whole && (self.min..=self.max).contains(&value) {
            return Ok(());
        }
        Err(InvalidSetting::new(self.name, format!("{}, not {}", self.rule(), shortest(value))))
    }

    /// The nearest value allowed, with a sentence if it is another one; `default` in place of what is no finite number.
    pub fn clamp(&self, value: f64, default: f64) -> (f64, Option<InvalidSetting>) {
        let Err(problem) = self.check(value) else { return (value, None) };
        let nearest = if value.is_finite() { value.clamp(self.min, self.max) } else { default };
        let nearest = if self.whole { nearest.round() } else { nearest };
        (nearest, Some(InvalidSetting::new(self.name, format!("{}; it is set to {}", problem.sentence, shortest(nearest)))))
    }
}

/// The choice called `text`.
///
/// # Errors
/// One sentence with the names there are.
pub fn choice<C: Choice>(field: &str, text: &str) -> Result<C, InvalidSetting> {
    C::named(text.trim()).ok_or_else(|| {
        let names: Vec<&str> = C::ALL.iter().map(|(name, _)| *name).collect();
        InvalidSetting::new(field, format!("{field} must be {}, not \"{}\"", names.join(" or "), shortened(text.trim())))
    })
}

/// What `hidden` must be, for a sentence.
fn hidden_rule() -> String {
    format!("hidden must list 1 to {MAX_LAYERS} widths from 1 to {MAX_WIDTH}, such as 10,10")
}

/// Hidden widths from a text such as `10,10`. Widths may be out of range; what is no list of whole numbers is refused.
///
/// # Errors
/// One sentence that says what it may be.
pub fn widths(text: &str) -> Result<Vec<usize>, InvalidSetting> {
    let width = |part: &str| part.trim().parse::<f64>().ok().filter(|w| w.fract() == 0.0);
    let list: Option<Vec<f64>> = text.split(',').map(width).collect();
    // Negative widths become 0, which is out of range as well.
    list.map(|list| list.into_iter().map(|w| w as usize).collect())
        .ok_or_else(|| InvalidSetting::new("hidden", format!("{}, not \"{}\"", hidden_rule(), shortened(text.trim()))))
}

impl Settings {
    /// The value of the numeric setting called `name`, `None` if it is absent or not a number's name.
    pub fn number(&self, name: &str) -> Option<f64> {
        Some(match name {
            "modes" => self.modes as f64,
            "epsilon" => self.epsilon,
            "lr" => self.lr,
            "gate-lr" => self.gate_lr,
            "epochs" => self.epochs as f64,
            "stop-loss" => self.stop_loss?,
            "seed" => self.seed as f64,
            "samples" => self.samples as f64,
            "noise" => self.noise,
            "data-seed" => self.data_seed as f64,
            "target-seed" => self.target_seed as f64,
            "value-weight" => self.value_weight,
            "b" => self.b,
            "c1" => self.c1,
            "c2" => self.c2,
            "c3" => self.c3,
            "c4" => self.c4,
            "decay" => self.decay?,
            "kl" => self.kl,
            "amplitude" => self.amplitude,
            "period" => self.period,
            "batch" => self.batch as f64,
            _ => return None,
        })
    }

    /// Sets the numeric setting called `name`; a name that is not one changes nothing.
    pub fn set_number(&mut self, name: &str, value: f64) {
        match name {
            "modes" => self.modes = value as usize,
            "epsilon" => self.epsilon = value,
            "lr" => self.lr = value,
            "gate-lr" => self.gate_lr = value,
            "epochs" => self.epochs = value as u64,
            "stop-loss" => self.stop_loss = Some(value),
            "seed" => self.seed = value as u64,
            "samples" => self.samples = value as usize,
            "noise" => self.noise = value,
            "data-seed" => self.data_seed = value as u64,
            "target-seed" => self.target_seed = value as u64,
            "value-weight" => self.value_weight = value,
            "b" => self.b = value,
            "c1" => self.c1 = value,
            "c2" => self.c2 = value,
            "c3" => self.c3 = value,
            "c4" => self.c4 = value,
            "decay" => self.decay = Some(value),
            "kl" => self.kl = value,
            "amplitude" => self.amplitude = value,
            "period" => self.period = value,
            "batch" => self.batch = value as usize,
            _ => {}
        }
    }

    /// Takes away the number called `name`, if it may be absent; whether it may.
    pub fn clear_number(&mut self, name: &str) -> bool {
        match name {
            "stop-loss" => self.stop_loss = None,
            "decay" => self.decay = None,
            _ => return false,
        }
        true
    }

    /// Whether a run can be made from these settings.
    ///
    /// # Errors
    /// Every setting that cannot be used, each with a sentence.
    pub fn check(&self) -> Result<(), Vec<InvalidSetting>> {
        let mut problems = Vec::new();
        problems.extend(self.benchmark_problem());
        problems.extend(self.hidden_problem());
        let numbers = FIELDS.iter().filter_map(|field| self.number(field.name).map(|value| (field, value)));
        problems.extend(numbers.filter_map(|(field, value)| field.check(value).err()));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The nearest settings that a run can be made from, with a sentence about each that is another one now.
    #[must_use]
    pub fn clamped(&self) -> (Self, Vec<InvalidSetting>) {
        let default = Self::of(self.recipe);
        let (mut settings, mut problems) = (self.clone(), Vec::new());
        let set_to = |problem: InvalidSetting, value: &str| InvalidSetting {
            sentence: format!("{}; it is set to {value}", problem.sentence),
            ..problem
        };
        if let Some(problem) = self.benchmark_problem() {
            settings.benchmark.clone_from(&default.benchmark);
            problems.push(set_to(problem, &default.benchmark));
        }
        if let Some(problem) = self.hidden_problem() {
            settings.hidden = match self.hidden.as_slice() {
                [] => default.hidden.clone(),
                widths => widths.iter().take(MAX_LAYERS).map(|&w| w.clamp(1, MAX_WIDTH)).collect(),
            };
            problems.push(set_to(problem, &listed(&settings.hidden)));
        }
        for field in FIELDS {
            let Some(value) = self.number(field.name) else { continue };
            let (value, problem) = field.clamp(value, default.number(field.name).unwrap_or(field.min));
            if problem.is_some() {
                settings.set_number(field.name, value);
            }
            problems.extend(problem);
        }
        (settings, problems)
    }

    fn benchmark_problem(&self) -> Option<InvalidSetting> {
        let is_known = find(&self.benchmark).is_some();
        (!is_known).then(|| InvalidSetting::new("benchmark", UnknownBenchmark(self.benchmark.clone()).to_string()))
    }

    fn hidden_problem(&self) -> Option<InvalidSetting> {
        let is_good = (1..=MAX_LAYERS).contains(&self.hidden.len()) && self.hidden.iter().all(|w| (1..=MAX_WIDTH).contains(w));
        let shown = if self.hidden.is_empty() { "none".into() } else { shortened(&listed(&self.hidden)) };
        (!is_good).then(|| InvalidSetting::new("hidden", format!("{}, not {shown}", hidden_rule())))
    }
}

/// Widths as they stand in links and on the command line.
pub fn listed(widths: &[usize]) -> String {
    widths.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, MAX_SEED, PICKS, Pooling, Recipe, Sampling, Scaling, Schedule, Skip, Start, Symmetry};
    use super::*;

    /// The only problem of the default settings after a change.
    fn sentence(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::default();
        change(&mut settings);
        let problems = settings.check().expect_err("accepted");
        assert_eq!(problems.len(), 1, "{problems:?}");
        let (clamped, said) = settings.clamped();
        assert_eq!(clamped.check(), Ok(()));
        assert_eq!(said.len(), 1);
        assert_eq!(said[0].field, problems[0].field);
        problems[0].to_string()
    }

    #[test]
    fn the_defaults_are_allowed_and_every_field_can_be_set_and_read() {
        assert_eq!(Settings::default().check(), Ok(()));
        assert_eq!(Settings::default().clamped(), (Settings::default(), vec![]));
        let mut settings = Settings::default();
        for field in FIELDS {
            for value in [field.min, field.max] {
                settings.set_number(field.name, value);
                assert_eq!(settings.number(field.name), Some(value), "{}", field.name);
                assert_eq!(settings.check(), Ok(()), "{}", field.name);
            }
        }
        assert_eq!(settings.number("colour"), None);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_sentence() {
        assert_eq!(sentence(|s| s.modes = 0), "modes must be a whole number from 1 to 64, not 0");
        assert_eq!(sentence(|s| s.epsilon = -1e-4), "epsilon must be a number from 0 to 1, not -1e-4");
        assert_eq!(sentence(|s| s.epsilon = f64::NAN), "epsilon must be a number from 0 to 1, not NaN");
        assert_eq!(sentence(|s| s.lr = f64::INFINITY), "lr must be a number from 0 to 10000, not inf");
        assert_eq!(sentence(|s| s.samples = 1), "samples must be a whole number from 2 to 1e6, not 1");
        assert_eq!(sentence(|s| s.hidden = vec![10, 0]), "hidden must list 1 to 8 widths from 1 to 256, such as 10,10, not 10,0");
        assert!(sentence(|s| s.hidden = vec![]).ends_with("not none"));
        assert!(sentence(|s| s.hidden = vec![3; 1000]).len() < 150);
        assert!(sentence(|s| s.seed = u64::MAX).contains("seed must be a whole number from 0 to 9007199254740991"));
        assert!(
            sentence(|s| s.benchmark = "triple-well".into()).contains("choose one of double-well, cosine-well, three-well, ")
        );
        assert!(sentence(|s| s.stop_loss = Some(-1.0)).starts_with("stop-loss must be a number"));
    }

    #[test]
    fn several_problems_are_all_said() {
        let bad = Settings { modes: 0, noise: -1.0, hidden: vec![], ..Settings::default() };
        let fields: Vec<String> = bad.check().unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["hidden", "modes", "noise"]);
    }

    #[test]
    fn a_rate_that_diverges_and_a_users_own_data_are_allowed() {
        assert_eq!(Settings { lr: 1e3, ..Settings::default() }.check(), Ok(()));
        assert_eq!(Settings { benchmark: Settings::OWN_DATA.into(), ..Settings::default() }.check(), Ok(()));
    }

    #[test]
    fn clamping_takes_the_nearest_value_and_says_so() {
        let (settings, said) = Settings { modes: 1000, lr: f64::NAN, hidden: vec![0, 999], ..Settings::default() }.clamped();
        assert_eq!((settings.modes, settings.lr, settings.hidden), (64, 1e-2, vec![1, 256]));
        let sentences: Vec<String> = said.iter().map(ToString::to_string).collect();
        assert!(sentences[0].ends_with("not 0,999; it is set to 1,256"), "{sentences:?}");
        assert_eq!(sentences[1], "modes must be a whole number from 1 to 64, not 1000; it is set to 64");
        assert_eq!(sentences[2], "lr must be a number from 0 to 10000, not NaN; it is set to 0.01");
    }

    #[test]
    fn text_becomes_a_number_or_a_sentence() {
        let field = super::super::field("samples").unwrap();
        assert_eq!(field.parse(" 1e3 "), Ok(1000.0));
        assert_eq!(field.parse("many").unwrap_err().to_string(), "samples must be a whole number from 2 to 1e6, not \"many\"");
        assert_eq!(field.parse("2.5").unwrap_err().to_string(), "samples must be a whole number from 2 to 1e6, not 2.5");
        assert_eq!(widths(" 10, 7 "), Ok(vec![10, 7]));
        assert_eq!(widths("10,-3"), Ok(vec![10, 0]));
        assert!(widths("10;7").unwrap_err().to_string().contains("not \"10;7\""));
        assert!(widths("").is_err());
        let wrong = choice::<Schedule>("schedule", "linear").unwrap_err();
        assert_eq!(wrong.to_string(), "schedule must be constant or cosine, not \"linear\"");
    }

    #[test]
    fn choices_have_the_names_of_their_serialised_form() {
        fn names<C: Choice + serde::Serialize + Default + std::fmt::Debug>() {
            assert_eq!(C::ALL[0].1, C::default());
            for &(name, choice) in C::ALL {
                assert_eq!(serde_json::to_value(choice).unwrap(), name);
                assert_eq!((choice.name(), C::named(name)), (name, Some(choice)));
            }
        }
        names::<Recipe>();
        names::<Schedule>();
        names::<Scaling>();
        names::<Sampling>();
        names::<Kind>();
        names::<Skip>();
        names::<Symmetry>();
        names::<Start>();
        names::<Pooling>();
        for pick in PICKS {
            let mut settings = Settings::default();
            for name in (pick.names)() {
                (pick.set)(&mut settings, name).unwrap();
                assert_eq!((pick.get)(&settings), name);
            }
            assert_eq!((pick.set)(&mut settings, "no such name").unwrap_err().field, pick.name);
        }
    }

    #[test]
    fn numbers_are_written_short_and_read_back_the_same() {
        for (value, text) in [(1e-4, "1e-4"), (0.02, "0.02"), (50_000.0, "50000"), (1e9, "1e9"), (MAX_SEED, "9007199254740991")] {
            assert_eq!(shortest(value), text);
        }
        for value in [0.1 + 0.2, f64::MIN_POSITIVE, f64::MAX, 1.0 / 3.0, 5e-324] {
            assert_eq!(shortest(value).parse::<f64>(), Ok(value));
        }
    }
}
