//! Records of messages to the page: scenes, frames, views, and replies about a run that a worker trains. Links that are read and written are
//! recorded, too.
//!
//! These cases call the library. Only this file has the names of its types. The record of a view has no names of fields and types, so that they can
//! be renamed.

use multiwell::internal::controller::Controller;
use multiwell::internal::controller::link;
use multiwell::internal::controller::protocol::{Reply, Request, UserTable};
use multiwell::internal::data::csv::Columns;
use multiwell::internal::problem::Metrics;
use multiwell::internal::problem::view::{ControlKind, View, ViewState};
use serde::Serialize;
use serde_json::{Value, json};

use crate::record::{self, Digest};
use crate::{GoldenWork, tables};

/// Runs: the link of each and the number of epochs before its first record. The text after a colon is the table of the training data, or the model
/// file with which training begins.
const RECORDED_RUNS: &[(&str, &str, u64)] = &[
    ("double", "benchmark=double-well&modes=4&hidden=6,6&epochs=1500", 300),
    ("cosine-paper", "modes=5&hidden=8&epochs=600&recipe=paper&lr=1e-2&schedule=cosine", 200),
    ("three", "benchmark=three-well&modes=5&epochs=1500&noise=0.02", 400),
    ("random", "benchmark=random-wells&modes=5&hidden=8&epochs=800&target-kind=kinked&target-seed=3", 150),
    ("soft-parabolas", "benchmark=soft-parabolas-10&modes=4&hidden=8&epochs=800", 150),
    ("mechanochemical", "benchmark=mechanochemical&modes=5&hidden=8,8&epochs=120", 40),
    ("gene", "benchmark=gene-circuit&modes=4&hidden=8&epochs=200", 60),
    ("gene-exchange", "benchmark=gene-circuit&modes=3&hidden=6&epochs=150&b=1&symmetry=exchange", 40),
    ("schlogl", "benchmark=schlogl&epochs=40&samples=60&decay=1&pooling=later", 150),
    ("metamaterial", "benchmark=metamaterial&epochs=3&samples=30&hidden=8", 1),
    ("metamaterial-onsager", "benchmark=metamaterial&dynamics=onsager&epochs=2&samples=30", 1),
    ("metamaterial-node", "benchmark=metamaterial&dynamics=node&epochs=2&samples=30", 1),
    ("metamaterial-fixed", "benchmark=metamaterial&fixed-phase=yes&epochs=3&samples=30", 1),
    ("own-line:line.csv", "benchmark=own-data&modes=3&hidden=6&epochs=500", 100),
    ("own-plane:plane.csv", "benchmark=own-data&modes=3&hidden=6&epochs=400&scaling=standard", 80),
    ("own-slope:gaps.csv", "benchmark=own-data&modes=3&hidden=6&epochs=120&scaling=standard&value-weight=1", 30),
    ("own-samples:times.csv", "benchmark=own-samples&modes=3&epochs=40&decay=1", 60),
    ("file-potential:potential.json", "", 50),
    ("file-gradient:gradient.json", "", 30),
    ("file-schlogl:schlogl.json", "", 50),
    ("file-material:material.json", "", 1),
    ("own-trajectories:runs.csv", "benchmark=own-trajectories&epochs=3", 1),
];

