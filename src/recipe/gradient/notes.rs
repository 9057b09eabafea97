//! Names of the stages, and sentences on what happens in them and why.

use crate::recipe::reliable::percent;
use crate::text::number;

pub const STARTS_STAGE: &str = "starts";
pub const JOINT_STAGE: &str = "joint";
pub const OWNING_STAGE: &str = "owning";
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

pub fn owning(wells: usize) -> String {
    let each = if wells == 1 { "The well".into() } else { format!("Each of the {wells} wells") };
    format!("{each} gets a mode of its own, which has to be responsible there; modes without a well have to be so nowhere.")
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

/// Sentence on the joint fit: its error, relative to the root mean square of the targets, and its wells.
pub fn plain(relative: f64, wells: usize, at_edges: usize, is_partial: bool) -> String {
    let of_wells = match wells {
        _ if is_partial => "the search for wells was stopped early, so no mode is given one".into(),
        0 => "there is no well".into(),
        1 => "there is one well".into(),
        _ => format!("there are {wells} wells"),
    };
    format!("The error is {}; {of_wells}{}.", percent(relative), edges(at_edges))
}

/// Remark on the wells at edges. The lowest points of valleys that leave the domain count as wells here, because they need a
/// mode.
fn edges(at_edges: usize) -> String {
    if at_edges == 0 { String::new() } else { format!(" ({at_edges} at the edge of the domain)") }
}

pub fn too_few(wells: usize, modes: usize) -> String {
    format!("There are {} and {}: some modes hold more than one well.", counted(wells, "well"), counted(modes, "mode"))
}

pub fn owned(relative: f64, before: f64, refusal: Option<&str>) -> String {
    let errors = format!("With a mode for each well the error is {}, without this limit {}", percent(relative), percent(before));
    match refusal {
        None => format!("{errors}: accepted."),
        Some(why) => format!("{errors}: refused, because {why}. The fit without the limit goes on."),
    }
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

/// Fault of a fit: several modes share a well.
pub fn shared(modes: &[usize]) -> String {
    format!("a well is shared by modes {}", listed(modes))
}

pub fn several(mode: usize, wells: usize) -> String {
    format!("mode {mode} holds {wells} wells")
}

pub fn elsewhere(mode: usize) -> String {
    format!("mode {mode} is responsible without a well")
}

/// Sentence on the modes that hold the wells of the completed fit. `modes` is the number of remaining modes.
pub fn holders(wells: usize, at_edges: usize, modes: usize, faults: &[String]) -> String {
    let edges = edges(at_edges);
    let each = if wells == 1 { format!("The well{edges} has") } else { format!("Each of the {wells} wells{edges} has") };
    match (wells, modes.saturating_sub(wells)) {
        (0, _) => "There is no well.".into(),
        _ if !faults.is_empty() => {
            format!("The modes are not those of the {}{edges}: {}.", counted(wells, "well"), faults.join("; "))
        }
        (_, 0) => format!("{each} a mode of its own."),
        (_, 1) => format!("{each} a mode of its own; one mode only helps."),
        (_, others) => format!("{each} a mode of its own; {others} modes only help."),
    }
}

/// Sentence on a run that ended before its last stage.
pub fn early(wells: usize) -> String {
    match wells {
        0 => "The run ended before wells were searched: the number of modes says nothing.".into(),
        _ => "The run ended before all stages were done.".into(),
    }
}

fn listed(modes: &[usize]) -> String {
    let list: Vec<String> = modes.iter().map(ToString::to_string).collect();
    match list.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => list.concat(),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_agree_with_the_number_of_modes_and_wells() {
        assert_eq!(removed(&[3]), "Mode 3 was removed: the error is about the same without.");
        assert_eq!(removed(&[3, 0, 1]), "Modes 3, 0 and 1 were removed: the error is about the same without.");
        assert_eq!(holders(1, 0, 1, &[]), "The well has a mode of its own.");
        assert_eq!(holders(3, 0, 4, &[]), "Each of the 3 wells has a mode of its own; one mode only helps.");
        let faults = [shared(&[1, 2]), several(0, 2)];
        assert_eq!(
            holders(3, 1, 3, &faults),
            "The modes are not those of the 3 wells (1 at the edge of the domain): a well is shared by modes 1 and 2; mode 0 holds 2 wells."
        );
        assert_eq!(plain(0.01, 1, 0, false), "The error is 10.00 %; there is one well.");
    }
}
