//! Sentences on the wells of a fit and the modes that own them.

use crate::recipe::reliable::percent;
use crate::text::counted;

/// Name of the stage in which wells get owners.
pub const ASSIGNMENT_STAGE: &str = "assign wells";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_agree_with_the_number_of_modes_and_wells() {
        assert_eq!(plain(0.01, 1, 0, false), "The error is 10.00 %; there is one well.");
    }
}