/// Links that have been shared. Their meaning must not change.
const RECORDED_LINKS: &[&str] = &[
    "",
    "#modes=5&lr=3e-3",
    "benchmark=double-well&modes=20&hidden=20,20&epsilon=1e-3&recipe=paper",
    "benchmark=three-well&recipe=paper&lr=1e-2&gate-lr=1e-2&schedule=cosine&epochs=5000&stop-loss=1e-6",
    "benchmark=random-wells&target-kind=gaussians&target-seed=12&noise=0.05&samples=500&sampling=grid",
    "benchmark=soft-parabolas-1e3&epsilon=0&scaling=standard&recipe=paper",
    "benchmark=mechanochemical&recipe=paper&skip=quartic&hidden=30",
    "benchmark=gene-circuit&b=0.1&symmetry=exchange&skip=quadratic",
    "benchmark=schlogl&c1=2.5e-7&c2=1.2e-4&c3=1.1e-3&c4=3.4&pooling=later&start=last&decay=2&kl=0.01",
    "benchmark=schlogl&start=fresh&decay=auto",
    "benchmark=metamaterial&dynamics=onsager&fixed-phase=yes&structural=no&batch=16",
    "benchmark=metamaterial&dynamics=node&amplitude=0.2&period=30&samples=100&seed=3&data-seed=4",
    "dynamics=node&benchmark=metamaterial&lr=1e-3&epochs=10",
    "benchmark=own-data&modes=4",
    "benchmark=own-samples&modes=4&decay=0.5",
    "benchmark=own-trajectories&dynamics=onsager",
    "benchmark=no-well&modes=7",
    "modes=0&epsilon=2&hidden=300,x&lr=word&nonsense=1&seed=1&seed=2",
    "#hidden=8%2C%209&benchmark=three%2dwell& modes = 5 &lr=1E-2",
];

/// All cases of this file.
pub fn all() -> impl Iterator<Item = (String, GoldenWork)> {
    let runs = RECORDED_RUNS.iter().map(|&(name, link, epochs)| {
        let (name, table) = name.split_once(':').unwrap_or((name, ""));
        (format!("views-{name}"), Box::new(move || run(link, table, epochs)) as GoldenWork)
    });
    runs.chain(std::iter::once(("links".to_string(), Box::new(links) as GoldenWork)))
}

/// Each link after reading and writing, and the messages about it.
fn links() -> Value {
    let shared = RECORDED_LINKS.iter().copied().chain(RECORDED_RUNS.iter().map(|run| run.1));
    let read = |text: &str| {
        let (settings, problems) = link::read(text);
        let written = link::write(&settings);
        let (again, _) = link::read(&written);
        assert_eq!(link::write(&again), written, "{text} is not the same when it has been read twice");
        assert_eq!(again, settings, "{written} does not carry all settings of {text}");
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        json!({ "link": text, "written": written, "said": said })
    };
    shared.map(read).collect()
}

fn is_table(name: &str) -> bool {
    name.ends_with("csv")
}

/// Columns of a table of training data.
fn table(name: &str) -> Option<UserTable> {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let target = Some("y".into());
    let columns = match name {
        name if !is_table(name) => return None,
        "plane.csv" => Columns { inputs: list(&["u", "v"]), target, ..Columns::default() },
        "gaps.csv" => Columns { inputs: list(&["u", "v"]), target, gradient: list(&["fu", "fv"]), ..Columns::default() },
        "runs.csv" => {
            let (run, time) = (Some("run".into()), Some("t".into()));
            Columns { run, time, inputs: list(&["e"]), outputs: list(&["s"]), ..Columns::default() }
        }
        _ => Columns::default(),
    };
    Some(UserTable { name: name.into(), text: tables::text(name), columns, held: 0 })
}

/// Trains a run with a controller, and records its messages during the training and at the end.
fn run(link: &str, name: &str, epochs: u64) -> Value {
    let (settings, _) = link::read(link);
    let mut controller = Controller::default();
    let model = (!name.is_empty() && !is_table(name)).then(|| tables::text(name));
    let started = controller.answer(Request::Start { run: 1, settings, table: table(name), model, running: true });
    let mut recorded = json!({ "link": link, "scene": replies(&started) });
    controller.train(epochs);
    controller.answer(Request::Pause);
    let views: Vec<String> = match &started[..] {
        [(Reply::Scene { scene, .. }, _), ..] => scene.views.iter().map(|tab| tab.id.clone()).collect(),
        other => panic!("{link}: {other:?}"),
    };
    recorded["on the way"] = shown(&mut controller, &views);
    controller.answer(Request::Go);
    while controller.is_training() {
        controller.train(1000);
    }
    recorded["at the end"] = shown(&mut controller, &views);
    // Mode 1 is the last remaining mode of the model file.
    recorded["answers"] = answers(&mut controller, usize::from(!link.is_empty()));
    recorded
}

