//! A material with memory as a job. An epoch is a pass over the trajectories that it is trained on.

use super::file::{FORMAT, MaterialFile};
use super::model::Answer;
use super::{MetamaterialRun, MetamaterialSettings};
use crate::data::csv::{Roles, read_trajectories};
use crate::plot::ticks::whole;
use crate::problem::benchmarks::{Benchmark, Given, Opened, in_systems, shape_in_systems};
use crate::problem::frame::{Frame, Layout, Scene};
use crate::problem::job::Job;
use crate::problem::material::views::Material;
use crate::problem::settings::{Dynamics, FixedPhase, InvalidSetting, MaterialSettings, Problem, Settings, Structural};
use crate::problem::view::{Tab, View, ViewState};
use crate::problem::{Metrics, Report, State};
use crate::recipe::Training;
use crate::train::History;

/// The benchmark.
pub const METAMATERIAL: Benchmark = Benchmark {
    id: "metamaterial",
    name: "Metamaterial",
    sentence: "A material of two phases with memory, learnt from its stress alone along paths of strain.",
    apply_defaults,
    unused: &["recipe", "modes", "epsilon", "gate-lr", "schedule", "stop-loss"],
    format: FORMAT,
    own: false,
    parts: &[],
    take_shape: shape_in_systems(take_shape),
    open: in_systems(open),
};

/// Runs of a user's own.
pub const OWN: Benchmark = Benchmark {
    id: Settings::OWN_TRAJECTORIES,
    name: "Your own trajectories",
    sentence: "A potential with memory, learnt from runs in time: their inputs, and what does work on them.",
    unused: &["recipe", "modes", "epsilon", "gate-lr", "schedule", "stop-loss", "samples"],
    own: true,
    parts: &["run", "time", "input", "output"],
    ..METAMATERIAL
};

fn apply_defaults(settings: &mut Settings) {
    settings.problem = Problem::Material(MaterialSettings::default());
    settings.training.epsilon = 0.0;
    settings.training.modes = 2;
    settings.data.samples = MetamaterialSettings::of(Dynamics::Play, false).trajectories;
    default_training(settings);
}

/// The training that goes with the dynamics of these settings.
pub fn default_training(settings: &mut Settings) {
    let Problem::Material(own) = &settings.problem else { return };
    let own = MetamaterialSettings::of(own.dynamics, false);
    let (lr, epochs, hidden) = (own.lr, own.steps / own.steps_of_an_epoch(), own.hidden);
    settings.training = Training { hidden, lr, epochs, ..settings.training.clone() };
}

/// The settings as the run knows them, whose pass over the data takes so many steps.
pub fn settings_of(settings: &Settings, runs: usize) -> MetamaterialSettings {
    let Problem::Material(material) = &settings.problem else { return MetamaterialSettings::of(Dynamics::Play, false) };
    let Training { seed, lr, hidden, epochs, .. } = settings.training.clone();
    let &MaterialSettings { dynamics, fixed_phase, structural, amplitude, period, batch } = material;
    let (data_seed, fixed) = (settings.data.seed, fixed_phase == FixedPhase::Yes);
    let own = MetamaterialSettings::of(dynamics, fixed);
    let structural = match structural {
        Structural::Auto => own.structural || settings.benchmark == OWN.id,
        structural => structural == Structural::Yes,
    };
    let own =
        MetamaterialSettings { trajectories: runs, data_seed, seed, batch, lr, hidden, amplitude, period, structural, ..own };
    MetamaterialSettings { steps: epochs * own.steps_of_an_epoch(), ..own }
}

/// Dynamics, widths and invariants of a model file.
fn take_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    let file = MaterialFile::read(text).map_err(|e| e.to_string())?;
    settings.choose_dynamics(file.dynamics);
    settings.training.hidden.clone_from(&file.hidden);
    let is_structural = settings_of(settings, settings.data.samples).structural;
    if let Some(own) = settings.material_mut().filter(|_| is_structural != file.features.structural) {
        own.structural = if file.features.structural { Structural::Yes } else { Structural::No };
    }
    Ok(())
}

