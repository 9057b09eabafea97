//! Settings that densities of one quantity and of several share. Each has a field in both.

use super::place::SettingField;
use super::setting::{At, Context, FormGroup, Setting};
use super::{DensitySettings, PotentialSettings, Settings};

/// Field of the blocks in the settings of joint densities and of densities of one quantity.
const BLOCKS_FIELD: At = (
    |part| {
        let of_joint = part.downcast_ref::<PotentialSettings>().map(|part| &part.blocks as &dyn SettingField);
        of_joint.or_else(|| part.downcast_ref::<DensitySettings>().map(|part| &part.blocks as _))
    },
    |part| {
        if part.is::<PotentialSettings>() {
            part.downcast_mut::<PotentialSettings>().map(|part| &mut part.blocks as _)
        } else {
            part.downcast_mut::<DensitySettings>().map(|part| &mut part.blocks as _)
        }
    },
);

/// Field of the support in the settings of joint densities and of densities of one quantity.
const SUPPORT_FIELD: At = (
    |part| match part.downcast_ref::<PotentialSettings>() {
        Some(own) => Some(&own.support as _),
        None => part.downcast_ref::<DensitySettings>().map(|own| &own.support as _),
    },
    |part| {
        if part.is::<PotentialSettings>() {
            part.downcast_mut::<PotentialSettings>().map(|own| &mut own.support as _)
        } else {
            part.downcast_mut::<DensitySettings>().map(|own| &mut own.support as _)
        }
    },
);

/// Descriptions of these settings.
pub(super) const SETTING_LIST: &[Setting] = &[
    Setting::whole(BLOCKS_FIELD, FormGroup::Data, [0.0, 1e6], ["blocks", "Blocks", "the number of blocks"])
        .means(
            "Number of independent blocks of consecutive samples, such as pieces of a trajectory. 1: every sample is independent. 0: the correlation of the samples decides.",
        )
        .idle(is_no_density),
    Setting::text(SUPPORT_FIELD, FormGroup::Data, ["support", "Support", "the support"])
        .means("Bounds of the quantities of a density, beyond which it is zero: 0.. or 0..1 for all, or x=0..,y=0..10.")
        .absent("none")
        .idle(is_no_density),
];

fn is_no_density(context: &Context) -> Option<String> {
    let is_density = [Settings::OWN_JOINT, Settings::OWN_SAMPLES].contains(&context.benchmark);
    (!is_density).then(|| format!("on {}", context.benchmark))
}