/// The current frame and every view.
fn shown(controller: &mut Controller, views: &[String]) -> Value {
    let frame = match controller.frame() {
        Some((Reply::Frame { frame, .. }, numbers)) => {
            let numbers: Vec<f64> = numbers.iter().map(|&v| f64::from(v)).collect();
            let report = numbers_of(&frame.metrics);
            let (stage, largest_responsibilities) =
                (frame.stage.map(|stage| (stage.name, stage.done, stage.of)), &frame.largest_responsibilities);
            let critical = [digest(&frame.saddles), digest(&frame.matches)];
            let curves = record::condensed(&numbers);
            json!({
                "report": report, "last epoch": frame.last_epoch, "stage": stage, "reach": largest_responsibilities, "critical": critical,
                "layout": [frame.layout.points, frame.layout.modes, frame.layout.history], "curves": curves,
            })
        }
        other => panic!("no frame: {other:?}"),
    };
    let views: Value = views.iter().map(|view| (view.clone(), seen(controller, view))).collect::<serde_json::Map<_, _>>().into();
    json!({ "frame": frame, "views": views })
}

/// Numbers of a frame that apply to its run, without nulls and empty lists. They are the output of `--json`, and the further numbers of the page.
fn numbers_of(metrics: &Metrics) -> Value {
    let mut all = serde_json::to_value(metrics.json()).expect("JSON");
    all["minima"] = serde_json::to_value(metrics.minima()).expect("JSON");
    if metrics.potential().is_none() {
        let (loss, errors, wells) = (metrics.loss(), metrics.errors(), metrics.wells());
        all["shown"] = json!({ "epochs": metrics.epochs, "loss": loss, "errors": errors, "wells": wells });
    }
    let Value::Object(fields) = record::value(all) else { panic!("metrics are an object") };
    let is_present = |(_, value): &(String, Value)| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
    fields.into_iter().filter(is_present).collect::<serde_json::Map<_, _>>().into()
}

/// A view in its initial state, and with each of its controls changed.
fn seen(controller: &mut Controller, view: &str) -> Value {
    let mut show = |controls: Vec<(String, f64)>, touches: Vec<(usize, f64, f64)>| {
        controller.answer(Request::ViewState(Some(ViewState { view: view.into(), controls, touches, part: None })));
        while controller.is_working() {
            controller.work();
        }
        match controller.view() {
            Some(Reply::View { view, .. }) => *view,
            other => panic!("{view}: {other:?}"),
        }
    };
    let plain = show(Vec::new(), Vec::new());
    let turned = plain.controls.iter().map(|control| {
        let value = match &control.kind {
            ControlKind::Slide { range, .. } | ControlKind::Play { range, .. } => range[0] + 0.375 * (range[1] - range[0]),
            ControlKind::Choose(words) => words.len() as f64 - 1.0,
        };
        (control.id.clone(), value)
    });
    let turned: Vec<(String, f64)> = turned.collect();
    let mut all = serde_json::Map::new();
    all.insert("plain".into(), parts(&plain));
    for control in turned {
        let name = format!("{} at {}", control.0, control.1);
        all.insert(name, parts(&show(vec![control], Vec::new())));
    }
    all.insert("touched".into(), parts(&show(Vec::new(), vec![(0, 0.25, 0.5), (0, 0.5, 0.25)])));
    all.into()
}

/// Numbers of each picture of a view, of its controls and of its table, without columns of measured times.
fn parts(view: &View) -> Value {
    let plots: Vec<Vec<Value>> = view.rows.iter().map(|row| row.iter().map(|plot| digest(&plot.picture)).collect()).collect();
    let controls: Vec<f64> = view.controls.iter().map(|control| control.value).collect();
    let is_time = |column: usize| view.table.head.get(column).is_some_and(|head| head.starts_with("ms "));
    let row = |(mode, cells): &(Option<usize>, Vec<String>)| -> Value {
        let cells = cells.iter().enumerate().filter(|(column, _)| !is_time(*column)).map(|(_, cell)| cell.as_str());
        json!([mode, cells.collect::<Vec<_>>()])
    };
    let table: Vec<Value> = view.table.rows.iter().map(row).collect();
    json!({ "plates": plots, "knobs": record::value(json!(controls)), "table": digest(&table), "rows": table.len() })
}

