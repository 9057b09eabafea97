//! Links preserve settings, and no fragment makes the reader panic.
#![cfg(not(target_arch = "wasm32"))]

use multiwell::controller::link;
use multiwell::problem::benchmarks;
use multiwell::problem::settings::setting::Kind;
use multiwell::problem::settings::{self, MAX_LAYERS, MAX_WIDTH, Recipe, Settings, Start, Value};
use proptest::prelude::*;

/// Random valid settings, extreme floating-point numbers included.
fn settings() -> impl Strategy<Value = Settings> {
    let benchmark = prop::sample::select(benchmarks::all().map(|b| b.id).filter(|id| !id.ends_with("RHO")).collect::<Vec<_>>());
    let recipe = prop::sample::select(vec![Recipe::Reliable, Recipe::Paper]);
    let values: Vec<BoxedStrategy<Value>> = settings::all()
        .map(|setting| match setting.kind {
            Kind::Number { min, max, whole } => {
                let even = (0.0..=1.0_f64).prop_map(move |u| min + u * (max - min));
                // Numbers that are not negative are in the order of their bits.
                let bits = (min.to_bits()..=max.to_bits()).prop_map(f64::from_bits);
                let number = prop_oneof![even, bits, Just(min), Just(max)];
                let value = number.prop_map(move |v| Value::Number(if whole { v.round() } else { v }));
                if setting.absent.is_some() { prop_oneof![value, Just(Value::Absent)].boxed() } else { value.boxed() }
            }
            Kind::Choice { names, .. } => prop::sample::select(names()).prop_map(|name| Value::Name(name.into())).boxed(),
            Kind::Text => ".{0,20}".prop_map(|text| Value::Name(text.trim().into())).boxed(),
            Kind::Widths => prop::collection::vec(1..=MAX_WIDTH, 1..=MAX_LAYERS).prop_map(Value::Widths).boxed(),
        })
        .collect();
    (benchmark, recipe, values).prop_map(|(benchmark, recipe, values)| {
        let mut settings = Settings::on(recipe, benchmark);
        for (setting, value) in settings::all().zip(values).filter(|(setting, _)| setting.name != "recipe") {
            setting.put(&mut settings, &value);
        }
        settings
    })
}

#[test]
fn former_names_of_choices_are_still_understood() {
    let (read, problems) = link::read("benchmark=schlogl&start=fresh");
    assert_eq!((read.density().unwrap().start, problems), (Start::New, vec![]));
    let (read, problems) = link::read("benchmark=schlogl&start=last");
    assert_eq!((read.density().unwrap().start, problems), (Start::Last, vec![]));
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_same_settings(settings in settings()) {
        prop_assert_eq!(settings.check(), Ok(()));
        let (read, problems) = link::read(&link::write(&settings));
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(read, settings);
    }

    #[test]
    fn any_text_gives_settings_that_can_be_used(text in "\\PC*") {
        prop_assert_eq!(link::read(&text).0.check(), Ok(()));
    }

    #[test]
    fn any_values_give_settings_that_can_be_used_and_short_sentences(
        parts in prop::collection::vec(("(benchmark|hidden|schedule|modes|lr|seed|noise|samples|stop-loss|[a-z]{0,3})", "[-+0-9a-zA-Z.,%]{0,60}"), 0..12)
    ) {
        let text = parts.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let (settings, problems) = link::read(&text);
        prop_assert_eq!(settings.check(), Ok(()));
        for problem in problems {
            // The longest names every benchmark.
            prop_assert!(problem.sentence.len() < 350, "{}", problem);
        }
        // Settings read from a fragment are preserved when they are written again.
        prop_assert_eq!(link::read(&link::write(&settings)).0, settings);
    }
}
