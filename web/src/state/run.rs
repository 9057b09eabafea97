//! The current run of the page.

use std::rc::Rc;

use super::form::difference;
use super::inspection::FitId;
use super::link::LinkView;
use super::phase::Phase;
use super::readout::truth;
use super::sketch::place;
use super::timeline::ParkedRun;
use super::view::{VIEW_NAMES, ViewId};
use multiwell::internal::controller::protocol::{Frame, Scene, UserTable};
use multiwell::internal::plot;
use multiwell::internal::plot::ticks::number;
use multiwell::internal::potentials::sketch::points::LAST_COLUMN;
use multiwell::internal::problem::settings::Settings;
use multiwell::internal::problem::settings::form::restarts;
use multiwell::internal::text::counted;

/// A scene with its numbers.
pub type SceneData = (Scene, Vec<f32>);

/// Last epoch and stop loss of a run before training was continued beyond them.
pub type FormerLimits = (u64, Option<f64>);

/// Origin of a run besides its settings.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The user's own table, if the run learns from one.
    pub table: Option<UserTable>,
    /// Address of the table, if a link named it.
    pub address: Option<String>,
    /// True if the run continues a model file.
    pub from_model: bool,
    /// True if a link or a model file of an older version of the recipe requested the run.
    pub is_older: bool,
    /// Limits of the run before training was continued beyond them.
    pub limits: Option<FormerLimits>,
}

/// The current run of the page: identity, settings, scene and newest frame.
#[derive(Debug, Default)]
pub struct ShownRun {
    /// Number of the run; 0 before the first run.
    pub number: u32,
    /// Worker that holds the run.
    pub worker: Option<u32>,
    /// Settings of the run.
    pub settings: Settings,
    /// Origin of the run besides its settings.
    pub origin: Origin,
    /// Scene of the run with its numbers, which are the same for all frames.
    pub scene: SceneData,
    /// Smallest and largest value of truth and data.
    pub bounds: Option<[f64; 2]>,
    /// Newest frame with its numbers.
    pub frame: Rc<(Frame, Vec<f32>)>,
    /// True if a frame of the run has arrived.
    pub has_frame: bool,
    /// Number of wells in the last frame outside stages that try changes.
    pub last_well_count: Option<usize>,
}

/// Name of the setting of intervals, which are computed from a finished fit.
pub const INTERVALS_SETTING: &str = "uncertainty";

impl ShownRun {
    /// Replaces settings and scene. Drops the frames of the former ones.
    pub fn replace(&mut self, settings: Settings, scene: SceneData) {
        self.settings = settings;
        self.set_scene(scene);
        (self.frame, self.has_frame, self.last_well_count) = Default::default();
    }

    /// Replaces the scene.
    pub fn set_scene(&mut self, scene: SceneData) {
        self.scene = scene;
        self.bounds = bounds(&self.scene);
    }

    /// Parks the run with this view for the timeline. `None` if no worker holds it.
    pub fn park(&mut self, shown: LinkView) -> Option<ParkedRun> {
        let worker = self.worker?;
        let samples = self.scene.0.rows.unwrap_or(self.scene.0.samples);
        let origin = std::mem::take(&mut self.origin);
        Some(ParkedRun { run: self.number, worker, settings: self.settings.clone(), origin, shown, ensemble: None, samples })
    }

    /// Returns true if the run accepts changes of settings without a restart.
    pub fn takes_changes(&self) -> bool {
        let frame = &self.frame.0;
        frame.takes_changes || frame.last_epoch == 0
    }

    /// Returns true if a change of the setting `name` starts a new run. Intervals can be changed in any run.
    pub fn restarts(&self, name: &str) -> bool {
        restarts(name) || !self.takes_changes() && name != INTERVALS_SETTING
    }

    /// Identifier of the fit in this phase of the page.
    pub fn fit_id(&self, phase: Phase) -> FitId {
        let metrics = &self.frame.0.metrics;
        (metrics.epochs, metrics.lm_steps, metrics.stages.len(), phase == Phase::Finished)
    }

    /// Returns true if the run fits a potential, so that it has wells and modes.
    pub fn is_potential(&self) -> bool {
        self.settings.potential().is_some()
    }

