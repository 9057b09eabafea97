//! Sentences on the purpose and the result of stages.

use crate::text::{listed, number, whole};

/// Name of the stage in which wells get owners.
pub const ASSIGNMENT_STAGE: &str = "assign wells";

pub const PRETRAINING: &str =
    "Each mode learns its own cell and stays above the values elsewhere, so that none bridges two wells.";
pub const TRYING: &str = "Several starts learn a part of the rows. The other rows select the best of them.";
pub const TOGETHER: &str = "All modes learn together, and the sharpness with them.";
pub const SETTLING: &str = "The second-order method can use some of the rows only, so training goes on with all of them first.";
pub const SOFT_START: &str = "The modes start again, each contributing to all values, before wells get modes of their own.";
pub const POLISHING: &str = "Further steps reduce the rest of the error.";
pub const AVERAGING: &str = "The errors of the fit are averaged over all rows of each cell.";

/// A root mean square error in per cent of the standard deviation of the values.
pub fn percent(mse: f64) -> String {
    let percent = 100.0 * mse.max(0.0).sqrt();
    if percent < 0.1 { format!("{percent:.4} %") } else { format!("{percent:.2} %") }
}

pub fn cells(modes: usize) -> String {
    const NUMBER_WORDS: [&str; 9] = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];
    match (modes, modes.checked_sub(2).and_then(|k| NUMBER_WORDS.get(k))) {
        (1, _) => "One mode fitted the whole domain.".into(),
        (_, Some(word)) => format!("{word} modes each fitted one part of the domain."),
        _ => format!("{modes} modes each fitted one part of the domain."),
    }
}

/// Sentence on a pass over all rows: the error of the previous averages, and whether it makes the fit continue.
pub fn averaged(rows: usize, cells: usize, moved: f64, goes_on: bool) -> String {
    let [rows, cells] = [rows, cells].map(|count| whole(count as u64));
    let then = if goes_on { ". It exceeds the error of the fit, so training continues with better averages" } else { "" };
    format!(
        "{rows} rows are averaged in {cells} cells: the error of the averages was {} of the spread of the data{then}.",
        percent(moved)
    )
}

/// Sentence on the removal of a mode, given the error without it and the largest error that is accepted. `objection` is another reason to keep the mode.
pub fn verdict(mse: f64, limit: f64, objection: Option<&str>) -> String {
    let verdict = match objection {
        Some(reason) if mse <= limit => format!("within the limit of {}, but {reason}: refused, the mode stays", percent(limit)),
        None if mse <= limit => format!("within the limit of {}: accepted", percent(limit)),
        _ => format!("above the limit of {}: refused, the mode stays", percent(limit)),
    };
    format!("Without it the error is {}, {verdict}.", percent(mse))
}

pub fn removing(mode: usize, mse: f64) -> String {
    format!("Is mode {mode} needed? The error with it is {}.", percent(mse))
}

pub fn removed(modes: &[usize]) -> String {
    let [subject, were] = if modes.len() == 1 { ["Mode", "was"] } else { ["Modes", "were"] };
    format!("{subject} {} {were} removed: the error is about the same without.", listed(modes))
}

pub fn refining(left_out: usize) -> String {
    let part = if left_out > 0 { format!(", without {left_out} of the samples") } else { String::new() };
    format!("A second-order method goes on where Adam has slowed down{part}.")
}

/// Sentence on second-order steps. Checked steps use four fifths of the rows; `agrees` is present for them.
pub fn steps(taken: u64, mse: f64, agrees: Option<bool>) -> String {
    let error = percent(mse);
    match agrees {
        None => format!("{taken} steps; the error is {error}."),
        Some(agrees) => {
            let then = if agrees { "agreed, so all rows are learnt from" } else { "no longer agreed" };
            format!("{taken} steps on four fifths of the rows; the error is {error}. The other rows {then}.")
        }
    }
}

pub fn sharpening(rho: Option<f64>, factor: f64) -> String {
    let times = if factor == 2.0 { "twice".into() } else { format!("{factor:.2} times") };
    format!("Testing {times} the sharpness ({}).", sharpness(rho.unwrap_or(0.0)))
}

pub fn sharpened(rho: f64, mse: f64, is_sharpest: bool) -> String {
    let why = if is_sharpest { "not distinguishable from a kink in the data" } else { "more would cost accuracy" };
    format!("The sharpness is {}, {why}; the error is {}.", sharpness(rho), percent(mse))
}

/// Sentence on the joint fit: its error, relative to the root mean square of the targets, and its wells. The lowest points of
/// valleys that leave the domain count as wells at its edge here, because they need a mode.
pub fn joint(relative: f64, wells: usize, at_edges: usize, is_partial: bool) -> String {
    let of_wells = match wells {
        _ if is_partial => "the search for wells was stopped early, so no mode is given one".into(),
        0 => "there is no well".into(),
        1 => "there is one well".into(),
        _ => format!("there are {wells} wells"),
    };
    let of_edges = if at_edges == 0 { String::new() } else { format!(" ({at_edges} at the edge of the domain)") };
    format!("The error is {}; {of_wells}{of_edges}.", percent(relative))
}

pub fn owning(wells: usize) -> String {
    let each = if wells == 1 { "The well".into() } else { format!("Each of the {wells} wells") };
    format!("{each} gets an owner, a mode that must be responsible there. Other modes must be responsible nowhere.")
}

pub fn owned(relative: f64, before: f64, refusal: Option<&str>) -> String {
    let errors = format!("With a mode for each well the error is {}, without owners {}", percent(relative), percent(before));
    match refusal {
        None => format!("{errors}: accepted."),
        Some(why) => format!("{errors}: refused, because {why}. Training continues without owners."),
    }
}

pub fn restoring(relative: f64) -> String {
    format!(
        "The rows have wells that the fit with an error of {} misses. All modes return, and their cost is compared with the lowest barrier.",
        percent(relative)
    )
}

pub fn restored(relative: f64, before: f64, is_better: bool) -> String {
    let verdict = if is_better { "accepted" } else { "refused" };
    if relative.is_finite() {
        format!("The error is {}, and it was {} before: {verdict}.", percent(relative), percent(before))
    } else {
        format!("Training has diverged: {verdict}. The error was {} before.", percent(before))
    }
}

/// A sharpness with two decimals, or with an exponent if it is large.
fn sharpness(rho: f64) -> String {
    if rho < 1e6 { format!("{rho:.2}") } else { number(rho, 4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_agree_with_the_number_of_modes() {
        assert_eq!(cells(1), "One mode fitted the whole domain.");
        assert_eq!(cells(10), "Ten modes each fitted one part of the domain.");
        assert_eq!(cells(12), "12 modes each fitted one part of the domain.");
        assert_eq!(verdict(1e-4, 4e-4, None), "Without it the error is 1.00 %, within the limit of 2.00 %: accepted.");
        assert!(
            verdict(1e-4, 4e-4, Some("a well would be shared by modes"))
                .ends_with("but a well would be shared by modes: refused, the mode stays.")
        );
        assert!(verdict(9e-4, 4e-4, None).ends_with("above the limit of 2.00 %: refused, the mode stays."));
        assert_eq!(joint(0.01, 1, 0, false), "The error is 10.00 %; there is one well.");
        assert_eq!(sharpening(Some(2.4), 2.0), "Testing twice the sharpness (2.40).");
        assert_eq!(sharpening(Some(2.4), 1.5), "Testing 1.50 times the sharpness (2.40).");
    }
}
