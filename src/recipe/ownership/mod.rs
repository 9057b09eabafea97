//! Modes that own the wells of a fit: each well gets one mode, which has to be responsible there.

mod region;

use super::active::ActiveModes;
use super::reliable::notes;
use crate::loss::ownership::{Owned, Owners};
use crate::loss::{Loss, Regression};
use crate::text::counted;
use region::PENALTY_POINTS_PER_STEP;
pub use region::WellRegion;
use region::Wells;

/// Smallest responsibility with which a mode is responsible at a point.
const RESPONSIBILITY_THRESHOLD: f64 = 0.5;

/// Fraction of a stage within which the weight of the penalty on forbidden modes rises to 1.
pub const PENALTY_RAMP_FRACTION: f64 = 0.18;

/// Reason against a fit in which every well has its mode, and another mode is responsible where there is no well.
pub const STRAY_MODE_MESSAGE: &str = "a mode without a well would be responsible elsewhere";

/// Fraction of the barrier of a minimum that it must have in another fit.
const SHALLOW_FRACTION: f64 = 0.25;

/// Wells of the joint fit, and the modes that own them.
#[derive(Debug)]
pub struct WellOwnership {
    region: WellRegion,
    /// Wells of the joint fit.
    wells: Wells,
    /// Owner of each well by its index among all modes. Empty if no well has one.
    pub owners: Vec<usize>,
    /// True if a fit with owners has been refused.
    pub is_refused: bool,
}

impl WellOwnership {
    /// Ownership without owners, in a search region.
    pub fn new(region: WellRegion) -> Self {
        Self { region, wells: Wells::default(), owners: Vec::new(), is_refused: false }
    }

    /// Removes all owners, and searches wells with barriers above a threshold from now on.
    pub fn restart(&mut self, threshold: Option<f64>) {
        self.owners.clear();
        self.is_refused = false;
        self.region.threshold = threshold;
    }

    /// Number of wells of the joint fit.
    pub fn wells(&self) -> usize {
        self.wells.len()
    }

    pub fn has_owners(&self) -> bool {
        !self.owners.is_empty()
    }

    /// Searches the wells of the joint fit and gives each an owner if there are enough modes. Returns a sentence on the wells;
    /// `relative` is the error of the fit, see [`notes::joint`].
    pub fn assign(&mut self, active: &ActiveModes, relative: f64) -> String {
        self.wells = self.region.wells(active);
        let (wells, modes) = (self.wells.len(), active.present.len());
        let mut sentence = notes::joint(relative, wells, self.wells.at_edges, self.wells.partial);
        self.owners.clear();
        if !self.wells.partial && wells > 0 {
            match self.wells.owners(active) {
                Some(owners) if modes > 1 => self.owners = owners.into_iter().map(|owner| active.present[owner]).collect(),
                Some(_) => {}
                None => {
                    let [wells, modes] = [counted(wells, "well"), counted(modes, "mode")];
                    sentence += &format!(" There are {wells} and {modes}: some modes hold more than one well.");
                }
            }
        }
        sentence
    }

    /// Indices of the owners among the present modes.
    fn present_owners(&self, active: &ActiveModes) -> Vec<usize> {
        let index = |owner: &usize| active.present.iter().position(|mode| mode == owner);
        self.owners.iter().filter_map(index).collect()
    }

    /// Points at which modes are forbidden, if wells have owners.
    pub fn masks(&self, active: &ActiveModes) -> Option<Owners> {
        self.has_owners().then(|| self.region.masks(active, &self.wells, &self.present_owners(active)))
    }

    /// A regression of the present modes, with the penalty on forbidden modes if wells have owners. The weight of the penalty
    /// rises over `ramp` epochs.
    pub fn loss(&self, active: &ActiveModes, regression: Regression<f32>, ramp: u64) -> Box<dyn Loss<f32>> {
        let Some(owners) = self.masks(active) else { return Box::new(regression) };
        let parts = owners.x.len() / active.offered.inputs / PENALTY_POINTS_PER_STEP;
        Box::new(Owned::new(&active.arch(), regression, &owners, parts, ramp))
    }

    /// Reason why the wells do not each have one mode, if they do not.
    pub fn objection(&self, active: &ActiveModes) -> Option<&'static str> {
        let found = self.region.wells(active);
        if !self.region.match_one_to_one(&found, &self.wells) {
            return Some("the wells would differ");
        }
        self.objection_of(&found, &self.present_owners(active), active)
    }

    /// True if a fit without owners has a mode for each of its wells, and no other mode is responsible anywhere.
    pub fn has_mode_for_each_well(&self, active: &ActiveModes) -> bool {
        let found = self.region.wells(active);
        found.owners(active).is_some_and(|owners| self.objection_of(&found, &owners, active).is_none())
    }

    /// Reason why the owners, by their indices among the present modes, do not each have one of the wells found.
    fn objection_of(&self, found: &Wells, owners: &[usize], active: &ActiveModes) -> Option<&'static str> {
        let leading = found.leading_modes(active);
        let is_led_once = |owner: &usize| leading.iter().filter(|leader| **leader == Some(*owner)).count() == 1;
        if !owners.iter().all(is_led_once) {
            return Some("a well would be shared by modes");
        }
        let largest = self.region.largest_responsibilities(active);
        let is_other = (0..largest.len()).any(|mode| !owners.contains(&mode) && largest[mode] >= RESPONSIBILITY_THRESHOLD);
        is_other.then_some(STRAY_MODE_MESSAGE)
    }

    /// Returns true if another fit keeps every minimum of the plain fit whose barrier exceeds `barrier`, also those too shallow for an
    /// owner.
    pub fn keeps_minima(&self, plain: &ActiveModes, other: &ActiveModes, barrier: f64) -> bool {
        let found = self.region.wells_above(other, Some(SHALLOW_FRACTION * barrier));
        self.region.have_counterparts(&self.region.wells_above(plain, Some(barrier)), &found)
    }
}