fn open(mut settings: Settings, given: Given) -> Opened {
    let refused = |sentence: String| vec![InvalidSetting::new("", sentence)];
    let file = given.model.map(MaterialFile::read).transpose().map_err(|e| refused(e.to_string()))?;
    if let Some(text) = given.model {
        take_shape(&mut settings, text).map_err(refused)?;
    }
    let mut run = if settings.benchmark == OWN.id {
        let Some(table) = given.table else {
            return Err(refused("Your own trajectories need a file: open or drop one.".into()));
        };
        let one = |part: &str| table.columns(part).into_iter().next().unwrap_or_default();
        let (run, time, outputs) = (one("run"), one("time"), table.columns("output"));
        let roles = Roles { run, time, inputs: table.inputs.clone(), outputs };
        let data = read_trajectories(&table.name, table.text.as_bytes(), &roles).map_err(|e| refused(e.to_string()))?;
        settings.data.samples = data.tracks.len();
        MetamaterialRun::on(settings_of(&settings, data.tracks.len()), data)
    } else {
        let [fewest, most] = MetamaterialSettings::TRAJECTORIES;
        if !(fewest..=most).contains(&settings.data.samples) {
            let sentence =
                format!("samples must be at least {fewest} and at most {most} here: trajectories, of which a fifth is held out");
            return Err(vec![InvalidSetting::new("samples", sentence)]);
        }
        MetamaterialRun::new(settings_of(&settings, settings.data.samples))
    };
    if let Some(file) = &file {
        run.go_on_from(file).map_err(refused)?;
    }
    Ok(Box::new(MaterialJob::new(run, settings)))
}

/// A run with its settings, its history and its views.
struct MaterialJob {
    run: MetamaterialRun,
    settings: Settings,
    history: History,
    ended: Option<State>,
    altered: bool,
    /// The epoch of the last report, and what was answered along all that is held out.
    judged: Option<(u64, Report)>,
    answer: Answer,
    views: Material,
}

impl MaterialJob {
    fn new(run: MetamaterialRun, settings: Settings) -> Self {
        let views = Material::new(&run);
        Self {
            run,
            settings,
            history: History::default(),
            ended: None,
            altered: false,
            judged: None,
            answer: Answer::default(),
            views,
        }
    }

    /// The report and the answer behind it, of this epoch: it takes a part of the time that the epoch took.
    fn evaluation(&mut self) -> Report {
        let epoch = self.epoch();
        if let Some((_, report)) = self.judged.as_ref().filter(|(of, _)| *of == epoch) {
            return report.clone();
        }
        let held_out = self.run.held_out().to_vec();
        self.answer = self.run.answer(&held_out, false);
        let found = self.run.report_of(&self.answer);
        let report = Report {
            benchmark: found.benchmark,
            seed: found.seed,
            data_seed: found.data_seed,
            epochs: epoch,
            loss: found.loss,
            mse: found.loss,
            rmse: found.rmse_s11,
            r2: found.r2_s11,
            r2_components: found.r2,
            rmse_components: found.rmse,
            rho: f64::NAN,
            ms_per_epoch: 1e3 * found.seconds / epoch.max(1) as f64,
            seconds: found.seconds,
            finite: found.finite,
            ..Report::default()
        };
        self.judged = Some((epoch, report.clone()));
        report
    }
}

impl Job for MaterialJob {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn epoch(&self) -> u64 {
        self.run.epoch()
    }

    fn seconds(&self) -> f64 {
        self.run.seconds()
    }

    fn advance(&mut self, epochs: u64) -> u64 {
        let first = self.epoch();
        for _ in 0..epochs {
            if self.ended.is_some() {
                break;
            }
            self.run.advance(1);
            let (epoch, loss) = (self.epoch(), self.run.loss());
            if let Some(divergence) = self.run.divergence() {
                self.history.rewind(divergence.back_to);
                self.ended = Some(State::Diverged { sentence: divergence.sentence() });
                break;
            }
            self.history.note(epoch, loss, Default::default);
            if epoch >= self.settings.training.epochs {
                self.ended = Some(State::Finished { sentence: format!("Reached epoch {}.", whole(epoch)) });
            }
        }
        self.epoch().saturating_sub(first)
    }

