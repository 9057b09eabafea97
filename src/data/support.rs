//! Support of quantities: bounds beyond which their density is zero, as stated by a user or suggested by samples.

use std::iter;

use super::Dataset;
use crate::text::{angle, number, shortened, whole};

/// Form of the text of a support, for messages.
const FORM_SENTENCE: &str = "a support is a range such as 0.. or 0..1, or one for each quantity: x=0..,y=0..10";

/// Bounds of quantities by name. Bounds without a name hold for all quantities.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Support(Vec<(Option<String>, [Option<f64>; 2])>);

impl Support {
    /// Reads bounds, such as `0..` or `x=0..,y=0..10`.
    ///
    /// # Errors
    /// A sentence if the text is not a list of ranges.
    pub fn read(text: &str) -> Result<Self, String> {
        let one = |part: &str| {
            let (name, range) = part.split_once('=').map_or((None, part), |(name, range)| (Some(name.trim().to_owned()), range));
            let (low, high) = range.split_once("..")?;
            let end = |text: &str| match text.trim() {
                "" => Some(None),
                text => angle(text).map(Some),
            };
            let ends = [end(low)?, end(high)?];
            let is_range = match ends {
                [Some(low), Some(high)] => low < high,
                [None, None] => false,
                _ => true,
            };
            is_range.then_some((name, ends))
        };
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        let read = |part: &str| one(part).ok_or_else(|| format!("\"{}\" is no range: {FORM_SENTENCE}", shortened(part.trim())));
        parts.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Returns true if no bounds are stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bounds of the quantity of this name.
    pub fn bounds(&self, name: &str) -> [Option<f64>; 2] {
        let is_its = |(of, _): &&(Option<String>, _)| of.as_deref() == Some(name.trim());
        let own = self.0.iter().find(is_its).or_else(|| self.0.iter().find(|(of, _)| of.is_none()));
        own.map_or([None; 2], |(_, ends)| *ends)
    }

    /// Bounds of the quantity of this name as a text; empty if it has none.
    pub fn written_for(&self, name: &str) -> String {
        let ends = self.bounds(name);
        if ends == [None; 2] { String::new() } else { written(ends) }
    }

    /// Checks that the names are names of quantities, and that all of their samples lie within the bounds.
    ///
    /// # Errors
    /// One sentence on the first violation.
    pub fn check(&self, quantities: &[(&str, Vec<f64>)]) -> Result<(), String> {
        let is_unknown = |name: &&String| !quantities.iter().any(|(known, _)| known.trim() == name.as_str());
        if let Some(name) = self.0.iter().filter_map(|(name, _)| name.as_ref()).find(is_unknown) {
            let names: Vec<String> = quantities.iter().take(5).map(|(name, _)| shortened(name)).collect();
            return Err(format!("the support names \"{}\", but the quantities are {}", shortened(name), names.join(", ")));
        }
        for (name, samples) in quantities {
            let ends = self.bounds(name);
            let count =
                samples.iter().filter(|&&x| ends[0].is_some_and(|low| x < low) || ends[1].is_some_and(|high| x > high)).count();
            if count > 0 {
                return Err(format!(
                    "{} samples of {} lie outside of its support {}: correct the bounds, or leave these rows out",
                    whole(count as u64),
                    shortened(name),
                    written(ends)
                ));
            }
        }
        Ok(())
    }
}

/// Writes bounds in the form that a user states them.
fn written(ends: [Option<f64>; 2]) -> String {
    let [low, high] = ends.map(|end| end.map_or_else(String::new, |end| format!("{end}")));
    format!("{low}..{high}")
}

/// Divisor of the number of samples: the tenth of them nearest to an end decides whether the density is cut off there. The
/// second constant is the smallest size of this tenth.
const NEAR_DIVISOR: usize = 10;
const MIN_SAMPLES: usize = 30;
/// The 95 % quantile of the standard normal distribution, one-sided.
const NORMAL_QUANTILE: f64 = 1.645;

/// Bounds that the samples suggest at either end, where their density seems to be cut off. At such an end, the density of the nearest tenth
/// of the samples does not rise with the distance from the end. In addition, the spacings of fewer samples are those of a cut-off rather than
/// those of a tail: a small peak near the end rises within a part of the tenth, and falls again.
fn sharp_ends(samples: &[f64]) -> [Option<f64>; 2] {
    let sorted = crate::numerics::statistics::sorted(samples.to_vec());
    let flipped: Vec<f64> = sorted.iter().rev().map(|x| -x).collect();
    [sharp_start(&sorted), sharp_start(&flipped).map(|x| 0.0 - x)]
}

/// Bound at the beginning of sorted samples, if the density seems to be cut off there.
fn sharp_start(sorted: &[f64]) -> Option<f64> {
    let count = sorted.len().div_ceil(NEAR_DIVISOR).max(MIN_SAMPLES);
    let (first, last) = (*sorted.first()?, *sorted.get(count)?);
    if 3 * count > sorted.len() || last <= first {
        return None;
    }
    let inside = &sorted[1..count];
    let balance: f64 = inside.iter().map(|x| 2.0 * (x - first) / (last - first) - 1.0).sum();
    let spacing = (last - first) / count as f64;
    let rise = balance * (3.0 / inside.len() as f64).sqrt();
    let mut sizes = iter::successors(Some(MIN_SAMPLES), |size| Some(2 * size)).take_while(|size| *size < count);
    if rise >= NORMAL_QUANTILE || !sizes.all(|size| has_spacings_of_cut(&sorted[..=size])) {
        return None;
    }
    // A bound at zero is more likely than any other bound.
    let is_near_zero = first >= 0.0 && first < 5.0 * spacing;
    if is_near_zero {
        return Some(0.0);
    }
    let decimals = (2.0 - spacing.abs().log10()).clamp(0.0, 12.0) as i32;
    let unit = 10.0_f64.powi(decimals);
    Some((first * unit).floor() / unit)
}

/// Returns true if the spacings of the samples nearest to an end are more likely at a cut-off than in a tail.
///
/// At a cut-off, the density is constant over few samples and the spacings are exponential with equal means. In a tail that falls as an
/// exponential function, the mean of the spacing `k` is proportional to `1/k` (Rényi, Acta Math. Acad. Sci. Hung. 4, 1953, 191). Tails of
/// normal peaks approach this form. Both likelihoods have their best scale.
fn has_spacings_of_cut(nearest: &[f64]) -> bool {
    let spacings = || nearest.windows(2).map(|pair| pair[1] - pair[0]).zip(1..).map(|(spacing, k)| (spacing, f64::from(k)));
    let of_cut: f64 = spacings().map(|(spacing, _)| spacing).sum();
    let of_tail: f64 = spacings().map(|(spacing, k)| spacing * k).sum();
    let mean_log_rank: f64 = spacings().map(|(_, k)| k.ln()).sum::<f64>() / (nearest.len() - 1) as f64;
    // Equal samples are piled up.
    of_cut <= 0.0 || (of_tail / of_cut).ln() > mean_log_rank
}

/// Note on samples whose density seems to be cut off where no bounds are stated.
pub fn proposal(name: &str, samples: &[f64], stated: [Option<f64>; 2]) -> Option<String> {
    let found = sharp_ends(samples);
    let mut ends = stated;
    let mut is_new = false;
    for side in 0..2 {
        if let (None, Some(_)) = (stated[side], found[side]) {
            (ends[side], is_new) = (found[side], true);
        }
    }
    let sentence = || {
        let short = shortened(name);
        let far: Vec<String> = [("below", ends[0], stated[0]), ("above", ends[1], stated[1])]
            .into_iter()
            .filter_map(|(side, end, known)| end.filter(|_| known.is_none()).map(|end| format!("{side} {}", number(end, 6))))
            .collect();
        format!(
            "The samples of {short} pile up at an edge and there are none {}: if {short} cannot lie there, set support to {}.",
            far.join(" or "),
            if name.contains([',', '=', ' ', '"']) { written(ends) } else { format!("{short}={}", written(ends)) }
        )
    };
    is_new.then(sentence)
}

impl Dataset {
    /// Sets the bounds of the quantities of a density, beyond which the density is zero.
    ///
    /// # Errors
    /// A sentence if a name is not the name of a quantity, or if samples lie outside.
    pub fn bounded(self, support: &Support) -> Result<Self, String> {
        if support.is_empty() {
            return Ok(self);
        }
        let columns = self.x.columns().into_iter().map(|column| column.to_vec());
        let quantities: Vec<(&str, Vec<f64>)> = self.names.iter().map(String::as_str).zip(columns).collect();
        support.check(&quantities)?;
        if let Some(k) = (0..self.inputs()).find(|&k| self.period(k).is_some() && support.bounds(&self.names[k]) != [None; 2]) {
            return Err(format!(
                "{} is periodic and has no bounds: leave out its support or its period",
                shortened(&self.names[k])
            ));
        }
        let ends: Vec<[Option<f64>; 2]> = (0..self.inputs()).map(|k| support.bounds(&self.names[k])).collect();
        let domain = self.domain().into_iter().zip(&ends);
        let sampled_domain = domain.map(|([low, high], ends)| [ends[0].unwrap_or(low), ends[1].unwrap_or(high)]).collect();
        let walls = ends.iter().map(|ends| ends.map(|end| end.is_some())).collect();
        Ok(Self { sampled_domain, walls, ..self })
    }

