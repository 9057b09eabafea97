//! Significance of the evidence of samples for a well of their density.
//!
//! The evidence is the decrease of the log-likelihood of the samples if the nearest density without the well replaces the density. For a
//! dip by chance, twice the evidence is about the square of a standard normal number. The fit finds the most conspicuous dip among all
//! positions and widths, so that number is compared with `sqrt(2 log(e/part)) + `[`CRITICAL_STATISTIC`], where `part` is the fraction of
//! all samples in the basin. The largest of all such numbers exceeds this value with a probability of 5 % (multiscale tests of L. Dümbgen
//! and G. Walther, Ann. Stat. 36, 2008, 1758).

/// The 95 % quantile of the largest multiscale statistic over all intervals of independent samples of a uniform density. It is the same for
/// 200 samples and for 20,000, and smaller for fewer samples.
pub const CRITICAL_STATISTIC: f64 = 1.95;

/// Smallest significant deviation, in standard errors, in this fraction of all samples at 95 %. It accounts for the search over all
/// positions.
pub fn critical(part: f64) -> f64 {
    (2.0 * (1.0 - part.min(1.0).ln())).sqrt() + CRITICAL_STATISTIC
}