    fn ended(&self) -> Option<&State> {
        self.ended.as_ref()
    }

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        let Training { lr, epochs, .. } = settings.training;
        let training = Training { lr, epochs, ..self.settings.training.clone() };
        let tuned = Settings { training, ..self.settings.clone() };
        if tuned != *settings {
            return Err(vec![InvalidSetting::new("", "This change needs a new run: restart to apply it.")]);
        }
        if tuned != self.settings {
            self.altered |= self.epoch() > 0;
            self.run.change(lr, epochs * self.run.settings().steps_of_an_epoch());
            let epoch = self.epoch();
            let sentence = format!("Reached epoch {}.", whole(epoch));
            self.ended = (epoch >= epochs).then_some(State::Finished { sentence });
            self.settings = tuned;
        }
        Ok(())
    }

    fn metrics(&mut self, _: &dyn Fn() -> bool) -> Metrics {
        Metrics::Material(self.run.report())
    }

    fn report(&mut self) -> Report {
        self.evaluation()
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let data = self.run.data();
        let scene = Scene {
            samples: 0,
            // A potential of strain and memory: there is no curve on a line to draw.
            inputs: data.inputs.len() + 1,
            names: data.inputs.iter().chain(data.outputs.first()).cloned().collect(),
            has_truth: !self.run.truth().is_empty(),
            views: self.tabs(),
            ..Scene::default()
        };
        (scene, Vec::new())
    }

    fn frame(&mut self, _patience: f64) -> (Frame, Vec<f32>) {
        let report = self.evaluation();
        let entries = self.history.entries();
        let column = |of: fn(&crate::train::history::Entry) -> f64| entries.iter().map(move |e| of(e) as f32);
        let mut numbers: Vec<f32> = column(|e| e.epoch as f64).chain(column(|e| e.loss_low)).collect();
        numbers.extend(column(|e| e.loss_high));
        // Counts of modes, gates and sharpness mean nothing here.
        numbers.resize(6 * entries.len(), 0.0);
        let frame = Frame {
            status: self.ended.clone().unwrap_or_default(),
            last_epoch: self.settings.training.epochs,
            report,
            altered: self.altered,
            layout: Layout { points: 0, modes: 0, history: entries.len() },
            ..Frame::default()
        };
        (frame, numbers)
    }

    fn model_text(&self) -> String {
        MaterialFile { settings: Some(self.settings.kept()), ..self.run.file() }.write()
    }

    fn history_csv(&self) -> String {
        let lines = self.history.entries().iter().map(|e| format!("{},{:e},{:e}\n", e.epoch, e.loss_low, e.loss_high));
        std::iter::once("epoch,loss_low,loss_high\n".to_string()).chain(lines).collect()
    }

    fn tabs(&self) -> Vec<Tab> {
        self.views.tabs()
    }

    fn view(&mut self, state: &ViewState) -> Option<View> {
        self.evaluation();
        self.views.view(&mut self.run, &self.answer, state)
    }
}

#[cfg(test)]
mod tests {
    use crate::controller::link;
    use crate::controller::protocol::{Status, Table};
    use crate::problem::benchmarks::{self, Given};
    use crate::problem::job::Job;
    use crate::problem::settings::{Choice, Dynamics, Recipe, Settings};
    use crate::problem::view::ViewState;

    fn small(dynamics: Dynamics) -> Settings {
        let dynamics = dynamics.name();
        let settings = Settings::on(Recipe::Reliable, "metamaterial");
        settings.with(&format!("dynamics={dynamics}&samples=20&batch=8&epochs=6")).unwrap()
    }

    fn open(settings: Settings, model: Option<&str>) -> Box<dyn Job> {
        benchmarks::open(settings, Given { table: None, model }).expect("it can be opened")
    }

    fn sentence(settings: Settings, given: Given) -> String {
        benchmarks::open(settings, given).err().expect("refused").remove(0).sentence
    }

    fn table(text: &str) -> Table {
        let others = [("run", "id"), ("time", "t"), ("output", "F")].map(|(part, name)| (part.into(), name.into()));
        Table { name: "a.csv".into(), text: text.into(), inputs: vec!["u".into()], others: others.to_vec(), ..Table::default() }
    }

