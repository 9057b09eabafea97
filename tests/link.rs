//! Links carry settings without loss, and no fragment whatever breaks the reader.
#![cfg(not(target_arch = "wasm32"))]

use multiwell::controller::link;
use multiwell::potentials;
use multiwell::problem::settings::{FIELDS, MAX_LAYERS, MAX_WIDTH, Recipe, Scaling, Schedule, Settings, Start};
use proptest::prelude::*;

/// Any settings that a run can be made from, extreme floating-point numbers included.
fn settings() -> impl Strategy<Value = Settings> {
    let benchmark = (0..potentials::all().len()).prop_map(|k| potentials::all()[k].id().to_string());
    let hidden = prop::collection::vec(1..=MAX_WIDTH, 1..=MAX_LAYERS);
    let numbers: Vec<_> = FIELDS
        .iter()
        .map(|field| {
            let (min, max, whole) = (field.min, field.max, field.whole);
            let even = (0.0..=1.0_f64).prop_map(move |u| min + u * (max - min));
            // Those that are not negative are in the order of their bits.
            let bits = (min.to_bits()..=max.to_bits()).prop_map(f64::from_bits);
            let value = prop_oneof![even, bits, Just(min), Just(max)];
            value.prop_map(move |v| if whole { v.round() } else { v })
        })
        .collect();
    (benchmark, hidden, numbers, any::<(bool, bool, bool, bool)>()).prop_map(
        |(benchmark, hidden, numbers, (cosine, standard, stops, reliable))| {
            let recipe = if reliable { Recipe::Reliable } else { Recipe::Paper };
            let mut settings = Settings { benchmark, hidden, ..Settings::of(recipe) };
            for (field, value) in FIELDS.iter().zip(numbers) {
                settings.set_number(field.name, value);
            }
            settings.stop_loss = settings.stop_loss.filter(|_| stops);
            settings.schedule = if cosine { Schedule::Cosine } else { Schedule::Constant };
            settings.scaling = if standard { Scaling::Standard } else { Scaling::Raw };
            settings
        },
    )
}

#[test]
fn former_names_of_choices_are_still_understood() {
    let (read, problems) = link::read("benchmark=schlogl&start=fresh");
    assert_eq!((read.start, problems), (Start::New, vec![]));
    let (read, problems) = link::read("benchmark=schlogl&start=last");
    assert_eq!((read.start, problems), (Start::Last, vec![]));
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
            prop_assert!(problem.sentence.len() < 300, "{}", problem);
        }
        // What was understood is understood the same way when written again.
        prop_assert_eq!(link::read(&link::write(&settings)).0, settings);
    }
}
