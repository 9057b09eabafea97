//! Names of the stages, and sentences on what happens in them and why.

use crate::recipe::reliable::percent;
use crate::text::{listed, number};

pub const STARTS_STAGE: &str = "starts";
pub const JOINT_STAGE: &str = "joint";
pub const REMOVING_STAGE: &str = "removing";
pub const FINISHING_STAGE: &str = "finishing";
pub const REFINING_STAGE: &str = "refining";

pub fn removing(mode: usize) -> String {
    format!("removing mode {mode}")
}

pub fn starting(number: usize, of: usize) -> String {
    format!(
        "{of} fits with different initial weights are trained for a while, number {number} now; the one with the smallest error on \
         held-out rows goes on."
    )
}

pub fn together() -> String {
    "All modes learn the derivatives together. The sharpness falls first, so that the modes meet, and rises as they part.".into()
}

pub fn trial(mode: usize, relative: f64) -> String {
    format!("Is mode {mode} needed? The error with it is {}.", percent(relative))
}

pub fn finishing() -> String {
    "The learning rates fall while all modes learn together.".into()
}

pub fn refining() -> String {
    "Steps of a second-order method go on where Adam has slowed down.".into()
}

/// Sentence on the fit after its last epoch.
pub fn finished(relative: f64) -> String {
    format!("The error is {}.", percent(relative))
}

pub fn verdict(before: f64, after: f64, is_accepted: bool) -> String {
    let verdict = if is_accepted { "accepted" } else { "refused, the mode stays" };
    format!("Without it the error is {}, with it {}: {verdict}.", percent(after), percent(before))
}

pub fn removed(modes: &[usize]) -> String {
    let (modes, were) = (listed(modes), if modes.len() == 1 { ["Mode", "was"] } else { ["Modes", "were"] });
    format!("{} {modes} {} removed: the error is about the same without.", were[0], were[1])
}

/// Sentence on the completed fit, with the number of second-order steps if there were any.
pub fn ended(taken: Option<u64>, relative: f64, rho: f64, holders: &str) -> String {
    let steps = taken.map_or_else(|| "The".into(), |taken| format!("{taken} steps; the"));
    format!("{steps} error is {}, the sharpness {}. {holders}", percent(relative), number(rho, 3))
}

/// Sentence on a run that ended before its last stage.
pub fn early(wells: usize) -> String {
    match wells {
        0 => "The run ended before wells were searched: the number of modes says nothing.".into(),
        _ => "The run ended before all stages were done.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_agree_with_the_number_of_modes() {
        assert_eq!(removed(&[3]), "Mode 3 was removed: the error is about the same without.");
        assert_eq!(removed(&[3, 0, 1]), "Modes 3, 0 and 1 were removed: the error is about the same without.");
    }
}