    #[test]
    fn a_fit_is_trained_looked_at_to_the_end_and_gone_on_with() {
        for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
            let mut job = open(small(dynamics), None);
            assert_eq!((job.advance(2), job.epoch(), job.ended().is_none()), (2, 2, true));
            let (frame, numbers) = job.frame(0.0);
            assert_eq!((frame.layout.history, numbers.len(), frame.report.epochs), (2, frame.layout.len(), 2));
            assert!(frame.report.rmse > 0.0 && frame.report.loss > 0.0 && frame.report.rho.is_nan());
            for tab in job.tabs() {
                let state = ViewState { view: tab.id.clone(), ..ViewState::default() };
                assert!(job.view(&state).is_some_and(|view| !view.rows.is_empty()), "{}", tab.id);
            }
            assert_eq!((job.advance(100), job.epoch()), (4, 6));
            assert!(matches!(job.ended(), Some(Status::Finished { .. })));
            let longer = job.settings().with("epochs=8").unwrap();
            job.change(&longer).unwrap();
            assert_eq!((job.ended().is_none(), job.advance(100), job.settings()), (true, 2, &longer));
            assert!(job.change(&longer.with("seed=9").unwrap()).is_err());
            assert_eq!(job.history_csv().lines().count(), 9);
        }
    }

    #[test]
    fn a_model_file_brings_its_dynamics_and_its_answers() {
        let mut job = open(small(Dynamics::Onsager), None);
        job.advance(3);
        let state = ViewState { view: "inside".into(), ..ViewState::default() };
        let (text, seen) = (job.model_text(), job.view(&state));
        let mut again = open(Settings::default(), Some(&text));
        assert_eq!((again.settings(), again.epoch()), (job.settings(), 0));
        assert_eq!(again.view(&state), seen);
        assert!(
            sentence(Settings::default(), Given { table: None, model: Some("{\"format\":\"multiwell-material\"}") })
                .contains("damaged")
        );
    }

    #[test]
    fn rate_and_epochs_follow_the_dynamics_in_settings_and_links() {
        let play = Settings::on(Recipe::Reliable, "metamaterial");
        let node = play.with("dynamics=node").unwrap();
        assert_eq!((play.training.lr, play.training.epochs, node.training.lr, node.training.epochs), (2e-2, 1200, 3e-3, 1600));
        assert_eq!(link::write(&node), "benchmark=metamaterial&dynamics=node");
        assert_eq!(link::read("benchmark=metamaterial&dynamics=node"), (node.clone(), vec![]));
        let slow = node.with("lr=1e-3").unwrap();
        assert_eq!(link::read(&link::write(&slow)), (slow, vec![]));
    }

    #[test]
    fn runs_of_a_users_own_are_learnt_or_refused_in_a_sentence() {
        let rows = (0..60).map(|k| format!("{},{},{},{}\n", k / 10, k % 10, f64::from(k * k % 7), f64::from(k % 5)));
        let text = rows.fold(String::from("id,t,u,F\n"), |text, row| text + &row);
        let own = {
            let mut s = small(Dynamics::Play);
            s.benchmark = Settings::OWN_TRAJECTORIES.into();
            s.training.epochs = 2;
            s
        };
        let good = table(&text);
        let mut job = benchmarks::open(own.clone(), Given { table: Some(&good), model: None }).expect("good");
        assert_eq!(job.advance(5), 2);
        let tabs: Vec<String> = job.tabs().into_iter().map(|tab| tab.id).collect();
        assert_eq!(tabs, ["loops", "parity", "inside", "pad"]);
        for view in tabs {
            assert!(job.view(&ViewState { view, ..ViewState::default() }).is_some());
        }
        let bad = table(&text.replacen(",0,", ",zero,", 1));
        assert!(sentence(own.clone(), Given { table: Some(&bad), model: None }).contains("not a number"));
        assert!(sentence(own, Given::default()).contains("need a file"));
        assert!(
            sentence(small(Dynamics::Play).with("samples=3").unwrap(), Given::default()).contains("at least 10 and at most 5000")
        );
    }
}
