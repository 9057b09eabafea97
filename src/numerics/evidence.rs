//! When the evidence of samples for a well of their density is significant.
//!
//! The evidence is the fall in the log-likelihood of the samples if the density is replaced by the nearest one without the well. Twice the evidence is,
//! for a dip that is due to chance, about the square of a standard normal number. Since the fit finds the most conspicuous dip among all places and
//! widths, that number is compared with `sqrt(2 log(e/part)) + `[`CRITICAL`], where `part` is the part of all samples in the basin: the largest of all such
//! numbers exceeds it with a probability of 5 % (multiscale tests of L. Dümbgen and G. Walther, Ann. Stat. 36, 2008, 1758).

/// The 95 % quantile of the largest multiscale statistic over all intervals of independent samples of an even density; it is the same for 200 samples
/// and for 20,000, and less for fewer.
pub const CRITICAL: f64 = 1.95;

/// The number of standard errors from which on a deviation in this part of all samples is none of chance at 95 %, whatever place it was found at.
pub fn critical(part: f64) -> f64 {
    (2.0 * (1.0 - part.min(1.0).ln())).sqrt() + CRITICAL
}

/// Warning of minima at these places that the samples do not support.
pub fn unsupported(places: &[String]) -> Option<String> {
    match places {
        [] => None,
        [one] => Some(format!(
            "the minimum at {one} is not distinguishable from noise at 95 %: draw more samples before you count it as a well."
        )),
        several => {
            let list = several.iter().take(6).cloned().collect::<Vec<_>>().join(" and ");
            let others = if several.len() > 6 { " and others" } else { "" };
            Some(format!(
                "the minima at {list}{others} are not distinguishable from noise at 95 %: draw more samples before you count them as wells."
            ))
        }
    }
}