    /// Sentences on quantities whose density seems to be cut off where no bounds are stated. Quantities that seem to be periodic have no ends.
    pub fn remarks_on_support(&self, support: &Support) -> Vec<String> {
        let is_open = |k: &usize| self.is_density && self.period(*k).is_none() && self.likely_period(*k).is_none();
        let of = |k: usize| proposal(&self.names[k], &self.x.column(k).to_vec(), support.bounds(&self.names[k]));
        (0..self.inputs()).filter(is_open).filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_distr::StandardNormal;
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn support_is_read_for_all_quantities_or_by_name() {
        let support = Support::read("0.., y = -pi..pi").unwrap();
        assert_eq!((support.bounds("x"), support.bounds("y").map(Option::unwrap)[1]), ([Some(0.0), None], std::f64::consts::PI));
        assert!(Support::read("").unwrap().is_empty());
        for wrong in ["0", "..", "1..0", "x=a..b"] {
            assert!(Support::read(wrong).unwrap_err().contains("0..1"), "{wrong}");
        }
    }

    #[test]
    fn sharp_edge_is_distinguished_from_tail() {
        let draw = |seed: u64, of: fn(f64, f64) -> f64| -> Vec<f64> {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
            (0..1000).map(|_| of(rng.random(), rng.sample(StandardNormal))).collect()
        };
        let count =
            |of: fn(f64, f64) -> f64, side: usize| (0..60).filter(|&seed| sharp_ends(&draw(seed, of))[side].is_some()).count();
        assert!(count(|u, _| -u.ln(), 0) >= 55 && count(|u, _| -u.ln(), 1) == 0);
        assert!(count(|u, _| u, 0) >= 52 && count(|u, _| u, 1) >= 52);
        assert!(count(|_, g| g, 0) <= 2 && count(|_, g| g, 1) <= 2);
        // A twentieth of the samples is a peak apart, and half of it is on each side of its top.
        let apart = |u: f64, g: f64| if u < 0.05 { 0.2 * g - 6.0 } else { g };
        assert!(count(apart, 0) <= 20, "{}", count(apart, 0));
        let note = proposal("t", &draw(1, |u, _| -u.ln()), [None; 2]).unwrap();
        assert!(note.contains("set support to t=0..") && note.len() < 300, "{note}");
        assert_eq!(proposal("t", &draw(1, |u, _| -u.ln()), [Some(0.0), None]), None);
    }
}
