//! Mode classification: the part of each mode in a landscape.

use serde::{Deserialize, Serialize};

use super::{ACTIVE_GATE, Extrema, Minimum};
use crate::loss::ownership::MIN_OWNER_RESPONSIBILITY;
use crate::model::potential::Outputs;
use crate::model::{Potential, Symmetry};
use crate::numerics::statistics::order;
use crate::text::listed;

/// Class of a mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleKind {
    /// The mode holds one or more wells: as the most responsible mode there, or together with others and dominant nowhere.
    Well,
    /// The mode is responsible at a maximum, but leads at no well.
    Hump,
    /// The mode is responsible somewhere, but leads at no well and is not at a maximum.
    Flank,
    /// The gate is open, but the mode is responsible nowhere.
    #[default]
    Nowhere,
    /// The gate is closed, and the mode is responsible nowhere.
    Closed,
}

/// Classification of one mode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModeClassification {
    /// Class of the mode.
    #[serde(rename = "part")]
    pub kind: RoleKind,
    /// Indices of the mode's wells in the list of minima.
    pub wells: Vec<usize>,
    /// Intervals `[from, to]` where the mode's responsibility exceeds one half; empty with several inputs.
    pub stretches: Vec<[f64; 2]>,
    /// Largest responsibility of the mode.
    #[serde(rename = "reach")]
    pub largest_responsibility: f64,
    /// Value of the mode's gate.
    pub gate: f64,
    /// Classification as a clause, for example `holds the well at 1.24`.
    pub clause: String,
}

/// Assigns to minima the modes that hold them, from the responsibilities of all modes `[minima, modes]`.
pub fn assign_modes(minima: &mut [Minimum], responsibilities: &[f64]) {
    let modes = responsibilities.len() / minima.len().max(1);
    for (minimum, here) in minima.iter_mut().zip(responsibilities.chunks(modes.max(1))) {
        (minimum.modes, minimum.responsibilities) = holding_modes(here).into_iter().unzip();
    }
}

/// Modes that hold a point, with their responsibilities there, from the responsibilities of all modes. They are the most
/// responsible modes with a total of at least the smallest responsibility of an owner.
fn holding_modes(responsibilities: &[f64]) -> Vec<(usize, f64)> {
    let mut total = 0.0;
    let is_needed = |&(_, responsibility): &(usize, f64)| {
        let is_needed = total < MIN_OWNER_RESPONSIBILITY;
        total += responsibility;
        is_needed
    };
    order(responsibilities).into_iter().rev().map(|mode| (mode, responsibilities[mode])).take_while(is_needed).collect()
}

/// Classifies all modes by their responsibilities at the minima and saddles of the fit and over `domain`. The minima have their modes. The points of `domain`
/// `[points, inputs]` are in increasing order for one input. Minima with a barrier above `threshold` are wells.
pub fn roles(fit: &Potential, domain: &[f64], found: &Extrema, threshold: f64) -> Vec<ModeClassification> {
    let (modes, gates, inputs) = (fit.modes(), fit.gates(), fit.inputs());
    let responsibilities = |x: &[f64]| fit.values(x, Outputs { modes: true, ..Outputs::default() }).responsibilities;
    let over = responsibilities(domain);
    let flat = |places: Vec<&Vec<f64>>| places.into_iter().flatten().copied().collect::<Vec<f64>>();
    let at_maxima = responsibilities(&flat(found.saddles.iter().map(|m| &m.x).collect()));
    let is_well = |k: usize| found.minima[k].is_well(threshold);
    let one = |mode: usize| {
        let responsibilities: Vec<f64> = over.iter().skip(mode).step_by(modes).copied().collect();
        let largest_responsibility = responsibilities.iter().copied().fold(0.0, f64::max);
        let wells: Vec<usize> =
            (0..found.minima.len()).filter(|&k| is_well(k) && found.minima[k].modes.contains(&mode)).collect();
        let on_top = (0..found.saddles.len()).any(|k| at_maxima[k * modes + mode] > 0.5);
        let kind = match () {
            () if wells.iter().any(|&k| found.minima[k].modes.first() == Some(&mode)) => RoleKind::Well,
            () if largest_responsibility > 0.5 && on_top => RoleKind::Hump,
            () if largest_responsibility > 0.5 => RoleKind::Flank,
            () if !wells.is_empty() => RoleKind::Well,
            () if gates[mode] > ACTIVE_GATE => RoleKind::Nowhere,
            () => RoleKind::Closed,
        };
        let stretches = if inputs == 1 { stretches(domain, &responsibilities) } else { Vec::new() };
        let mut role =
            ModeClassification { kind, wells, stretches, largest_responsibility, gate: gates[mode], clause: String::new() };
        role.clause = clause(mode, &role, found).replace('-', "−");
        if fit.architecture().symmetry == Symmetry::Exchange && role.largest_responsibility > 0.5 {
            role.clause += ", and its mirror image does so with the inputs exchanged";
        }
        role
    };
    (0..modes).map(one).collect()
}

