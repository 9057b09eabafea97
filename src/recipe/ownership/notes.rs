//! Sentences on the wells of a fit and the modes that own them.

use crate::recipe::reliable::percent;
use crate::text::listed;

/// Name of the stage in which wells get owners.
pub const OWNING_STAGE: &str = "owning";

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

pub fn owning(wells: usize) -> String {
    let each = if wells == 1 { "The well".into() } else { format!("Each of the {wells} wells") };
    format!("{each} gets a mode of its own, which has to be responsible there; modes without a well have to be so nowhere.")
}

pub fn owned(relative: f64, before: f64, refusal: Option<&str>) -> String {
    let errors = format!("With a mode for each well the error is {}, without this limit {}", percent(relative), percent(before));
    match refusal {
        None => format!("{errors}: accepted."),
        Some(why) => format!("{errors}: refused, because {why}. The fit without the limit goes on."),
    }
}

pub fn too_few(wells: usize, modes: usize) -> String {
    format!("There are {} and {}: some modes hold more than one well.", counted(wells, "well"), counted(modes, "mode"))
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

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_agree_with_the_number_of_modes_and_wells() {
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