    /// Density of samples at a value of their potential.
    pub fn density_of(&self, psi: f64) -> f64 {
        let kt = self.settings.potential().and_then(|own| own.kt).unwrap_or(1.0);
        (-psi / kt).exp()
    }

    /// Returns true if a built-in view can show the run. True while this is unknown.
    pub fn supports(&self, view: ViewId) -> bool {
        let scene = &self.scene.0;
        let is_curve = scene.inputs == 0 || (scene.inputs == 1 && scene.points > 0);
        match view {
            ViewId::Landscape | ViewId::Physics => is_curve,
            ViewId::SoftMinimum => is_curve && scene.views.is_empty(),
            ViewId::Ensemble => self.is_potential(),
            ViewId::Own => false,
        }
    }

    /// Name of the default view.
    pub fn first_view(&self) -> &str {
        let built_in = || VIEW_NAMES.iter().find(|(_, view)| self.supports(*view)).map_or("", |(name, _)| name);
        self.scene.0.views.first().map_or_else(built_in, |tab| &tab.id)
    }

    /// Returns true if the run has a view of this name.
    pub fn has_view(&self, view: &str) -> bool {
        self.scene.0.views.iter().any(|tab| tab.id == view)
            || VIEW_NAMES.iter().any(|(name, one)| *name == view && self.supports(*one))
    }

    /// Columns of the drawing between the barriers of the fit on both sides of a column.
    pub fn well_around(&self, canvas: [[f64; 2]; 2], column: i32) -> [i32; 2] {
        let barriers = self.frame.0.saddles.iter().filter_map(|saddle| Some(place(canvas, (*saddle.x.first()?, 0.0))[0]));
        barriers.fold(
            [0, LAST_COLUMN],
            |[left, right], barrier| {
                if barrier <= column { [left.max(barrier), right] } else { [left, right.min(barrier)] }
            },
        )
    }

    /// Settings for other data. Restores the limits from before training was continued.
    pub fn settings_for(&self, benchmark: &str) -> Settings {
        let mut settings = self.settings.clone();
        if let Some((epochs, stop_loss)) = self.origin.limits {
            (settings.training.epochs, settings.training.stop_loss) = (epochs, stop_loss);
        }
        settings.moved_to(benchmark)
    }

    /// Returns true if the settings and the data determine the fit.
    pub fn follows_from_settings(&self) -> bool {
        !self.frame.0.altered && !self.origin.from_model
    }

    /// Sentence on the contents of a copied link to the run.
    pub fn share_sentence(&self) -> &'static str {
        if !self.follows_from_settings() {
            "Link copied. It contains the settings, but cannot replay this run, which was changed during training."
        } else if self.origin.table.is_some() && self.origin.address.is_none() {
            "Link copied. It contains the settings, but not your data."
        } else {
            "Link copied. It replays this run from its start, bit for bit."
        }
    }

    /// Title of the run: the table or the benchmark, and the changed settings.
    pub fn title(&self) -> String {
        let usual = Settings::on(self.settings.training.recipe, &self.settings.benchmark);
        let what = self.origin.table.as_ref().map_or_else(|| self.settings.data_name().to_owned(), |table| table.name.clone());
        [what, difference(&self.settings, &usual)].iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
    }

    /// Result of a finished run for screen readers.
    pub fn summary(&self) -> String {
        let metrics = &self.frame.0.metrics;
        let Some(fit) = metrics.potential() else {
            return metrics
                .wells()
                .filter(|&wells| wells > 0)
                .map_or_else(String::new, |wells| format!("{}.", counted(wells, "well")));
        };
        let error =
            if fit.density.is_some() { String::new() } else { format!("Root mean squared error {}, ", number(fit.rmse, 2)) };
        format!("{error}{}, {} responsible.", counted(fit.wells, "well"), counted(fit.responsible_modes, "mode"))
    }
}

/// Range of truth and data in a scene with one input. `None` without truth and data: the figure uses the range of the fit.
fn bounds(scene: &SceneData) -> Option<[f64; 2]> {
    let samples = scene.0.samples;
    let [x, y] = [0, samples].map(|start| scene.1.get(start..start + samples));
    plot::bounds(truth(scene), [x.filter(|_| scene.0.inputs == 1)?, y?])
}
