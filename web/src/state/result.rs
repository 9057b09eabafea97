//! Result of a run in one sentence, and the current step of its training.

use super::app::State;
use super::phase::Phase;
use multiwell::internal::controller::protocol::Status;
use multiwell::internal::landscape::{Match, Minimum};
use multiwell::internal::plot::ticks::{determination, number, whole};
use multiwell::internal::problem::settings::OLDER_RECIPE;
use multiwell::internal::recipe::TrainingStep;
use multiwell::internal::text::counted;

/// Maximum number of words of the result with its doubts and of the note below it in the simple face, without the reference to the Lab.
const MAX_SIMPLE_WORDS: usize = 41;
/// Part of them that the hint on a drawing takes.
const HINT_WORDS: usize = 8;

/// First sentence of a text, or its part before a semicolon.
fn first_sentence(text: &str) -> String {
    let end = text.as_bytes().windows(2).position(|ends| matches!(ends, b". " | b"; "));
    end.map_or_else(|| text.into(), |end| [&text[..end], "."].concat())
}

impl State {
    /// Latest step that training has reached; `None` if training has ended.
    pub fn training_step(&self) -> Option<TrainingStep> {
        let frame = &self.run.frame.0;
        let is_active = self.run.has_frame && matches!(self.phase, Phase::Running | Phase::Paused);
        let current = frame.stage.as_ref().map_or(TrainingStep::TrainTogether, |stage| TrainingStep::of_stage(&stage.name));
        // A recipe may return to an earlier step, for instance to try other initializations.
        let reached = frame.metrics.stages.iter().map(|stage| TrainingStep::of_stage(&stage.name));
        is_active.then(|| reached.fold(current, TrainingStep::max))
    }

    /// Returns true if training has completed this step. A recipe without stages trains all modes together.
    pub fn has_completed(&self, step: TrainingStep) -> bool {
        let stages = &self.run.frame.0.metrics.stages;
        let has_stage = |step| stages.iter().any(|stage| TrainingStep::of_stage(&stage.name) == step);
        let is_only = stages.is_empty() && step == TrainingStep::TrainTogether;
        self.training_step().map_or(self.phase == Phase::Finished && (is_only || has_stage(step)), |current| step < current)
    }

