use crate::controller::link;
use crate::controller::protocol::{Status, UserTable};
use crate::data::csv::Columns;
use crate::problem::frame::Freshness;
use crate::problem::job::{FitInputs, Job, JobFile};
use crate::problem::jobs;
use crate::problem::settings::{Dynamics, NamedChoice, Recipe, Settings};
use crate::problem::view::ViewState;

fn small(dynamics: Dynamics) -> Settings {
    let dynamics = dynamics.name();
    let settings = Settings::on(Recipe::Reliable, "metamaterial");
    settings.with(&format!("dynamics={dynamics}&samples=20&batch=8&epochs=6")).unwrap()
}

fn open(settings: Settings, model: Option<&str>) -> Box<dyn Job> {
    jobs::open(settings, FitInputs { table: None, model }).expect("it can be opened")
}

fn sentence(settings: Settings, given: FitInputs) -> String {
    jobs::open(settings, given).err().expect("refused").remove(0).sentence
}

fn table(text: &str) -> UserTable {
    let (run, time) = (Some("id".into()), Some("t".into()));
    let columns = Columns { run, time, inputs: vec!["u".into()], outputs: vec!["F".into()], ..Columns::default() };
    UserTable { name: "a.csv".into(), text: text.into(), columns, held: 0 }
}

#[test]
fn material_is_trained_viewed_finished_and_continued() {
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let mut job = open(small(dynamics), None);
        assert_eq!((job.advance(2), job.progress().epoch, job.ended().is_none()), (2, 2, true));
        let (frame, numbers) = job.frame(Freshness::Current);
        assert_eq!((frame.layout.history, numbers.len(), frame.metrics.epochs), (2, frame.layout.len(), 2));
        assert!(frame.metrics.errors().unwrap().0 > 0.0 && frame.metrics.loss().unwrap() > 0.0);
        for tab in job.tabs() {
            let state = ViewState { view: tab.id.clone(), ..ViewState::default() };
            assert!(job.view(&state).is_some_and(|view| !view.rows.is_empty()), "{}", tab.id);
        }
        assert_eq!((job.advance(100), job.progress().epoch), (4, 6));
        assert!(matches!(job.ended(), Some(Status::Finished { .. })));
        let longer = job.settings().with("epochs=8").unwrap();
        job.change(&longer).unwrap();
        assert_eq!((job.ended().is_none(), job.advance(100), job.settings()), (true, 2, &longer));
        assert!(job.change(&longer.with("seed=9").unwrap()).is_err());
        assert_eq!(job.file_text(JobFile::History).lines().count(), 9);
    }
}

#[test]
fn model_file_restores_dynamics_and_answers() {
    let mut job = open(small(Dynamics::Onsager), None);
    job.advance(3);
    let state = ViewState { view: "inside".into(), ..ViewState::default() };
    let (text, seen) = (job.file_text(JobFile::Model), job.view(&state));
    let mut again = open(Settings::default(), Some(&text));
    assert_eq!((again.settings(), again.progress().epoch), (job.settings(), 0));
    assert_eq!(again.view(&state), seen);
    assert!(
        sentence(Settings::default(), FitInputs { table: None, model: Some("{\"format\":\"multiwell-material\"}") })
            .contains("damaged")
    );
}

#[test]
fn rate_and_epochs_follow_dynamics_in_settings_and_links() {
    let play = Settings::on(Recipe::Reliable, "metamaterial");
    let node = play.with("dynamics=node").unwrap();
    assert_eq!((play.training.lr, play.training.epochs, node.training.lr, node.training.epochs), (2e-2, 1200, 3e-3, 1600));
    assert_eq!(link::write(&node), "benchmark=metamaterial&dynamics=node");
    assert_eq!(link::read("benchmark=metamaterial&dynamics=node"), (node.clone(), vec![]));
    let slow = node.with("lr=1e-3").unwrap();
    assert_eq!(link::read(&link::write(&slow)), (slow, vec![]));
}

#[test]
fn own_runs_are_learnt_or_refused() {
    let rows = (0..60).map(|k| format!("{},{},{},{}\n", k / 10, k % 10, f64::from(k * k % 7), f64::from(k % 5)));
    let text = rows.fold(String::from("id,t,u,F\n"), |text, row| text + &row);
    let own = {
        let mut s = small(Dynamics::Play);
        s.benchmark = Settings::OWN_TRAJECTORIES.into();
        s.training.epochs = 2;
        s
    };
    let good = table(&text);
    let mut job = jobs::open(own.clone(), FitInputs { table: Some(&good), model: None }).expect("good");
    assert_eq!(job.advance(5), 2);
    let tabs: Vec<String> = job.tabs().into_iter().map(|tab| tab.id).collect();
    assert_eq!(tabs, ["loops", "parity", "inside", "pad"]);
    for view in tabs {
        assert!(job.view(&ViewState { view, ..ViewState::default() }).is_some());
    }
    let bad = table(&text.replacen(",0,", ",zero,", 1));
    assert!(sentence(own.clone(), FitInputs { table: Some(&bad), model: None }).contains("not a number"));
    assert!(sentence(own, FitInputs::default()).contains("need a file"));
    assert!(
        sentence(small(Dynamics::Play).with("samples=3").unwrap(), FitInputs::default()).contains("at least 10 and at most 5000")
    );
}