/// Intervals where a curve exceeds one half, with crossings by linear interpolation.
fn stretches(x: &[f64], responsibilities: &[f64]) -> Vec<[f64; 2]> {
    let crossing = |k: usize| {
        x[k - 1] + (x[k] - x[k - 1]) * (0.5 - responsibilities[k - 1]) / (responsibilities[k] - responsibilities[k - 1])
    };
    let mut found = Vec::new();
    let mut start = None;
    for (k, &here) in responsibilities.iter().enumerate() {
        match (start, here > 0.5) {
            (None, true) => start = Some(if k == 0 { x[0] } else { crossing(k) }),
            (Some(from), false) => {
                found.push([from, crossing(k)]);
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|from| [from, x[x.len() - 1]]));
    found
}

fn clause(mode: usize, role: &ModeClassification, found: &Extrema) -> String {
    let list = |items: Vec<String>| items.join(" and ");
    let place = |&k: &usize| {
        let minimum = &found.minima[k];
        let x: Vec<String> = minimum.x.iter().map(|x| format!("{x:.2}")).collect();
        let at = if x.len() == 1 { x.concat() } else { format!("({})", x.join(", ")) };
        let others: Vec<usize> = minimum.modes.iter().copied().filter(|other| *other != mode).collect();
        match &others[..] {
            [] => at,
            [other] => format!("{at} with mode {other}"),
            others => format!("{at} with modes {}", listed(others)),
        }
    };
    let between = || {
        let ways: Vec<String> = role.stretches.iter().map(|[from, to]| format!(" between {from:.2} and {to:.2}")).collect();
        list(ways)
    };
    let holds = || {
        let wells = if role.wells.len() == 1 { "well" } else { "wells" };
        format!("holds the {wells} at {}", list(role.wells.iter().map(place).collect()))
    };
    let too = || if role.wells.is_empty() { String::new() } else { format!(", and {}", holds()) };
    match role.kind {
        RoleKind::Well => holds(),
        RoleKind::Hump => format!("makes the hump{}{}", between(), too()),
        RoleKind::Flank => format!("makes the flank{}{}", between(), too()),
        RoleKind::Nowhere if role.largest_responsibility < 0.01 => "is responsible nowhere".into(),
        RoleKind::Nowhere => {
            format!("is responsible nowhere, with a share of {:.0} % at most", 100.0 * role.largest_responsibility)
        }
        RoleKind::Closed => "is closed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_modes_are_one_responsible_mode_or_all_that_share_a_point() {
        assert_eq!(holding_modes(&[0.1, 0.6, 0.3]), [(1, 0.6)]);
        assert_eq!(holding_modes(&[0.4, 0.2, 0.4]), [(2, 0.4), (0, 0.4)]);
        assert_eq!(holding_modes(&[0.54, 0.01, 0.45]), [(0, 0.54), (2, 0.45)]);
        assert!(holding_modes(&[]).is_empty());
    }

    #[test]
    fn each_mode_that_shares_a_well_holds_it_with_the_others() {
        let minimum = Minimum { x: vec![0.19], modes: vec![3, 7], ..Minimum::default() };
        let found = Extrema { minima: vec![minimum], ..Extrema::default() };
        let role = ModeClassification { kind: RoleKind::Well, wells: vec![0], ..ModeClassification::default() };
        let flank = ModeClassification { kind: RoleKind::Flank, stretches: vec![[-1.0, 0.0]], ..role.clone() };
        assert_eq!(clause(3, &role, &found), "holds the well at 0.19 with mode 7");
        assert_eq!(clause(7, &flank, &found), "makes the flank between -1.00 and 0.00, and holds the well at 0.19 with mode 3");
    }

    #[test]
    fn stretches_end_at_responsibility_of_one_half() {
        let x = [0.0, 1.0, 2.0, 3.0, 4.0];
        assert_eq!(stretches(&x, &[0.0, 1.0, 1.0, 0.0, 0.9]), [[0.5, 2.5], [3.0 + 0.5 / 0.9, 4.0]]);
        assert_eq!(stretches(&x, &[0.6; 5]), [[0.0, 4.0]]);
        assert!(stretches(&x, &[0.5; 5]).is_empty());
    }
}