/// Replies to every request about a run.
fn answers(controller: &mut Controller, mode: usize) -> Value {
    let positions = vec![-1.0, -0.4, 0.3, 1.2];
    let drop = |temperature: f64| Request::Drop { positions: positions.clone(), temperature, tilt: vec![], seed: 3, frames: 20 };
    let questions = [
        ("survey", Request::Survey),
        ("pruning", Request::Pruning { continues: false }),
        ("balls", drop(0.0)),
        ("balls with heat", drop(0.1)),
        ("tilt", Request::Tilt { range: None, points: 40 }),
        ("tilt in a range", Request::Tilt { range: Some([-1.0, 1.5]), points: 30 }),
        ("model", Request::Save { is_kept: false }),
        ("history", Request::History),
        ("without a mode", Request::Prune(vec![mode])),
    ];
    let answered = questions.map(|(name, request)| {
        let goes_on = matches!(request, Request::Pruning { .. });
        let mut answers = controller.answer(request);
        while goes_on && await_removal_cost(controller, &mut answers) {}
        (name.to_string(), replies(&answers))
    });
    answered.into_iter().collect::<serde_json::Map<_, _>>().into()
}

/// Adds the removal costs of the next removals to the known ones, as long as there are any.
fn await_removal_cost(controller: &mut Controller, known: &mut [(Reply, Option<Vec<f32>>)]) -> bool {
    let [(Reply::Pruning { steps, .. }, drawn)] = known else { return false };
    let answers = controller.answer(Request::Pruning { continues: true });
    let [(Reply::Pruning { steps: more, .. }, curves)] = &answers[..] else { panic!("{answers:?}") };
    // If all costs are known, the next request starts again.
    if more.is_empty() || more[0].removed.is_empty() {
        return false;
    }
    steps.extend_from_slice(more);
    if let (Some(drawn), Some(curves)) = (drawn, curves) {
        drawn.extend(curves);
    }
    true
}

fn replies(list: &[(Reply, Option<Vec<f32>>)]) -> Value {
    let one = |(reply, numbers): &(Reply, Option<Vec<f32>>)| {
        let said = match reply {
            Reply::Model { json, .. } => record::json(json),
            Reply::History(csv) => record::table(csv),
            Reply::Declined(_) => "declined".into(),
            // Settings are recorded as a link.
            Reply::Scene { settings, scene, .. } => json!({ "link": link::write(settings), "scene": digest(scene) }),
            other => digest(other),
        };
        let numbers = numbers.as_ref().map(|list| record::condensed(&list.iter().map(|&v| f64::from(v)).collect::<Vec<_>>()));
        json!({ "said": said, "numbers": numbers })
    };
    list.iter().map(one).collect()
}

/// Number of numbers in a value, and a digest of them that is independent of names and order of fields.
fn digest(value: &impl Serialize) -> Value {
    let mut count = 0;
    let digest = nameless(&serde_json::to_value(value).expect("JSON"), &mut count);
    json!(format!("{count} numbers, {digest:016x}"))
}

fn nameless(value: &Value, count: &mut usize) -> u64 {
    let mut digest = Digest::new();
    match value {
        Value::Number(number) => {
            *count += 1;
            digest.number(number.as_f64().expect("a number"));
        }
        // Cells of tables contain the displayed numbers. All other texts are words.
        Value::String(text) => {
            if let Ok(number) = text.replace('\u{2212}', "-").parse() {
                *count += 1;
                digest.number(number);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| digest.bytes(&nameless(item, count).to_le_bytes())),
        Value::Object(map) => {
            let mut fields: Vec<u64> = map.values().map(|field| nameless(field, count)).collect();
            fields.sort_unstable();
            // Fields without numbers do not affect the digest.
            fields.iter().filter(|&&field| field != Digest::new().end()).for_each(|field| digest.bytes(&field.to_le_bytes()));
        }
        Value::Null | Value::Bool(_) => {}
    }
    digest.end()
}