    /// One sentence on the result: the number of modes, the number of wells, and doubts about them.
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
        let fit = frame
            .metrics
            .errors()
            .map_or_else(String::new, |(_, r2)| format!(", R²\u{a0}{}", determination(r2).replace(' ', "\u{a0}")));
        let Some(wells) = frame.metrics.wells() else {
            if self.is_untrained() {
                return "Response of the material, not yet learnt".into();
            }
            let so_far = if sentence.is_none() { " so far" } else { "" };
            return format!("Response of the material learnt{so_far}{fit} in runs held out");
        };
        let offered = counted(self.run.settings.training.modes, "convex bowl");
        if self.is_untrained() {
            return format!("{offered}, not yet trained");
        }
        if sentence.is_none() {
            let wells = self.run.last_well_count.unwrap_or_else(|| self.marked_wells());
            return format!("{offered} → {} so far", counted(wells, "well"));
        }
        if self.awaits_survey() {
            return format!("{offered} → {} so far{fit}; the wells are being checked", counted(wells, "well"));
        }
        let found = format!("{offered} → {} found{fit}", counted(wells, "well"));
        let mut doubts = self.doubts();
        if self.is_simple() {
            let words = |text: &str| text.split_whitespace().count();
            let (all, note) = (doubts.len(), words(&self.remarks()).max(words(&self.view_note())));
            let mut sum = words(&found) + note + if self.is_sketched() { HINT_WORDS } else { 0 };
            let fitting = doubts.iter().take_while(|doubt| {
                sum += words(doubt);
                sum <= MAX_SIMPLE_WORDS
            });
            doubts.truncate(fitting.count());
            doubts.extend((doubts.len() < all).then(|| "more doubts in the Lab".into()));
        }
        let tail = if doubts.is_empty() { String::new() } else { format!("; {}", doubts.join(", ")) };
        found + &tail
    }

    /// Returns true if a paused run has not begun: its picture is the initial state, whose minima are no result.
    pub fn is_untrained(&self) -> bool {
        self.phase == Phase::Paused && self.run.frame.0.metrics.epochs == 0 && !self.run.origin.from_model
    }

    /// Returns true if a finished fit of several inputs has no survey yet, which tells wells from dips.
    pub fn awaits_survey(&self) -> bool {
        let (frame, inspection) = (&self.run.frame.0, &self.inspection);
        let has_survey = inspection.survey.is_some() && inspection.survey_epoch >= frame.metrics.epochs;
        self.phase == Phase::Finished && self.run.is_potential() && self.run.scene.0.inputs > 1 && !has_survey
    }

    /// Number of minima that the picture marks as wells.
    fn marked_wells(&self) -> usize {
        self.run.frame.0.metrics.minima().iter().filter(|minimum| minimum.supported).count()
    }

    /// Records the number of wells, except in stages that try changes and may reject them.
    pub(super) fn count_wells(&mut self) {
        let is_trial = self.run.frame.0.stage.as_ref().is_some_and(|stage| {
            TrainingStep::is_trial(&stage.name) || Some(TrainingStep::of_stage(&stage.name)) < self.training_step()
        });
        if !is_trial {
            self.run.last_well_count = Some(self.marked_wells());
        }
    }

    /// Wells of a finished fit that the truth does not have, by their indices among the minima.
    pub fn spurious_wells(&self) -> Vec<usize> {
        let frame = &self.run.frame.0;
        let has_ended = matches!(frame.status, Status::Finished { .. }) && frame.selected_snapshot.is_none();
        let minima = frame.metrics.minima();
        let wells = frame.metrics.wells().filter(|_| has_ended && !frame.matches.is_empty());
        // A dip that noise explains is no well, even where the truth has one.
        let is_supported = |pair: &&Match| pair.fit.and_then(|fit| minima.get(fit)).is_some_and(|minimum| minimum.supported);
        let found = || frame.matches.iter().filter(is_supported);
        let matched = found().filter(|pair| pair.truth.is_some()).count();
        let alone = found().filter(|pair| pair.truth.is_none()).filter_map(|pair| pair.fit);
        // Barriers in several inputs are known after a survey. The minima with the lowest barriers are the spurious ones.
        let mut alone: Vec<usize> = alone.filter(|fit| minima[*fit].barrier.is_some()).collect();
        while alone.len() > wells.unwrap_or(0).saturating_sub(matched) {
            let barrier = |k: &usize| minima[alone[*k]].barrier.unwrap_or_default();
            let lowest = (0..alone.len()).reduce(|a, b| if barrier(&b) < barrier(&a) { b } else { a });
            alone.remove(lowest.unwrap_or_default());
        }
        alone
    }

    /// Returns true if the fit of a curve has minima that may not be wells.
    pub fn has_doubtful_wells(&self) -> bool {
        let are_unsure = self.run.frame.0.metrics.minima().iter().any(|minimum| !minimum.supported);
        self.run.scene.0.inputs == 1 && (are_unsure || !self.spurious_wells().is_empty())
    }

    /// Number of wells in words, for the number line.
    pub fn wells_in_words(&self, wells: usize) -> String {
        let (scene, spurious) = (&self.run.scene.0, self.spurious_wells().len());
        match (scene.has_truth, spurious) {
            (false, _) => wells.to_string(),
            // In several inputs the minima of a running fit are not yet judged.
            (true, 0) if wells > scene.minima.len() => format!("{wells}, unchecked"),
            (true, 0) => format!("{wells} of {}", scene.minima.len()),
            (true, _) => format!("{wells}, {spurious} uncertain"),
        }
    }

    /// Number of open gates in words. A finished run with more open gates than wells states the number of modes that hold wells.
    pub fn gates_in_words(&self, gates: usize) -> String {
        let metrics = &self.run.frame.0.metrics;
        let holds = |mode: &usize| metrics.minima().iter().any(|minimum| minimum.supported && minimum.modes.contains(mode));
        let at_wells = (0..self.run.frame.0.layout.modes).filter(holds).count();
        let is_explained = self.phase == Phase::Finished && at_wells > 0 && metrics.wells().is_some_and(|wells| gates > wells);
        if is_explained { format!("{gates}, {at_wells} at wells") } else { gates.to_string() }
    }

    /// Warnings about wells of a finished fit: those that the truth does not have, with their intervals, and more wells than modes.
    pub fn well_warnings(&self) -> Vec<String> {
        let (scene, metrics) = (&self.run.scene.0, &self.run.frame.0.metrics);
        let (minima, spurious) = (metrics.minima(), self.spurious_wells());
        let interval = |half: f64| format!(" ± {}", number(half, 2));
        let name = |&fit: &usize| {
            let minimum = &minima[fit];
            let place = minimum.x.iter().map(|x| number(*x, 3)).collect::<Vec<_>>().join(", ");
            let (inputs, barrier) = (scene.names[..scene.inputs].join(", "), minimum.shown_barrier().unwrap_or_default());
            let bars = minimum.bars().filter(|_| scene.inputs == 1);
            let of_place = bars.map_or_else(String::new, |bars| interval(bars[0]));
            let height = number(barrier, 3);
            let sureness = match minimum.barrier_interval {
                Some([low, high]) => {
                    let relation = if low > 0.0 { "exceeds" } else { "is within" };
                    format!(", {height}{}, {relation} the noise at 90 %", interval(high - barrier))
                }
                None if minimum.barrier_bound.is_some() => format!(" is at least {height}"),
                None if minimum.undetermined => format!(" is {height}, and the data do not determine its error"),
                None => format!(" is {height}, with an unknown error"),
            };
            format!("The well at {inputs} = {place}{of_place} is not in the truth: its barrier{sureness}.")
        };
        let offered = self.run.settings.training.modes;
        let wells = metrics.wells().filter(|wells| *wells > offered && self.phase == Phase::Finished);
        let lack = wells.map(|wells| format!("{wells} wells need more than {}: offer more.", counted(offered, "mode")));
        spurious.iter().map(name).chain(lack).collect()
    }

    /// Remarks on the use of the fit: warnings, then reasons for which the link cannot replay the run. The simple face has the first sentence.
    pub fn remarks(&self) -> String {
        let (run, of_wells) = (&self.run, self.well_warnings());
        let note = if run.origin.from_model {
            "Continued from a model file: the link cannot replay this run."
        } else if run.frame.0.altered {
            "Changed during training: the link cannot replay this run."
        } else if run.settings.has_own_data() && run.origin.address.is_none() && run.has_frame {
            "The link does not contain your data."
        } else {
            ""
        };
        let older = if run.origin.is_older { OLDER_RECIPE } else { "" };
        let warnings = of_wells.iter().chain(&run.frame.0.metrics.warnings).map(String::as_str);
        let remarks: Vec<&str> = warnings.chain([older, note]).filter(|text| !text.is_empty()).collect();
        let Some(first) = remarks.first().filter(|_| self.is_simple()) else { return remarks.join(" ") };
        let sentence = first_sentence(first);
        match remarks.len() - usize::from(sentence.len() == first.len()) {
            0 => sentence,
            more => format!("{sentence} {} in the Lab.", counted(more, "more remark")),
        }
    }

    /// Note on the current view. The simple face has its first sentence.
    pub fn view_note(&self) -> String {
        let note = &self.views.own.seen.note;
        if self.is_simple() { first_sentence(note) } else { note.clone() }
    }

    /// Explanation of the lower bound of a barrier; empty for other barriers.
    pub fn barrier_bound(&self, minimum: &Minimum) -> String {
        if minimum.barrier_bound.is_none() {
            return String::new();
        }
        if self.run.frame.0.metrics.potential().is_some_and(|own| own.density.is_some()) {
            return "A lower bound: the lowest pass lies at the edge of the data or has too few samples around it.".into();
        }
        let saddles = self.inspection.survey.iter().flat_map(|survey| &survey.saddles);
        let rise = saddles.map(|saddle| saddle.value - minimum.value).filter(|rise| *rise > 0.0).reduce(f64::min);
        let saddle = rise.map_or_else(String::new, |rise| format!("; the lowest saddle is {} above it", number(rise, 3)));
        format!("A lower bound: the lowest way out of this well ends at the edge of the data{saddle}.")
    }

    /// Doubts about the wells of a finished run, in words.
    fn doubts(&self) -> Vec<String> {
        let frame = &self.run.frame.0;
        let (minima, spurious) = (frame.metrics.minima(), self.spurious_wells().len());
        let missed = frame.matches.iter().filter(|pair| pair.fit.is_none()).count();
        let holders = minima.iter().filter(|minimum| minimum.supported).map(|minimum| minimum.modes.len());
        let shared: Vec<usize> = holders.filter(|modes| *modes > 1).collect();
        let uncertain = minima.iter().filter(|minimum| !minimum.supported).count();
        let doubts = [(spurious, "not in the truth"), (missed, "of the truth not found"), (uncertain, "more uncertain")];
        let listed = doubts.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}"));
        let [least, most] = [shared.iter().min(), shared.iter().max()].map(|modes| modes.copied().unwrap_or(0));
        let together = match shared.len() {
            0 => None,
            1 => Some(format!("1 well held by {most} bowls together")),
            wells if least == most => Some(format!("{wells} wells held by {most} bowls each")),
            wells => Some(format!("{wells} wells held by {least} to {most} bowls each")),
        };
        let offered = self.run.settings.training.modes;
        let lack = (offered < frame.metrics.wells().unwrap_or(0)).then(|| "some bowls hold several: offer more modes".into());
        let is_cut = frame.metrics.potential().is_some() && frame.last_epoch > 0 && frame.metrics.epochs >= frame.last_epoch;
        let limit = is_cut.then(|| format!("training stopped at the limit of {} epochs", whole(frame.last_epoch)));
        listed.chain(together).chain(lack).chain(limit).collect()
    }
}
