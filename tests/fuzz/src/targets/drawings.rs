//! Drawings in links, and changes of them by the drawing tools.

use arbitrary::{Result, Unstructured};
use multiwell::internal::potentials::sketch::points::{LAST_COLUMN, SketchPoints};
use multiwell::internal::potentials::sketch::samples::{self, DrawnSamples};
use multiwell::internal::potentials::{KnownPotential, Sketch, sketch};

use crate::is_sentence;
use crate::odd::word;

fn place(u: &mut Unstructured) -> Result<[i32; 2]> {
    Ok([u.int_in_range(0..=LAST_COLUMN)?, u.int_in_range(0..=LAST_COLUMN)?])
}

/// Draws at random. The text of the drawing is read again after every change.
fn drawn(u: &mut Unstructured) -> Result<()> {
    let (mut points, mut all) = (SketchPoints::default(), DrawnSamples::default());
    let mut before = None;
    while !u.is_empty() {
        let at = place(u)?;
        match u.int_in_range(0..=9)? {
            0..=3 => {
                points.draw(before, at);
                all.draw(before.unwrap_or(at), at);
                before = Some(at);
            }
            4 => before = None,
            5 => {
                points.erase(at);
                all.erase(at[0]);
            }
            6 => {
                let other = place(u)?;
                points.smooth([at[0].min(other[0]), at[0].max(other[0])]);
            }
            7 if !points.places().is_empty() => points = points.moved(u.choose_index(points.places().len())?, place(u)?),
            8 => {
                let held = all.between([at[0], at[0] + u.int_in_range(0..=400)?]);
                all = all.moved(held, u.int_in_range(-LAST_COLUMN..=LAST_COLUMN)?).0;
            }
            _ => all.add(at[0]),
        }
        assert!(SketchPoints::read(&points.text()).as_ref() == Some(&points), "{points:?}");
        assert!(DrawnSamples::read(&all.text()).as_ref() == Some(&all), "{all:?}");
        points.row_at(at[0]);
        points.target_at(at, [100.0, 200.0]);
    }
    read(&points.text(), "");
    read(&all.text(), "");
    Ok(())
}

/// Reads a text as a drawing of both kinds.
fn read(text: &str, bounds: &str) {
    if let Some(points) = SketchPoints::read(text) {
        assert!(points.text() == text, "{text} becomes {}", points.text());
    }
    if let Some(all) = DrawnSamples::read(text) {
        assert!(DrawnSamples::read(&all.text()).as_ref() == Some(&all), "{text}");
    }
    match Sketch::new(text, bounds) {
        Err(error) => is_sentence(&error),
        Ok(curve) => {
            let [low, high] = curve.bounds()[0];
            assert!(low < high, "{low} {high}");
            for x in [low, 0.7 * low + 0.3 * high, high, low - 1.0] {
                let (value, slope) = (curve.value(&[x]), curve.gradient(&[x])[0]);
                assert!(value.is_finite() && slope.is_finite(), "{value} {slope} at {x}");
            }
        }
    }
    match samples::values(text, bounds) {
        Err(error) => is_sentence(&error),
        Ok((values, [low, high])) => assert!(values.iter().all(|value| (low..=high).contains(value)), "{values:?}"),
    }
    if let Err(error) = sketch::canvas(bounds) {
        is_sentence(&error);
    }
}

/// Reads a text as a drawing, or draws at random.
pub fn check(input: &[u8]) {
    match input.split_first() {
        Some((first, rest)) if first & 1 == 1 => {
            let _ = drawn(&mut Unstructured::new(rest));
        }
        Some((first, rest)) => {
            let bounds = word(&mut Unstructured::new(&[first >> 1]), "bounds").unwrap_or_default();
            read(&String::from_utf8_lossy(rest), bounds);
        }
        None => {}
    }
}
