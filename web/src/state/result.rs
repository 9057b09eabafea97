//! The result of a run in one sentence, and the step of its training.

use super::app::State;
use super::phase::Phase;
use multiwell::internal::controller::protocol::Status;
use multiwell::internal::recipe::TrainingStep;
use multiwell::internal::text::counted;

impl State {
    /// The latest step that training has reached. `None` if training has ended.
    pub fn training_step(&self) -> Option<TrainingStep> {
        let frame = &self.run.frame.0;
        let is_active = self.run.has_frame && matches!(self.phase, Phase::Running | Phase::Paused);
        let current = frame.stage.as_ref().map_or(TrainingStep::TrainTogether, |stage| TrainingStep::of_stage(&stage.name));
        // A recipe may go back, for instance to other starts.
        let reached = frame.metrics.stages.iter().map(|stage| TrainingStep::of_stage(&stage.name));
        is_active.then(|| reached.fold(current, TrainingStep::max))
    }

    /// One sentence on the result: the modes that were offered, the wells that were found, and what is doubtful about them.
    pub fn result(&self) -> String {
        let frame = &self.run.frame.0;
        if !self.run.has_frame || self.is_draft() {
            return String::new();
        }
        let sentence = match &frame.status {
            Status::Diverged { sentence } => return sentence.clone(),
            Status::Finished { sentence } => Some(sentence),
            Status::Running | Status::Paused => None,
        };
        let Some(wells) = frame.metrics.wells() else { return sentence.cloned().unwrap_or_default() };
        let offered = counted(self.run.settings.training.modes, "convex bowl");
        if sentence.is_none() {
            // The picture marks these minima. During the trial of a removal the count of wells may be newer.
            let marked = frame.metrics.minima().iter().filter(|minimum| minimum.supported).count();
            return format!("{offered} → {} so far", counted(marked, "well"));
        }
        let found = counted(wells, "well");
        let doubts = self.doubts();
        let tail = if doubts.is_empty() { String::new() } else { format!("; {}", doubts.join(", ")) };
        format!("{offered} → {found} found{tail}")
    }

    /// Number of wells of the fit that the truth does not have.
    pub fn spurious_wells(&self) -> usize {
        let frame = &self.run.frame.0;
        let matched = frame.matches.iter().filter(|pair| pair.truth.is_some() && pair.fit.is_some()).count();
        let wells = frame.metrics.wells().filter(|_| !frame.matches.is_empty());
        wells.unwrap_or(0).saturating_sub(matched)
    }

    /// Doubts about the wells of a finished run, in words.
    fn doubts(&self) -> Vec<String> {
        let frame = &self.run.frame.0;
        let (minima, spurious) = (frame.metrics.minima(), self.spurious_wells());
        let missed = frame.matches.iter().filter(|pair| pair.fit.is_none()).count();
        let shared = minima.iter().filter(|minimum| minimum.supported && minimum.modes.len() > 1).count();
        let uncertain = minima.iter().filter(|minimum| !minimum.supported).count();
        let doubts = [
            (spurious, "not in the truth"),
            (missed, "of the truth not found"),
            (shared, "held by several bowls together"),
            (uncertain, "more uncertain"),
        ];
        let counted = doubts.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}"));
        let offered = self.run.settings.training.modes;
        let lack = (offered < frame.metrics.wells().unwrap_or(0)).then(|| "some bowls hold several: offer more modes".into());
        counted.chain(lack).collect()
    }
}
