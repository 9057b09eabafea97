//! Settings that densities of one quantity and of several share. Each has a field in both.

use super::setting::{Context, FormGroup, Setting, at};
use super::{DensitySettings, PotentialSettings, Settings};

pub(super) const SETTING_LIST: &[Setting] = &[
    Setting::whole(at!(PotentialSettings | DensitySettings, blocks), FormGroup::Data, [0.0, 1e6], ["blocks", "Blocks", "the number of blocks"])
        .means(
            "Number of independent blocks of consecutive samples, such as pieces of a trajectory. 1: every sample is independent. 0: the correlation of the samples decides.",
        )
        .idle(is_no_density),
    Setting::text(at!(PotentialSettings | DensitySettings, support), FormGroup::Data, ["support", "Support", "the support"])
        .means("Bounds of the quantities of a density, beyond which it is zero: 0.. or 0..1 for all, or x=0..,y=0..10.")
        .absent("none")
        .idle(is_no_density),
];

fn is_no_density(context: &Context) -> Option<String> {
    let is_density = [Settings::OWN_JOINT, Settings::OWN_SAMPLES].contains(&context.benchmark);
    (!is_density).then(|| format!("on {}", context.benchmark))
}
